"""Feeds of an organisation: added, changed, paused, polled now, removed."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from foundation.errors import Conflict, InvalidInput, NotFound
from foundation.ids import new_id, to_global
from foundation.texts import check_number, check_text
from gateways.http import policy_of
from gateways.ports import RemoteCollection
from models.feeds import Feed
from models.queries import feeds
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.names import check_title
from rules.access.personal_data import seal, unseal
from rules.feeds import LEAST_EVERY_S, MOST_EVERY_S, PAGE, FeedAuth
from rules.outgoing import judge
from rules.trust import TrustLevelName

MOST_FEEDS: Final = 100
"""Of one organisation: each is a poll every minute at most."""

MOST_WORD, MOST_SECRET = 200, 4_000
_PLACE = {"table": "feed", "column": "credentials"}
_NOWHERE: Final[dict[str, Any]] = {"added_after": None, "next_page": None, "last_date": None, "empty_pages": 0}


class FeedNotFound(NotFound):
    code = "FEED_NOT_FOUND"
    message = "There is no such feed."


class FeedExists(Conflict):
    code = "FEED_EXISTS"
    message = "The organisation reads this collection already."


class TooManyFeeds(Conflict):
    code = "FEED_LIMIT"
    message = "An organisation has at most {limit} feeds. Remove one first."


@dataclass(frozen=True)
class Credentials:
    """How to sign in at the other server. What the way of signing in does not need is left empty."""

    auth: FeedAuth = FeedAuth.NONE
    username: str = ""
    secret: str = ""


@dataclass(frozen=True)
class Changes:
    """What of a feed is to be another; None: it stays."""

    name: str | None = None
    url: str | None = None
    remote_collection: str | None = None
    trust_level: TrustLevelName | None = None
    every_s: int | None = None
    credentials: Credentials | None = None


async def add_feed(op: Operation, *, changes: Changes) -> str:
    """The key of a new feed, which is polled at once. `changes` says all of it but the credentials, which it may not
    need. Raises OutgoingOff, OutgoingRefused, FeedExists, TooManyFeeds, InvalidInput."""
    op.check(Action.FEED_ADD)
    feed_id = new_id()
    values = _checked(op, feed_id, replace(changes, credentials=changes.credentials or Credentials()))
    async with op.write(Action.FEED_ADD, target=to_global("Feed", feed_id)) as door:
        if await feeds.count(door.session, op.viewer.organization_id) >= MOST_FEEDS:
            raise TooManyFeeds(limit=MOST_FEEDS)
        feed = Feed(
            id=feed_id,
            organization_id=op.viewer.organization_id,
            **values,
            page_limit=PAGE,
            next_poll_at=door.now,
            created_by=op.viewer.user_id,
            created_at=door.now,
            updated_at=door.now,
        )
        await _alone(door, feed)
        door.add(feed)
        door.about(to_global("Feed", feed_id), **_told(values))
        door.answer(feed_id)
    return feed_id


async def update_feed(op: Operation, *, feed_id: str, changes: Changes) -> str:
    """Another collection or address is read from its beginning. Another address needs the credentials once more: who
    may name an address would else be sent what somebody else gave. Raises FeedNotFound, and what `add_feed` raises."""
    op.check(Action.FEED_UPDATE)
    values = _checked(op, feed_id, changes)

    async def change(door: Door, feed: Feed) -> None:
        moved = values.get("url", feed.url) != feed.url
        if moved and feed.credentials and changes.credentials is None:
            raise InvalidInput("Another address needs the credentials once more.", field="credentials")
        if moved or values.get("remote_collection", feed.remote_collection) != feed.remote_collection:
            values.update(_NOWHERE, page_limit=PAGE)
        for name, value in values.items():
            setattr(feed, name, value)
        await _alone(door, feed)
        feed.next_poll_at = door.now
        door.about(to_global("Feed", feed.id), **_told(values))

    return await _changed(op, Action.FEED_UPDATE, feed_id, change)


async def pause_feed(op: Operation, *, feed_id: str) -> str:
    """Twice is no error. A poll under way ends with the page that it is at. Raises FeedNotFound."""

    async def pause(_door: Door, feed: Feed) -> None:
        feed.is_paused = True

    return await _changed(op, Action.FEED_PAUSE, feed_id, pause)


async def resume_feed(op: Operation, *, feed_id: str) -> str:
    """It goes on where it stood, at once. Twice is no error. Raises FeedNotFound."""

    async def resume(door: Door, feed: Feed) -> None:
        if feed.is_paused:
            feed.is_paused, feed.next_poll_at = False, door.now

    return await _changed(op, Action.FEED_RESUME, feed_id, resume)


async def poll_feed_now(op: Operation, *, feed_id: str) -> str:
    """It is due now. Nothing changes while a poll is under way. Raises FeedNotFound, Conflict while it is paused."""

    async def make_due(door: Door, feed: Feed) -> None:
        if feed.is_paused:
            raise Conflict("The feed is paused. Resume it.")
        if feed.polling_since is None:
            feed.next_poll_at = door.now

    return await _changed(op, Action.FEED_POLL, feed_id, make_due)


async def remove_feed(op: Operation, *, feed_id: str) -> str:
    """What came in by it stays. Raises FeedNotFound."""

    async def remove(door: Door, feed: Feed) -> None:
        await door.session.delete(feed)

    return await _changed(op, Action.FEED_REMOVE, feed_id, remove)


def remote_of(op: Operation, feed: Feed) -> RemoteCollection:
    """What a feed reads, with its credentials opened. Raises CannotOpen."""
    kept = unseal(op.house.keys, feed.credentials, row_id=feed.id, **_PLACE) if feed.credentials else "{}"
    return RemoteCollection(feed.url, feed.remote_collection, FeedAuth(feed.auth), **json.loads(kept))


async def _changed(op: Operation, action: Action, feed_id: str, act: Callable[[Door, Feed], Awaitable[None]]) -> str:
    async with op.write(action, target=to_global("Feed", feed_id) if feed_id else None) as door:
        feed = await feeds.feed(door.session, op.viewer, feed_id, held=True) if feed_id else None
        if feed is None:
            raise FeedNotFound
        feed.updated_at = door.now
        await act(door, feed)
        door.answer(feed_id)
    return feed_id


async def _alone(door: Door, feed: Feed) -> None:
    with door.session.no_autoflush:
        if await feeds.is_read_already(door.session, feed):
            raise FeedExists(field="remote_collection")


def _checked(op: Operation, feed_id: str, changes: Changes) -> dict[str, Any]:
    """The columns that change."""
    made: dict[str, Any] = {}
    if changes.name is not None:
        made["name"] = check_title(changes.name, field="name")
    if changes.url is not None:
        url = check_text(changes.url, field="url", least=1, most=MOST_SECRET, one_line=True)
        judge(url, policy_of(op.settings))
        if "?" in url or "#" in url:
            raise InvalidInput("Write the address of the API root, without ? or #.", field="url")
        made["url"] = url.rstrip("/") + "/"
    if changes.remote_collection is not None:
        made["remote_collection"] = check_text(
            changes.remote_collection, field="remote_collection", least=1, most=MOST_WORD, one_line=True
        )
    if changes.trust_level is not None:
        made["trust_level"] = str(changes.trust_level)
    if changes.every_s is not None:
        made["every_s"] = check_number(changes.every_s, field="every_s", least=LEAST_EVERY_S, most=MOST_EVERY_S)
    if changes.credentials is not None:
        made |= _credentials(op, feed_id, changes.credentials)
    return made


def _credentials(op: Operation, feed_id: str, given: Credentials) -> dict[str, Any]:
    if given.auth is FeedAuth.NONE:
        return {"auth": str(given.auth), "credentials": ""}
    needs_name = given.auth is FeedAuth.BASIC
    username = check_text(
        given.username, field="credentials.username", least=int(needs_name), most=MOST_WORD, one_line=True
    )
    if needs_name and ":" in username:
        raise InvalidInput("A user name holds no colon.", field="credentials.username")
    secret = given.secret
    if not 1 <= len(secret) <= MOST_SECRET or not secret.isprintable() or not (needs_name or secret.isascii()):
        raise InvalidInput("Give the password, token or key, without line breaks.", field="credentials.secret")
    kept = json.dumps({"username": username, "secret": secret})
    return {"auth": str(given.auth), "credentials": seal(op.house.keys, kept, row_id=feed_id, **_PLACE)}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit trail says of a change: never a secret."""
    return {name: value for name, value in values.items() if name not in ("credentials", *_NOWHERE)}
