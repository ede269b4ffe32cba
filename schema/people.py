"""People, the services that act for an organisation, and what they sign in with."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.filters import among, at_least, equals, unless_null
from rules.access.actions import Scope
from rules.access.shown import given_scopes, is_current_session, shown_email, shown_first_name, shown_last_name
from rules.access.viewer import Role
from rules.access.words import UserKind
from schema import ties
from schema.conditions import condition
from schema.faces import Connection, Link, Node, column, connection, face, one, rule
from schema.identity import global_id
from schema.investigation_filter import INVESTIGATION_FILTERS, InvestigationFilter
from schema.orders import InvestigationOrder


@face(rows.User)
class User(Node):
    """A person, or a service that acts for an organisation."""

    id: strawberry.ID = global_id("User")
    name: str = column("What the user is called, and signs in by.")
    email: str | None = rule(shown_email, "The mail address; null outside the own organisation.")
    first_name: str | None = rule(shown_first_name, "The person's first name; null outside the own organisation.")
    last_name: str | None = rule(shown_last_name, "The person's last name; null outside the own organisation.")
    kind: UserKind = column("Whether a person or a program.")
    role: Role = column("What the user may do in the own organisation.")
    is_active: bool = column("Whether the user may sign in.")
    is_pending: bool = column("Whether the user asked to join and waits for an answer; told to administrators alone.")
    organization: ties.Organization | None = one("Where the user belongs.", by="organization_id")
    assigned_investigations: Connection[ties.Investigation] = connection(
        "The cases the user works on, as far as the viewer may see them.",
        link=Link(rows.InvestigationAssignee, "user_id", "investigation_id"),
        order=InvestigationOrder,
        filter=InvestigationFilter,
        filters=INVESTIGATION_FILTERS,
    )
    created_at: datetime = column("When the user was registered.")
    updated_at: datetime = column("When the user last changed.")


@face(rows.LoginSession, name="Session")
class Session(Node):
    """One sign-in on one device. Ending it ends everything that was signed in by it."""

    id: strawberry.ID = global_id("Session")
    user_agent: str = column("What the device said it is.")
    is_current: bool = rule(is_current_session, "Whether this very request belongs to it.")
    created_at: datetime = column("When the user signed in.")
    last_used_at: datetime = column("When it was last used.")
    expires_at: datetime = column("When it ends by itself.")
    ended_at: datetime | None = column("When it was ended; null while it was not.")
    end_reason: str | None = column("Why it was ended.")


@face(rows.Device)
class Device(Node):
    """A device on which the second factor was given: for 30 days it stands for it there, beside the password."""

    id: strawberry.ID = global_id("Device")
    user_agent: str = column("What the device said it is.")
    created_at: datetime = column("When the code was given on it.")
    last_used_at: datetime = column("When it last stood for a code.")
    expires_at: datetime = column("When it stops to by itself.")
    revoked_at: datetime | None = column("When it was revoked; null while it was not.")


@face(rows.ApiKey)
class ApiKey(Node):
    """A key by which a service signs in. The key itself is shown once, when it is made."""

    id: strawberry.ID = global_id("ApiKey")
    name: str = column("What it is for.")
    prefix: str = column("Its first characters, to tell keys apart.")
    scopes: list[Scope] = rule(given_scopes, "What it may do.")
    user: ties.User | None = one("The service that signs in by it.", by="user_id")
    created_by: ties.User | None = one("Who made it.", by="created_by")
    created_at: datetime = column("When it was made.")
    expires_at: datetime = column("When it stops to work by itself.")
    last_used_at: datetime | None = column("When it was last used.")
    revoked_at: datetime | None = column("When it was revoked; null while it was not.")


@strawberry.input(description="Which sessions. What is left out or null is no condition.")
class SessionFilter:
    include_ended: bool | None = condition("True: also those that were ended. Left out: only those that were not.")


@strawberry.input(description="Which devices. What is left out or null is no condition.")
class DeviceFilter:
    include_revoked: bool | None = condition("True: also those that were revoked. Left out: only those that were not.")


@strawberry.input(description="Which API keys. What is left out or null is no condition.")
class ApiKeyFilter:
    include_revoked: bool | None = condition("True: also those that were revoked. Left out: only those that were not.")


@strawberry.input(description="Which users. What is left out or null is no condition; all must hold.")
class UserFilter:
    role: list[Role] | None = condition("With one of these roles.")
    kind: UserKind | None = condition("Only people, or only programs.")
    is_active: bool | None = condition("Who may sign in, or who may not.")
    is_pending: bool | None = condition("True: who waits for an answer. False: who does not.")
    updated_since: datetime | None = condition("Only those that changed at this time or after it.")


USER_FILTERS = {
    "role": among("role"),
    "kind": equals("kind"),
    "is_active": equals("is_active"),
    "is_pending": equals("is_pending"),
    "updated_since": at_least("updated_at"),
}
SESSION_FILTERS = {"include_ended": unless_null("ended_at")}
DEVICE_FILTERS = {"include_revoked": unless_null("revoked_at")}
API_KEY_FILTERS = {"include_revoked": unless_null("revoked_at")}
