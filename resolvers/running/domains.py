"""The steps of one domain's analysis inside a run."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from foundation.times import from_text, to_text
from foundation.version import VERSION
from models import tables as rows
from models.queries import facts as facts_queries
from models.queries import indicators, investigations, runs
from resolvers.announcements import announce_evidence, number_of
from resolvers.operation import Door, Operation
from resolvers.running.patterns import Asked
from resolvers.running.step import (
    UNFINISHED,
    Answer,
    RunRef,
    RunStopped,
    advance,
    end_domain,
    named,
    step,
)
from resolvers.scoring import rescore
from resolvers.timeline import record_action
from resolvers.watching import watch
from rules.investigation.catalogue import catalogue_hash
from rules.investigation.findings import Facts, Finding
from rules.investigation.risk import strength
from rules.investigation.words import (
    ActorType,
    AnalysisStatus,
    DomainName,
    EventAction,
    InvestigationPhase,
)

# An outside agent that has said nothing for this long has gone away, and the run ends without it.
AGENT_PATIENCE = timedelta(minutes=10)


async def begin_domain(op: Operation, *, of: RunRef, name: DomainName) -> Answer:
    """The analysis of one domain is under way."""
    async with step(op, of, at="begin_domain", domain=str(name)) as (door, case):
        domains = await investigations.domains_of(door.session, case)
        domain = _still_open(domains, name)
        domain.status, domain.run = str(AnalysisStatus.RUNNING), case.run
        domain.started_at = domain.updated_at = door.now
        await advance(door, case, of, InvestigationPhase.ANALYSIS, domains, domain=name)
        answer = {"started_at": to_text(door.now)}
        door.answer(answer)
    return answer


async def record_findings(
    op: Operation,
    *,
    of: RunRef,
    name: DomainName,
    facts: Facts,
    findings: Sequence[Finding],
    had_data: bool,
    asked: Asked,
) -> Answer:
    """One domain's result: evidence with the records it rests on, the new score, and what tells of them.

    What came of asking whole patterns is told with it; those that took too long are asked no more.
    """
    async with step(op, of, at="record", domain=str(name)) as (door, case):
        domains = await investigations.domains_of(door.session, case)
        domain = _still_open(domains, name)
        evidence = [door.add(_evidence(case, finding, facts, door.now)) for finding in findings]
        await door.session.flush()
        links = [
            (number_of(piece), record)
            for piece, finding in zip(evidence, findings, strict=True)
            for record in finding.record_ids
        ]
        await facts_queries.cite(door.session, links)
        ties = [
            (number_of(piece), indicator)
            for piece, finding in zip(evidence, findings, strict=True)
            for indicator in finding.indicator_ids
        ]
        await indicators.cite(door.session, ties)
        for piece in evidence:
            announce_evidence(door, piece)
        # Records that say nothing to this domain are no data to it: they must not count towards its coverage.
        domain.records_seen = len(facts.records) if had_data else 0
        domain.catalogue_hash = catalogue_hash()
        summary = f"{_sentence(findings, facts)} {asked.sentence()}".strip()
        end_domain(domain, door, AnalysisStatus.COMPLETE, summary)
        rescored = await rescore(door, case, source=_analyst(name), reason=summary, domain=name)
        await record_action(
            door,
            case,
            actor=(ActorType.AGENT, _analyst(name)),
            action=EventAction.ANALYSIS_COMPLETED,
            summary=summary,
            duration_ms=_elapsed_ms(domain, door.now),
            output_data={
                "records": len(facts.records),
                "findings": len(findings),
                "catalogue": domain.catalogue_hash,
                "version": VERSION,
            },
            risk_delta=rescored.delta,
            evidence=evidence,
        )
        await _stop_asking(op, door, case, asked, name)
        if name is DomainName.INTELLIGENCE:
            await watch(door, case, facts)
        await advance(door, case, of, InvestigationPhase.ANALYSIS, domains, domain=name)
        answer = {"evidence": [number_of(piece) for piece in evidence]}
        door.answer(answer)
    return answer


async def _stop_asking(op: Operation, door: Door, case: rows.Investigation, asked: Asked, name: DomainName) -> None:
    for candidate in asked.overrun:
        if await indicators.stop_matching(door.session, op.viewer, candidate, asked.because()):
            await record_action(
                door,
                case,
                actor=(ActorType.AGENT, _analyst(name)),
                action=EventAction.ERROR_OCCURRED,
                summary=f"The pattern of {candidate.stix_id} is matched no longer. {asked.because()}",
                success=False,
            )


async def lose_domain(
    op: Operation, *, of: RunRef, name: DomainName, status: AnalysisStatus = AnalysisStatus.FAILED, why: str
) -> Answer:
    """A domain ended without a result. The run goes on, and ends for review. `why` holds nothing of an exception."""
    async with step(op, of, at="lose_domain", domain=str(name)) as (door, case):
        domains = await investigations.domains_of(door.session, case)
        domain = named(domains, name)
        if domain.status in UNFINISHED:
            end_domain(domain, door, status, why)
            await record_action(
                door,
                case,
                actor=(ActorType.AGENT, domain.agent or _analyst(name)),
                action=EventAction.ERROR_OCCURRED,
                summary=why,
                success=False,
                duration_ms=_elapsed_ms(domain, door.now),
            )
            await advance(door, case, of, InvestigationPhase.ANALYSIS, domains, domain=name)
        answer = {"status": domain.status}
        door.answer(answer)
    return answer


def is_silent(domain: runs.DomainState, now: datetime) -> bool:
    """Whether the outside agent that took a domain has not been heard of for too long."""
    return now - domain.updated_at >= AGENT_PATIENCE


def _still_open(domains: Sequence[rows.DomainAnalysis], name: DomainName) -> rows.DomainAnalysis:
    """The domain's row. An analysis that was given up, and comes after all, changes nothing any more."""
    domain = named(domains, name)
    if domain.status not in UNFINISHED:
        raise RunStopped(f"done with {name}", resumable=False)
    return domain


