"""STIX objects for tests: sound ones, to be changed in one place."""

from typing import Any

import orjson

MADE = "2026-01-02T03:04:05.678Z"


def number(n: int) -> str:
    """The tail of a STIX id."""
    return f"00000000-0000-4000-8000-{n:012d}"


def indicator(n: int = 1, pattern: str = "[domain-name:value = 'evil.example']", **changes: Any) -> dict[str, Any]:
    """Changes to None take a member away."""
    made = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number(n)}",
        "created": MADE,
        "modified": MADE,
        "name": f"Indicator {n}",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": MADE,
        **changes,
    }
    return {member: value for member, value in made.items() if value is not None}


def malware(n: int = 1, **changes: Any) -> dict[str, Any]:
    made = {
        "type": "malware",
        "spec_version": "2.1",
        "id": f"malware--{number(n)}",
        "created": MADE,
        "modified": MADE,
        "name": f"Malware {n}",
        "is_family": False,
        **changes,
    }
    return {member: value for member, value in made.items() if value is not None}


def statement(n: int = 1) -> dict[str, Any]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{number(n)}",
        "created": MADE,
        "definition_type": "statement",
        "definition": {"statement": "Copyright"},
    }


def bundle(*objects: Any) -> dict[str, Any]:
    return {"type": "bundle", "id": f"bundle--{number(1)}", "objects": list(objects)}


def written(value: dict[str, Any]) -> str:
    """How an object is kept that came as values."""
    return orjson.dumps(value).decode()
