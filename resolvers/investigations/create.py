"""A case is begun, and enqueued for its first run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.ids import to_ref
from foundation.texts import check_text
from models import tables as rows
from models.queries import investigations as queries
from resolvers.announcements import announce_status, number_of
from resolvers.assignees import people_named
from resolvers.history import remember
from resolvers.jobs import job_of
from resolvers.operation import Door, Operation
from resolvers.timeline import actor_of, record_action
from rules.access.actions import Action
from rules.investigation.phases import fitting_domains
from rules.investigation.refusals import InvestigationExists
from rules.investigation.words import AnalysisDepth, DomainName, EntityType, EventAction, Priority

MOST_REASON = 2_000
MOST_WINDOW = timedelta(days=366)
"""A leap year: "this date a year ago until now" fits in every year. An analysis reads at most the newest 50,000 records
of a window, so a longer one would only claim to have looked at what it has not."""
INITIAL_SOURCE, INITIAL_REASON = "initialization", "Investigation started"  # the contract's first step of the score


@dataclass(frozen=True)
class Configuration:
    """How a case is analysed. `domains` None: every domain that fits the entity."""

    domains: Sequence[DomainName] | None = None
    depth: AnalysisDepth = AnalysisDepth.STANDARD
    external_intel_enabled: bool = True
    auto_escalation_enabled: bool = True


async def create_investigation(
    op: Operation,
    *,
    entity_type: EntityType,
    entity_value: str,
    window_start: datetime,
    window_end: datetime,
    priority: Priority = Priority.MEDIUM,
    assigned_to: Sequence[str] | None = None,
    trigger_reason: str | None = None,
    configuration: Configuration | None = None,
) -> int:
    """Begins a case and enqueues its first run, in one transaction; the number of the case.

    `assigned_to` holds ids or names; None assigns the creator. Raises InvalidInput, and InvestigationExists where the
    own organisation has a case about the same entity and window that is not archived (CONTRACTS rows 24, 27, 49).
    """
    chosen = configuration or Configuration()
    async with op.write(Action.INVESTIGATION_CREATE) as door:
        value = canonical(entity_type, entity_value, field="entity.value")
        if window_start >= window_end:
            raise InvalidInput("The time window must end after it starts.", field="timeWindow.start")
        if window_end - window_start > MOST_WINDOW:
            raise InvalidInput(f"A time window is at most {MOST_WINDOW.days} days long.", field="timeWindow.end")
        domains = _domains(entity_type, chosen.domains)
        why = check_text(trigger_reason or "", field="triggerReason", most=MOST_REASON)
        people = [op.viewer.user_id] if op.viewer.user_id else []
        if assigned_to is not None:
            people = [person.id for person in await people_named(door, op.viewer, assigned_to)]
        case = await _insert(
            door,
            op,
            rows.Investigation(
                organization_id=op.viewer.organization_id,
                entity_type=str(entity_type),
                entity_value=value,
                window_start=window_start,
                window_end=window_end,
                priority=str(priority),
                trigger_reason=why or None,
                domains_to_analyze=[str(domain) for domain in domains],
                analysis_depth=str(chosen.depth),
                external_intel_enabled=chosen.external_intel_enabled,
                auto_escalation_enabled=chosen.auto_escalation_enabled,
                created_by=op.viewer.user_id or None,
                created_at=door.now,
                updated_at=door.now,
            ),
        )
        await queries.assign(door.session, case, people, door.now)
        await _first_traces(door, op, case, domains)
        door.enqueue(job_of(case))
        number = number_of(case)
        door.about(to_ref("INV", number), entity_type=str(entity_type), entity_value=value)
        door.answer(number)
    return number


def _domains(entity_type: EntityType, wanted: Sequence[DomainName] | None) -> list[DomainName]:
    """The asked domains, each once, in the order of the enumeration."""
    fitting = fitting_domains(entity_type)
    if wanted is None:
        return list(fitting)
    if not wanted:
        raise InvalidInput("Name at least one domain.", field="configuration.domainsToAnalyze")
    for position, domain in enumerate(wanted):
        if domain not in fitting:
            raise InvalidInput(
                f"The domain {domain} has nothing to say about this kind of entity.",
                field=f"configuration.domainsToAnalyze.{position}",
                allowed=[str(word) for word in fitting],
            )
    return [domain for domain in fitting if domain in wanted]


async def _insert(door: Door, op: Operation, draft: rows.Investigation) -> rows.Investigation:
    case = await queries.insert_case(door.session, draft)
    if case is None:
        twin = await queries.twin_of(door.session, op.viewer, draft)
        # None: archived between our insert and our look. Saying "exists" of nothing would be worse than a retry.
        raise InvestigationExists(investigation_id="" if twin is None else to_ref("INV", twin))
    return case


async def _first_traces(door: Door, op: Operation, case: rows.Investigation, domains: Sequence[DomainName]) -> None:
    """Domain rows, the first step of the score, the first timeline event, the first events, the first history row."""
    number = number_of(case)
    analyses = [
        rows.DomainAnalysis(
            investigation_id=number,
            organization_id=case.organization_id,
            name=str(domain),
            updated_at=door.now,
        )
        for domain in domains
    ]
    door.session.add_all(analyses)
    door.add(
        rows.RiskPoint(
            investigation_id=number,
            organization_id=case.organization_id,
            timestamp=door.now,
            score=0.0,
            delta=0.0,
            confidence=0.0,
            source=INITIAL_SOURCE,
            reason=INITIAL_REASON,
        )
    )
    actor = actor_of(op.viewer)
    await announce_status(door, case, old=None, actor=actor[1], reason=case.trigger_reason)
    await record_action(
        door,
        case,
        actor=actor,
        action=EventAction.INVESTIGATION_STARTED,
        summary=f"Investigation of {case.entity_type} {case.entity_value} started",
    )
    await remember(door, case, analyses)
