"""Search over indicators, other objects, organisations and cases at once, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass

from foundation.cursors import BadCursor
from foundation.errors import InvalidInput
from foundation.texts import check_text
from models.queries import search as queries
from models.queries.search import Key
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.search import NODE_OF, SECTIONS, SearchKind, Section

LEAST, MOST = 3, 200
"""Characters: of fewer nearly everything holds some, and all of it would be looked through."""

SIZE, LARGEST = 20, 100
PURPOSE = "search"


@dataclass(frozen=True)
class Hit:
    """One thing that was found: what it is called in the graph, its key, and its place."""

    node_type: str
    key: Key
    cursor: str


@dataclass(frozen=True)
class HitPage:
    """One page. There is no way back: what came before is not looked for again."""

    hits: list[Hit]
    has_next_page: bool
    has_previous_page: bool

    @property
    def start_cursor(self) -> str | None:
        return self.hits[0].cursor if self.hits else None

    @property
    def end_cursor(self) -> str | None:
        return self.hits[-1].cursor if self.hits else None


async def search(
    op: Operation,
    *,
    text: str,
    kinds: Iterable[SearchKind] | None = None,
    first: int | None = None,
    after: str | None = None,
) -> HitPage:
    """What holds the text, 3 to 200 characters in upper or lower case, of these kinds (all, when left out); indicators
    that look for this very value come first. At most `first` (1 to 100, 20 when left out) behind `after`.

    What was taken back or archived is not found. Raises InvalidInput and BadCursor.
    """
    op.check(Action.GRAPH_READ)
    wanted = check_text(text, field="text", least=LEAST, most=MOST)
    size = SIZE if first is None else first
    if not 1 <= size <= LARGEST:
        raise InvalidInput(f"A page has 1 to {LARGEST} things.", field="first")
    begin, key = _place(op, after)
    chosen = list(SearchKind) if kinds is None else list(kinds)
    sections = sorted({section for kind in chosen for section in SECTIONS[kind] if section >= begin})
    found: list[tuple[Section, Key]] = []
    async with op.read(Action.GRAPH_READ) as session:
        for section in sections:
            behind = key if section is begin else None
            room = size + 1 - len(found)
            if room > 0:
                some = await queries.keys(session, op.viewer, section, wanted, after=behind, limit=room)
                found += [(section, one) for one in some]
    hits = [
        Hit(NODE_OF[section], one, op.house.cursors.seal(PURPOSE, [int(section), one])) for section, one in found[:size]
    ]
    op.has_read(Action.GRAPH_READ, "search", [], len(hits))
    return HitPage(hits, has_next_page=len(found) > size, has_previous_page=after is not None)


def _place(op: Operation, after: str | None) -> tuple[Section, Key | None]:
    if after is None:
        return Section.EXACT, None
    section, key = op.house.cursors.open(PURPOSE, after, field="after")
    try:
        return Section(section), key
    except ValueError as error:
        raise BadCursor(field="after") from error
