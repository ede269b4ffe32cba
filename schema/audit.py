"""The audit trail: who did what, and proof that nobody changed it since; and who read what."""

from datetime import datetime
from typing import Annotated

import strawberry

from foundation.errors import InvalidInput
from foundation.words import Word
from models import tables as rows
from models.reading.filters import Filter, among, at_least, before, equals
from resolvers.audit import TrailNotFound, verify_trail
from resolvers.audit_check import ChainCheck
from rules.access.actions import Action
from rules.audit_chain import Damage
from rules.nodes import key_of
from schema import ties
from schema.conditions import condition
from schema.enums import show
from schema.faces import Connection, column, connection, face, one
from schema.marks import acts
from schema.naming import person
from schema.orders import AuditOrder
from schema.planned import Info
from schema.scalars import JSON


class AuditOutcome(Word):
    """How an act ended."""

    DONE = "done", "It was done."
    REFUSED = "refused", "It was refused; `details` has the code."


show(AuditOutcome)
show(Damage, name="AuditDamage")


@face(rows.AuditSeal)
class AuditSeal:
    """The place of an entry in the chain of its organisation: a keyed hash over the entry and the seal before it."""

    sequence: int = column("Its place in the chain: 1, 2, 3 ... without a hole.")
    hash: str = column("HMAC-SHA256, as 64 hexadecimal digits.")
    key_id: str = column("Which master key it was made with.")
    at: datetime = column("When it was sealed.")


@face(rows.Audit)
class AuditEntry:
    """One act: a write, a sign-in, a refusal, or the reading of what only administrators may read."""

    row: int = column("Its number in the table, by which `casegraph verify-audit` names it.", of="id")
    at: datetime = column("When it happened.")
    actor_name: str = column("Who acted, by name; `anonymous` where nobody was signed in.")
    actor: ties.User | None = one("Who acted; null where nobody was signed in.", by="actor_id")
    organization: ties.Organization | None = one("Whose trail it is in.", by="organization_id")
    action: str = column("What was done, as `<thing>.<verb>`: `evidence.add`, `session.sign_in`.")
    outcome: AuditOutcome = column("How it ended.")
    target: str | None = column("The ref or id of what was touched.")
    details: JSON = column("What else there is to say; of a refusal its `code`.")
    request_id: str = column("The request it belongs to.")
    seal: AuditSeal | None = one("Its place in the chain; null for the moment until it is sealed.", by="id")


@strawberry.input(description="Which entries. What is left out or null is no condition; all must hold.")
class AuditFilter:
    organization_id: strawberry.ID | None = condition(
        "In the trail of this organisation. Others than the own are for platform administrators."
    )
    actor: strawberry.ID | None = condition("By this user, by id.")
    actor_name: str | None = condition("By whoever bore this name.")
    action: list[str] | None = condition("Of one of these actions, such as `evidence.add`.")
    outcome: AuditOutcome | None = condition("That ended so.")
    target: str | None = condition("That touched this thing, by ref or id as the entries show it.")
    request_id: str | None = condition("Of this request.")
    since: datetime | None = condition("That happened at this time or after it.")
    until: datetime | None = condition("That happened before this time.")


def _organization() -> Filter:
    return equals("organization_id").read(lambda text: str(key_of("Organization", text)))


AUDIT_FILTERS = {
    "organization_id": _organization(),
    "actor": equals("actor_id").read(person),
    "actor_name": equals("actor_name"),
    "action": among("action"),
    "outcome": equals("outcome"),
    "target": equals("target"),
    "request_id": equals("request_id"),
    "since": at_least("at"),
    "until": before("at"),
}


@face(rows.AccessLog)
class AccessEntry:
    """One request that read the graph. Written within a second, kept for some days, and no part of the chain."""

    row: int = column("Its number in the table.", of="id")
    at: datetime = column("When it began.")
    user: ties.User | None = one("Who read: a person, or the service an API key belongs to.", by="user_id")
    api_key: ties.ApiKey | None = one("The API key that was used, where it was one.", by="api_key_id")
    organization: ties.Organization | None = one("Where the reader belongs.", by="organization_id")
    door: str = column("By which door: `graphql`, `rest`.")
    action: str = column("What was asked for first, as `<thing>.<verb>`.")
    fields: list[str] = column("What was read: root fields of the graph.")
    targets: list[str] = column("The ids that were asked for.")
    count: int = column("How many things were handed out, those below them not counted.")
    request_id: str = column("The request it belongs to.")


