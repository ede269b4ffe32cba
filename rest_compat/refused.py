"""How refusals look in each contract, for openapi.json and the tests; `web.envelopes` writes them."""

from collections.abc import Mapping
from typing import Any

from foundation.errors import Refusal
from rest_compat.shapes import ANYTHING, FLAG, TEXT, TIME, Shape, listed, record
from web.envelopes import Trouble, form_of

_FAILED: Shape = {**FLAG, "const": False}

SHAPES: Mapping[str, Shape] = {
    "flat": record(
        "FlatRefusal",
        success=_FAILED,
        message=TEXT,
        code=TEXT,
        timestamp=TIME,
        request_id=TEXT,
        optional={"totp_required": FLAG},
    ),
    "common": record(
        "Refusal", error=record(code=TEXT, message=TEXT, details=ANYTHING, timestamp=TIME, request_id=TEXT)
    ),
    "olorin": record(
        "InvestigationRefusal",
        success=_FAILED,
        error=record(code=TEXT, message=TEXT, details=ANYTHING),
        meta=record(timestamp=TIME, request_id=TEXT),
    ),
    "taxii": record("TaxiiError", title=TEXT, error_id=TEXT, error_code=TEXT, http_status=TEXT),
    "graphql": record(
        "GraphQLErrors", errors=listed(record(message=TEXT, extensions=ANYTHING)), optional={"extensions": ANYTHING}
    ),
}
"""By the name of the form that writes it."""


def shape_at(path: str) -> Shape:
    """The shape of a refusal at this path."""
    return SHAPES[form_of(path)[0].__name__.lstrip("_")]


def example_at(path: str, refusal: type[Refusal]) -> dict[str, Any]:
    """A refusal as it is answered at this path, by the writer itself."""
    made = refusal()
    trouble = Trouble(made.status, made.code, made.kind, made.text, {}, "2026-01-15T10:30:00Z", "req_123456789")
    return form_of(path)[0](trouble)
