"""The people of an organisation, kept by its administrators. What is changed acts on the next request."""

from dataclasses import dataclass
from typing import Any

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound
from foundation.ids import new_id, to_global
from models.people import User
from models.queries import accounts, members
from resolvers.operation import Door, Operation
from resolvers.people import EmailTaken, check_free, new_user
from resolvers.personal import personal_of
from rules.access.actions import Action
from rules.access.names import check_email, check_personal_name, check_user_name, is_storable
from rules.access.passwords import one_time_password
from rules.access.person import Personal, address_indexes, seal_personal
from rules.access.viewer import Role


class UserNotFound(NotFound):
    code = "USER_NOT_FOUND"
    message = "There is no such user in your organisation."


class LastAdmin(Conflict):
    code = "LAST_ADMIN"
    message = "An organisation keeps at least one active administrator. Make another one first."


class NotPending(Conflict):
    code = "NOT_PENDING"
    message = "This user does not wait for an answer."


class IsPending(Conflict):
    code = "IS_PENDING"
    message = "This user waits for an answer: answerMembership."


@dataclass(frozen=True)
class NewMember:
    """The password is there once; who repeats the request is told the person alone."""

    user_id: str
    one_time_password: str | None


def as_new_member(answer: NewMember | dict[str, Any]) -> NewMember:
    """What `Operation.once` told."""
    return answer if isinstance(answer, NewMember) else NewMember(answer["user_id"], None)


async def create_member(
    op: Operation,
    *,
    name: str,
    email: str | None = None,
    role: Role = Role.VIEWER,
    first_name: str = "",
    last_name: str = "",
) -> NewMember:
    """A person of the own organisation, with a one-time password. Raises NameTaken, EmailTaken, InvalidInput."""
    name, email = check_user_name(name), check_email(email) if email else None
    first_name = check_personal_name(first_name, field="firstName")
    last_name = check_personal_name(last_name, field="lastName")
    await op.permit(Action.USER_CREATE)
    password, user_id = one_time_password(), new_id()
    stored = await op.house.hashing.hash(password)
    async with op.write(Action.USER_CREATE, target=to_global("User", user_id), role=str(role)) as door:
        user = new_user(
            op,
            Personal(email, first_name, last_name),
            user_id=user_id,
            organization_id=op.viewer.organization_id,
            name=name,
            role=role,
            password_hash=stored,
            now=door.now,
        )
        user.must_change_password = True
        await check_free(op, door, name=name, email=email)
        door.add(user)
        door.answer({"user_id": user_id})
    return NewMember(user_id, password)


async def update_member(
    op: Operation,
    *,
    user_id: str,
    role: Role | None = None,
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
) -> str:
    """Changes what is given. Another role acts on the next request, and ends streams opened under the old one.

    Another address ends reset tokens that were sent to the old one. Raises UserNotFound, LastAdmin, EmailTaken.
    """
    email = check_email(email) if email is not None else None
    first_name = check_personal_name(first_name, field="firstName") if first_name is not None else None
    last_name = check_personal_name(last_name, field="lastName") if last_name is not None else None
    changed = {"role": role, "email": email, "first_name": first_name, "last_name": last_name}
    details = {"changed": sorted(name for name, value in changed.items() if value is not None)}
    if role is not None:
        details["role"] = str(role)  # type: ignore[assignment]
    keys = op.house.keys
    async with op.write(Action.USER_UPDATE, target=_target(user_id), **details) as door:
        # The address first: whoever gives out addresses queues there, and may come to this person afterwards.
        taken = None if email is None else await accounts.address_owner(door.session, address_indexes(keys, email))
        user = await _held(op, door, user_id)
        if taken not in (None, user.id):
            raise EmailTaken(field="email")
        if user.kind != "person":
            raise InvalidInput("This is a service: what it may do is what its keys' scopes say.", field="userId")
        if role is not None and role != user.role:
            if user.role == Role.ADMIN:
                await _check_not_last(door, user)
            user.role = role
        if email is not None and taken is None:
            await members.end_resets(door.session, user.id, door.now)
        known = personal_of(op, user)
        stored = seal_personal(
            keys,
            user.id,
            email=known.email if email is None else email,
            first_name=known.first_name if first_name is None else first_name,
            last_name=known.last_name if last_name is None else last_name,
        )
        user.sqlmodel_update({**stored, "updated_at": door.now})
        door.answer(user_id)
    op.house.forget_everybody()
    return user_id


async def deactivate_member(op: Operation, *, user_id: str) -> str:
    """Puts a person or a service out: its sessions end, its keys stop to work. Twice is no error. Raises LastAdmin."""
    async with op.write(Action.USER_DEACTIVATE, target=_target(user_id)) as door:
        user = await _held(op, door, user_id)
        _check_answered(user)
        if user.is_active:
            if user.role == Role.ADMIN:
                await _check_not_last(door, user)
            user.is_active, user.updated_at = False, door.now
            await members.put_out(door.session, user.id, door.now, "account_disabled")
        door.answer(user_id)
    op.house.forget_everybody()
    return user_id


async def reactivate_member(op: Operation, *, user_id: str) -> str:
    """Lets a person or a service in again, who signs in anew. Twice is no error."""
    async with op.write(Action.USER_REACTIVATE, target=_target(user_id)) as door:
        user = await _held(op, door, user_id)
        _check_answered(user)
        if not user.is_active:
            user.is_active, user.updated_at = True, door.now
        door.answer(user_id)
    return user_id


async def answer_membership(op: Operation, *, user_id: str, accept: bool) -> str:
    """Lets somebody who asked to join in, as what he asked for; or takes the request away. Raises NotPending."""
    async with op.write(Action.MEMBERSHIP_ANSWER, target=_target(user_id), accepted=accept) as door:
        user = await _held(op, door, user_id)
        if not user.is_pending:
            raise NotPending
        if accept:
            user.is_active, user.is_pending, user.updated_at = True, False, door.now
        else:
            await members.remove(door.session, user)
        door.answer(user_id)
    return user_id


def _target(user_id: str) -> str | None:
    return to_global("User", user_id) if is_storable(user_id) else None


async def _held(op: Operation, door: Door, user_id: str) -> User:
    """Raises UserNotFound, alike for absent ones and those of other organisations; and Forbidden to who would gain the
    powers of somebody above him."""
    user = await members.member_held(door.session, op.viewer, user_id) if is_storable(user_id) else None
    if user is None:
        raise UserNotFound(field="userId")
    if user.is_platform_admin and not op.viewer.is_platform_admin:
        raise Forbidden
    return user


def _check_answered(user: User) -> None:
    if user.is_pending:
        raise IsPending


async def _check_not_last(door: Door, user: User) -> None:
    if user.is_active and not await members.has_other_admin(door.session, user):
        raise LastAdmin
