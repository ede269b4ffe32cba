# The everyday commands. PYTHON is the interpreter of the virtual environment with the `test` extra installed.
PYTHON ?= .venv/bin/python
WORKERS ?= auto

.PHONY: check lint test snapshot bench

check: lint test  ## everything a change must pass

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy .

test:  ## on SQLite, and on PostgreSQL where one answers
	$(PYTHON) -m pytest -n $(WORKERS) -q

snapshot:  ## rewrites schema.graphql; its diff is read like code
	$(PYTHON) -m cli snapshot
