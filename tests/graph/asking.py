"""Documents run against the schema itself: no transport, everything else as it is served."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from foundation import telemetry
from resolvers.operation import House, Operation
from rules.access.viewer import ANONYMOUS, Viewer
from schema.root import build_schema

SCHEMA = build_schema()


@dataclass(frozen=True)
class Context:
    operation: Operation
    reading: str
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """An answer. `codes`: the path of each error, joined by dots, and its code. `steps`: statements it took."""

    data: Any
    codes: dict[str, str]
    steps: int


@dataclass(frozen=True)
class Graph:
    house: House
    reading: str

    async def tell(self, viewer: Viewer | None, document: str, **variables: Any) -> Told:
        context = Context(Operation(self.house, viewer or ANONYMOUS, request_id="test-request"), self.reading)
        before = telemetry.counters().get("reading.steps", 0)
        result = await SCHEMA.execute(document, variables, context_value=context)
        steps = telemetry.counters().get("reading.steps", 0) - before
        codes = {
            ".".join(str(part) for part in error.path or ()): str((error.extensions or {}).get("code"))
            for error in result.errors or ()
        }
        return Told(orjson.loads(orjson.dumps(result.data)), codes, steps)

    async def ask(self, viewer: Viewer | None, document: str, **variables: Any) -> Any:
        """The data of a document that must have no errors."""
        told = await self.tell(viewer, document, **variables)
        assert told.codes == {}, told
        return told.data
