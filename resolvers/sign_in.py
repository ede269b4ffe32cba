"""Signing in, staying signed in, signing out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foundation.errors import InvalidInput, Refusal
from foundation.ids import new_id, to_global
from models.database import Session
from models.people import LoginSession, RefreshToken
from models.queries import credentials
from models.queries.credentials import Account
from resolvers import attempts, second_factor
from resolvers.attempts import InvalidCredentials
from resolvers.identities import session_name, viewer_of
from resolvers.operation import Operation
from resolvers.personal import personal_of
from resolvers.second_factor import Given, Means, Proof
from rules.access import tokens
from rules.access.actions import Action
from rules.access.names import MAX_LOGIN
from rules.access.person import Personal, address_indexes
from rules.access.tokens import BadToken, TokenKind
from rules.access.totp import TotpInvalid, TotpRequired

MAX_USER_AGENT = 200  # what of a browser's name is kept for its owner's list of sessions


class AccountDisabled(Refusal):
    """Told only to who knows the password."""

    code, status, kind = "ACCOUNT_DISABLED", 403, "FORBIDDEN"
    message = "This account is disabled."


class ReusedToken(BadToken):
    """A refresh token was presented a second time: its session has ended (SECURITY R7, RFC 9700 4.14.2)."""


@dataclass(frozen=True)
class SignedIn:
    """A session as its owner gets it. The tokens are shown once and kept nowhere but in his hands."""

    account: Account
    personal: Personal
    session_id: str
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    device_token: str | None = None  # where one was asked for with a right code


async def login(op: Operation, *, name_or_email: str, password: str, given: Given | None = None) -> SignedIn:
    """A new session for who knows the password and, where the account has one, gives the second factor.

    Raises InvalidCredentials, AccountDisabled, TotpRequired, TotpInvalid, SignInLimited (five wrong passwords or codes
    in 15 minutes, for names that do not exist just so), Unavailable (too many at once).
    """
    account, counted_as = await by_password(op, name_or_email, password)
    given, proof = given or Given(), None
    if account.user.totp_since is not None:
        # Asked only now: a look-up before the password would tell by its time that the name exists.
        proof = await second_factor.prove(op, account, counted_as, given)
    remember = given.remember_device and proof is not None and proof.means is not Means.DEVICE
    return await _enter(op, account, counted_as, proof, remember=remember)


async def by_password(op: Operation, name_or_email: str, password: str) -> tuple[Account, str]:
    """Whose name and password these are, and what the attempt is counted as. Raises as `login`; who is right may have
    been locked out since, or be disabled."""
    if len(name_or_email) > MAX_LOGIN:
        raise InvalidInput(f"A name has at most {MAX_LOGIN} characters.", field="username")
    login_key = attempts.lookup_key(name_or_email)
    indexes = address_indexes(op.house.keys, login_key)
    async with op.read(Action.SIGN_IN) as session:
        account = await credentials.account_by_login(session, login_key, indexes)
        counted_as = attempts.counted_as(account, indexes[0])
        await attempts.refuse_locked(op, session, counted_as)
    right = await op.house.hashing.matches(password, account.user.password_hash if account else None)
    if account is None or not right:
        await attempts.fail(op, account, counted_as, InvalidCredentials())
    assert account is not None
    return account, counted_as


async def refresh(op: Operation, *, refresh_token: str) -> SignedIn:
    """A new pair of tokens for an old one; the session keeps its end. Raises BadToken.

    A token works once. The second time its whole session ends: either the first use or this one was a thief's.
    """
    now = op.clock.now()
    claims = tokens.read(op.house.keys, refresh_token, TokenKind.REFRESH, now=now)
    async with op.read(Action.SESSION_REFRESH) as session:
        account = await credentials.session_account(session, claims.session_id, now)
    if account is None or account.user.id != claims.user_id:
        raise BadToken
    op = op.as_viewer(viewer_of(account, session_id=claims.session_id))
    target = to_global("Session", claims.session_id)
    signed_in: SignedIn | None = None
    async with op.write(Action.SESSION_REFRESH, target=target) as door:
        # The token first, then its session: everyone locks in this order, so nobody waits in a circle.
        if await credentials.use_refresh_token(door.session, tokens.digest(refresh_token), door.now):
            kept = await credentials.renew_session(door.session, claims.session_id, door.now)
            account = await credentials.account_held(door.session, claims.user_id)
            if kept is None or account is None or not account.is_active:
                raise BadToken
            signed_in = _tokens(op, account, kept, door.session, door.now)
        else:
            await credentials.end_session(door.session, claims.session_id, door.now, "refresh_token_reused")
            door.refused("REFRESH_TOKEN_REUSED")
    if signed_in is None:
        op.house.forget(session_name(claims.session_id))
        raise ReusedToken
    return signed_in


async def logout(op: Operation) -> None:
    """Ends the caller's session, its tokens and, within five seconds, its open streams. Twice is as good as once."""
    session_id = op.viewer.session_id or ""
    async with op.write(Action.SESSION_END, target=to_global("Session", session_id)) as door:
        await credentials.end_session(door.session, session_id, door.now, "signed_out")
    op.house.forget(session_name(session_id))


