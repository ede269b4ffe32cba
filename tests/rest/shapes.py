"""Holds answers against what openapi.json says of them."""

from typing import Any

import jsonschema_rs
import orjson

from cli.snapshot import rest
from rest_compat.refused import shape_at

DOCUMENT: dict[str, Any] = orjson.loads(rest())


def conforms(shape: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with the value; nothing when all is well."""
    told = jsonschema_rs.validator_for({**shape, "components": DOCUMENT["components"]}, validate_formats=True)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in told.iter_errors(value)]


def is_refusal(path: str, value: Any) -> bool:
    """Whether this is the documented envelope of a refusal at this path, with nothing beside it."""
    shape = shape_at(path)
    return conforms(shape, value) == [] and set(value) <= set(shape["properties"])


def request_shape(method: str, path: str) -> dict[str, Any]:
    operation = DOCUMENT["paths"][path][method.lower()]
    shape: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return shape


def answer_shape(method: str, path: str, status: int) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]["content"]
    shape: dict[str, Any] = next(iter(content.values()))["schema"]
    return shape
