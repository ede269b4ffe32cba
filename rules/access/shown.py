"""What the graph shows of people and keys, and to whom."""

from collections.abc import Iterable
from datetime import datetime

from rules.access.actions import Scope
from rules.access.viewer import Viewer


def shown_email(email: str | None, organization_id: str, *, viewer: Viewer) -> str | None:
    """Mail addresses stay inside the organisation: whoever is met in a shared case is met by name."""
    return email if viewer.organization_id == organization_id else None


def is_current_session(id: str, *, viewer: Viewer) -> bool:  # noqa: A002
    return viewer.session_id == id


def has_totp(totp_since: datetime | None) -> bool:
    return totp_since is not None


def _in_order(words: Iterable[str]) -> list[Scope]:
    given = set(words)
    return [scope for scope in Scope if scope in given]


def given_scopes(scopes: list[str]) -> list[Scope]:
    """In the order of the enumeration; a word that is no scope any longer gives nothing."""
    return _in_order(scopes)


def viewer_scopes(*, viewer: Viewer) -> list[Scope] | None:
    return None if viewer.scopes is None else _in_order(viewer.scopes)
