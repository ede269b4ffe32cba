"""Who is asking."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do in the own organisation; each role may do what the one before it may (D18)."""

    VIEWER = "viewer"
    PUBLISHER = "publisher"
    ADMIN = "admin"


class Duty(StrEnum):
    """What somebody has to do before anything else is open to him."""

    PASSWORD = "password"  # noqa: S105 - choose a password of his own in place of a one-time one
    TOTP = "totp"  # set up a second factor, where one is demanded


class ViewerKind(StrEnum):
    ANONYMOUS = "anonymous"
    USER = "user"
    SERVICE = "service"
    ENGINE = "engine"  # durable work, acting inside one organisation


@dataclass(frozen=True)
class Viewer:
    """An identity as one request sees it. `scopes` is None for a person; a key may do only what its scopes name."""

    kind: ViewerKind
    user_id: str
    organization_id: str
    role: Role
    name: str
    is_platform_admin: bool = False
    session_id: str | None = None
    api_key_id: str | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | None = None
    duties: frozenset[Duty] = frozenset()

    @property
    def is_anonymous(self) -> bool:
        return self.kind is ViewerKind.ANONYMOUS


ANONYMOUS = Viewer(ViewerKind.ANONYMOUS, "", "", Role.VIEWER, "anonymous")


def engine_of(organization_id: str) -> Viewer:
    """The engine at work for one organisation: it sees what that organisation sees."""
    return Viewer(ViewerKind.ENGINE, "", organization_id, Role.PUBLISHER, "engine")