@strawberry.input(description="Which requests. What is left out or null is no condition; all must hold.")
class AccessFilter:
    organization_id: strawberry.ID | None = condition("Of people of this organisation.")
    user: strawberry.ID | None = condition("Of this user, by id.")
    request_id: str | None = condition("Of this request.")
    since: datetime | None = condition("That began at this time or after it.")
    until: datetime | None = condition("That began before this time.")


ACCESS_FILTERS = {
    "organization_id": _organization(),
    "user": equals("user_id").read(person),
    "request_id": equals("request_id"),
    "since": at_least("at"),
    "until": before("at"),
}


@strawberry.type(description="An audit trail held against its seals, and against the checkpoint kept outside.")
class AuditVerification:
    ok: bool = strawberry.field(description="Whether nothing wrong was found in what was walked.")
    checked: int = strawberry.field(description="How many places were walked and found good.")
    first_bad_sequence: int | None = strawberry.field(description="The first bad place; null where there is none.")
    first_bad_row: int | None = strawberry.field(
        description="The number of its row in the table; null where there is no bad place, or no row."
    )
    damage: Damage | None = strawberry.field(description="What is wrong there.")
    head: str = strawberry.field(description="The seal of the last good place: 64 hexadecimal digits.")
    head_sequence: int = strawberry.field(description="The last good place: hand it to `after` to go on from there.")
    is_whole: bool = strawberry.field(
        description="Whether the walk ended at the end of the chain or at a bad place; false: go on from the head."
    )
    unsealed: int = strawberry.field(description="How many of the latest entries are not sealed yet.")
    was_restored: bool = strawberry.field(
        description="Whether the last checkpoint is of the time before a restore, and binds the chain no more. If "
        "nobody restored a backup, the history was replaced."
    )


def _shown(check: ChainCheck, waiting: int) -> AuditVerification:
    fault = check.fault
    return AuditVerification(
        ok=fault is None,
        checked=check.checked,
        first_bad_sequence=fault.sequence if fault else None,
        first_bad_row=fault.audit_id if fault else None,
        damage=fault.damage if fault else None,
        head=check.head.hash,
        head_sequence=check.head.sequence,
        is_whole=check.is_whole,
        unsealed=waiting,
        was_restored=check.earlier is not None,
    )


async def _verification(
    info: Info,
    organization_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Whose trail; the own organisation's when left out. Others: platform admins."),
    ] = None,
    after: Annotated[
        int | None, strawberry.argument(description="Begin behind this place, and believe its seal. 0 when left out.")
    ] = None,
) -> AuditVerification | None:
    op = info.context.operation
    op.check(Action.AUDIT_READ)
    key = None if organization_id is None else key_of("Organization", organization_id)
    if organization_id is not None and key is None:
        raise TrailNotFound(field="organizationId")
    if after is not None and after < 0:
        raise InvalidInput("A place is 0 or more.", field="after")
    check, waiting = await verify_trail(op, organization_id=None if key is None else str(key), after=after or 0)
    return _shown(check, waiting)


@face(None)
class AuditQueries:
    """Reading the audit trail."""

    audit_log: Connection[AuditEntry] | None = connection(
        "The audit trail of the own organisation, for its administrators; platform administrators read all of them. "
        "Reading it is an entry itself.",
        order=AuditOrder,
        filter=AuditFilter,
        filters=AUDIT_FILTERS,
        action=Action.AUDIT_READ,
    )
    access_log: Connection[AccessEntry] | None = connection(
        "Who read what in the last days, for administrators, like `auditLog`.",
        order=AuditOrder,
        filter=AccessFilter,
        filters=ACCESS_FILTERS,
        action=Action.AUDIT_READ,
    )
    audit_verification: AuditVerification | None = strawberry.field(
        resolver=_verification,
        description="Holds an audit trail against its seals, at most 20,000 entries at a time. For administrators; "
        "`casegraph verify-audit` checks all of it, and needs no server.",
        metadata=acts(Action.AUDIT_READ),
    )
