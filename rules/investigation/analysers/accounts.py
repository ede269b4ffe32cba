"""Sign-ins seen from the account's side: pressure on it, and signs that somebody else got in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rules.investigation.analysers.drafting import draft_finding, listed, shown, span
from rules.investigation.analysers.logins import Attempt, Logins, peak
from rules.investigation.catalogue import SIGNALS
from rules.investigation.findings import Facts, Finding
from rules.investigation.words import DomainName

DAY = timedelta(hours=24)
# A sprayer tries once or twice and comes back another day: lockouts usually begin at three.
TRIES_A_VISIT = 2
# What "new" is measured against: fewer sign-ins, or all on one day, are no habit yet.
HABIT_SIGN_INS = 5
HABIT_DAYS = 2


def account_flood(facts: Facts, logins: Logins) -> Finding | None:
    """A hundred failures or more within any 24 hours: no person types that."""
    found = peak(logins.failures, DAY)
    if found.count < _least("account_flood"):
        return None
    addresses = _addresses(found.attempts)
    return _draft(
        "account_flood",
        facts,
        value=found.count,
        attempts=found.attempts,
        sentence=(
            f"{found.count} failed sign-ins within 24 hours ({_span(found.attempts)}) from {len(addresses)} "
            f"addresses: {listed(addresses)}."
        ),
        raw={"failed_within_24_hours": found.count, "addresses": len(addresses)},
    )


def account_sprayed(facts: Facts, logins: Logins) -> Finding | None:
    """Five visits or more of one or two tries a day, from addresses that never got in."""
    at_home = {attempt.record.ip for attempt in logins.accepted}
    visits: dict[tuple[str, date], list[Attempt]] = {}
    for attempt in logins.failures:
        address = attempt.record.ip
        if address is not None and address not in at_home:
            visits.setdefault((address, attempt.time.date()), []).append(attempt)
    # Who once hammers is guessing at this account, whatever else it does on other days.
    loud = {
        address for (address, _), tries in visits.items() if sum(attempt.count for attempt in tries) > TRIES_A_VISIT
    }
    quiet = [tries for (address, _), tries in visits.items() if address not in loud]
    if len(quiet) < _least("account_sprayed"):
        return None
    attempts = sorted((attempt for tries in quiet for attempt in tries), key=_place)
    addresses = _addresses(attempts)
    return _draft(
        "account_sprayed",
        facts,
        value=len(quiet),
        attempts=attempts,
        sentence=(
            f"{len(quiet)} visits of one or two failed sign-ins a day from {len(addresses)} addresses that never got "
            f"in ({_span(attempts)}): {listed(addresses)}."
        ),
        raw={"visits": len(quiet), "addresses": len(addresses)},
    )


def guessed_in(facts: Facts, logins: Logins) -> Finding | None:
    """Accepted from an address with nothing but failures before, three or more; the account is at home elsewhere."""
    failures: dict[str, list[Attempt]] = {}
    for attempt in logins.failures:
        if attempt.record.ip is not None:
            failures.setdefault(attempt.record.ip, []).append(attempt)
    homes: set[str] = set()
    worst: tuple[int, Attempt, list[Attempt], int] | None = None
    for success in logins.accepted:
        address = success.record.ip
        if address is None or address in homes:
            continue
        before = [attempt for attempt in failures.get(address, ()) if attempt.time <= success.time]
        count = sum(attempt.count for attempt in before)
        if homes and count >= _least("guessed_in") and (worst is None or count > worst[0]):
            worst = (count, success, before, len(homes))
        homes.add(address)
    if worst is None:
        return None
    count, success, before, known = worst
    return _draft(
        "guessed_in",
        facts,
        value=count,
        attempts=(*before, success),
        sentence=(
            f"Accepted from {shown(success.record.ip)} after {count} failed sign-ins and none accepted from there "
            f"({_span((*before, success))}); other addresses accepted before: {known}."
        ),
        raw={"failed_before": count, "address": success.record.ip, "addresses_accepted_before": known},
    )


def new_country(facts: Facts, logins: Logins) -> Finding | None:
    """Accepted from countries it was never accepted from before, once there is a habit to differ from."""
    seen: Counter[str] = Counter()
    days: set[date] = set()
    new: dict[str, Attempt] = {}
    for attempt in logins.accepted:
        country = attempt.record.country
        if country is None:
            continue
        if country not in seen and sum(seen.values()) >= HABIT_SIGN_INS and len(days) >= HABIT_DAYS:
            new[country] = attempt
        seen[country] += attempt.count
        days.add(attempt.time.date())
    if len(new) < _least("new_country"):
        return None
    usual = Counter({country: count for country, count in seen.items() if country not in new})
    attempts = list(new.values())
    return _draft(
        "new_country",
        facts,
        value=len(new),
        attempts=attempts,
        sentence=(
            f"Accepted from {len(new)} countries that are new to the account ({', '.join(sorted(new))}; "
            f"{_span(attempts)}); usual are {listed(usual)}."
        ),
        raw={"new_countries": sorted(new), "usual_countries": sorted(usual)},
    )


def _addresses(attempts: Sequence[Attempt]) -> Counter[str]:
    found: Counter[str] = Counter()
    for attempt in attempts:
        found[attempt.record.ip or ""] += attempt.count
    return found


def _place(attempt: Attempt) -> tuple[Any, int]:
    return attempt.time, attempt.record.id


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
