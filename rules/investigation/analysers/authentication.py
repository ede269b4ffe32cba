"""Authentication: who tried to sign in, how often, as whom, and whether it worked.

The sources are records of kind login, and connections that a sign-in service saw end before anybody signed in. An
address is judged for guessing passwords; an account for having been taken over.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

from foundation.times import to_text
from rules.investigation.analysers.accounts import account_flood, account_sprayed, guessed_in, new_country
from rules.investigation.analysers.drafting import draft_finding, listed, shown, span
from rules.investigation.analysers.logins import (
    Attempt,
    Logins,
    is_unfinished,
    names_tried,
    peak,
    read_logins,
)
from rules.investigation.catalogue import SIGNALS
from rules.investigation.findings import Facts, Finding
from rules.investigation.words import ActivityKind, DomainName, EntityType

BURST = timedelta(minutes=10)
DAY = timedelta(hours=24)
BEFORE_SUCCESS = timedelta(hours=1)

# At least this share of the failures must name accounts that do not exist before a list of names is suspected.
UNKNOWN_SHARE = 0.5
# Spraying means few tries for each account; lockouts usually begin at three.
TRIES_EACH = 2.0
# As many unexplained failures as a guesser makes; from there on what was accepted may be the guesser's own.
MANY = 10


class Authentication:
    """The analyser of the authentication domain."""

    domain = DomainName.AUTHENTICATION
    entity_types = frozenset({EntityType.IP, EntityType.USER})

    def had_data(self, facts: Facts) -> bool:
        """Whether there is a sign-in or a broken-off connection to judge by."""
        return any(record.kind is ActivityKind.LOGIN or is_unfinished(record) for record in facts.records)

    def analyse(self, facts: Facts) -> list[Finding]:
        """The findings, in the order of the signals below."""
        logins = read_logins(facts)
        found = (signal(facts, logins) for signal in _SIGNALS.get(facts.entity_type, ()))
        return [finding for finding in found if finding is not None]


def failures(facts: Facts, logins: Logins) -> Finding | None:
    """Failed sign-ins, the most within any 24 hours: a day covers one attacker's visit and every working habit."""
    found = peak(logins.failures, DAY)
    if found.count < _least("failures"):
        return None
    names = names_tried(found.attempts)
    fastest = peak(logins.failures, BURST)
    return _draft(
        "failures",
        facts,
        value=found.count,
        attempts=found.attempts,
        sentence=(
            f"{found.count} failed sign-ins within 24 hours ({_span(found.attempts)}) as {listed(names)}, "
            f"{logins.accepted_count} accepted in the whole window."
        ),
        raw={
            "failed_within_24_hours": found.count,
            "failed_in_window": logins.failed_count,
            "most_within_10_minutes": fastest.count,
            "accepted_in_window": logins.accepted_count,
            "excused_as_mistyping": logins.excused,
            "distinct_names": len(names),
        },
    )


def slow_guessing(facts: Facts, logins: Logins) -> Finding | None:
    """Ten failures and nothing accepted over the whole window, yet never ten in one day: kept under the limits."""
    daily = peak(logins.failures, DAY).count
    least = _least("slow_guessing")
    if logins.failed_count < least or daily >= least or logins.accepted:
        return None
    return _draft(
        "slow_guessing",
        facts,
        value=logins.failed_count,
        attempts=logins.failures,
        sentence=(
            f"{logins.failed_count} failed sign-ins and none accepted, spread over {_span(logins.failures)}, "
            f"at most {daily} in any 24 hours."
        ),
        raw={"failed_in_window": logins.failed_count, "most_within_24_hours": daily},
    )


def burst(facts: Facts, logins: Logins) -> Finding | None:
    """Ten failures or more within any ten minutes."""
    found = peak(logins.failures, BURST)
    if found.count < _least("burst"):
        return None
    return _draft(
        "burst",
        facts,
        value=found.count,
        attempts=found.attempts,
        sentence=f"{found.count} failed sign-ins within 10 minutes ({_span(found.attempts)}).",
        raw={"failed_within_10_minutes": found.count},
    )


def many_names(facts: Facts, logins: Logins) -> Finding | None:
    """Five user names or more among the failures of the whole window."""
    names = names_tried(logins.failures)
    if len(names) < _least("many_names"):
        return None
    return _draft(
        "many_names",
        facts,
        value=len(names),
        attempts=logins.failures,
        sentence=(
            f"{len(names)} different user names in {logins.failed_count} failed sign-ins "
            f"({_span(logins.failures)}): {listed(names)}."
        ),
        raw={"distinct_names": len(names), "failed_in_window": logins.failed_count},
    )


def password_spraying(facts: Facts, logins: Logins) -> Finding | None:
    """Ten names or more with at most two tries each on average: one password on many accounts."""
    names = names_tried(logins.failures)
    if len(names) < _least("password_spraying") or logins.failed_count / len(names) > TRIES_EACH:
        return None
    each = logins.failed_count / len(names)
    return _draft(
        "password_spraying",
        facts,
        value=len(names),
        attempts=logins.failures,
        sentence=f"{len(names)} user names tried {each:.1f} times each on average ({_span(logins.failures)}).",
        raw={"distinct_names": len(names), "tries_each": each},
    )


