"""Search over everything that one looks for by a word."""

from typing import Annotated, Any

import strawberry

from models.reading.origins import Column, Spot
from resolvers import search as resolvers
from resolvers.search import Hit, HitPage
from rules.access.actions import Action
from rules.search import SearchKind
from schema import reference
from schema.faces import Node, PageInfo, column, face, one_of
from schema.live import given
from schema.marks import acts
from schema.planned import Info, planned_objects
from schema.scalars import Cursor

_HITS = Column(("hits",), bound=resolvers.LARGEST)


def _locate(node_type: str, key: Any) -> Spot | None:
    return node_type, key


@face(Hit)
class SearchEdge:
    """One thing that was found, at its place."""

    node: Node | None = one_of(_locate, "What was found; null when it is gone, or may no longer be seen.")
    cursor: Cursor = column("This place: hand it to `after`.")


def _page_info(root: Any, info: Info) -> PageInfo:
    made: PageInfo = reference.Reader(info.context.operation, plain=False).show(PageInfo, root.page)
    return made


@strawberry.type(description="One page of what was found.")
class SearchConnection:
    page: strawberry.Private[HitPage]
    edges: list[SearchEdge] = strawberry.field(
        description="The page: first the indicators that look for this very value, then kind by kind."
    )
    page_info: PageInfo = strawberry.field(description="Where it lies.", resolver=_page_info)


async def _search(
    info: Info,
    text: Annotated[
        str, strawberry.argument(description="What to look for: 3 to 200 characters, in upper or lower case.")
    ],
    kinds: Annotated[
        list[SearchKind] | None, strawberry.argument(description="Only things of these kinds. Left out: of all.")
    ] = strawberry.UNSET,
    first: Annotated[
        int | None, strawberry.argument(description="How many: 1 to 100. 20 when left out.")
    ] = strawberry.UNSET,
    after: Annotated[
        Cursor | None, strawberry.argument(description="Only what comes after this cursor.")
    ] = strawberry.UNSET,
) -> SearchConnection | None:
    page = await resolvers.search(
        info.context.operation, text=text, kinds=given(kinds), first=given(first), after=given(after)
    )
    edges: Any = planned_objects(info, _HITS, {"hits": page.hits}, SearchEdge)
    return SearchConnection(page=page, edges=edges)


@strawberry.type(description="Searching.")
class SearchQueries:
    search: SearchConnection | None = strawberry.field(
        resolver=_search,
        description=(
            "Indicators, other shared objects, organisations and cases that hold a text, as the viewer may see them. "
            "What was taken back or archived is not found."
        ),
        metadata=acts(Action.GRAPH_READ),
    )
