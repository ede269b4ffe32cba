"""openapi.json: written from the route table, so that it lists what is served and nothing else."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from foundation.errors import Forbidden, InvalidInput, Malformed, Refusal, TooMany, Unauthenticated, Unavailable
from foundation.strict_json import TooLarge
from foundation.version import VERSION
from rest_compat.endpoints import Contract, Endpoint
from rest_compat.refused import example_at, shape_at
from rest_compat.shapes import Shape
from web.envelopes import form_of
from web.gate import public, public_because
from web.refusals import NotAcceptable, UnsupportedMediaType

PLACES = ("/openapi.json", "/api/openapi.json")  # CONTRACTS row 39
OPENAPI = "3.1.0"

ABOUT = """Investigations and shared threat intelligence as one typed graph, over REST.

The graph itself is at /graphql and says more; see schema.graphql. Every path is served with and without a slash at its
end. `Accept: application/json;version=1.0` asks for this version; another one is answered with 406."""


def document(contracts: Iterable[Contract]) -> dict[str, Any]:
    """The OpenAPI document of these contracts."""
    shapes: dict[str, Shape] = {}
    paths: dict[str, dict[str, Any]] = {}
    tags = []
    for contract in contracts:
        tags.append({"name": contract.name, "description": contract.says})
        for prefix, path, endpoint in _places(contract):
            entry = _operation(contract, endpoint, path, prefix in contract.deprecated, shapes)
            paths.setdefault(path, {})[endpoint.method.lower()] = entry
    return {
        "openapi": OPENAPI,
        "info": {"title": "casegraph", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(shapes.items())),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token, or an API key (cg_...).",
                },
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key (cg_...)."},
            },
        },
    }


def routes(contracts: Iterable[Contract]) -> list[BaseRoute]:
    """The document at its places. It is written once: it tells nothing of anybody."""
    content = orjson.dumps(document(contracts))

    @public("What can be asked for is no secret, and clients are made from it before anybody signs in.")
    async def openapi(_request: Request) -> Response:
        return Response(content, media_type="application/json")

    return [Route(f"{place}{slash}", openapi) for place in PLACES for slash in ("", "/")]


def _places(contract: Contract) -> Iterator[tuple[str, str, Endpoint]]:
    for endpoint in contract.endpoints:
        for prefix, path in zip(contract.prefixes, contract.paths(endpoint), strict=True):
            yield prefix, f"{path}/" if prefix else path, endpoint


def _operation(
    contract: Contract, endpoint: Endpoint, path: str, deprecated: bool, shapes: dict[str, Shape]
) -> dict[str, Any]:
    summary, _, more = (inspect.getdoc(endpoint.handler) or "").partition("\n")
    made: dict[str, Any] = {
        "operationId": "_".join([endpoint.method.lower(), *_words(path)]),
        "tags": [contract.name],
        "summary": summary.rstrip("."),
    }
    if more.strip():
        made["description"] = more.strip()
    if deprecated:
        made["deprecated"] = True
    is_public = public_because(endpoint.handler) is not None
    made["security"] = [] if is_public else [{"bearer": []}, {"key": []}]
    if parameters := [*_in_path(path), *_in_query(endpoint, shapes)]:
        made["parameters"] = parameters
    if endpoint.takes is not None:
        content = {"application/json": {"schema": _named(endpoint.takes, shapes)}}
        made["requestBody"] = {"required": True, "content": content}
    made["responses"] = {**_answers(endpoint, shapes), **_refusals(endpoint, path, is_public, shapes)}
    return made


def _words(path: str) -> list[str]:
    return [word.strip("{}").replace("-", "_") for word in path.split("/") if word]


def _in_path(path: str) -> Iterator[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield {"name": part.strip("{}"), "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(endpoint: Endpoint, shapes: dict[str, Shape]) -> Iterator[dict[str, Any]]:
    for one in endpoint.parameters:
        yield {
            "name": one.name,
            "in": "query",
            "required": one.required,
            "description": one.says,
            "schema": _named(one.shape, shapes),
        }


def _answers(endpoint: Endpoint, shapes: dict[str, Shape]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for status, shape in endpoint.answers.items():
        made[str(status)] = {"description": "Done." if status < 400 else "Not able."}
        if shape is not None:
            made[str(status)]["content"] = {endpoint.media: {"schema": _named(shape, shapes)}}
    return made


def _refusals(endpoint: Endpoint, path: str, is_public: bool, shapes: dict[str, Shape]) -> dict[str, Any]:
    """By status: the envelope of this path, with every code that may stand in it as an example."""
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in (*_of_all(endpoint, is_public), *endpoint.refuses):
        known = by_status.setdefault(refusal.status, [])
        if refusal not in known:
            known.append(refusal)
    media = form_of(path)[1]
    made = {}
    for status, refusals in sorted(by_status.items()):
        if status in endpoint.answers:
            continue
        examples = {_code(example := example_at(path, one)): {"value": example} for one in refusals}
        content = {media: {"schema": _named(shape_at(path), shapes), "examples": examples}}
        made[str(status)] = {"description": " ".join(f"`{code}`" for code in examples), "content": content}
    return made


def _of_all(endpoint: Endpoint, is_public: bool) -> Iterator[type[Refusal]]:
    yield NotAcceptable
    if endpoint.action is None:
        return
    if not is_public:
        yield from (Unauthenticated, Forbidden)
    if endpoint.takes is not None:
        yield from (Malformed, TooLarge, UnsupportedMediaType)
    if endpoint.parameters:
        yield InvalidInput
    yield from (TooMany, Unavailable)


def _code(example: dict[str, Any]) -> str:
    inside = example.get("error", example)
    return str(inside.get("code") or inside.get("error_code"))


def _named(shape: Shape, shapes: dict[str, Shape]) -> Shape:
    """The same shape, with each part that has a title put among the components and referred to."""
    made: Shape = {}
    for word, value in shape.items():
        if word == "title":
            continue
        if word == "properties":
            made[word] = {name: _named(inner, shapes) for name, inner in value.items()}
        elif isinstance(value, dict):
            made[word] = _named(value, shapes)
        else:
            made[word] = value
    title = shape.get("title")
    if title is None:
        return made
    if shapes.setdefault(title, made) != made:
        raise ValueError(f"Two shapes are called {title}.")
    return {"$ref": f"#/components/schemas/{title}"}
