"""Sign-ins of one entity, put in order: what failed, what was accepted, and which failures are only mistyping."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.investigation.findings import ActivityFact, Facts
from rules.investigation.words import ActivityKind, ActivityOutcome

# A person who mistypes gets in within minutes. Ten minutes also is the span in which the usual lockout tools count.
EXCUSE_WITHIN = timedelta(minutes=10)
# And does not need more than five tries: OpenSSH closes a connection after six, five failures and the one that works.
EXCUSED_PER_SUCCESS = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """`count` tries at one moment, from one record; `known` is False when the log says that no such account exists."""

    time: datetime
    count: int
    user: str | None
    known: bool
    record: ActivityFact


@dataclass(frozen=True, slots=True)
class Logins:
    """`failures` are those that mistyping does not explain; `excused` is how many tries it does explain."""

    failures: tuple[Attempt, ...]
    accepted: tuple[Attempt, ...]
    unfinished: tuple[ActivityFact, ...]
    excused: int

    @property
    def failed_count(self) -> int:
        """Tries that failed and are not excused."""
        return sum(attempt.count for attempt in self.failures)

    @property
    def accepted_count(self) -> int:
        """Sign-ins that were accepted."""
        return sum(attempt.count for attempt in self.accepted)


@dataclass(frozen=True, slots=True)
class Peak:
    """The densest stretch of a window's length: tries in it, and the attempts themselves."""

    count: int
    attempts: tuple[Attempt, ...]


def read_logins(facts: Facts) -> Logins:
    """Sorts the records of the facts. Records of other kinds are left aside."""
    failed, accepted, unfinished = [], [], []
    told: set[tuple[str, datetime, ActivityOutcome]] = set()
    for record in facts.records:
        if record.kind is ActivityKind.LOGIN:
            # Some logs tell one sign-in on several rows, one a step, under one identifier.
            sign_in = record.details.get("sign_in")
            if isinstance(sign_in, str):
                step = (sign_in, record.time, record.outcome)
                if step in told:
                    continue
                told.add(step)
            known = record.details.get("reason") != "invalid_user"
            attempt = Attempt(record.time, max(record.count, 1), record.user, known, record)
            if record.outcome is ActivityOutcome.FAILURE:
                failed.append(attempt)
            elif record.outcome is ActivityOutcome.SUCCESS:
                accepted.append(attempt)
        elif is_unfinished(record):
            unfinished.append(record)
    failures, excused = _without_mistyping(failed, accepted)
    return Logins(tuple(failures), tuple(accepted), tuple(unfinished), excused)


def is_unfinished(record: ActivityFact) -> bool:
    """Whether a record is a connection to a sign-in service that ended before anybody signed in."""
    return (
        record.kind is ActivityKind.CONNECTION
        and record.outcome is ActivityOutcome.FAILURE
        and record.details.get("reason") == "preauth"
    )


def _without_mistyping(failed: Sequence[Attempt], accepted: Sequence[Attempt]) -> tuple[list[Attempt], int]:
    """Failures left over once each accepted sign-in has excused the last few of the same account just before it."""
    left = [attempt.count for attempt in failed]
    by_user: dict[tuple[str | None, str | None], list[int]] = {}
    for place, attempt in enumerate(failed):
        by_user.setdefault(_who(attempt), []).append(place)
    excused = 0
    for success in accepted:
        pardon = EXCUSED_PER_SUCCESS * success.count
        places = by_user.get(_who(success), [])
        until = bisect_right(places, success.time, key=lambda place: failed[place].time)
        while until and pardon > 0:
            until -= 1
            place = places[until]
            if success.time - failed[place].time > EXCUSE_WITHIN:
                break
            taken = min(pardon, left[place])
            left[place] -= taken
            pardon -= taken
            excused += taken
    kept = [
        Attempt(attempt.time, count, attempt.user, attempt.known, attempt.record)
        for attempt, count in zip(failed, left, strict=True)
        if count
    ]
    return kept, excused


def _who(attempt: Attempt) -> tuple[str | None, str | None]:
    # The same account from the same place: a success elsewhere does not excuse somebody else's guessing.
    return attempt.user, attempt.record.ip


def peak(attempts: Sequence[Attempt], span: timedelta) -> Peak:
    """The stretch of `span` with the most tries; of several equal ones the first. `attempts` are in order of time."""
    inside: deque[int] = deque()
    running = best = 0
    first = last = -1
    for place, attempt in enumerate(attempts):
        inside.append(place)
        running += attempt.count
        while attempt.time - attempts[inside[0]].time > span:
            running -= attempts[inside.popleft()].count
        if running > best:
            best, first, last = running, inside[0], place
    return Peak(best, tuple(attempts[first : last + 1]) if best else ())


def names_tried(attempts: Iterable[Attempt]) -> Counter[str]:
    """Tries for each user name; tries without a name count under the empty one."""
    tried: Counter[str] = Counter()
    for attempt in attempts:
        tried[attempt.user or ""] += attempt.count
    return tried
