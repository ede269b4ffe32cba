"""The graph. The words come first: a type that names one before it is an enumeration of the graph makes another."""

from schema import enums

__all__ = ["enums"]
