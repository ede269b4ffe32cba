"""TAXII 2.1: every resource under the api root of the standard, `/taxii2/main/`, and under the documented `/taxii/`.

Discovery stands at `/taxii2/`. The documented contract wants discovery and api root on one path, so `/taxii/` is both:
the standard lets either resource have further members (CONTRACTS section 5, item 1).
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from foundation.settings import Settings
from foundation.times import from_microseconds, to_text
from models.queries.pages import EVERY
from resolvers import collections, deletions, taxii_status
from resolvers.collections import Shelf, version_of
from resolvers.operation import House
from resolvers.showing import Shown
from rules.access.actions import Action
from rules.access.budgets import Budget
from taxii.answers import page, resource
from taxii.asked import asked_of
from taxii.bodies import objects_in
from taxii.media import STIX, TAXII, check_accept
from web.gate import Gated, operation
from web.identify import Identify
from web.middleware import BODY_BYTES
from web.pollers import PollerIdentify
from web.refusals import MethodNotAllowed

DISCOVERY: Final = "/taxii2"
ROOT: Final = "/taxii2/main"
DOCUMENTED: Final = "/taxii"

_TITLE: Final = "Shared threat intelligence"
_SAYS: Final = "What organisations share with each other here, as far as they trust each other."


async def discover(request: Request) -> Response:
    settings = operation(request).settings
    return await resource(request, _discovery(settings, ROOT))


async def show_root(request: Request) -> Response:
    return await resource(request, _root())


async def show_both(request: Request) -> Response:
    return await resource(request, {**_discovery(operation(request).settings, DOCUMENTED), **_root()})


async def list_collections(request: Request) -> Response:
    found = await collections.list_collections(operation(request))
    return await resource(request, {"collections": [_collection(one) for one in found]} if found else {})


async def show_collection(request: Request) -> Response:
    return await resource(request, _collection(await collections.find_collection(operation(request), _name(request))))


async def get_objects(request: Request) -> Response:
    found = await collections.page_objects(operation(request), _name(request), asked_of(request.query_params))
    return await page(request, "objects", found, [one.text for one in found.items])


async def get_manifest(request: Request) -> Response:
    found = await collections.page_manifest(operation(request), _name(request), asked_of(request.query_params))
    return await page(request, "objects", found, map(_record, found.items))


async def get_object(request: Request) -> Response:
    asked = asked_of(request.query_params)
    found = await collections.page_object(operation(request), _name(request), _object(request), asked)
    return await page(request, "objects", found, [one.text for one in found.items])


async def get_versions(request: Request) -> Response:
    asked = asked_of(request.query_params, versions=EVERY)
    found = await collections.page_versions(operation(request), _name(request), _object(request), asked)
    return await page(request, "versions", found, [orjson.dumps(version_of(one)) for one in found.items])


async def add_objects(request: Request) -> Response:
    objects = await objects_in(request)
    return await resource(request, await taxii_status.add_objects(operation(request), _name(request), objects), 202)


async def delete_object(request: Request) -> Response:
    """Without match[version] all versions go (CONTRACTS 1, row 16)."""
    asked = asked_of(request.query_params, versions=EVERY)
    if asked.spec_versions is None or "2.1" in asked.spec_versions:
        await deletions.delete_object(operation(request), _name(request), _object(request), asked.versions)
    return Response()


async def show_status(request: Request) -> Response:
    return await resource(request, await taxii_status.find_status(operation(request), request.path_params["status"]))


def _name(request: Request) -> str:
    return str(request.path_params["collection"])


def _object(request: Request) -> str:
    return str(request.path_params["object"])


def _discovery(settings: Settings, root: str) -> dict[str, Any]:
    """Addresses are absolute only where somebody said what this server is called."""
    at = settings.public_url.rstrip("/") if "public_url" in settings.model_fields_set else ""
    here = f"{at}{root}/"
    contact = {"contact": settings.taxii_contact} if settings.taxii_contact else {}
    return {"title": _TITLE, "description": _SAYS, **contact, "default": here, "api_roots": [here]}


def _root() -> dict[str, Any]:
    return {"title": _TITLE, "description": _SAYS, "versions": [TAXII], "max_content_length": BODY_BYTES}


def _collection(one: Shelf) -> dict[str, Any]:
    described = {"description": one.row.description} if one.row.description else {}
    return {
        "id": one.row.id,
        "title": one.row.title,
        **described,
        "alias": one.row.alias,
        "can_read": one.can_read,
        "can_write": one.can_write,
        "media_types": [STIX],
    }


def _record(one: Shown) -> bytes:
    added = to_text(from_microseconds(one.placed.position))
    return orjson.dumps({"id": one.stix_id, "date_added": added, "version": version_of(one), "media_type": STIX})


@dataclass(frozen=True)
class Resource:
    """One method at one path below an api root; `at`: a path of its own instead."""

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Response]]
    action: Action
    at: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        if self.at is not None:
            return (self.at,)
        return tuple(f"{root}/{self.path}" for root in (ROOT, DOCUMENTED))


_COLLECTION: Final = "collections/{collection}"
_OBJECT: Final = f"{_COLLECTION}/objects/{{object}}"
_READ: Final = Action.COLLECTION_READ

RESOURCES: Final = (
    Resource("GET", "", discover, _READ, at=DISCOVERY),
    Resource("GET", "", show_root, _READ, at=ROOT),
    Resource("GET", "", show_both, _READ, at=DOCUMENTED),
    Resource("GET", "collections", list_collections, _READ),
    Resource("GET", _COLLECTION, show_collection, _READ),
    Resource("GET", f"{_COLLECTION}/objects", get_objects, _READ),
    Resource("POST", f"{_COLLECTION}/objects", add_objects, Action.STIX_IMPORT),
    Resource("GET", _OBJECT, get_object, _READ),
    Resource("DELETE", _OBJECT, delete_object, Action.COLLECTION_DELETE),
    Resource("GET", f"{_OBJECT}/versions", get_versions, _READ),
    Resource("GET", f"{_COLLECTION}/manifest", get_manifest, _READ),
    Resource("GET", "status/{status}", show_status, _READ),
)


def routes(house: House) -> list[BaseRoute]:
    """Every path in both forms, with and without the slash: a redirect would send passwords to a forged Host."""
    identify = PollerIdentify(house, "taxii")
    methods: dict[str, set[str]] = {}
    for one in RESOURCES:
        for path in one.paths:
            methods.setdefault(path, set()).update({one.method, "HEAD"} if one.method == "GET" else {one.method})
    return [
        Offered(f"{path}{slash}", one, identify=identify, allowed=methods[path])
        for one in RESOURCES
        for path in one.paths
        for slash in ("/", "")
    ]


class Offered(Gated):
    """The route of a resource. It answers in the one type there is, or not at all."""

    def __init__(self, path: str, offered: Resource, *, identify: Identify, allowed: Iterable[str]) -> None:
        super().__init__(
            path,
            offered.handler,
            identify=identify,
            budget=Budget.TAXII,
            action=offered.action,
            methods=[offered.method],
        )
        self.declared = offered
        self.allowed = ", ".join(sorted(allowed))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            raise MethodNotAllowed(allowed=self.allowed)
        check_accept(", ".join(Request(scope).headers.getlist("accept")))
        await super().handle(scope, receive, send)
