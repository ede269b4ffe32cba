"""Making people and the organisations they belong to, as the operator at the shell does it."""

from dataclasses import dataclass
from datetime import datetime

from foundation.errors import Conflict, Forbidden
from foundation.ids import new_id, to_global
from models.organizations import Organization
from models.people import User
from models.queries import accounts
from resolvers.operation import Door, Operation
from rules.access.actions import Action
from rules.access.names import check_email, check_title, check_user_name, normalised
from rules.access.passwords import check_new_password, one_time_password
from rules.access.person import Personal, address_indexes, seal_personal
from rules.access.viewer import Role, Viewer, ViewerKind

OPERATOR = Viewer(ViewerKind.USER, "", "", Role.ADMIN, "operator", is_platform_admin=True)
"""Who has the shell has everything; what he does stands in the audit trail under this name."""


class NameTaken(Conflict):
    code = "NAME_TAKEN"
    message = "Somebody has this name."


class EmailTaken(Conflict):
    code = "EMAIL_TAKEN"
    message = "Somebody has this address."


@dataclass(frozen=True)
class NewPerson:
    user: User
    personal: Personal
    organization: Organization
    one_time_password: str | None  # None where a lasting one was given


async def create_person(
    op: Operation,
    *,
    name: str,
    organization: str,
    email: str | None = None,
    role: Role = Role.VIEWER,
    is_platform_admin: bool = False,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
) -> NewPerson:
    """A person who can sign in. The organisation is named; one that does not exist yet is made with the person.

    Without a password a one-time one is made, to be changed at the first sign-in. Raises NameTaken, EmailTaken,
    InvalidInput (WeakPassword among them).
    """
    name, email = check_user_name(name), check_email(email) if email else None
    organization = check_title(organization, field="organization")
    op.check(Action.USER_CREATE)
    if is_platform_admin and not op.viewer.is_platform_admin:
        raise Forbidden(field="isPlatformAdmin")
    given = password
    if given is not None:
        check_new_password(given, known=(name, email or ""))
    chosen = given if given is not None else one_time_password()
    stored = await op.house.hashing.hash(chosen)
    async with op.write(Action.USER_CREATE, role=str(role), is_platform_admin=is_platform_admin) as door:
        home = await _organization(op, door, organization)
        user = new_user(
            op,
            Personal(email, first_name, last_name),
            user_id=new_id(),
            organization_id=home.id,
            name=name,
            role=role,
            password_hash=stored,
            now=door.now,
        )
        user.is_platform_admin, user.must_change_password = is_platform_admin, given is None
        await check_free(op, door, name=name, email=email)
        door.add(user)
        door.about(to_global("User", user.id), organization=home.id)
    return NewPerson(user, Personal(email, first_name, last_name), home, chosen if given is None else None)


def new_user(
    op: Operation,
    personal: Personal,
    *,
    user_id: str,
    organization_id: str,
    name: str,
    role: Role,
    password_hash: str,
    now: datetime,
) -> User:
    """The row of a person, its values checked before."""
    return User(
        id=user_id,
        organization_id=organization_id,
        name=name,
        name_key=normalised(name),
        **seal_personal(
            op.house.keys,
            user_id,
            email=personal.email,
            first_name=personal.first_name,
            last_name=personal.last_name,
        ),
        role=role,
        password_hash=password_hash,
        created_at=now,
        updated_at=now,
    )


async def check_free(op: Operation, door: Door, *, name: str | None = None, email: str | None = None) -> None:
    """Told only to who may make people anyway; strangers are never told which addresses exist. What is free stays so
    until the door closes. Raises NameTaken, EmailTaken."""
    if name is not None and await accounts.name_taken(door.session, normalised(name)):
        raise NameTaken(field="name")
    if email and await accounts.address_taken(door.session, address_indexes(op.house.keys, email)):
        raise EmailTaken(field="email")


async def _organization(op: Operation, door: Door, name: str) -> Organization:
    found = await accounts.organization_by_name(door.session, name)
    if found is not None and (op.viewer.is_platform_admin or found.id == op.viewer.organization_id):
        return found
    op.check(Action.ORGANIZATION_CREATE)
    made = Organization(name=name, is_publisher=True, created_at=door.now, updated_at=door.now)
    if await accounts.insert_new(door.session, made):
        return made
    found = await accounts.organization_by_name(door.session, name)
    assert found is not None
    return found
