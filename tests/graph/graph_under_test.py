"""The product's whole schema, with a mutation and a subscription beside it that change nothing: their payloads and
events show what was read, as those of the product do."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from rules.nodes import locate
from schema.evidence import Evidence
from schema.faces import Node
from schema.graph import GRAPH_NODES
from schema.investigations import Investigation
from schema.people import User
from schema.planned import Info, PlannedExecutor, planned, planned_list
from schema.refusals import Schema
from schema.root import NODES, Query
from schema.scalars import SCALARS

Id = Annotated[strawberry.ID, strawberry.argument(description="Which.")]


def key_of(id_: str, kind: str) -> Any:
    found = locate(id_)
    return found[1] if found and found[0] == kind else None


@strawberry.type(description="What was touched.")
class TouchPayload:
    investigation: Investigation | None = strawberry.field(description="The case.")
    evidence: list[Evidence | None] = strawberry.field(description="Pieces of evidence.")
    must: Evidence = strawberry.field(description="One of them, which has to be there.")
    said: str = strawberry.field(description="A word.")


@strawberry.type(description="Changes that change nothing.")
class Mutation:
    @strawberry.mutation(description="Touches a case.")  # type: ignore[untyped-decorator]
    async def touch(
        self,
        info: Info,
        id: Id,  # noqa: A002
        ids: Annotated[list[strawberry.ID] | None, strawberry.argument(description="Evidence.")] = None,
    ) -> TouchPayload | None:
        keys = [key_of(one, "Evidence") for one in ids or []]
        return TouchPayload(
            investigation=planned(info, Investigation, key_of(id, "Investigation")),
            evidence=planned_list(info, Evidence, keys),
            must=planned(info, Evidence, keys[0] if keys else None),
            said="done",
        )


@strawberry.interface(description="Something that happened.")
class Happened:
    sequence: int = strawberry.field(description="Its number.")
    investigation: Investigation | None = strawberry.field(description="The live case.")


@strawberry.type(description="Evidence came.")
class Came(Happened):
    evidence: Evidence | None = strawberry.field(description="The evidence.")


@strawberry.type(description="Somebody joined.")
class Joined(Happened):
    user: User | None = strawberry.field(description="Who.")


@strawberry.type(description="Something is missing.")
class Missing:
    reason: str = strawberry.field(description="Why.")


Item = Annotated[Came | Joined | Missing, strawberry.union("Item", description="What is told.")]


@strawberry.type(description="What goes on.")
class Subscription:
    @strawberry.subscription(description="Tells of each id.")  # type: ignore[untyped-decorator]
    async def happenings(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Of what.")]
    ) -> AsyncIterator[Item]:
        for number, id_ in enumerate(ids):
            kind, key = locate(id_) or ("", None)
            case = planned(info, Investigation, key if kind == "Investigation" else 1)
            if kind == "User":
                yield Joined(sequence=number, investigation=case, user=planned(info, User, key))
            elif kind:
                evidence = planned(info, Evidence, key if kind == "Evidence" else 2)
                yield Came(sequence=number, investigation=case, evidence=evidence)
            else:
                yield Missing(reason="unknown")


def build() -> Schema:
    """Without limits: what is compared are two executors, over documents larger than the door lets in."""
    return Schema(
        Query,
        Mutation,
        Subscription,
        types=[*NODES, *GRAPH_NODES, Happened, Node],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=PlannedExecutor,
    )
