"""API keys: what agents and pollers sign in with (SECURITY R11)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from foundation.errors import Conflict, NotFound
from foundation.ids import new_id, to_global
from models.people import ApiKey, User
from models.queries import accounts
from resolvers.identities import key_names
from resolvers.operation import Door, Operation
from resolvers.people import NameTaken
from rules.access import api_keys, tokens
from rules.access.actions import Action
from rules.access.names import check_title, check_unreserved, is_storable, normalised, service_key
from rules.access.viewer import Role

MAX_LIVE_KEYS = 200
"""Keys of one organisation at a time: enough for an agent on every machine of a team, too few to fill a table with."""

MAX_NAME = 100


class TooManyKeys(Conflict):
    code = "API_KEY_LIMIT"
    message = "An organisation has at most {limit} keys at a time. Revoke one first."


class ApiKeyNotFound(NotFound):
    code = "API_KEY_NOT_FOUND"
    message = "There is no such API key."


@dataclass(frozen=True)
class NewKey:
    """`secret` is there once; who repeats the request is told the row alone."""

    key_id: str
    secret: str | None


async def create_api_key(
    op: Operation, *, name: str, scopes: Iterable[str], expires_in_days: int | None = None
) -> NewKey:
    """A key of the service user of that name, who is made with it when the organisation has none yet.

    A second key under the same name belongs to the same service user: make the new one, then revoke the old one. What
    an agent writes is signed with its name, so it may not be that of a person of the installation: NameTaken.
    """
    name = check_unreserved(check_title(name, field="name", longest=MAX_NAME))
    wanted = api_keys.check_scopes(scopes)
    ends = api_keys.expiry(op.clock.now(), expires_in_days)
    secret, key_id = api_keys.new_key(), new_id()
    target = to_global("ApiKey", key_id)
    async with op.write(Action.API_KEY_CREATE, target=target, name=name, scopes=wanted) as door:
        if await accounts.live_keys(door.session, op.viewer.organization_id, door.now) >= MAX_LIVE_KEYS:
            raise TooManyKeys(limit=MAX_LIVE_KEYS)
        owner = await _service_user(op, door, name)
        door.add(
            ApiKey(
                id=key_id,
                user_id=owner.id,
                organization_id=owner.organization_id,
                name=name,
                prefix=api_keys.shown_prefix(secret),
                digest=tokens.digest(secret),
                scopes=wanted,
                created_by=op.viewer.user_id,
                created_at=door.now,
                expires_at=ends,
            )
        )
        door.answer({"key_id": key_id})
    return NewKey(key_id, secret)


def as_new_key(answer: NewKey | dict[str, Any]) -> NewKey:
    """What `Operation.once` told: the key itself, or, at a repetition, which one it was."""
    return answer if isinstance(answer, NewKey) else NewKey(answer["key_id"], None)


async def rotate_api_key(
    op: Operation, *, key_id: str, overlap_hours: int | None = None, expires_in_days: int | None = None
) -> NewKey:
    """A new key of the same service with the same scopes; the old one ends when the overlap is over.

    Raises ApiKeyNotFound, for a key that has ended too, TooManyKeys, InvalidInput.
    """
    now, target = op.clock.now(), to_global("ApiKey", key_id) if is_storable(key_id) else None
    ends = api_keys.expiry(now, expires_in_days)
    api_keys.overlap_end(now, now, overlap_hours)
    secret, new_key_id = api_keys.new_key(), new_id()
    async with op.write(Action.API_KEY_ROTATE, target=target, to=to_global("ApiKey", new_key_id)) as door:
        old = await accounts.live_key_held(door.session, op.viewer, key_id, door.now) if target else None
        if old is None:
            raise ApiKeyNotFound
        old.expires_at = api_keys.overlap_end(door.now, old.expires_at, overlap_hours)
        await door.session.flush()
        if await accounts.live_keys(door.session, op.viewer.organization_id, door.now) >= MAX_LIVE_KEYS:
            raise TooManyKeys(limit=MAX_LIVE_KEYS)
        door.add(
            ApiKey(
                id=new_key_id,
                user_id=old.user_id,
                organization_id=old.organization_id,
                name=old.name,
                prefix=api_keys.shown_prefix(secret),
                digest=tokens.digest(secret),
                scopes=old.scopes,
                created_by=op.viewer.user_id,
                created_at=door.now,
                expires_at=ends,
            )
        )
        door.answer({"key_id": new_key_id})
    op.house.forget(*key_names(old))
    return NewKey(new_key_id, secret)


async def revoke_api_key(op: Operation, *, key_id: str) -> str:
    """Ends a key at once, here, and within five seconds elsewhere. Doing it twice is no error."""
    if not is_storable(key_id):
        raise ApiKeyNotFound
    async with op.write(Action.API_KEY_REVOKE, target=to_global("ApiKey", key_id)) as door:
        key = await accounts.revoke_key(door.session, op.viewer, key_id, door.now)
        if key is None:
            raise ApiKeyNotFound
        door.answer(key_id)
    op.house.forget(*key_names(key))
    return key_id


async def _service_user(op: Operation, door: Door, name: str) -> User:
    """A publisher: what it may do is what its keys' scopes say, and a role above theirs would say nothing."""
    await accounts.hold_name(door.session, normalised(name))
    if await accounts.user_by_name(door.session, normalised(name)):
        raise NameTaken(field="name")
    key = service_key(op.viewer.organization_id, name)
    made = User(
        organization_id=op.viewer.organization_id,
        name=name,
        name_key=key,
        role=Role.PUBLISHER,
        kind="service",
        created_at=door.now,
        updated_at=door.now,
    )
    if await accounts.insert_new(door.session, made):
        return made
    found = await accounts.user_by_name(door.session, key)
    assert found is not None
    return found
