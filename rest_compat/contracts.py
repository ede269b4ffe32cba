"""Every contract that is served over REST."""

from rest_compat import service
from rest_compat.crisp import auth
from rest_compat.endpoints import Contract
from rest_compat.lists import values
from rest_compat.olorin.contract import CONTRACT as INVESTIGATIONS
from web.health import Health


def contracts(health: Health) -> tuple[Contract, ...]:
    """In the order in which openapi.json tells them."""
    return (service.contract(health), auth.CONTRACT, values.CONTRACT, INVESTIGATIONS)
