"""Why the viewer, or a partner of its organisation, sees an object of shared intelligence, or does not."""

from collections.abc import Sequence

from foundation.ids import OtherKey
from models import tables as rows
from models.database import Session
from models.queries import explained as queries
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.explaining import OWN, AccessExplanation, AccessReason, AccessRule, explained
from rules.nodes import key_of, locate
from rules.trust import Need, Right


async def explain_access(
    op: Operation,
    *,
    id: str,  # noqa: A002
    organization_id: str | None = None,
) -> AccessExplanation | None:
    """The rules on the way to what the viewer sees; of an object of the own organisation, also to what another one
    would. None for what is absent or hidden, and for what others see of somebody else's."""
    found = locate(id)
    if found is None or found[0] not in ("Indicator", "StixObject"):
        await op.begin_read(Action.GRAPH_READ)
        return None
    key = found[1].text if isinstance(found[1], OtherKey) else str(found[1])
    original = op.pseudonyms.key_of(key) if isinstance(found[1], OtherKey) else None
    asked = None if organization_id is None else key_of("Organization", organization_id)
    if organization_id is not None and asked is None:
        await op.begin_read(Action.GRAPH_READ)
        return None
    viewer = op.viewer
    async with op.read(Action.GRAPH_READ) as session:
        row = await queries.seen_object(session, viewer, key, original)
        if row is None or (isinstance(found[1], OtherKey) and not _is_named_so(op, row, key)):
            return None
        producer, reader = row.organization_id, str(asked or viewer.organization_id)
        if reader != viewer.organization_id and producer != viewer.organization_id and not viewer.is_platform_admin:
            return None
        if reader == producer:
            return OWN
        need = _need(await queries.rows_of(session, row.original_id))
        right = await queries.right_of(session, reader, producer)
        path = await _path(session, reader, producer)
    return explained(need, _right(right), path=path)


def _is_named_so(op: Operation, row: rows.StixObject, stix_id: str) -> bool:
    known = op.pseudonyms.of(row.type, row.original_id) if row.form_from else row.stix_id
    return known == stix_id


def _need(held: Sequence[rows.StixObject]) -> Need:
    as_sent = next(row for row in held if row.form_from == 0)
    live = [row.form_to for row in held if row.required == as_sent.required]
    return Need(as_sent.required, as_sent.tlp_rank, as_sent.form_to, max(live) + 1, as_sent.kind, as_sent.age)


def _right(row: rows.Access | None) -> Right | None:
    return None if row is None else Right(row.level, row.tlp, row.form, row.kinds, row.max_age)


async def _path(session: Session, reader: str, producer: str) -> AccessReason:
    told = await queries.relationship(session, reader, producer)
    if told is not None and told.granted is not None:
        if told.granted > 0:
            text = f"An active relationship grants the level {told.level}."
            return AccessReason(AccessRule.RELATIONSHIP, True, text)
        text = f"There is a relationship, which grants nothing: it is {told.status}. No group makes up for it."
        return AccessReason(AccessRule.RELATIONSHIP, False, text)
    best = await queries.group_level(session, reader, producer)
    if best:
        return AccessReason(AccessRule.GROUP, True, f"A group that both are members of grants level {best}.")
    return AccessReason(AccessRule.RELATIONSHIP, False, "No relationship and no group connects the two.")
