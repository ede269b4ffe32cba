"""Registering oneself: never as more than a publisher, and never into an organisation that did not agree (R18)."""

from dataclasses import dataclass, replace

from foundation.errors import Conflict, InvalidInput, Refusal
from foundation.ids import new_id, to_global
from models.organizations import Organization
from models.queries import accounts
from resolvers.letters import Kind, post
from resolvers.operation import Operation
from resolvers.people import NameTaken, new_user
from rules.access.actions import Action
from rules.access.budgets import Budget
from rules.access.names import check_email, check_personal_name, check_title, check_user_name
from rules.access.passwords import check_confirmed, check_new_password
from rules.access.person import Personal, address_indexes
from rules.access.viewer import ANONYMOUS, Role

TO_CHOOSE = (Role.VIEWER, Role.PUBLISHER)


class RegistrationClosed(Refusal):
    code, status, kind = "REGISTRATION_CLOSED", 403, "FORBIDDEN"
    message = "This server takes no registrations. Ask an administrator for an account."


class _MadeMeanwhile(Conflict):
    """Somebody registered an organisation of the same name at the same moment."""


@dataclass(frozen=True)
class Registered:
    """What is told to who registered: what he sent, and nothing of who or what is there besides."""

    user_id: str
    name: str
    email: str
    role: Role
    first_name: str
    last_name: str
    organization_id: str
    organization_name: str
    organization_domain: str = ""


async def register(
    op: Operation,
    *,
    name: str,
    password: str,
    password_confirm: str,
    email: str,
    organization: str,
    role: str = Role.VIEWER,
    first_name: str = "",
    last_name: str = "",
) -> Registered:
    """An account in a new, unverified organisation; or, where there is one of that name, a request to join it.

    The answer is the same for both. A name that is taken has to be told, or nobody could choose another. An address
    that is taken is not: the account is then made without it and waits for approval, as one that asks to join does.
    Raises RegistrationClosed, NameTaken, InvalidInput (WeakPassword among them), BudgetSpent.
    """
    if not op.settings.registration:
        raise RegistrationClosed
    wanted = Registered(
        user_id=new_id(),
        name=check_user_name(name, field="username"),
        email=check_email(email),
        role=check_role(role),
        first_name=check_personal_name(first_name, field="firstName"),
        last_name=check_personal_name(last_name, field="lastName"),
        organization_id=new_id(),
        organization_name=check_title(organization, field="organization"),
    )
    check_confirmed(password, password_confirm, field="passwordConfirm")
    check_new_password(password, known=(wanted.name, wanted.email))
    await op.spend(Budget.REGISTRATION)
    stored = await op.house.hashing.hash(password)
    try:
        return await _register(op, wanted, stored)
    except _MadeMeanwhile:
        return await _register(op, wanted, stored)


def check_role(role: str) -> Role:
    if role not in TO_CHOOSE:
        raise InvalidInput(f"Register as {' or '.join(TO_CHOOSE)}.", field="role")
    return Role(role)


async def _register(op: Operation, wanted: Registered, stored: str) -> Registered:
    async with op.read(Action.USER_REGISTER) as session:
        home = await accounts.organization_like(session, wanted.organization_name)
    if home is not None:
        wanted = replace(wanted, organization_id=home.id, organization_domain=home.domain)
    stranger = op.as_viewer(replace(ANONYMOUS, organization_id=wanted.organization_id))
    target = to_global("User", wanted.user_id)
    async with stranger.write(Action.USER_REGISTER, target=target, client=op.client) as door:
        if home is None:
            made = Organization(
                id=wanted.organization_id,
                name=wanted.organization_name,
                is_publisher=wanted.role is Role.PUBLISHER,
                created_at=door.now,
                updated_at=door.now,
            )
            if not await accounts.insert_new(door.session, made):
                raise _MadeMeanwhile
        user = new_user(
            op,
            Personal(wanted.email, wanted.first_name, wanted.last_name),
            user_id=wanted.user_id,
            organization_id=wanted.organization_id,
            name=wanted.name,
            role=wanted.role,
            password_hash=stored,
            now=door.now,
        )
        if await accounts.name_taken(door.session, user.name_key):
            raise NameTaken(field="username")
        if owner := await accounts.address_owner(door.session, address_indexes(op.house.keys, wanted.email)):
            user.email = user.email_key = None
            post(door, Kind.ADDRESS_IN_USE, owner)
        if home is not None or user.email_key is None:
            user.is_active, user.is_pending = False, True
        door.add(user)
        door.about(target, organization=home.id if home else None, pending=user.is_pending)
    return wanted
