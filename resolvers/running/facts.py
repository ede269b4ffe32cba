"""What the analysers of a case may look at: its records, and the indicators that look for what they touch."""

from models.queries import facts as facts_queries
from models.queries import indicators, runs, sightings
from models.queries.indicators import Match
from resolvers.operation import Operation
from resolvers.running.step import RunRef, RunStopped, check_running
from resolvers.seen import producer_name, shown_stix_id
from rules.access.actions import Action
from rules.investigation.decay import UNSEEN, Standing
from rules.investigation.findings import Facts, IndicatorFact
from rules.investigation.observed import look_up
from rules.investigation.words import AnalysisDepth, EntityType

OWN_TRUST = 100  # of 100: how far an organisation trusts what it holds itself


async def gather_facts(op: Operation, *, of: RunRef) -> Facts:
    """Everything one analysis may look at, read in one snapshot."""
    async with op.read(Action.INVESTIGATION_RUN) as session:
        case = await runs.case_to_read(session, op.viewer, of.investigation_id)
        if case is None:
            raise RunStopped("gone", resumable=False)
        check_running(of, run=case.run, status=case.status, archived=case.archived_at is not None)
        total = await facts_queries.count_of(session, op.viewer, case)
        records = await facts_queries.facts_of(session, op.viewer, case)
        facts = Facts.gather(
            entity_type=EntityType(case.entity_type),
            entity_value=case.entity_value,
            start=case.window_start,
            end=case.window_end,
            # A case about the past is judged as of the end of its window, whenever it runs: the same verdict next year.
            as_of=min(op.clock.now(), case.window_end),
            records=records,
            records_in_window=total,
            depth=AnalysisDepth(case.analysis_depth),
        )
        if not await indicators.any_held(session, op.viewer):
            return facts  # Nothing to look through is no data; that none matched would be an answer.
        matches = await indicators.matching(session, op.viewer, look_up(facts))
        seen = await sightings.standings(session, op.viewer, {match.indicator_id for match in matches})
    # One value may have been looked up in several spellings; an indicator that met two of them is still one.
    found = dict.fromkeys(_fact(match, op, seen.get(match.indicator_id, UNSEEN)) for match in matches)
    return facts.with_indicators(list(found))


def _fact(match: Match, op: Operation, standing: Standing) -> IndicatorFact:
    return IndicatorFact(
        id=match.original_id,
        stix_id=shown_stix_id(match.stix_id, match.original_id, match.form_from, pseudonyms=op.pseudonyms),
        type=match.key.type,
        path=match.key.path,
        value=match.key.value,
        confidence=match.confidence,
        valid_from=match.valid_from,
        valid_until=match.valid_until,
        revoked=match.revoked,
        labels=(*match.labels, *match.indicator_types),  # STIX says `benign` in the latter
        source=match.organization_name or producer_name(match.organization_id, op.pseudonyms),
        trust=_trust(match, op),
        producer=match.created_by_ref,
        standing=standing,
        is_masked=match.form_from > 0,
    )


def _trust(match: Match, op: Operation) -> int | None:
    """None where nothing was said about the source, or the viewer may not know who it is: its weight would tell."""
    if match.organization_id == op.viewer.organization_id:
        return OWN_TRUST
    return match.granted if match.organization_name is not None else None
