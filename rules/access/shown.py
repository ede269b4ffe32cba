"""What the graph shows of people and keys, and to whom."""

from collections.abc import Iterable
from datetime import datetime

from rules.access.actions import Scope
from rules.access.keyring import KeyRing
from rules.access.person import open_column
from rules.access.viewer import Duty, Viewer


def shown_email(
    id: str,  # noqa: A002
    email: str | None,
    organization_id: str,
    *,
    viewer: Viewer,
    ring: KeyRing,
) -> str | None:
    """Mail addresses and names of persons stay inside the organisation: whoever is met in a shared case is met by what
    he signs in by. All three are stored sealed, and opened for nobody else. Raises CannotOpen."""
    return _shown(id, "email", email, organization_id, viewer, ring)


def shown_first_name(
    id: str,  # noqa: A002
    first_name: str,
    organization_id: str,
    *,
    viewer: Viewer,
    ring: KeyRing,
) -> str | None:
    return _shown(id, "first_name", first_name, organization_id, viewer, ring)


def shown_last_name(
    id: str,  # noqa: A002
    last_name: str,
    organization_id: str,
    *,
    viewer: Viewer,
    ring: KeyRing,
) -> str | None:
    return _shown(id, "last_name", last_name, organization_id, viewer, ring)


def _shown(
    user_id: str, column: str, stored: str | None, organization_id: str, viewer: Viewer, ring: KeyRing
) -> str | None:
    if stored is None or viewer.organization_id != organization_id:
        return None
    return open_column(ring, user_id, column, stored)


def is_current_session(id: str, *, viewer: Viewer) -> bool:  # noqa: A002
    return viewer.session_id == id


def must_set_up_totp(*, viewer: Viewer) -> bool:
    return Duty.TOTP in viewer.duties


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
