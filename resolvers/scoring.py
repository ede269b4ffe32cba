"""The score of a case after something changed what it rests on: one function, whoever changed it."""

from dataclasses import dataclass

from models import tables as rows
from models.queries import investigations
from resolvers.announcements import announce_risk, announce_threshold
from resolvers.history import remember
from resolvers.operation import Door
from resolvers.timeline import record_action
from rules.investigation.explanation import RiskStep, crossed, priority_after, steps
from rules.investigation.risk import Assessment, assess
from rules.investigation.weighing import coverage, prior_of, weighed
from rules.investigation.words import ActorType, DomainName, EventAction, Priority, ThresholdType


@dataclass(frozen=True)
class Rescored:
    """What a rescoring did. `delta` is the step of its cause, without the prior; it is the timeline's risk delta."""

    old: float
    new: float
    delta: float
    judged: Assessment
    breached: tuple[ThresholdType, ...]


async def rescore(
    door: Door,
    case: rows.Investigation,
    *,
    source: str,
    reason: str,
    domain: DomainName | None = None,
) -> Rescored:
    """Judges the case anew within the caller's write, and leaves every trace of it.

    The case and its domain rows get their scores; the progression gets a step (the very first is preceded by the
    prior's own, ENGINE.md section 8); RiskUpdated and each threshold first crossed in this run are announced; priority
    follows the thresholds (D21); the case's history is kept. Call it after the rows that caused it are added, with the
    case locked. `domain` says that an analyser, ours or an outside agent, ended its step: such a step is told to the
    organisations' streams too, a person's addition only to the case's own.
    """
    await door.session.flush()
    domains = await investigations.domains_of(door.session, case)
    evidence = await investigations.evidence_of(door.session, case)
    judged = assess(
        prior_of(case.entity_type),
        [weighed(piece) for piece in evidence],
        coverage(case.domains_to_analyze, domains),
    )
    old = case.risk_score
    taken = steps(_before(case, judged), judged, source=source, reason=reason)
    door.session.add_all(_point(case, judged, step, door) for step in taken)
    _write_scores(door, case, domains, judged)
    told = tuple(ThresholdType(word) for word in case.thresholds_told)
    breached = crossed(old, judged.risk, told)
    names = tuple(name for name, _ in breached)
    case.thresholds_told = [*case.thresholds_told, *(str(name) for name in names)]
    await announce_risk(door, case, old_score=old, source=source, reason=reason, by_analyser=domain is not None)
    for name, line in breached:
        await announce_threshold(door, case, threshold_type=name, threshold=line)
    await _escalate(door, case, names)
    await remember(door, case, domains)
    return Rescored(old, judged.risk, taken[-1].delta, judged, names)


async def _escalate(door: Door, case: rows.Investigation, breached: tuple[ThresholdType, ...]) -> None:
    """Raises the priority as the thresholds ask, and says so in the timeline: nobody's hand did it."""
    old = Priority(case.priority)
    new = priority_after(old, breached, escalate=case.auto_escalation_enabled)
    if new is old:
        return
    case.priority = str(new)
    await record_action(
        door,
        case,
        actor=(ActorType.SYSTEM, "escalation"),
        action=EventAction.DECISION_MADE,
        summary=f"Risk reached {case.risk_score:.2f}: priority raised from {old} to {new}",
    )


def _before(case: rows.Investigation, judged: Assessment) -> Assessment:
    """The assessment the case stood at, as far as the steps ask: a score of 0.0 is one without its prior (D22)."""
    return Assessment(judged.prior if case.risk_score > 0.0 else 0.0, case.risk_score, 0.0, 0.0, False, (), ())


def _point(case: rows.Investigation, judged: Assessment, step: RiskStep, door: Door) -> rows.RiskPoint:
    return rows.RiskPoint(
        investigation_id=case.id,
        organization_id=case.organization_id,
        timestamp=door.now,
        score=step.score,
        delta=step.delta,
        confidence=judged.confidence,
        source=step.source,
        reason=step.reason,
        run=case.run,
    )


def _write_scores(door: Door, case: rows.Investigation, domains: list[rows.DomainAnalysis], judged: Assessment) -> None:
    case.risk_score, case.confidence, case.quality_score = judged.risk, judged.confidence, judged.quality
    case.updated_at = door.now
    scores = {str(score.domain): score for score in judged.domains}
    for row in domains:
        score = scores.get(row.name)
        found = (score.risk, score.confidence, score.evidence_count) if score else (0.0, 0.0, 0)
        if found != (row.risk_score, row.confidence, row.evidence_count):
            row.risk_score, row.confidence, row.evidence_count = found
            row.updated_at = door.now
