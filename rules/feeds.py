"""Feeds: TAXII collections of others that are read again and again, and how one is walked through, page by page.

What a walk stands on is a `Place`. It is worked out here from what each page says, whatever the other server does: says
that there is more without saying where, sends empty pages or the same one for ever, forgets its dates.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from foundation.errors import InvalidInput
from foundation.times import from_text, to_text
from foundation.words import Word

LEAST_EVERY_S: Final = 60
MOST_EVERY_S: Final = 7 * 86_400
PAGE: Final = 1_000
"""Objects that are asked for at once; fewer after a page that was too large to be taken."""

MOST_PAGES: Final = 1_000
"""Of one poll, so that its history ends. The next one goes on at once where it stood."""

MOST_EMPTY: Final = 20
"""Pages without objects, one after the other, that are followed."""

REFUSALS_KEPT: Final = 20
OVERLAP: Final = timedelta(milliseconds=1)


class FeedAuth(Word):
    """How a feed signs in at the other server."""

    NONE = "none", "It does not."
    BASIC = "basic", "With a user name and a password: `Authorization: Basic`."
    BEARER = "bearer", "With a token or key: `Authorization: Bearer`."
    TOKEN = "token", "With a key: `Authorization: Token`."
    API_KEY = "api_key", "With a key: `X-API-Key`."


class FeedStatus(Word):
    """How a feed stands."""

    WAITING = "waiting", "The last poll went well, or none has been made yet; the next one is planned."
    POLLING = "polling", "A poll is under way."
    FAILING = "failing", "The last poll failed; the next one is planned all the same."
    PAUSED = "paused", "Nothing is asked for until it is resumed."


class Step(Word):
    """What comes after a page."""

    GO_ON = "go_on", "Another page."
    DONE = "done", "Nothing: all has been read."
    STUCK = "stuck", "Nothing, though there is more: the other server does not say how to get it."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands. `added_after`: all up to this date was read, as the other server wrote it; `next`: its word
    for the page to come; `last`: the newest date it told in this walk; `empty`: pages in a row without objects."""

    added_after: str | None = None
    next: str | None = None
    last: str | None = None
    empty: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says of itself. `last`: the header X-TAXII-Date-Added-Last."""

    objects: int
    more: bool
    next: str | None
    last: str | None


def after(place: Place, told: Told) -> tuple[Place, Step]:
    """Where a walk stands after this page, and whether it goes on. Nothing that was not read is ever passed over: of a
    walk that is stuck the next one begins where this one did."""
    last = _newest(place.last, told.last)
    if not told.more:
        return Place(added_after=_newest(place.added_after, last)), Step.DONE
    empty = 0 if told.objects else place.empty + 1
    begun_anew = Place(added_after=place.added_after)
    if told.next is not None:
        if told.next == place.next or empty > MOST_EMPTY:
            return begun_anew, Step.STUCK
        return Place(place.added_after, told.next, last, empty), Step.GO_ON
    # The page that follows is that of later dates. Other objects may share the last one, so it is read once more.
    date = _before(told.last)
    if not told.objects or date is None or _newest(place.added_after, date) == place.added_after:
        return begun_anew, Step.STUCK
    return Place(added_after=date), Step.GO_ON


def begun_anew(place: Place) -> Place:
    """After the other server no longer knows its own word for the next page."""
    return replace(place, next=None, last=None, empty=0)


def status_of(is_paused: bool, polling_since: object, last_error: str | None) -> FeedStatus:
    """How a feed stands, by its columns."""
    if is_paused:
        return FeedStatus.PAUSED
    if polling_since is not None:
        return FeedStatus.POLLING
    return FeedStatus.WAITING if last_error is None else FeedStatus.FAILING


def _newest(one: str | None, other: str | None) -> str | None:
    """The later of two dates, as it was written. One that cannot be read counts as none."""
    known = [(moment, text) for text in (one, other) if text and (moment := _moment(text)) is not None]
    return max(known)[1] if known else None


def _moment(text: str) -> str | None:
    try:
        return to_text(from_text(text))
    except InvalidInput:
        return None


def _before(text: str | None) -> str | None:
    if text is None or _moment(text) is None:
        return None
    return to_text(from_text(text) - OVERLAP)