def unknown_names(facts: Facts, logins: Logins) -> Finding | None:
    """Tries for accounts that do not exist, at least three and at least half of all failures."""
    strangers = [attempt for attempt in logins.failures if not attempt.known]
    tries = sum(attempt.count for attempt in strangers)
    if tries < _least("unknown_names") or tries < UNKNOWN_SHARE * logins.failed_count:
        return None
    names = names_tried(strangers)
    return _draft(
        "unknown_names",
        facts,
        value=tries,
        attempts=strangers,
        sentence=(
            f"{tries} of {logins.failed_count} failed sign-ins named accounts that do not exist "
            f"({_span(strangers)}): {listed(names)}."
        ),
        raw={"tries_for_unknown_names": tries, "unknown_names": len(names), "failed_in_window": logins.failed_count},
    )


def unfinished_connections(facts: Facts, logins: Logins) -> Finding | None:
    """Connections that ended before anybody signed in, the most within any 24 hours, three or more."""
    ended = [Attempt(record.time, max(record.count, 1), None, True, record) for record in logins.unfinished]
    found = peak(ended, DAY)
    if found.count < _least("unfinished_connections"):
        return None
    return _draft(
        "unfinished_connections",
        facts,
        value=found.count,
        attempts=found.attempts,
        sentence=(
            f"{found.count} connections within 24 hours ({_span(found.attempts)}) ended before anybody signed in."
        ),
        raw={"unfinished_within_24_hours": found.count},
    )


def success_after_burst(facts: Facts, logins: Logins) -> Finding | None:
    """An accepted sign-in with ten unexplained failures or more in the hour before it; the worst one is told."""
    times = [attempt.time for attempt in logins.failures]
    so_far = [0, *accumulate(attempt.count for attempt in logins.failures)]
    least = _least("success_after_burst")
    worst: tuple[int, Attempt, tuple[Attempt, ...]] | None = None
    for success in logins.accepted:
        first, end = bisect_left(times, success.time - BEFORE_SUCCESS), bisect_right(times, success.time)
        count = so_far[end] - so_far[first]
        if count >= least and (worst is None or count > worst[0]):
            worst = (count, success, logins.failures[first:end])
    if worst is None:
        return None
    count, success, before = worst
    return _draft(
        "success_after_burst",
        facts,
        value=count,
        attempts=(*before, success),
        sentence=(
            f"Accepted as {shown(success.user)} at {to_text(success.time)} after {count} failed sign-ins within the "
            f"hour before ({_span(before)})."
        ),
        raw={
            "failed_within_1_hour_before": count,
            "accepted_at": to_text(success.time),
            "accepted_as": success.user,
        },
    )


def slowly_guessed_in(facts: Facts, logins: Logins) -> Finding | None:
    """The account's side of a break-in that no burst within the hour tells already."""
    return guessed_in(facts, logins) if success_after_burst(facts, logins) is None else None


def steady_success(facts: Facts, logins: Logins) -> Finding | None:
    """Accepted on two days or more, with fewer than ten unexplained failures: it speaks for the entity.

    Once somebody guesses, later sign-ins may be the guesser's own, so then it says nothing.
    """
    days = {attempt.time.date() for attempt in logins.accepted}
    if len(days) < _least("steady_success") or logins.failed_count >= MANY:
        return None
    return _draft(
        "steady_success",
        facts,
        value=len(days),
        attempts=logins.accepted,
        sentence=f"{logins.accepted_count} accepted sign-ins on {len(days)} days ({_span(logins.accepted)}).",
        raw={"accepted_in_window": logins.accepted_count, "days": len(days)},
    )


_SIGNALS: dict[EntityType, tuple[Callable[[Facts, Logins], Finding | None], ...]] = {
    EntityType.IP: (
        failures,
        slow_guessing,
        burst,
        many_names,
        password_spraying,
        unknown_names,
        unfinished_connections,
        success_after_burst,
        steady_success,
    ),
    # Failures against an account are the guesser's doing, not the account's; what matters is whether one worked.
    EntityType.USER: (
        account_flood,
        account_sprayed,
        success_after_burst,
        slowly_guessed_in,
        new_country,
        steady_success,
    ),
}


def _draft(
    word: str, facts: Facts, *, value: float, attempts: Sequence[Attempt], sentence: str, raw: Mapping[str, Any]
) -> Finding:
    code = f"{DomainName.AUTHENTICATION}.{word}"
    records = [attempt.record for attempt in attempts]
    return draft_finding(code, facts, value=value, records=records, sentence=sentence, raw=raw)


def _least(word: str) -> float:
    return SIGNALS[f"{DomainName.AUTHENTICATION}.{word}"].threshold


def _span(attempts: Sequence[Attempt]) -> str:
    return span(attempts[0].time, attempts[-1].time)