def _analyst(name: DomainName) -> str:
    """How the contracts call the one who analyses a domain: `network_agent`."""
    return f"{name}_agent"


def _elapsed_ms(domain: rows.DomainAnalysis, now: datetime) -> int | None:
    return None if domain.started_at is None else int((now - domain.started_at) / timedelta(milliseconds=1))


def _sentence(findings: Sequence[Finding], facts: Facts) -> str:
    """What a domain found, in words that never call an entity safe."""
    looked = f"{len(facts.records)} records"
    if facts.records_in_window > len(facts.records):
        looked = f"the newest {looked} of {facts.records_in_window}"
    if not findings:
        return f"Nothing found in {looked}."
    noun = "finding" if len(findings) == 1 else "findings"
    strongest = max(findings, key=lambda finding: abs(finding.weight))
    return f"{len(findings)} {noun} in {looked}. {strongest.sentence}"


def _evidence(case: rows.Investigation, finding: Finding, facts: Facts, now: datetime) -> rows.Evidence:
    last = finding.raw_data.get("last_at")
    return rows.Evidence(
        investigation_id=number_of(case),
        organization_id=case.organization_id,
        domain=str(finding.domain),
        type=str(finding.evidence_type),
        code=finding.code,
        title=finding.title,
        description=finding.description,
        strength=strength(finding.weight),
        reliability=finding.reliability,
        supports=finding.weight >= 0,
        log_odds=finding.weight,
        correlated_group=finding.group,
        own_telemetry=finding.own_telemetry,
        severity=str(finding.severity),
        technique=finding.technique,
        measured=finding.value,
        threshold=finding.threshold,
        source=_analyst(finding.domain),
        summary=finding.sentence,
        details=finding.description,
        raw_data=dict(finding.raw_data),
        record_count=finding.record_total,
        window_start=facts.start,
        window_end=facts.end,
        freshest_at=from_text(last) if isinstance(last, str) else None,
        run=case.run,
        discovered_at=now,
    )
