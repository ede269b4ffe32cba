"""The drawn graphs of many cases at once, from their rows."""

from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import false, select

from foundation.ids import from_ref
from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table
from rules.investigation.drawing import NOTHING, Detail, Drawing, detail, drawing
from rules.investigation.graph import DEFAULT_NODES, MOST_NODES, draw, evidence_key
from rules.investigation.graph_parts import CaseGraph, CaseSketch, DomainSketch, EvidenceSketch, TimelineSketch
from rules.investigation.risk import effective_reliability
from rules.investigation.weighing import weighed
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EntityType,
    EventAction,
    InvestigationPhase,
    InvestigationStatus,
    VerificationStatus,
)

_case, _domain, _evidence, _event = (
    sql_table(t).c for t in (rows.Investigation, rows.DomainAnalysis, rows.Evidence, rows.TimelineEvent)
)
# The entries of a timeline that are drawn.
_DRAWN = [str(action) for action in (EventAction.TOOL_CALL, EventAction.TOOL_RESPONSE, EventAction.DECISION_MADE)]

Rows = list[tuple[Any, ...]]

CASES = Lookup(
    lambda given: select(
        _case.id,
        _case.entity_type,
        _case.entity_value,
        _case.status,
        _case.phase,
        _case.risk_score,
        _case.created_at,
        _case.updated_at,
    ).where(given.among(_case.id, "cases"))
)
DOMAINS = Lookup(
    lambda given: select(_domain.investigation_id, _domain.id, _domain.name, _domain.status, _domain.risk_score).where(
        given.among(_domain.investigation_id, "cases")
    )
)
# What a later run replaced is no part of the picture, as it is none of the score.
PIECES = Lookup(
    lambda given: select(
        _evidence.investigation_id,
        _evidence.id,
        _evidence.domain,
        _evidence.title,
        _evidence.strength,
        _evidence.reliability,
        _evidence.supports,
        _evidence.log_odds,
        _evidence.verification_status,
        _evidence.discovered_at,
        _evidence.code,
        _evidence.correlated_group,
        _evidence.source,
        _evidence.own_telemetry,
    ).where(given.among(_evidence.investigation_id, "cases"), _evidence.superseded == false())
)
ACTS = Lookup(
    lambda given: select(
        _event.investigation_id,
        _event.id,
        _event.timestamp,
        _event.actor_name,
        _event.action,
        _event.success,
        _event.summary,
        _event.evidence_refs,
    ).where(given.among(_event.investigation_id, "cases"), given.among(_event.action, "actions"))
)


@dataclass(slots=True)
class _Piece:
    id: int | None
    domain: str
    title: str
    strength: float
    reliability: float
    supports: bool
    log_odds: float
    verification_status: str
    discovered_at: datetime
    code: str | None
    correlated_group: str | None
    source: str
    own_telemetry: bool

    def sketch(self) -> EvidenceSketch:
        assert self.id is not None
        as_scored = weighed(self)
        return EvidenceSketch(
            id=self.id,
            domain=DomainName(self.domain),
            title=self.title,
            strength=self.strength,
            reliability=self.reliability,
            supports=self.supports,
            log_odds=effective_reliability(as_scored) * as_scored.weight,
            verification=VerificationStatus(self.verification_status),
            discovered_at=self.discovered_at,
            code=self.code,
            group=self.correlated_group,
        )


@dataclass(slots=True)
class _Parts:
    domains: list[DomainSketch] = field(default_factory=list)
    pieces: list[EvidenceSketch] = field(default_factory=list)
    acts: list[TimelineSketch] = field(default_factory=list)

    def drawn(self, case: CaseSketch, max_nodes: int) -> CaseGraph:
        return draw(case, self.domains, self.pieces, self.acts, max_nodes=max_nodes)


def _parts(cases: list[int]) -> Generator[Question, Rows, dict[int, _Parts]]:
    """Everything that is drawn of each case. Three statements."""
    parts: dict[int, _Parts] = defaultdict(_Parts)
    for case, key, name, status, risk in (yield DOMAINS.of(cases=cases)):
        parts[case].domains.append(DomainSketch(DomainName(name), AnalysisStatus(status), risk, key))
    for case, *piece in (yield PIECES.of(cases=cases)):
        parts[case].pieces.append(_Piece(*piece).sketch())
    for case, key, time, actor, action, success, summary, refs in (yield ACTS.of(cases=cases, actions=_DRAWN)):
        ids = tuple(_evidence_ids(refs))
        parts[case].acts.append(TimelineSketch(key, time, actor, EventAction(action), success, summary, ids))
    return parts


def _evidence_ids(refs: Iterable[str]) -> Iterable[int]:
    for ref in refs:
        found = from_ref(ref)
        if found is not None and found[0] == "EV":
            yield found[1]


def _case_sketch(
    key: int,
    entity_type: str,
    entity_value: str,
    status: str,
    phase: str,
    risk_score: float,
    created_at: datetime,
    updated_at: datetime,
) -> CaseSketch:
    return CaseSketch(
        entity_type=EntityType(entity_type),
        entity_value=entity_value,
        status=InvestigationStatus(status),
        phase=InvestigationPhase(phase),
        risk_score=risk_score,
        created_at=created_at,
        updated_at=updated_at,
        id=key,
    )


CASE_NEEDS = ("id", "entity_type", "entity_value", "status", "phase", "risk_score", "created_at", "updated_at")
MAX_NODES = Annotated[
    int, f"How many nodes at most, 1 to {MOST_NODES}: the most important stay, the others are counted."
]


def draw_cases(
    rows: Sequence[tuple[Any, ...]], *, max_nodes: MAX_NODES = DEFAULT_NODES
) -> Generator[Question, Rows, list[Drawing]]:
    """`CASE_NEEDS` of cases -> their Drawings. Three statements."""
    parts = yield from _parts(list(dict.fromkeys(row[0] for row in rows)))
    return [drawing(parts[row[0]].drawn(_case_sketch(*row), max_nodes)) for row in rows]


def draw_pieces(rows: Sequence[tuple[int, int]]) -> Generator[Question, Rows, list[Detail]]:
    """(id, investigation_id) of evidence -> what stands around it in the graph of its case. Four statements.

    Nothing stands around what was superseded, or around anything in a case the viewer may not see.
    """
    cases = list(dict.fromkeys(case for _, case in rows))
    sketches = {row[0]: _case_sketch(*row) for row in (yield CASES.of(cases=cases))}
    parts = yield from _parts(list(sketches))
    graphs = {case: parts[case].drawn(sketch, MOST_NODES) for case, sketch in sketches.items()}
    return [detail(graphs[case], evidence_key(piece)) if case in graphs else NOTHING for piece, case in rows]
