"""Who is asking."""

from collections.abc import Iterable
from typing import Any

import strawberry
from strawberry.types.nodes import SelectedField

from models import tables as rows
from models.reading.second_factors import recovery_codes_left
from rules.access.actions import Action, Scope
from rules.access.shown import has_totp, must_set_up_totp, viewer_scopes
from rules.access.viewer import Duty, Role
from schema import ties
from schema.faces import Connection, batch, column, connection, face, facet, one, rule
from schema.marks import acts
from schema.people import (
    API_KEY_FILTERS,
    DEVICE_FILTERS,
    SESSION_FILTERS,
    ApiKeyFilter,
    DeviceFilter,
    SessionFilter,
    User,
)
from schema.planned import Info, planned


@face(rows.User)
class Viewer:
    """Who is asking, and what they may do."""

    user: User = facet("The user behind the request: a person, or the service an API key belongs to.")
    role: Role = column("What the viewer may do in the own organisation.")
    is_platform_admin: bool = column("Whether the viewer looks after the whole installation.")
    must_change_password: bool = column("Whether a new password must be chosen.")
    has_totp: bool = rule(has_totp, "Whether signing in wants a second factor.")
    must_set_up_totp: bool = rule(must_set_up_totp, "Whether a second factor is demanded, and must be set up.")
    recovery_codes_left: int = batch(
        recovery_codes_left, "How many recovery codes were not used yet, of ten.", needs=("id",)
    )
    scopes: list[Scope] | None = rule(
        viewer_scopes, "What the API key of this request may do; null for a person, whom no scope limits."
    )
    organization: ties.Organization | None = one("Where the viewer belongs.", by="organization_id")
    sessions: Connection[ties.Session] = connection(
        "Where the viewer is signed in, last signed in first.",
        by="user_id",
        default=("created_at", True),
        filter=SessionFilter,
        filters=SESSION_FILTERS,
    )
    devices: Connection[ties.Device] = connection(
        "Devices that stand for the second factor, last remembered first.",
        by="user_id",
        default=("created_at", True),
        filter=DeviceFilter,
        filters=DEVICE_FILTERS,
    )
    api_keys: Connection[ties.ApiKey] = connection(
        "The API keys the viewer made, last made first. `Organization.apiKeys` has those of others too, for admins.",
        by="created_by",
        default=("created_at", True),
        filter=ApiKeyFilter,
        filters=API_KEY_FILTERS,
    )


def _viewer(info: Info) -> Viewer | None:
    op = info.context.operation
    if op.viewer.is_anonymous:
        return None
    op.check(Action.VIEWER_READ)
    if op.viewer.duties and not _is_about_oneself(info.selected_fields[0].selections):
        op.check(Action.GRAPH_READ)
    return myself(info)


def myself(info: Info, *, done: Duty | None = None) -> "Viewer | None":
    """The viewer, for payloads too: who has `done` a duty learns that he did it. Null where another one is left, since
    this is read in the name of who he was before."""
    if done is not None and info.context.operation.viewer.duties - {done}:
        return None
    found: Viewer | None = planned(info, Viewer, info.context.operation.viewer.user_id, action=Action.VIEWER_READ)
    return found


_OWN = {"user", "organization"}


def _is_about_oneself(selections: Iterable[Any]) -> bool:
    """Whether nothing but the viewer and the name of the organisation is asked for: no list leads on from there."""
    for selection in selections:
        inner = selection.selections
        named = not isinstance(selection, SelectedField) or selection.name in _OWN
        if inner and not (named and _is_about_oneself(inner)):
            return False
    return True


@strawberry.type(description="Reading who is asking.")
class ViewerQueries:
    viewer: Viewer | None = strawberry.field(
        resolver=_viewer,
        description="Who is asking; null when nobody is signed in.",
        metadata={"public": "It tells nobody but that he is nobody."} | acts(Action.VIEWER_READ),
    )
