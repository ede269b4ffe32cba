"""Activity records come in: by the hundred with a result for each, or by the million in chunks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from formats.activity.records import ActivityDraft, from_mapping
from foundation.errors import InvalidInput
from foundation.words import Word
from models.queries import activity
from resolvers.operation import Operation
from rules.access.actions import Action

MOST_RECORDS = 1_000  # of one request; the command line and its chunks have no such limit


class IngestStatus(Word):
    """What became of a record that was sent."""

    CREATED = "created", "It was stored."
    DUPLICATE = "duplicate", "It was there already, or earlier in the same request."
    REFUSED = "refused", "It is not acceptable; the other records were not affected."


@dataclass(frozen=True)
class IngestResult:
    """What became of the record at `index` (from 0). `field` is a path such as `records.3.ip`."""

    index: int
    status: IngestStatus
    record_id: int | None = None
    field: str | None = None
    code: str | None = None
    message: str | None = None

    def wire(self) -> dict[str, Any]:
        """As JSON: what a repetition of the request is told."""
        return {**asdict(self), "status": str(self.status)}

    @classmethod
    def read(cls, wire: Mapping[str, Any]) -> "IngestResult":
        return cls(**{**wire, "status": IngestStatus(wire["status"])})


@dataclass(frozen=True)
class Ingested:
    """How many of a chunk were new, and how many there already."""

    created: int
    duplicates: int


async def ingest_activity(op: Operation, *, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stores up to 1,000 records in the JSON form, in one transaction; a result for each, in their order, as JSON.

    A record that is not acceptable is refused by itself. One that is there already, by its identity, is a duplicate:
    sending a batch again changes nothing. The records belong to the caller's organisation.
    """
    async with op.write(Action.ACTIVITY_INGEST) as door:
        if not 1 <= len(records) <= MOST_RECORDS:
            raise InvalidInput(f"Send 1 to {MOST_RECORDS} records at once.", field="records", most=MOST_RECORDS)
        read = list(_read(records))
        drafts = [draft for draft in read if isinstance(draft, ActivityDraft)]
        organization = op.viewer.organization_id
        new = await activity.insert(door.session, organization, drafts, door.now) if drafts else set()
        numbers = await activity.numbers_of(door.session, op.viewer, [(d.source, d.identity) for d in drafts])
        results = [
            _result(index, item, new, numbers) if isinstance(item, ActivityDraft) else item
            for index, item in enumerate(read)
        ]
        door.unit.details.update(_counts(results))
        answer = [result.wire() for result in results]
        door.answer(answer)
    return answer


async def ingest_chunk(op: Operation, drafts: Sequence[ActivityDraft], *, source: str | None = None) -> Ingested:
    """Stores drafts in one transaction with one audit line: what streaming a log file calls for every chunk of it."""
    async with op.write(Action.ACTIVITY_INGEST, target=source) as door:
        organization = op.viewer.organization_id
        new = await activity.insert(door.session, organization, drafts, door.now) if drafts else set()
        counted = Ingested(len(new), len(drafts) - len(new))
        door.unit.details.update(asdict(counted))
    return counted


def _read(records: Sequence[Mapping[str, Any]]) -> Iterator[ActivityDraft | IngestResult]:
    for index, record in enumerate(records):
        try:
            yield from_mapping(record)
        except InvalidInput as refusal:
            field = f"records.{index}" + (f".{refusal.field}" if refusal.field else "")
            yield IngestResult(index, IngestStatus.REFUSED, field=field, code=refusal.code, message=refusal.text)


def _result(
    index: int,
    draft: ActivityDraft,
    new: set[activity.Identity],
    numbers: Mapping[activity.Identity, int],
) -> IngestResult:
    identity = (draft.source, draft.identity)
    created = identity in new
    new.discard(identity)  # The same record later in this request is a duplicate of this one.
    return IngestResult(index, IngestStatus.CREATED if created else IngestStatus.DUPLICATE, numbers[identity])


def _counts(results: Sequence[IngestResult]) -> dict[str, int]:
    return {str(status): sum(1 for result in results if result.status is status) for status in IngestStatus}
