"""Who reports the same as an indicator does, as far as the reader may see their indicators."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import false, select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.standings import standings_of
from models.reading.stored import sql_table
from rules.assertions import Assertion, Report, assertions
from rules.investigation.decay import UNSEEN, seen_at

_indicator = sql_table(rows.Indicator).c

Asking = Generator[Question, list[tuple[Any, ...]], Any]

ALIKE = Lookup(
    lambda given: (
        select(
            _indicator.fingerprint, _indicator.id, _indicator.organization_id, _indicator.created_by_ref,
            _indicator.form_from, _indicator.tlp, _indicator.confidence, _indicator.required, _indicator.modified,
            _indicator.valid_from,
        )
        .where(given.among(_indicator.fingerprint, "prints"), _indicator.revoked == false())
        .order_by(_indicator.modified.desc(), _indicator.id)
        .limit(MOST)
    )
)  # fmt: skip
MOST = 1_000
"""Reports looked at for one level of a document: far more than one thing has sources, and a bound all the same."""


def list_assertions(rows: Sequence[tuple[str]]) -> Asking:
    """(fingerprint) of indicators -> who reports the same. Two statements.

    An indicator whose pattern is changed for this reader is like others only by what he sees of it.
    """
    found = yield ALIKE.of(prints=list(dict.fromkeys(print_ for (print_,) in rows)))
    standings = yield from standings_of([row[1] for row in found])
    reports: dict[str, list[Report]] = defaultdict(list)
    for print_, key, holder, author, form_from, tlp, confidence, required, modified, valid_from in found:
        reports[print_].append(
            Report(
                indicator_id=key,
                organization_id=holder,
                created_by_ref=author,
                form_from=form_from,
                tlp=tlp,
                confidence=confidence,
                required=required,
                modified=modified,
                first_seen=valid_from,
                last_seen=seen_at(valid_from, standings.get(key, UNSEEN)) or valid_from,
            )
        )
    told: dict[str, list[Assertion]] = {print_: assertions(some) for print_, some in reports.items()}
    return [told.get(print_, []) for (print_,) in rows]
