"""Groups of organisations that trust each other alike: made by one, joined by those who were asked and agreed.

Which organisations are in a group decides who sees whom, so each change gives all pairs concerned their new rights in
the same transaction.
"""

from typing import Any

from foundation.errors import Forbidden
from foundation.ids import new_id, to_global
from foundation.texts import check_text
from models.queries import relationships, rights
from models.trust import TrustEvent, TrustGroup, TrustMember
from resolvers.operation import Door, Operation
from resolvers.relationships import trust_level
from rules.access.actions import Action
from rules.access.names import check_title, is_storable
from rules.groups import RANK, GroupRole, in_force, may_give
from rules.trust import LEVEL_OF, TrustLevelName
from rules.trust_history import TrustAction
from rules.trust_refusals import AlreadyMember, EntityNotFound, LastAdministrator

MOST_DESCRIPTION = 2_000
MOST_MEMBERS = 1_000
"""Of one group: a change of its level gives each pair of them another right in one transaction."""


async def create_trust_group(op: Operation, *, name: str, level: str, description: str = "") -> str:
    """A group with the own organisation as its administrator; its key. Raises InvalidTrustLevel, InvalidInput."""
    async with op.write(Action.TRUST_GROUP_CREATE) as door:
        asked = trust_level(level)
        group = TrustGroup(
            id=new_id(),
            name=check_title(name, field="name"),
            description=check_text(description, field="description", most=MOST_DESCRIPTION),
            level=str(asked),
            granted=LEVEL_OF[asked],
            created_by=op.viewer.organization_id,
            created_at=door.now,
            updated_at=door.now,
        )
        door.add(group)
        await door.session.flush()
        mine = _place(door, group, op.viewer.organization_id, GroupRole.ADMINISTRATOR)
        mine.is_active, mine.agreed = True, LEVEL_OF[asked]
        _tell(op, door, group, TrustAction.GROUP_CREATED, level=group.level)
        _close(door, group)
    return group.id


async def change_trust_group(
    op: Operation, *, group_id: str, name: str | None = None, description: str | None = None, level: str | None = None
) -> str:
    """Changes what is given; for its administrators. A lower level holds at once, a higher one as soon as every member
    has agreed to it by joining again. Raises EntityNotFound, Forbidden, InvalidTrustLevel."""
    async with op.write(Action.TRUST_GROUP_CHANGE) as door:
        asked = trust_level(level) if level is not None else None
        titled = check_title(name, field="name") if name is not None else None
        said = check_text(description, field="description", most=MOST_DESCRIPTION) if description is not None else None
        group, mine = await _held(op, door, group_id)
        _permit(mine, GroupRole.ADMINISTRATOR)
        group.name = group.name if titled is None else titled
        group.description = group.description if said is None else said
        if titled is not None or said is not None:
            _tell(op, door, group, TrustAction.GROUP_MODIFIED)
        if asked is not None and asked != group.level:
            _tell(op, door, group, TrustAction.TRUST_LEVEL_MODIFIED, before=group.level, after=str(asked))
            group.level, mine.agreed = str(asked), LEVEL_OF[asked]
        _close(door, group)
        await _level(door, group)
    return group_id


async def invite_to_trust_group(
    op: Operation, *, group_id: str, organization_id: str, role: GroupRole = GroupRole.MEMBER
) -> str:
    """Asks an organisation to join; it may see the group from now on. For administrators, and moderators who ask for a
    plain member. Raises EntityNotFound, Forbidden, AlreadyMember."""
    async with op.write(Action.TRUST_GROUP_INVITE) as door:
        group, mine = await _held(op, door, group_id)
        if not mine.is_active or not may_give(GroupRole(mine.role), role):
            raise Forbidden
        if await relationships.organization(door.session, op.viewer, organization_id) is None:
            raise EntityNotFound(field="organizationId")
        if await relationships.member(door.session, group_id, organization_id) is not None:
            raise AlreadyMember(field="organizationId")
        if await relationships.count_members(door.session, group_id) >= MOST_MEMBERS:
            raise AlreadyMember(f"A group has at most {MOST_MEMBERS} members.", field="groupId")
        asked = _place(door, group, organization_id, role)
        _tell(op, door, group, TrustAction.GROUP_INVITED, organization=_shown(asked), role=str(role))
        _close(door, group)
    return group_id


async def join_trust_group(op: Operation, *, group_id: str) -> str:
    """Agrees to be in a group, and to the level that it asks for; a member agrees by it to a level that was raised.
    Raises EntityNotFound where the own organisation was not asked."""
    async with op.write(Action.TRUST_GROUP_JOIN) as door:
        group, mine = await _held(op, door, group_id)
        agreed = LEVEL_OF[TrustLevelName(group.level)]
        if not mine.is_active or mine.agreed != agreed:
            _tell(op, door, group, TrustAction.GROUP_JOINED, level=group.level)
        came, mine.is_active, mine.agreed, mine.updated_at = not mine.is_active, True, agreed, door.now
        _close(door, group)
        await _level(door, group)
        if came:
            touched = rights.of_member(group_id=group_id, organization_id=mine.organization_id)
            await rights.apply(door.session, touched, door.now)
    return group_id


