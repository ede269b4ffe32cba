"""Who reports the same as an indicator does, as far as the reader may see their indicators."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import false, select

from foundation.words import Tlp
from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.standings import standings_of
from models.reading.stored import sql_table
from models.reading.visibility import viewer_organization
from rules.access.viewer import Viewer
from rules.assertions import Assertion, Report, assertions
from rules.investigation.decay import UNSEEN, seen_at
from rules.trust import Form

_indicator, _access = sql_table(rows.Indicator).c, sql_table(rows.Access).c

Asking = Generator[Question, list[tuple[Any, ...]], Any]

ALIKE = Lookup(
    lambda given: (
        select(
            _indicator.fingerprint, _indicator.id, _indicator.organization_id, _indicator.created_by_ref,
            _indicator.confidence, _indicator.required, _indicator.modified, _indicator.valid_from, _indicator.tlp,
        )
        .where(given.among(_indicator.fingerprint, "prints"), _indicator.revoked == false())
        .order_by(_indicator.modified.desc(), _indicator.id)
        .limit(MOST)
    )
)  # fmt: skip
NAMED = Lookup(
    lambda given: select(_access.producer_id).where(
        _access.reader_id == viewer_organization(),
        given.among(_access.producer_id, "producers"),
        _access.level > 0,
        _access.form <= int(Form.LOW_NAMED),
    ),
    ties=(rows.Access,),
)
MOST = 1_000
"""Reports looked at for one level of a document: far more than one thing has sources, and a bound all the same."""


def list_assertions(rows: Sequence[tuple[str]], *, viewer: Viewer) -> Asking:
    """(fingerprint) of indicators -> who reports the same. Three statements.

    An indicator whose pattern is changed for this reader is like others only by what he sees of it.
    """
    found = yield ALIKE.of(prints=list(dict.fromkeys(print_ for (print_,) in rows)))
    standings = yield from standings_of([row[1] for row in found])
    named = {row[0] for row in (yield NAMED.of(producers=list(dict.fromkeys(row[2] for row in found))))}
    reports: dict[str, list[Report]] = defaultdict(list)
    for print_, key, holder, author, confidence, required, modified, valid_from, tlp in found:
        is_named = holder == viewer.organization_id or holder in named or tlp == Tlp.CLEAR
        reports[print_].append(
            Report(
                indicator_id=key,
                organization_id=holder if is_named else None,
                holder_id=holder,
                created_by_ref=author,
                confidence=confidence,
                required=required,
                modified=modified,
                first_seen=valid_from,
                last_seen=seen_at(valid_from, standings.get(key, UNSEEN)) or valid_from,
            )
        )
    told: dict[str, list[Assertion]] = {print_: assertions(some) for print_, some in reports.items()}
    return [told.get(print_, []) for (print_,) in rows]
