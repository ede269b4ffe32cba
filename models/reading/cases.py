"""What is worked out for many cases at once from their rows: the score taken apart, and the signals of a domain."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table
from rules.access.viewer import Viewer, ViewerKind
from rules.investigation.explained import explained, impacts
from rules.investigation.indicators import Sign, risk_indicators
from rules.investigation.shown import viewer_actions
from rules.investigation.words import InvestigationAction, Severity, VerificationStatus

_case, _domain, _evidence = (sql_table(t).c for t in (rows.Investigation, rows.DomainAnalysis, rows.Evidence))
_assignee = sql_table(rows.InvestigationAssignee).c

Asking = Generator[Question, list[tuple[Any, ...]], Any]


@dataclass(slots=True)
class _Evidence:
    id: int | None
    domain: str
    code: str | None
    source: str
    log_odds: float
    reliability: float
    correlated_group: str | None
    verification_status: str
    own_telemetry: bool


@dataclass(slots=True)
class _Domain:
    name: str
    status: str
    records_seen: int


CASES = Lookup(
    lambda given: select(_case.id, _case.entity_type, _case.domains_to_analyze).where(given.among(_case.id, "cases"))
)
DOMAINS = Lookup(
    lambda given: (
        select(_domain.investigation_id, _domain.name, _domain.status, _domain.records_seen)
        .where(given.among(_domain.investigation_id, "cases"))
        .order_by(_domain.id)
    )
)
# What a later run replaced is no part of the score.
WEIGHED = Lookup(
    lambda given: (
        select(
            _evidence.investigation_id,
            _evidence.id,
            _evidence.domain,
            _evidence.code,
            _evidence.source,
            _evidence.log_odds,
            _evidence.reliability,
            _evidence.correlated_group,
            _evidence.verification_status,
            _evidence.own_telemetry,
        )
        .where(given.among(_evidence.investigation_id, "cases"), _evidence.superseded == false())
        .order_by(_evidence.id)
    )
)
SIGNS = Lookup(
    lambda given: (
        select(
            _evidence.investigation_id,
            _evidence.domain,
            _evidence.id,
            _evidence.code,
            _evidence.type,
            _evidence.severity,
            _evidence.strength,
            _evidence.reliability,
            _evidence.supports,
            _evidence.verification_status,
        )
        .where(given.among(_evidence.investigation_id, "cases"), _evidence.superseded == false())
        .order_by(_evidence.id)
    )
)


def _distinct(keys: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(keys))


def _parts(cases: list[int]) -> Generator[Question, list[tuple[Any, ...]], tuple[Any, Any]]:
    """The domains and the evidence that counts, each by case."""
    domains: dict[int, list[_Domain]] = defaultdict(list)
    for case, *domain in (yield DOMAINS.of(cases=cases)):
        domains[case].append(_Domain(*domain))
    evidence: dict[int, list[_Evidence]] = defaultdict(list)
    for case, *piece in (yield WEIGHED.of(cases=cases)):
        evidence[case].append(_Evidence(*piece))
    return domains, evidence


def explain_risk(rows: Sequence[tuple[int, str, list[str], int]]) -> Asking:
    """(id, entity_type, domains_to_analyze, records_seen) of cases -> their RiskExplanations. Two statements."""
    domains, evidence = yield from _parts(_distinct(case for case, *_ in rows))
    return [
        explained(entity_type, asked, domains[case], evidence[case], records_seen=seen)
        for case, entity_type, asked, seen in rows
    ]


def risk_impacts(rows: Sequence[tuple[int, int]]) -> Asking:
    """(id, investigation_id) of evidence -> its part of its case's score. Three statements.

    0.0 for what does not count, because it was superseded or refuted.
    """
    cases = _distinct(case for _, case in rows)
    known = yield CASES.of(cases=cases)
    domains, evidence = yield from _parts(cases)
    found: dict[int, float] = {}
    for case, entity_type, asked in known:
        found |= impacts(entity_type, asked, domains[case], evidence[case])
    return [found.get(piece, 0.0) for piece, _ in rows]


def find_risk_indicators(rows: Sequence[tuple[int, str]]) -> Asking:
    """(investigation_id, name) of domains -> their RiskIndicators. One statement."""
    signs: dict[tuple[int, str], list[Sign]] = defaultdict(list)
    for case, domain, *sign in (yield SIGNS.of(cases=_distinct(case for case, _ in rows))):
        signs[case, domain].append(_sign(*sign))
    return [risk_indicators(signs[row]) for row in rows]


def _sign(
    key: int,
    code: str | None,
    type_: str,
    severity: str,
    strength: float,
    reliability: float,
    supports: bool,
    said: str,
) -> Sign:
    # What no signal of ours found goes by the type of its evidence.
    return Sign(key, code or type_, Severity(severity), strength, reliability, supports, VerificationStatus(said))


ASSIGNED = Lookup(
    lambda given: select(_assignee.investigation_id).where(
        given.among(_assignee.investigation_id, "cases"),
        _assignee.user_id == given.value("user", _assignee.user_id.type),
    ),
    ties=[rows.InvestigationAssignee],
)


def actions_of_viewer(
    rows: Sequence[tuple[int, str, str, str | None]], *, viewer: Viewer
) -> Generator[Question, list[tuple[Any, ...]], list[list[InvestigationAction]]]:
    """(id, status, phase, created_by) of cases -> what the viewer may do with each. One statement for an agent's key,
    none for a person."""
    assigned: set[int] = set()
    if viewer.kind is ViewerKind.SERVICE:
        found = yield ASSIGNED.of(cases=list(dict.fromkeys(row[0] for row in rows)), user=viewer.user_id)
        assigned = {case for (case,) in found}
    return [
        viewer_actions(
            status,
            phase,
            viewer=viewer,
            own=viewer.kind is not ViewerKind.SERVICE or author == viewer.user_id or case in assigned,
        )
        for case, status, phase, author in rows
    ]
