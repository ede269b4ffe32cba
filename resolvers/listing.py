"""Lists come in: each line becomes an indicator, or is told why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from formats.lists import Line
from formats.stix.new_indicator import Looked, new_indicator
from foundation.errors import InvalidInput
from foundation.ids import new_id
from foundation.words import IndicatorType, Tlp, Word
from models.queries.actionable import held_values
from models.reading.warnings import warnings_of
from resolvers.indicators import ImportResult, ImportStatus, import_chunk
from resolvers.operation import Door, Operation
from resolvers.reading import read_batch
from rules.access.actions import Action
from rules.trust import TrustLevelName

MOST_LINES: Final = 1_000
"""Of one request; the command line sends as many as a file needs."""


class LineStatus(Word):
    """What became of a line of a list."""

    CREATED = "created", "An indicator was made of it; in a dry run: would be."
    KNOWN = "known", "The organisation holds an indicator of this value already."
    REPEATED = "repeated", "The same value stood earlier in the list."
    REFUSED = "refused", "It is no value that can be looked for; the others were not affected."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a line. `text`: the value as it stood there. `value`: as it was read. `warnings`: the lists of
    known-good values that it stands on; it was taken all the same."""

    line: int
    text: str
    status: LineStatus
    type: IndicatorType | None = None
    value: str | None = None
    object_id: str | None = None
    message: str | None = None
    warnings: tuple[str, ...] = ()

    def wire(self) -> dict[str, Any]:
        """As JSON: what a repetition of the request is told."""
        return {
            "line": self.line, "text": self.text, "status": str(self.status), "type": self.type and str(self.type),
            "value": self.value, "object_id": self.object_id, "message": self.message, "warnings": list(self.warnings),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Common:
    """What all indicators of a list have in common; a line's own confidence wins. Unless something else is said they
    are amber, as whatever own people make (D19), and for trusted readers."""

    labels: Sequence[str] = ()
    confidence: int | None = None
    tlp: Tlp = Tlp.AMBER
    level: TrustLevelName | None = None


async def import_lines(
    op: Operation,
    *,
    lines: Sequence[Line],
    source: str,
    common: Common,
    seen: set[tuple[str, str]],
    is_dry: bool = False,
) -> list[dict[str, Any]]:
    """A verdict (`Verdict.wire`) for each of up to 1,000 lines; their indicators in one transaction. `seen`: the types
    and values of earlier lines, added to. Dry: nothing is stored."""
    op.check(Action.STIX_IMPORT)
    if len(lines) > MOST_LINES:
        raise InvalidInput(f"Send at most {MOST_LINES} lines at once.", field="text", most=MOST_LINES)
    fresh: dict[tuple[str, str], Line] = {}
    for line in lines:
        if line.looked is not None and (key := _key(line.looked)) not in seen:
            fresh.setdefault(key, line)
    async with op.read(Action.STIX_IMPORT) as session:
        known = await held_values(session, op.viewer, [value for _, value in fresh])
    flagged = await read_batch(op, warnings_of([*fresh])) if fresh else []
    judged = _Judged(fresh, known, dict(zip(fresh, flagged, strict=True)))
    seen.update(fresh)
    wanted = [line for key, line in fresh.items() if key not in known]
    told = judged.verdicts(lines, {})
    if is_dry:
        return told
    if not wanted:  # The trail tells of it all the same, and who repeats it under its key is told the same.
        async with op.write(Action.STIX_IMPORT, target=source) as door:
            door.answer(told)
        return told

    async def beside(door: Door, results: Sequence[ImportResult]) -> None:
        told[:] = judged.verdicts(lines, {line.number: one for line, one in zip(wanted, results, strict=True)})
        door.answer(told)

    objects = [_indicator(line, common, op.clock.now()) for line in wanted]
    await import_chunk(op, objects=objects, source=source, level=common.level, beside=beside)
    return told


@dataclass(frozen=True)
class _Judged:
    """Lines by what they look for: the first of each, what is held of them, and the lists they stand on."""

    fresh: Mapping[tuple[str, str], Line]
    known: Mapping[tuple[str, str], str]
    warnings: Mapping[tuple[str, str], Sequence[str]]

    def verdicts(self, lines: Sequence[Line], made: Mapping[int, ImportResult]) -> list[dict[str, Any]]:
        return [self._verdict(line, made.get(line.number)).wire() for line in lines]

    def _verdict(self, line: Line, made: ImportResult | None) -> Verdict:
        if line.looked is None:
            return Verdict(line.number, line.text, LineStatus.REFUSED, message=line.refused)
        key = _key(line.looked)
        told: dict[str, Any] = {"type": line.looked.type, "value": line.looked.value}
        if self.fresh.get(key) is not line:
            return Verdict(line.number, line.text, LineStatus.REPEATED, **told)
        told["warnings"] = tuple(self.warnings[key])
        if key in self.known:
            return Verdict(line.number, line.text, LineStatus.KNOWN, **told, object_id=self.known[key])
        if made is None:
            return Verdict(line.number, line.text, LineStatus.CREATED, **told)
        status = LineStatus.REFUSED if made.status is ImportStatus.REFUSED else LineStatus.CREATED
        return Verdict(line.number, line.text, status, **told, object_id=made.object_id, message=made.message)


def _key(looked: Looked) -> tuple[str, str]:
    return str(looked.type), looked.value


def _indicator(line: Line, common: Common, now: datetime) -> dict[str, Any]:
    assert line.looked is not None
    return new_indicator(
        line.looked,
        stix_id=f"indicator--{new_id()}",
        now=now,
        name=line.name,
        labels=common.labels,
        confidence=common.confidence if line.confidence is None else line.confidence,
        valid_until=line.valid_until if line.valid_until and line.valid_until > now else None,
        tlp=common.tlp,
    )
