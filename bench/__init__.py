"""Measurements: what the product costs, beside the raw limit and beside its peers. Only ratios of one run count."""
