# The everyday commands. PYTHON is the interpreter of the virtual environment with the `test` extra installed.
PYTHON ?= .venv/bin/python
WORKERS ?= auto

.PHONY: check lint test snapshot bench mutants fuzz

check: lint test  ## everything a change must pass

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy .

test:  ## on SQLite, and on PostgreSQL where one answers
	$(PYTHON) -m pytest -n $(WORKERS) -q

snapshot:  ## rewrites schema.graphql and openapi.json; their diff is read like code
	$(PYTHON) -m cli snapshot

bench:  ## reading over HTTP beside the raw limit; BENCH_URL is an empty PostgreSQL database, filled at first
	$(PYTHON) -m bench.data $(BENCH_URL)
	$(PYTHON) -m bench.reading $(BENCH_URL)

mutants:  ## plants faults in what is proven by comparison, one by one; each has to be found
	$(PYTHON) -m tests.graph.mutants
	$(PYTHON) -m tests.sharing.mutants

fuzz:  ## made-up calls and documents against a running server; FUZZ is how many each operation gets
	CASEGRAPH_FUZZ=$(or $(FUZZ),100) $(PYTHON) -m pytest tests/security/test_fuzz.py -q -s