async def _enter(op: Operation, account: Account, counted_as: str, proof: Proof | None, *, remember: bool) -> SignedIn:
    session_id, agent = new_id(), _shown(op.user_agent)
    op = op.as_viewer(viewer_of(account, session_id=session_id))
    target = to_global("User", account.user.id)
    by = {} if proof is None else {"second_factor": str(proof.means)}
    async with op.write(Action.SIGN_IN, target=target, client=op.client, session=session_id, **by) as door:
        await attempts.forgive(op, door, counted_as)
        current = await credentials.account_held(door.session, account.user.id)
        if current is None or current.user.password_hash != account.user.password_hash:
            raise InvalidCredentials
        if not current.is_active:
            raise AccountDisabled
        if proof is None and current.user.totp_since is not None:
            raise TotpRequired(field="totp_code")
        # Lost to a twin who gave the same code at the same moment. It was no guess, so it is not counted as one.
        if proof is not None and not await proof.spend(door.session, door.now):
            raise TotpInvalid(field="totp_code")
        begun = door.add(
            LoginSession(
                id=session_id,
                user_id=current.user.id,
                organization_id=current.organization.id,
                user_agent=agent,
                created_at=door.now,
                last_used_at=door.now,
                expires_at=door.now + timedelta(days=op.settings.refresh_token_days),
            )
        )
        device = None
        if remember:
            device = second_factor.remember(door.session, current.user.id, agent, door.now)
        await door.session.flush()
        return replace(_tokens(op, current, begun, door.session, door.now), device_token=device)


def _tokens(op: Operation, account: Account, kept: LoginSession, session: Session, now: datetime) -> SignedIn:
    """A new pair. Neither outlives the session: seven days are seven days, however often it is refreshed."""
    ring, who = op.house.keys, {"user_id": account.user.id, "session_id": kept.id}
    ends = min(kept.expires_at, now + timedelta(minutes=op.settings.access_token_minutes))
    access, access_claims = tokens.issue(ring, TokenKind.ACCESS, now=now, expires_at=ends, **who)
    refreshing, claims = tokens.issue(ring, TokenKind.REFRESH, now=now, expires_at=kept.expires_at, **who)
    session.add(
        RefreshToken(
            id=claims.token_id,
            session_id=kept.id,
            digest=tokens.digest(refreshing),
            created_at=now,
            expires_at=claims.expires_at,
        )
    )
    personal = personal_of(op, account.user)
    return SignedIn(account, personal, kept.id, access, access_claims.expires_at, refreshing, claims.expires_at)


def _shown(user_agent: str) -> str:
    return "".join(c for c in user_agent if c.isprintable())[:MAX_USER_AGENT]
