"""Proof of the proof: one fault at a time is planted in a copy of the planner, and the comparison of the two executors
has to find it. Run as `python -m tests.graph.mutants` (some minutes); exits with the number of faults that lived.

    python -m tests.graph.mutants [--examples 400] [--only WORD] [--database sqlite|postgresql]
"""

import sys

from tests.mutation import Fault, plant_all

TESTS = ("tests/graph/test_same_answers.py", "tests/reading/test_same_answers.py")

READING = "models/reading/"
FAULTS = [
    Fault(
        READING + "statements.py",
        ".where(_among(table, key, dialect), visible(table))",
        ".where(_among(table, key, dialect))",
        "rows by key without visibility",
    ),
    Fault(
        READING + "statements.py",
        "chosen = select(*fields).where(visible(self.table))",
        "chosen = select(*fields)",
        "lists without visibility",
    ),
    Fault(
        READING + "statements.py",
        "columns > at if later != descending else columns < at",
        "columns > at if later else columns < at",
        "cursors of descending orders look the wrong way",
    ),
    Fault(
        READING + "statements.py",
        "columns > at if later != descending else columns < at",
        "columns >= at if later != descending else columns <= at",
        "the row of the cursor comes again",
    ),
    Fault(
        READING + "statements.py",
        "columns = tuple_(*(c[name] for name, _ in window.order))",
        "columns = tuple_(c[window.order[0][0]], c[window.order[0][0]])",
        "equal keys are not told apart by the id",
    ),
    Fault(
        READING + "statements.py",
        ".desc() if down != backward else",
        ".desc() if down else",
        "backward pages are read from the front",
    ),
    Fault(
        READING + "statements.py",
        '("end", window.end, False)',
        '("end", None, False)',
        "before is not heeded",
    ),
    Fault(
        READING + "statements.py",
        """func.count()).where(
        *_filtered(page.filters, table, window, dialect)
    )""",
        "func.count())",
        "counts without filters",
    ),
    Fault(
        READING + "statements.py",
        "return compiled(text.order_by(*children.ordered(order)), dialect)",
        "return compiled(text, dialect)",
        "short lists without order",
    ),
    Fault(READING + "pages.py", "len(own) > window.size", "len(own) >= window.size", "hasNextPage is off by one"),
    Fault(READING + "pages.py", "reversed(own[:size])", "(own[:size])", "backward pages are not turned"),
    Fault(READING + "pages.py", "else own[:size])", "else own)", "the row beyond the page is shown"),
    Fault(
        READING + "pages.py",
        "window.start is not None or (window.backward and key in pages.beyond)",
        "window.start is not None",
        "hasPreviousPage of backward pages",
    ),
    Fault(READING + "window.py", ", *sorted(self.filters)", "", "filters are no part of a statement's shape"),
    Fault(
        READING + "window.py",
        "self.end is not None, self.order_name,",
        "self.end is not None,",
        "orders are no part of a statement's shape",
    ),
    Fault(READING + "leaves.py", "-2147483648 <= {y} <= 2147483647", "-2147483648 <= {y}", "Int without its range"),
    Fault(READING + "leaves.py", "0.0 <= {y} <= 1.0", "0.0 <= {y} <= 2.0", "Score without its range"),
    Fault(
        READING + "leaves.py",
        "            if value is None:\n                raise Surprise\n",
        "",
        "nulls slip through",
    ),
    Fault(READING + "parts.py", "self.mishaps.append(trouble.mishap)", "pass", "errors are swallowed"),
    Fault(
        READING + "parts.py",
        'if wraps[:1] == "!":\n            raise trouble',
        "if False:\n            raise trouble",
        "nulls do not propagate",
    ),
    Fault(
        READING + "relations.py",
        "row[0]: walker.row(level, got, at)",
        "row[0]: walker.row(level, got, 0)",
        "the walker shows the first row for every key",
    ),
    Fault(
        READING + "relations.py",
        "walker.row(self.level, got, at) for at in range(len(got.rows))",
        "walker.row(self.level, got, 0) for at in range(len(got.rows))",
        "the walker shows the first row of every list",
    ),
    Fault(READING + "held.py", "            seen[name] += 1\n", "", "the walker shows the first object everywhere"),
    Fault(
        READING + "held.py",
        "return next(shaped[self.names[value.__class__]])",
        "return next(next(iter(shaped.values())))",
        "kinds of objects are mixed up",
    ),
    Fault(
        READING + "local.py", 'return f"({shown} if {x} is not None else None)"', "return shown", "facets never null"
    ),
    Fault(READING + "level.py", "else parse({x}))", "else {x})", "SQLite's text for times"),
    Fault("schema/planned.py", "            *booleans,\n", "", "@skip and @include do not choose the plan"),
    Fault(
        "schema/selecting.py",
        'if any("$" in print_ast(argument)',
        'if any("?" in print_ast(argument)',
        "variables baked in",
    ),
    Fault(
        READING + "statements.py",
        "top = inner.where(children.parent == parents.column).order_by(*order).limit(limit)",
        "top = inner.where(children.parent == parents.column).limit(limit)",
        "pages of PostgreSQL without order",
        "postgresql",
    ),
    Fault(
        READING + "statements.py",
        "top = inner.where(children.parent == parents.column).order_by(*order)",
        "top = inner.order_by(*order)",
        "pages of PostgreSQL of all parents",
        "postgresql",
    ),
]


if __name__ == "__main__":
    sys.exit(plant_all(FAULTS, TESTS, examples="CASEGRAPH_EXAMPLES", default=400))
