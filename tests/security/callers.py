"""Every kind of caller there is, each with a credential of his own that a door has to recognise."""

from dataclasses import dataclass
from datetime import timedelta

from models import tables as rows
from models.walls import EVERYTHING
from resolvers.operation import House
from rules.access import tokens
from rules.access.actions import Scope
from rules.access.api_keys import new_key, shown_prefix
from rules.access.tokens import TokenKind
from rules.access.viewer import Role, Viewer
from tests.world import World
from web.identify import Identify

ROLES = [str(role) for role in Role]
KEYS = [f"key {scope}" for scope in Scope]
KINDS = ["anonymous", *ROLES, "platform admin", *KEYS]


@dataclass(frozen=True)
class Caller:
    kind: str
    viewer: Viewer
    headers: dict[str, str]


async def session_of(house: House, user: rows.User) -> tuple[str, str]:
    """(session id, access token) of a new session."""
    now = house.clock.now()
    ends = now + timedelta(days=1)
    async with house.database.transaction(EVERYTHING) as session:
        row = rows.LoginSession(
            user_id=user.id,
            organization_id=user.organization_id,
            created_at=now,
            last_used_at=now,
            expires_at=ends,
        )
        session.add(row)
    token, _ = tokens.issue(house.keys, TokenKind.ACCESS, now=now, expires_at=ends, user_id=user.id, session_id=row.id)
    return row.id, token


async def key_of(house: House, user: rows.User, *scopes: str) -> tuple[str, str]:
    """(key id, key) of a new API key."""
    now, key = house.clock.now(), new_key()
    async with house.database.transaction(EVERYTHING) as session:
        row = rows.ApiKey(
            user_id=user.id,
            organization_id=user.organization_id,
            name="agent",
            prefix=shown_prefix(key),
            digest=tokens.digest(key),
            scopes=list(scopes),
            created_by=user.id,
            created_at=now,
            expires_at=now + timedelta(days=1),
            last_used_at=now,
        )
        session.add(row)
    return row.id, key


async def person(world: World, role: str, *, kind: str = "person", platform: bool = False) -> rows.User:
    """Somebody new in the operator's organisation."""
    now = world.house.clock.now()
    name = f"{role} {kind} {len(await world.all(rows.User))}"
    row: rows.User = await world.put(
        rows.User(
            organization_id=world.operator.id,
            name=name,
            name_key=name,
            role=role,
            kind=kind,
            is_platform_admin=platform,
            created_at=now,
            updated_at=now,
        )
    )
    return row


async def caller(world: World, kind: str) -> Caller:
    """A new caller of this kind. A service is as high in rank as any key's owner: only its scopes hold it back."""
    house = world.house
    if kind == "anonymous":
        headers: dict[str, str] = {}
    elif kind.startswith("key "):
        service = await person(world, "publisher", kind="service")
        headers = {"x-api-key": (await key_of(house, service, kind.removeprefix("key ")))[1]}
    else:
        platform = kind == "platform admin"
        user = await person(world, "admin" if platform else kind, platform=platform)
        headers = {"authorization": f"Bearer {(await session_of(house, user))[1]}"}
    return Caller(kind, await Identify(house).admit(headers), headers)
