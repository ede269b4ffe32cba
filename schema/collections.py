"""Collections: the sets in which shared objects lie, in the order they came. TAXII reads the same ones."""

from datetime import datetime

import strawberry

from models import tables as rows
from rules.access.actions import Action
from rules.trust import TrustLevelName, level_name
from schema import ties
from schema.faces import Connection, Node, column, connection, face, one, rule
from schema.identity import global_id


@face(rows.Collection)
class Collection(Node):
    """A set of shared objects. The viewer finds its organisation's own and that of the whole installation, in which
    everything lies that partners share."""

    id: strawberry.ID = global_id("Collection")
    title: str = column("What it is called.")
    alias: str = column("Its name in addresses.")
    description: str = column("What it is for.")
    required_level: TrustLevelName | None = rule(
        level_name, "How much trust an object in it asks for, where nothing else was said."
    )
    organization: ties.Organization | None = one(
        "Whose it is; null for that of the whole installation.", by="organization_id"
    )
    created_at: datetime = column("When it was made.")
    updated_at: datetime = column("When it last changed.")


@face(None)
class CollectionQueries:
    """Reading collections."""

    collections: Connection[Collection] | None = connection(
        "The collections that the viewer may read.", default=("title", False), action=Action.GRAPH_READ
    )
