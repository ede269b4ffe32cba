"""From a credential to the Viewer behind it: read from the database, believed for two seconds (SECURITY R8)."""

from dataclasses import replace
from datetime import timedelta

from foundation.errors import Unavailable
from foundation.settings import RequireTotp
from models.people import ApiKey
from models.queries import credentials
from models.queries.credentials import Account
from resolvers.operation import House, Operation
from rules.access import tokens
from rules.access.actions import Action
from rules.access.api_keys import LENGTH
from rules.access.duties import duties_of
from rules.access.tokens import BadToken, TokenKind
from rules.access.viewer import ANONYMOUS, Role, Viewer, ViewerKind

NOTED_EVERY = timedelta(minutes=10)
"""How exact `last used` of a key is: finer would make a write of nearly every read."""


def viewer_of(account: Account, *, session_id: str | None = None, demand: RequireTotp = RequireTotp.NONE) -> Viewer:
    """The role is the row's, never a token's: a change of role acts at once. `demand`: of whom TOTP is demanded."""
    user = account.user
    return Viewer(
        kind=ViewerKind.SERVICE if user.kind == "service" else ViewerKind.USER,
        user_id=user.id,
        organization_id=user.organization_id,
        role=Role(user.role),
        name=user.name,
        is_platform_admin=user.is_platform_admin,
        session_id=session_id,
        duties=duties_of(
            demand,
            must_change_password=user.must_change_password,
            has_totp=user.totp_since is not None,
            is_person=user.kind == "person",
            is_admin=user.is_platform_admin or user.role == Role.ADMIN,
        ),
    )


def session_name(session_id: str) -> str:
    return f"session:{session_id}"


def key_names(key: ApiKey) -> tuple[str, str]:
    return f"key:{key.digest}", f"key-id:{key.id}"


async def viewer_of_token(house: House, token: str) -> Viewer:
    """Who an access token stands for now. Raises BadToken."""
    claims = tokens.read(house.keys, token, TokenKind.ACCESS, now=house.clock.now())
    viewer = await _viewer_of_session(house, claims.session_id)
    if viewer is None or viewer.user_id != claims.user_id:
        raise BadToken
    return replace(viewer, expires_at=claims.expires_at)


async def viewer_of_key(house: House, key: str) -> Viewer:
    """Who an API key stands for now. Raises BadToken."""
    if len(key) != LENGTH:
        raise BadToken
    digest = tokens.digest(key)
    viewer = await house.standings.get(f"key:{digest}", lambda: _load_key(house, digest=digest))
    if viewer is None or not _unexpired(house, viewer):
        raise BadToken
    return viewer


async def recheck(house: House, viewer: Viewer) -> Viewer:
    """The viewer as he is now. Raises BadToken after expiry, logout, revocation and disablement.

    For connections that stay open, every two seconds or so. Never to be asked while a door is open.
    """
    if viewer.kind in (ViewerKind.ANONYMOUS, ViewerKind.ENGINE):
        return viewer
    current: Viewer | None = None
    if _unexpired(house, viewer):
        if viewer.api_key_id is not None:
            key_id = viewer.api_key_id
            current = await house.standings.get(f"key-id:{key_id}", lambda: _load_key(house, key_id=key_id))
        elif viewer.session_id is not None:
            current = await _viewer_of_session(house, viewer.session_id)
    if current is None or current.user_id != viewer.user_id:
        raise BadToken
    return replace(current, expires_at=viewer.expires_at)


async def still_valid(op: Operation) -> bool:
    """Whether a stream that was opened by `op` may go on being served with its viewer as he was then.

    False also after a change of role: he may come back as what he is now.
    """
    try:
        return await recheck(op.house, op.viewer) == op.viewer
    except BadToken:
        return False


def _unexpired(house: House, viewer: Viewer) -> bool:
    return viewer.expires_at is None or house.clock.now() < viewer.expires_at


async def _viewer_of_session(house: House, session_id: str) -> Viewer | None:
    async def load() -> Viewer | None:
        async with Operation(house, ANONYMOUS).read(Action.SIGN_IN) as session:
            account = await credentials.session_account(session, session_id, house.clock.now())
        if account is None or not account.is_active:
            return None
        return viewer_of(account, session_id=session_id, demand=house.settings.require_totp)

    return await house.standings.get(session_name(session_id), load)


async def _load_key(house: House, *, digest: str | None = None, key_id: str | None = None) -> Viewer | None:
    now = house.clock.now()
    async with Operation(house, ANONYMOUS).read(Action.SIGN_IN) as session:
        found = await credentials.key_account(session, now, digest=digest, key_id=key_id)
    if found is None or not found[1].is_active:
        return None
    key, account = found
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        await _note_used(house, key)
    return replace(viewer_of(account), api_key_id=key.id, scopes=frozenset(key.scopes), expires_at=key.expires_at)


async def _note_used(house: House, key: ApiKey) -> None:
    """A note for the owner. A database too busy to take it does not keep the key from being used."""
    try:
        async with house.database.transaction() as session:
            await credentials.note_key_used(session, key.id, house.clock.now())
    except Unavailable:
        pass
