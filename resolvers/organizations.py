"""Organisations: made and verified by who looks after the installation, kept by their own administrators."""

from dataclasses import dataclass
from typing import Any

from foundation.errors import Forbidden, InvalidInput
from foundation.ids import new_id, to_global
from foundation.texts import check_text
from models.organizations import Organization
from models.queries import accounts, organizations, relationships, renditions
from resolvers.in_force import put_in_force, tell
from resolvers.operation import Door, Operation
from resolvers.people import NameTaken
from resolvers.trust_groups import leave
from rules.access.actions import Action
from rules.access.names import check_email, check_title, is_storable
from rules.access.organizations import check_domain, check_website, seal_contact
from rules.access.words import OrganizationType
from rules.relationships import RelationshipStatus
from rules.trust_history import TrustAction
from rules.trust_refusals import EntityNotFound

MOST_DESCRIPTION = 10_000


@dataclass(frozen=True, kw_only=True)
class About:
    """What is said of an organisation. None: as it was, or nothing. The last two are the platform's to say."""

    name: str | None = None
    description: str | None = None
    domain: str | None = None
    type: OrganizationType | None = None
    website: str | None = None
    contact_email: str | None = None
    is_publisher: bool | None = None
    is_verified: bool | None = None

    def check(self, op: Operation, organization_id: str) -> dict[str, Any]:
        """The columns it comes to. Raises InvalidInput; Forbidden to whom the last two are not his to say."""
        if not op.viewer.is_platform_admin and (self.is_publisher, self.is_verified) != (None, None):
            raise Forbidden
        said: dict[str, Any] = {"is_publisher": self.is_publisher, "is_verified": self.is_verified}
        if self.name is not None:
            said["name"] = check_title(self.name, field="name")
        if self.description is not None:
            said["description"] = check_text(self.description, field="description", most=MOST_DESCRIPTION)
        if self.domain is not None:
            said["domain"] = check_domain(self.domain, field="domain")
        if self.type is not None:
            said["type"] = str(self.type)
        if self.website is not None:
            said["website"] = check_website(self.website, field="website")
        if self.contact_email is not None:
            address = check_email(self.contact_email, field="contactEmail") if self.contact_email.strip() else ""
            said["contact_email"] = seal_contact(op.house.keys, organization_id, address)
        return {name: value for name, value in said.items() if value is not None}


async def create_organization(op: Operation, about: About) -> str:
    """An organisation without people; it publishes unless something else is said. Raises NameTaken, InvalidInput."""
    key = new_id()
    async with op.write(Action.ORGANIZATION_CREATE, target=to_global("Organization", key)) as door:
        columns = {"is_publisher": True, **about.check(op, key)}
        if "name" not in columns:
            raise InvalidInput("An organisation has a name.", field="name")
        await _check_free(door, columns["name"])
        made = Organization(id=key, **columns, created_at=door.now, updated_at=door.now)
        if not await accounts.insert_new(door.session, made):
            raise NameTaken(field="name")
        door.answer(key)
    return key


async def update_organization(op: Operation, about: About, *, organization_id: str) -> str:
    """Changes what is given: its own administrators may, and who looks after the installation.

    One that was verified is so no longer when its administrators give it another name or domain: that is what was
    verified. Raises EntityNotFound, Forbidden, NameTaken, InvalidInput.
    """
    async with op.write(Action.ORGANIZATION_UPDATE) as door:
        held = await _held(op, door, organization_id)
        columns = about.check(op, organization_id)
        changed = {name: value for name, value in columns.items() if getattr(held, name) != value}
        if "name" in changed:
            await _check_free(door, changed["name"], but=held.id)
        if not op.viewer.is_platform_admin and changed.keys() & {"name", "domain"}:
            changed["is_verified"] = False
        if changed:
            held.sqlmodel_update({**changed, "updated_at": door.now})
        if "domain" in changed:  # one of the things that are its own
            await renditions.make_all_due(door.session, held.id)
        door.about(to_global("Organization", held.id), changed=sorted(changed))
        door.answer(held.id)
    return organization_id


async def deactivate_organization(op: Operation, *, organization_id: str) -> str:
    """Puts an organisation out: nobody of it may sign in, sessions, keys and streams end. Twice is no error.

    Nothing it shared is shown to anybody, nor anything to it: its relationships in force are suspended, those that
    wait for an answer are revoked, and it leaves its groups. What it holds is kept. Raises EntityNotFound, Forbidden.
    """
    async with op.write(Action.ORGANIZATION_DEACTIVATE) as door:
        held = await _held(op, door, organization_id)
        door.about(to_global("Organization", held.id))
        door.answer(held.id)
        if held.is_active:
            held.is_active, held.updated_at = False, door.now
            await organizations.put_out(door.session, held.id, door.now)
            await _part(op, door, held)
    op.house.forget_everybody()
    return organization_id


async def _part(op: Operation, door: Door, held: Organization) -> None:
    """Ends what it has with others, last in the transaction."""
    others = await relationships.relationships_of(door.session, held.id)
    groups = await relationships.groups_of(door.session, held.id)
    for row in others:
        was_active = row.status == RelationshipStatus.ACTIVE
        row.status = str(RelationshipStatus.SUSPENDED if was_active else RelationshipStatus.REVOKED)
        row.updated_at = door.now
        action = TrustAction.RELATIONSHIP_SUSPENDED if was_active else TrustAction.RELATIONSHIP_REVOKED
        tell(door.session, row, action, by=held.id, now=door.now, because="organization_deactivated")
    await put_in_force(door.session, others, door.now)
    for group in groups:
        member = await relationships.member(door.session, group.id, held.id)
        if member is not None:
            group.updated_at = door.now
            await leave(op, door, group, member)


async def reactivate_organization(op: Operation, *, organization_id: str) -> str:
    """Lets its people sign in again. Its relationships stay suspended until each trustor resumes them, and it may be
    asked into groups anew. Twice is no error. Raises EntityNotFound."""
    async with op.write(Action.ORGANIZATION_REACTIVATE) as door:
        held = await _held(op, door, organization_id)
        if not held.is_active:
            held.is_active, held.updated_at = True, door.now
        door.about(to_global("Organization", held.id))
        door.answer(held.id)
    return organization_id


async def _held(op: Operation, door: Door, organization_id: str) -> Organization:
    """Raises EntityNotFound, alike for absent ones and those of others."""
    is_theirs = op.viewer.is_platform_admin or organization_id == op.viewer.organization_id
    may_be = is_theirs and is_storable(organization_id)
    found = await organizations.held(door.session, organization_id) if may_be else None
    if found is None:
        raise EntityNotFound(field="organizationId")
    return found


async def _check_free(door: Door, name: str, *, but: str = "") -> None:
    """Raises NameTaken: a name in other letters is a look-alike."""
    await accounts.hold_name(door.session, "organization")
    taken = await accounts.organization_like(door.session, name)
    if taken is not None and taken.id != but:
        raise NameTaken(field="name")
