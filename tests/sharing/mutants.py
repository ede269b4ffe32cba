"""Faults in what keeps readers of collections right; the random histories have to find each.

python -m tests.sharing.mutants [--examples 40] [--only WORD] [--database sqlite|postgresql]
"""

import sys

from tests.mutation import Fault, plant_all

TESTS = ("tests/sharing/test_positions.py",)
PAGES, POSITIONS, RIGHTS = (f"models/queries/{word}.py" for word in ("pages", "positions", "rights"))
FAULTS = [
    Fault(
        PAGES, "r.old_level > 0 AND r.top > :after", "r.old_level > 999 AND r.top > :after", "lost rights are not told"
    ),
    Fault(PAGES, "AND e.is_narrowed AND e.ended > :after", "AND false AND e.ended > :after", "ends are not told"),
    Fault(
        PAGES,
        "AND r.base < e.ended AND (r.until IS NULL OR r.until >= e.ended)",
        "AND r.until IS NULL",
        "ends are told under the present right alone",
    ),
    Fault(
        PAGES,
        "is_revoked or is_masked or is_told) else modified",
        "is_revoked or is_masked) else modified",
        "what comes back after a loss keeps its own date",
    ),
    Fault(PAGES, "AND (e.ended IS NULL OR e.ended > r.base) ", "", "what had ended long before is told as lost"),
    Fault(
        PAGES,
        "AND r.until IS NULL AND r.top > :after",
        "AND false AND r.top > :after",
        "what a right opens is not told",
    ),
    Fault(PAGES, "AND e.is_live AND e.position <= r.base", "AND e.position <= r.base", "old versions come again"),
    Fault(POSITIONS, "max(head, *(version.modified for version in versions))", "head", "places lie behind dates"),
    Fault(
        POSITIONS,
        "last = whole_millisecond(max(microseconds(now), after",
        "last = (max(microseconds(now), after",
        "places are not rounded",
    ),
    Fault(POSITIONS, "OR n.kind <> collection_entry.kind ", "", "a change of kind is no loss"),
    Fault(POSITIONS, "AND o.is_narrowed)", "AND false)", "a loss by a version leaves no mark"),
    Fault(
        POSITIONS,
        'text(_LOCK if is_sqlite(session) else f"{_LOCK} FOR UPDATE")',
        "text(_LOCK)",
        "publishing takes no lock",
        "postgresql",
    ),
    Fault(
        RIGHTS,
        'text(f"{_LOCK_ALL} FOR UPDATE")',
        "text(_LOCK_ALL)",
        "a change of trust locks no collection",
        "postgresql",
    ),
    Fault(RIGHTS, "AND theirs.is_active", "", "who has not agreed yet is in the group"),
    Fault(RIGHTS, "OR a.max_age <> f.max_age", "", "another age is no change"),
    Fault(RIGHTS, "COALESCE(r.level > 0 OR r.is_told, false)", "false", "a change of right leaves no mark"),
    Fault(RIGHTS, "2 * widths.get(producer, 0)", "widths.get(producer, 0)", "too few places are set aside"),
]

if __name__ == "__main__":
    sys.exit(plant_all(FAULTS, TESTS, examples="CASEGRAPH_TEST_HISTORIES", default=40))
