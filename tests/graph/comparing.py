"""Two answers to one document are alike: equal data, equal places nulled by errors, equal (path, code) where one error
explains a place. Which of several errors under one null is told is a matter of timing in graphql-core."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

Told = tuple[tuple[Any, ...], str]


@dataclass
class Heard:
    """One answer: its data as it would be sent, and (path, code) of its errors."""

    data: Any
    errors: list[Told] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        return orjson.dumps(self.data)

    @property
    def plain(self) -> Any:
        return orjson.loads(self.text)


def heard(result: Any) -> Heard:
    errors = [(tuple(e.path or ()), str((e.extensions or {}).get("code"))) for e in result.errors or ()]
    return Heard(result.data, sorted(errors, key=repr))


def place_of(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where in the answer an error left its null."""
    for i, step in enumerate(path):
        if data is None:
            return path[:i]
        data = data[step]
    return path


def compare(planned: Heard, plain: Heard, counts: Counter[str], told: str) -> None:
    mine, theirs = planned.plain, plain.plain
    assert mine == theirs, f"{told}\nplanned: {mine}\nplain:   {theirs}\n{planned.errors}\n{plain.errors}"
    # Keys come in the order they were selected, and values are written alike.
    assert planned.text == plain.text, f"{told}\nplanned: {planned.text!r}\nplain:   {plain.text!r}"
    nulled = {place_of(mine, path) for path, _ in planned.errors}
    expected = {place_of(theirs, path) for path, _ in plain.errors}
    assert nulled == expected, f"{told}\nplanned: {planned.errors}\nplain:   {plain.errors}"
    for place in nulled:
        own = [e for e in planned.errors if place_of(mine, e[0]) == place]
        others = [e for e in plain.errors if place_of(theirs, e[0]) == place]
        if own == others:
            counts["errors alike"] += 1
        else:
            # Below the place lie fields that may not be null, and more than one of them may have failed.
            assert all(len(path) > len(place) for path, _ in own + others), f"{told}\n{own}\n{others}"
            counts["another of several errors told"] += 1
    counts["errors"] += len(planned.errors)
    count_values(mine, counts)


def count_values(data: Any, counts: Counter[str]) -> None:
    if isinstance(data, dict):
        counts["objects"] += 1
        for key, value in data.items():
            if key.startswith("abstract"):
                counts["objects of abstract types"] += 1
            count_values(value, counts)
    elif isinstance(data, list):
        for item in data:
            count_values(item, counts)
    elif data is None:
        counts["nulls"] += 1
    else:
        counts["values"] += 1