async def leave_trust_group(op: Operation, *, group_id: str, organization_id: str | None = None) -> str:
    """Leaves a group, or declines to join it; an administrator may remove another. When the last administrator goes,
    the one who is highest and longest there follows. Raises EntityNotFound, Forbidden."""
    async with op.write(Action.TRUST_GROUP_LEAVE) as door:
        group, mine = await _held(op, door, group_id)
        leaving: TrustMember | None = mine
        if organization_id is not None and organization_id != mine.organization_id:
            _permit(mine, GroupRole.ADMINISTRATOR)
            leaving = None
            if is_storable(organization_id):
                leaving = await relationships.member(door.session, group_id, organization_id)
        if leaving is None:
            raise EntityNotFound(field="organizationId")
        _close(door, group)
        await leave(op, door, group, leaving)
    return group_id


async def leave(op: Operation, door: Door, group: TrustGroup, leaving: TrustMember) -> None:
    """Takes an organisation out of a group that is held, last in the transaction."""
    _tell(op, door, group, TrustAction.GROUP_LEFT, organization=_shown(leaving))
    await door.session.delete(leaving)
    await door.session.flush()
    left = await relationships.members(door.session, group.id)
    if left and not any(one.role == GroupRole.ADMINISTRATOR for one in left):
        heir = max(left, key=lambda one: RANK[GroupRole(one.role)])  # the first of them: longest there
        heir.role, heir.updated_at = str(GroupRole.ADMINISTRATOR), door.now
        _tell(op, door, group, TrustAction.GROUP_MODIFIED, organization=_shown(heir), role=heir.role)
    if not left:
        await relationships.forget_invited(door.session, group.id)
    await _level(door, group)
    touched = rights.of_member(group_id=group.id, organization_id=leaving.organization_id)
    await rights.apply(door.session, touched, door.now)


async def change_trust_member(op: Operation, *, group_id: str, organization_id: str, role: GroupRole) -> str:
    """Gives a member another role; for administrators. Raises EntityNotFound, Forbidden, LastAdministrator."""
    async with op.write(Action.TRUST_GROUP_CHANGE) as door:
        group, mine = await _held(op, door, group_id)
        _permit(mine, GroupRole.ADMINISTRATOR)
        member = None
        if is_storable(organization_id):
            member = await relationships.member(door.session, group_id, organization_id)
        if member is None:
            raise EntityNotFound(field="organizationId")
        others = [one for one in await relationships.members(door.session, group_id) if one is not member]
        if role is not GroupRole.ADMINISTRATOR and not any(one.role == GroupRole.ADMINISTRATOR for one in others):
            raise LastAdministrator
        if member.role != role:
            member.role, member.updated_at = str(role), door.now
            _tell(op, door, group, TrustAction.GROUP_MODIFIED, organization=_shown(member), role=str(role))
        _close(door, group)
    return group_id


async def _held(op: Operation, door: Door, group_id: str) -> tuple[TrustGroup, TrustMember]:
    found = await relationships.group(door.session, op.viewer, group_id) if is_storable(group_id) else None
    if found is None:
        raise EntityNotFound(field="groupId")
    return found


def _permit(mine: TrustMember, role: GroupRole) -> None:
    if not mine.is_active or mine.role != role:
        raise Forbidden


def _place(door: Door, group: TrustGroup, organization_id: str, role: GroupRole) -> TrustMember:
    return door.add(
        TrustMember(
            group_id=group.id,
            organization_id=organization_id,
            role=str(role),
            created_at=door.now,
            updated_at=door.now,
        )
    )


async def _level(door: Door, group: TrustGroup) -> None:
    """What holds after the members or what they agreed to changed."""
    await door.session.flush()
    agreed = [one.agreed for one in await relationships.members(door.session, group.id)]
    now_in_force = in_force(TrustLevelName(group.level), agreed)
    if now_in_force != group.granted:
        group.granted = now_in_force
        await door.session.flush()
        await rights.apply(door.session, rights.of_group(group_id=group.id), door.now)


def _tell(op: Operation, door: Door, group: TrustGroup, action: TrustAction, **details: Any) -> None:
    door.add(
        TrustEvent(
            group_id=group.id,
            organization_id=op.viewer.organization_id,
            actor_id=op.viewer.user_id or None,
            action=str(action),
            details=details,
            at=door.now,
        )
    )


def _shown(member: TrustMember) -> str:
    return to_global("Organization", member.organization_id)


def _close(door: Door, group: TrustGroup) -> None:
    group.updated_at = door.now
    door.about(to_global("TrustGroup", group.id), level=group.level)
    door.answer(group.id)
