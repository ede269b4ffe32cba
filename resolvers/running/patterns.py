"""The patterns beyond the index: each asked, as a whole, of the records of a case."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from formats.stix.observed import observed_data
from gateways.ports import Matched, Verdict
from models.queries import indicators, sightings
from models.queries.indicators import Candidate
from resolvers.operation import Operation
from resolvers.running.facts import source_of, stix_id_of, trust_in
from rules.access.actions import Action
from rules.investigation.decay import UNSEEN, Standing
from rules.investigation.findings import ActivityFact, Facts, IndicatorFact, PatternMatch
from rules.investigation.observed import answerable

MOST_PATTERNS = 200
"""Asked by one analysis, the surest first: with as many records as are shown them they take some five seconds."""

MOST_RECORDS = 1_000
"""The newest of a case. A pattern of a sequence looks at each pair of them, which is all that it has time for."""


@dataclass(frozen=True)
class Asked:
    """What came of asking: how many patterns decided, and what people are told of those that did not.

    `undecided` compare what cannot be compared with these records; `left_out` were not asked, being too many, or after
    others had held up the matcher; `overrun` took more than `seconds`, and so did `slow` of other organisations', which
    only those may take out.
    """

    asked: int = 0
    records: int = 0
    undecided: int = 0
    left_out: int = 0
    slow: int = 0
    seconds: float = 1.0
    overrun: tuple[Candidate, ...] = ()

    def sentence(self) -> str:
        """Nothing where there was nothing to ask."""
        told = []
        if self.asked:
            told.append(f"{_patterns(self.asked)} beyond the index asked of {self.records} records.")
        if self.undecided:
            told.append(f"{_patterns(self.undecided)} could not be decided.")
        if self.overrun:
            told.append(f"{_patterns(len(self.overrun))} took too long and will not be asked again.")
        if self.slow:
            told.append(f"{_patterns(self.slow)} of others took too long.")
        if self.left_out:
            told.append(f"{_patterns(self.left_out)} not asked.")
        return " ".join(told)

    def because(self) -> str:
        """Why an overrun is matched no longer."""
        return f"It took more than {self.seconds:g} s to match with {self.records} records."


async def ask_patterns(op: Operation, facts: Facts) -> tuple[Facts, Asked]:
    """The facts with the patterns that their records meet, and what came of asking.

    Reads what to ask, and holds no session while it is asked. Raises Unavailable while too many others are asking.
    """
    records = answerable(facts)[-MOST_RECORDS:]
    matcher = op.house.matcher
    if not records:
        return facts, Asked()
    async with op.read(Action.INVESTIGATION_RUN) as session:
        candidates, total = await indicators.beyond_index(session, op.viewer, at=facts.as_of, most=MOST_PATTERNS)
        seen = await sightings.standings(session, op.viewer, {candidate.indicator_id for candidate in candidates})
    if matcher is None or not candidates:
        return facts, Asked(left_out=total)
    observations = await asyncio.to_thread(lambda: [observed_data(record) for record in records])
    answers = await matcher.match([candidate.pattern for candidate in candidates], observations)
    decided = list(zip(candidates, answers, strict=True))
    count = {verdict: sum(answer.verdict is verdict for answer in answers) for verdict in Verdict}
    overrun = [candidate for candidate, answer in decided if answer.verdict is Verdict.OVERRUN]
    own = tuple(one for one in overrun if one.organization_id == op.viewer.organization_id)
    asked = Asked(
        asked=len(answers) - count[Verdict.LEFT_OUT],
        records=len(records),
        undecided=count[Verdict.UNDECIDED] + count[Verdict.FAILED],
        left_out=total - len(candidates) + count[Verdict.LEFT_OUT],
        seconds=matcher.seconds,
        slow=len(overrun) - len(own),
        overrun=own,
    )
    return facts.with_patterns([_match(op, *pair, records, seen) for pair in decided if pair[1].met]), asked


def _match(
    op: Operation, candidate: Candidate, answer: Matched, records: Sequence[ActivityFact], seen: Mapping[str, Standing]
) -> PatternMatch:
    indicator = IndicatorFact(
        id=candidate.original_id,
        stix_id=stix_id_of(candidate, op),
        type="",
        path="",
        value=candidate.pattern,
        confidence=candidate.confidence,
        valid_from=candidate.valid_from,
        valid_until=candidate.valid_until,
        labels=(*candidate.labels, *candidate.indicator_types),  # STIX says `benign` in the latter
        source=source_of(candidate, op),
        trust=trust_in(candidate, op),
        producer=candidate.created_by_ref,
        standing=seen.get(candidate.indicator_id, UNSEEN),
        is_masked=candidate.form_from > 0,
    )
    return PatternMatch(indicator, tuple(records[place].id for place in answer.met))


def _patterns(count: int) -> str:
    return f"{count} pattern" if count == 1 else f"{count} patterns"
