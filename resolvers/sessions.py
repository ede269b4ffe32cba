"""Where one is signed in."""

from foundation.errors import NotFound, Unauthenticated
from foundation.ids import to_global
from models.people import LoginSession
from models.queries import credentials
from models.queries.credentials import Account
from resolvers.identities import session_name
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.names import is_storable


class SessionNotFound(NotFound):
    code = "SESSION_NOT_FOUND"
    message = "There is no such session of yours."


async def own_account(op: Operation) -> Account:
    """Who asks: the person, or the service that a key belongs to."""
    async with op.read(Action.VIEWER_READ) as session:
        account = await credentials.account_of(session, op.viewer.user_id)
    if account is None:
        raise Unauthenticated
    return account


async def own_sessions(op: Operation) -> list[LoginSession]:
    """The viewer's sessions that last, the latest first."""
    async with op.read(Action.SESSION_READ) as session:
        return await credentials.sessions_of(session, op.viewer, op.clock.now())


async def revoke_session(op: Operation, *, session_id: str) -> str:
    """Ends one of the own sessions, its tokens and, within five seconds, its streams. Twice is no error."""
    target = to_global("Session", session_id) if is_storable(session_id) else None
    async with op.write(Action.SESSION_REVOKE, target=target) as door:
        if target is None or not await credentials.is_session_of(door.session, op.viewer, session_id):
            raise SessionNotFound(field="sessionId")
        await credentials.end_session(door.session, session_id, door.now, "revoked")
        door.answer(session_id)
    op.house.forget(session_name(session_id))
    return session_id
