"""One root field of a document, ready to run for anyone: arguments, viewer and keys come with each run."""

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Mapping
from threading import Lock
from typing import Any, NamedTuple

from foundation import telemetry
from models.reading import found, held, local, origins, pages, relations  # noqa: F401  # each registers its kinds of origin
from models.reading.level import Level
from models.reading.parts import Located, Mishap, Walker
from models.reading.selection import Pick, Request
from models.reading.stored import Dialect
from models.reading.text import to_json

PLANS_KEPT = 512


class Answer(NamedTuple):
    """`data`: the shaped value of the root. `failed`: it has none; the last of `mishaps` says why. `things`: how many
    things stand at the root, told by `json` alone."""

    data: Any
    mishaps: list[Mishap]
    failed: bool = False
    things: int = 0


class Plan:
    """Steps are yielded, rows received; the same plan runs over asyncpg and inside one visit to a SQLite reader."""

    def __init__(self, pick: Pick, slots: Any, dialect: Dialect) -> None:
        telemetry.count("reading.plans")
        self.pick, self.slots = pick, slots
        self.root = Level("Query", object, [[pick]], dialect)

    def values(self, seed: Mapping[str, Any], request: Request) -> Generator[Any, Any, Answer]:
        got = yield from self.root.fetch([("", *(seed.get(c) for c in self.root.columns), "")], request)
        try:
            return Answer(self.root.shape(got, request)[0][self.pick.key], [])
        except Exception:  # Whatever it was, the Walker finds it again and words it.
            telemetry.count("reading.surprises")
        walker = Walker(request)
        try:
            walked = walker.row(self.root, got, 0)(())
        except Located as located:
            return Answer(None, [*walker.mishaps, located.mishap], failed=True)
        return Answer(walked[self.pick.key], walker.mishaps)

    def json(self, seed: Mapping[str, Any], request: Request) -> Generator[Any, Any, Answer]:
        """Like `values`, with the data as JSON bytes: written where the rows are, on SQLite not on the event loop."""
        answer = yield from self.values(seed, request)
        return answer if answer.failed else answer._replace(data=to_json(answer.data), things=self._things(answer.data))

    def _things(self, data: Any) -> int:
        if isinstance(self.pick.origin, origins.Page) and isinstance(data, dict):
            edges = next((p.key for p in self.pick.kinds.only.picks if p.name == "edges"), None)
            return len(data[edges]) if edges is not None else 0
        if isinstance(data, list):
            return sum(item is not None for item in data)
        return int(data is not None)


class Plans:
    """The plans of one driver: bounded, the least recently used goes first."""

    def __init__(self, size: int = PLANS_KEPT) -> None:
        self._size, self._plans, self._lock = size, OrderedDict[Hashable, Plan](), Lock()

    def __len__(self) -> int:
        return len(self._plans)

    def of(self, key: Hashable, make: Callable[[], Plan]) -> Plan:
        with self._lock:
            if (plan := self._plans.get(key)) is not None:
                self._plans.move_to_end(key)
                telemetry.count("reading.plan_hits")
                return plan
        plan = make()
        with self._lock:
            self._plans[key] = plan
            if len(self._plans) > self._size:
                self._plans.popitem(last=False)
        return plan
