"""What the server says about itself."""

from rest_compat.endpoints import Contract, Endpoint
from rest_compat.shapes import TEXT, one_of, record
from web.health import Health

_PART = record(status=TEXT)
_HEALTH = record(
    "Health",
    status=one_of("healthy", "degraded", "unhealthy"),
    services={"type": "object", "additionalProperties": _PART},
    version=TEXT,
)


def contract(health: Health) -> Contract:
    return Contract(
        name="Service",
        says="Whether the server lives and is able. The requests touch nothing, so they answer while others cannot.",
        prefixes=("",),
        budget=None,
        endpoints=(
            Endpoint("GET", "/health", health.health, None, answers={200: _HEALTH, 503: _HEALTH}),
            Endpoint("GET", "/live", health.live, None, answers={200: record(status=one_of("alive"))}),
        ),
    )
