"""docs/security.md names every requirement once, and the tests that show it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = {
    int(row[1]): row[0] for row in re.finditer(r"^\| R(\d+) \| [^|]+ \|[^|]*\| [^|]+ \|$", PAGE, flags=re.MULTILINE)
}


def test_every_requirement_has_its_row_in_order() -> None:
    assert [int(number) for number in re.findall(r"^\| R(\d+)", PAGE, flags=re.MULTILINE)] == list(range(1, 42))
    assert list(ROWS) == list(range(1, 42))


@pytest.mark.parametrize("number", ROWS)
def test_a_row_names_the_tests_there_are(number: int) -> None:
    row, tests = ROWS[number], ROOT / "tests" / "security"
    named = re.findall(r"`(tests/[^`]+)`", row)
    assert named or "| comes with" in row
    assert all((ROOT / name).exists() for name in named)
    for file in tests.glob(f"test_r{number:02}_*.py"):
        assert file.name in row
