"""The outside, as the product sees it: Protocols that tests may stand in for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from foundation.rates import Rate, Taken
from rules.feeds import FeedAuth, Told


@dataclass(frozen=True)
class Job:
    """One durable workflow to run. `id` is unique for good: a finished one never starts again. Arguments are JSON."""

    workflow: str
    queue: str
    id: str
    arguments: tuple[Any, ...] = ()


class Jobs(Protocol):
    """The durable engine, as doors and resolvers may use it."""

    def enqueue_within(self, transaction: Any, job: Job) -> None:
        """Writes the job in the caller's transaction (a synchronous session); raises when the id was used."""
        ...

    async def cancel(self, job_id: str) -> None:
        """Stops a job and its children. Unknown or finished ids are left alone."""
        ...

    async def resume(self, job_id: str, *, queue: str) -> None:
        """Goes on with a cancelled job: children first, then the parent (the other order ends in ERROR for good)."""
        ...

    async def status(self, job_id: str) -> str | None:
        """The engine's word for a job's state, None when it does not know it."""
        ...

    async def over(self, before: datetime, *, limit: int) -> list[str]:
        """Jobs that ended before that time, well or not, and are no part of another one: the oldest, at most `limit`.
        What was cancelled is not over: it may be gone on with."""
        ...

    async def parts_of(self, job_ids: Sequence[str]) -> list[str]:
        """The jobs that these started themselves."""
        ...

    async def forget(self, job_ids: Sequence[str]) -> None:
        """Removes what is known of these jobs and of those that they started."""
        ...


@dataclass(frozen=True)
class Letter:
    """A mail to one person: plain text."""

    to: str
    subject: str
    text: str


class MailNotSent(Exception):
    """Says why without naming anybody. `again`: whether another try may end otherwise."""

    def __init__(self, why: str, *, again: bool = True) -> None:
        super().__init__(why)
        self.again = again


class Mailer(Protocol):
    async def send(self, letter: Letter) -> None:
        """Hands the letter to the mail server. Raises MailNotSent."""
        ...


class Wake(Protocol):
    """Says to every process: look at these streams. A hint: losing one costs a second, never an event."""

    def soon(self, streams: list[str]) -> None: ...


class Windows(Protocol):
    """Counts what is used up of limits, in windows that begin with their first use. `amount` is at most the rate's."""

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        """Uses up `amount`, or nothing where that is more than is left; in one step, whoever else is counting."""
        ...

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        """Of what was taken, as long as its window lasts."""
        ...

    async def close(self) -> None: ...


class Resolver(Protocol):
    """From a name to the addresses behind it."""

    async def resolve(self, host: str, port: int) -> list[str]:
        """Every address, as text, in the order they are to be tried. Raises OSError."""
        ...


class Verdict(StrEnum):
    """What became of a pattern that was to be matched."""

    DECIDED = "decided"
    UNDECIDED = "undecided"  # it compares what cannot be compared
    OVERRUN = "overrun"  # it took more time or room than a pattern gets
    FAILED = "failed"  # nobody knows why there was no answer
    LEFT_OUT = "left_out"  # it was not asked


@dataclass(frozen=True, slots=True)
class Matched:
    """Of one pattern. `met`: the places, from 0 and in order, of the observations that it was met by, or some of many;
    none where it was not met."""

    verdict: Verdict
    met: tuple[int, ...] = ()


class Matcher(Protocol):
    """Matches whole STIX patterns."""

    @property
    def seconds(self) -> float:
        """How long one pattern may take."""
        ...

    async def match(self, patterns: Sequence[str], observations: Sequence[Mapping[str, Any]]) -> list[Matched]:
        """What each pattern comes to, in their order. `observations` are bundles of an observed-data object each."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class RemoteCollection:
    """A collection of another TAXII server, and how to sign in there. `url`: of its API root."""

    url: str
    collection: str
    auth: FeedAuth = FeedAuth.NONE
    username: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class RemotePage:
    """`objects` as they came, unchecked; `told`: what the page says of itself."""

    objects: list[Any]
    told: Told


class Taxii(Protocol):
    """Other TAXII 2.1 servers."""

    async def page(
        self, remote: RemoteCollection, *, added_after: str | None, next_page: str | None, limit: int
    ) -> RemotePage:
        """One page of a collection. Raises OutgoingOff, OutgoingRefused, OutgoingAnswered, OutgoingFailed."""
        ...
