"""Messages of graphql-transport-ws: their members, checked, and the ways a connection ends."""

from collections.abc import Mapping
from typing import Any


class Close(Exception):
    """Ends the connection. `code` is one of the protocol's 44xx, or one of RFC 6455."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        # A close frame holds 123 bytes of reason, and control characters have no business in it.
        self.reason = "".join(character for character in reason if " " <= character <= "~")[:120]


class Gone(Exception):
    """The client has left."""


def payload_of(message: dict[str, Any]) -> dict[str, Any]:
    """The payload of a message where it may be left out; null is the same as none."""
    payload = message.get("payload")
    if not isinstance(payload, dict | None):
        raise Close(4400, "A payload must be an object")
    return payload or {}


def id_of(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise Close(4400, "An operation needs an id, as text")
    return id_


def credentials_of(payload: Mapping[str, Any]) -> dict[str, str] | None:
    """Headers out of a payload: `authorization` or `x-api-key` in any spelling, or `token`. None without any."""
    found: dict[str, str] = {}
    for name, value in payload.items():
        name = name.lower()
        if name in ("authorization", "token", "x-api-key"):
            if not isinstance(value, str):
                raise Close(4400, "Credentials must be text")
            if name == "token":
                name, value = "authorization", f"Bearer {value}"
            if name in found:
                raise Close(4403, "Forbidden: two credentials")
            found[name] = value
    return found or None


def leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found.extend(leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found
