"""Feeds: collections of other TAXII servers that the own organisation reads."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.filters import at_least, equals
from models.reading.origins import Spot
from rules.access.actions import Action
from rules.feeds import FeedAuth, FeedStatus, status_of
from rules.nodes import locate
from rules.trust import TrustLevelName
from schema import ties
from schema.conditions import condition
from schema.enums import show
from schema.faces import Connection, Node, column, connection, face, one, one_of, rule
from schema.identity import global_id
from schema.orders import FeedOrder
from schema.scalars import JSON

show(FeedAuth)
show(FeedStatus)


@face(rows.Feed)
class Feed(Node):
    """A collection of another TAXII 2.1 server, read again and again. What comes in by it belongs to the organisation
    that added it."""

    id: strawberry.ID = global_id("Feed")
    name: str = column("What it is called here; the source of what comes in by it.")
    url: str = column("The API root of the other server.")
    remote_collection: str = column("The id or alias of the collection there.")
    trust_level: TrustLevelName = column("How much trust readers need for what comes in by it.")
    auth: FeedAuth = column("How it signs in there. Nobody is shown with what.")
    every_s: int = column("How often it is polled, in seconds.")
    status: FeedStatus = rule(status_of, "How it stands.")
    next_poll_at: datetime = column("When it is polled next, unless it is paused.")
    last_polled_at: datetime | None = column("When the last poll ended; null while there was none.")
    last_worked_at: datetime | None = column("When one last went well; null while none has.")
    last_error: str | None = column("Why the last poll failed; null when it did not.")
    failures: int = column("How many polls have failed in a row.")
    added_after: str | None = column(
        "Up to which date of the other server all was read, as that server writes it; null while it never came to an "
        "end."
    )
    pages: int = column("How many pages were read.")
    created_count: int = column("How many objects came in that were new.")
    updated_count: int = column("How many came in another version.")
    unchanged_count: int = column("How many were known already.")
    refused_count: int = column("How many were refused.")
    refusals: list[JSON] = column("The latest refused objects, at most 20: `stixId`, `type` and `message` of each.")
    organization: ties.Organization | None = one("Whose it is.", by="organization_id")
    created_by: ties.User | None = one("Who added it.", by="created_by")
    created_at: datetime = column("When it was added.")
    updated_at: datetime = column("When it was changed or polled last.")


@strawberry.input(description="Which feeds. What is left out or null is no condition; all must hold.")
class FeedFilter:
    is_paused: bool | None = condition("That are paused, or are not.")
    updated_since: datetime | None = condition("Only those that were changed or polled at this time or after it.")


FEED_FILTERS = {"is_paused": equals("is_paused"), "updated_since": at_least("updated_at")}


def locate_feed(id: strawberry.ID) -> Spot | None:
    """Where a feed is, by its global id."""
    found = locate(id)
    return found if found is not None and found[0] == "Feed" else None


@face(None)
class FeedQueries:
    """Reading feeds."""

    feed: Feed | None = one_of(
        locate_feed,
        "One feed; null when there is none, or none that the viewer may see.",
        argument=True,
        action=Action.GRAPH_READ,
        arguments={"id": "Its global id."},
    )
    feeds: Connection[Feed] | None = connection(
        "The feeds of the own organisation.",
        order=FeedOrder,
        filter=FeedFilter,
        filters=FEED_FILTERS,
        action=Action.GRAPH_READ,
    )
