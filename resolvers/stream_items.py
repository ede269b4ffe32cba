"""What a stream hands out: events with their place, gaps, and the cursors that name a place."""

from dataclasses import dataclass
from datetime import datetime

from foundation import telemetry
from foundation.cursors import BadCursor, Cursors
from foundation.words import Word
from models.queries.events import StoredEvent
from rules.events import Event, from_data

PURPOSE = "event"

log = telemetry.logger("casegraph.events")


class GapReason(Word):
    """Why events could not be replayed."""

    PRUNED = "pruned", "They are older than what this server keeps."
    RESTORED = "restored", "The server was restored from a backup: its numbers no longer mean what they meant."


@dataclass(frozen=True, slots=True)
class Delivered:
    """One event at its place. Shared by all who follow the stream, so the cursor is sealed once.

    `event` is None for an event of a later version that this process cannot read: it has its number and is passed over.
    """

    stream: str
    sequence: int
    cursor: str
    occurred_at: datetime
    event: Event | None


@dataclass(frozen=True, slots=True)
class IndicatorsDelivered(Delivered):
    """News of indicators at their place, for one subscriber: `keys` are those of the forms that he may see."""

    keys: tuple[str, ...]

    @classmethod
    def of(cls, item: Delivered, keys: tuple[str, ...]) -> "IndicatorsDelivered":
        return cls(item.stream, item.sequence, item.cursor, item.occurred_at, item.event, keys)


@dataclass(frozen=True, slots=True)
class Gap:
    """The events numbered `first` to `last` cannot be had. The stream goes on behind `cursor`.

    After a restore `last` may be smaller than `first`: the stream as it stands now is shorter than what was seen of it.
    """

    cursor: str
    first: int
    last: int
    reason: GapReason


@dataclass(frozen=True, slots=True)
class Place:
    """Behind the event `sequence`; of this history, or of one before a restore."""

    sequence: int
    is_of_this_history: bool = True


class Places:
    """Cursors of events: (epoch, stream, number), sealed."""

    def __init__(self, cursors: Cursors, epoch: str) -> None:
        self._cursors = cursors
        self._epoch = epoch

    def seal(self, stream: str, sequence: int) -> str:
        return self._cursors.seal(PURPOSE, [self._epoch, stream, sequence])

    def open(self, text: str, stream: str) -> Place:
        """Raises BadCursor for a cursor that is forged, or of another stream or list."""
        epoch, sealed_stream, sequence = self._cursors.open(PURPOSE, text)
        if sealed_stream != stream:
            raise BadCursor(field="after")
        return Place(sequence, epoch == self._epoch)

    def delivered(self, stored: StoredEvent) -> Delivered:
        event: Event | None = None
        try:
            event = from_data(stored.kind, stored.data)
        except (ValueError, TypeError, KeyError) as error:
            telemetry.count("events.unreadable")
            log.warning("an event cannot be read", stream=stored.stream, sequence=stored.seq, cause=str(error))
        return Delivered(stored.stream, stored.seq, self.seal(stored.stream, stored.seq), stored.at, event)
