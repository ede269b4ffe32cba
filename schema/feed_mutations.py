"""Feeds are added, changed, paused, polled and removed."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry

from resolvers import feeds
from resolvers.feeds import Changes, Credentials
from rules.access.actions import Action
from rules.feeds import FeedAuth
from rules.trust import TrustLevelName
from schema.feeds import Feed
from schema.marks import acts
from schema.naming import key_within
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info, planned

_URL = "The API root of the other server, as `https://taxii.example.org/api/`."
_EVERY = "How often it is polled, in seconds: 60 to 604,800."
_TRUST = "How much trust readers need for what comes in by it."


@strawberry.input(description="How to sign in at the other server. It is kept sealed, and shown to nobody.")
class FeedCredentialsInput:
    auth: FeedAuth = strawberry.field(description="The way of signing in.")
    username: str = strawberry.field(default="", description="For `BASIC`: the user name.")
    secret: str = strawberry.field(default="", description="The password, token or key.")


@strawberry.input(description="A collection that is to be read.")
class AddFeedInput:
    name: str = strawberry.field(description="What it is called here.")
    url: str = strawberry.field(description=_URL)
    remote_collection: str = strawberry.field(description="The id or alias of the collection there.")
    trust_level: TrustLevelName = strawberry.field(default=TrustLevelName.TRUSTED, description=_TRUST)
    every_s: int = strawberry.field(default=3_600, description=_EVERY)
    credentials: FeedCredentialsInput | None = strawberry.field(
        default=None, description="How to sign in there; left out where nobody has to."
    )
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="What of a feed is to change. What is left out or null stays.")
class UpdateFeedInput:
    feed_id: strawberry.ID = strawberry.field(description="The id of the feed.")
    name: str | None = strawberry.field(default=None, description="What it is called here.")
    url: str | None = strawberry.field(
        default=None, description=f"{_URL} Another one is read from the beginning, and needs the credentials once more."
    )
    remote_collection: str | None = strawberry.field(
        default=None, description="The id or alias of the collection there. Another one is read from the beginning."
    )
    trust_level: TrustLevelName | None = strawberry.field(
        default=None, description=f"{_TRUST} It holds for what comes in from now on."
    )
    every_s: int | None = strawberry.field(default=None, description=_EVERY)
    credentials: FeedCredentialsInput | None = strawberry.field(default=None, description="How to sign in there.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which feed is to rest.")
class PauseFeedInput:
    feed_id: strawberry.ID = strawberry.field(description="The id of the feed.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which feed is to go on.")
class ResumeFeedInput:
    feed_id: strawberry.ID = strawberry.field(description="The id of the feed.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which feed is to be polled.")
class PollFeedNowInput:
    feed_id: strawberry.ID = strawberry.field(description="The id of the feed.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.input(description="Which feed is to go.")
class RemoveFeedInput:
    feed_id: strawberry.ID = strawberry.field(description="The id of the feed.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="How something done to a feed ended.")
class FeedPayload:
    feed: Feed | None = strawberry.field(description="The feed as it stands now; null when nothing was done.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was done: OUTGOING_DISABLED where this server calls nobody, FEED_EXISTS, "
        "FEED_NOT_FOUND, others; empty when it was."
    )


@strawberry.type(description="How removing a feed ended.")
class RemoveFeedPayload:
    removed_id: strawberry.ID | None = strawberry.field(
        description="The id of the feed that was removed; null when none was."
    )
    user_errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")


async def _done(info: Info, mutation: str, asked: Any, act: Callable[..., Awaitable[str]]) -> FeedPayload:
    done = await attempt(info.context.operation, act, mutation=mutation, asked=asked, key=asked.client_mutation_key)
    return FeedPayload(feed=planned(info, Feed, done.result) if done.result else None, user_errors=done.user_errors)


def _changes(asked: AddFeedInput | UpdateFeedInput) -> Changes:
    given = asked.credentials
    return Changes(
        name=asked.name,
        url=asked.url,
        remote_collection=asked.remote_collection,
        trust_level=asked.trust_level,
        every_s=asked.every_s,
        credentials=None if given is None else Credentials(given.auth, given.username, given.secret),
    )


@strawberry.type(description="Feeds are added, changed, paused, polled and removed.")
class FeedMutations:
    @strawberry.mutation(
        description="Adds a collection of another TAXII 2.1 server, to be read at once and then again and again. For "
        "administrators; the operator must allow requests to others.",
        metadata=acts(Action.FEED_ADD),
    )
    async def add_feed(
        self, info: Info, input: Annotated[AddFeedInput, strawberry.argument(description="The feed.")]
    ) -> FeedPayload | None:
        return await _done(info, "addFeed", input, lambda op: feeds.add_feed(op, changes=_changes(input)))

    @strawberry.mutation(
        description="Changes a feed, which is polled at once. For administrators.", metadata=acts(Action.FEED_UPDATE)
    )
    async def update_feed(
        self, info: Info, input: Annotated[UpdateFeedInput, strawberry.argument(description="Which, and what.")]
    ) -> FeedPayload | None:
        key = key_within("Feed", input.feed_id)
        return await _done(
            info, "updateFeed", input, lambda op: feeds.update_feed(op, feed_id=key, changes=_changes(input))
        )

    @strawberry.mutation(
        description="Lets a feed rest: a poll under way ends with the page that it is at. Twice is no error.",
        metadata=acts(Action.FEED_PAUSE),
    )
    async def pause_feed(
        self, info: Info, input: Annotated[PauseFeedInput, strawberry.argument(description="Which.")]
    ) -> FeedPayload | None:
        key = key_within("Feed", input.feed_id)
        return await _done(info, "pauseFeed", input, lambda op: feeds.pause_feed(op, feed_id=key))

    @strawberry.mutation(
        description="Lets a feed go on where it stood, at once. Twice is no error.", metadata=acts(Action.FEED_RESUME)
    )
    async def resume_feed(
        self, info: Info, input: Annotated[ResumeFeedInput, strawberry.argument(description="Which.")]
    ) -> FeedPayload | None:
        key = key_within("Feed", input.feed_id)
        return await _done(info, "resumeFeed", input, lambda op: feeds.resume_feed(op, feed_id=key))

    @strawberry.mutation(
        description="Makes a feed due now: it is polled within seconds. Nothing changes while it is being polled.",
        metadata=acts(Action.FEED_POLL),
    )
    async def poll_feed_now(
        self, info: Info, input: Annotated[PollFeedNowInput, strawberry.argument(description="Which.")]
    ) -> FeedPayload | None:
        key = key_within("Feed", input.feed_id)
        return await _done(info, "pollFeedNow", input, lambda op: feeds.poll_feed_now(op, feed_id=key))

    @strawberry.mutation(
        description="Removes a feed. What came in by it stays. For administrators.", metadata=acts(Action.FEED_REMOVE)
    )
    async def remove_feed(
        self, info: Info, input: Annotated[RemoveFeedInput, strawberry.argument(description="Which.")]
    ) -> RemoveFeedPayload | None:
        key = key_within("Feed", input.feed_id)
        done = await attempt(
            info.context.operation,
            lambda op: feeds.remove_feed(op, feed_id=key),
            mutation="removeFeed",
            asked=input,
            key=input.client_mutation_key,
        )
        return RemoveFeedPayload(removed_id=input.feed_id if done.result else None, user_errors=done.user_errors)
