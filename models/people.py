"""People, the services that act for an organisation, and what they sign in with."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import (
    flag,
    json,
    maybe_index_of,
    maybe_moment,
    maybe_sealed,
    maybe_text,
    moment,
    number,
    points_at,
    sealed,
    text,
    text_key,
    uuid_key,
)


class User(SQLModel, table=True):
    """A person, or a service user (an agent, a poller) that has API keys and no password (D18).

    `name_key` is the normalised form (NFKC, casefold, trimmed) that sign-in looks up, and `email_key` the blind index
    of the address's. Address and names of the person lie sealed (rules/access/person); what the person signs in by does
    not: timelines and the audit trail show it (docs/decisions/0016).
    """

    __tablename__ = "user_account"

    id: str = uuid_key()
    organization_id: str = points_at("organization.id")
    name: str = text()
    name_key: str = text(unique=True)
    first_name: str = sealed()
    last_name: str = sealed()
    email: str | None = maybe_sealed()
    email_key: str | None = maybe_index_of("email")
    role: str = text(default="viewer")  # viewer publisher admin
    kind: str = text(default="person")  # person service
    is_platform_admin: bool = flag()
    is_active: bool = flag(default=True)
    is_pending: bool = flag()  # asked to join, and not answered yet; not active either
    must_change_password: bool = flag()
    password_hash: str | None = maybe_text()
    totp_since: datetime | None = maybe_moment()  # set while a confirmed `totp_seed` is there, in the same transaction
    created_at: datetime = moment()
    updated_at: datetime = moment()


class LoginSession(SQLModel, table=True):
    """One sign-in on one device. Ending it ends its tokens and its sockets."""

    __tablename__ = "login_session"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id")
    organization_id: str = points_at("organization.id", index=False)
    user_agent: str = text(default="")
    created_at: datetime = moment()
    last_used_at: datetime = moment()
    expires_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
    end_reason: str | None = maybe_text()


class RefreshToken(SQLModel, table=True):
    """A refresh token, by its SHA-256 alone. `used_at` set and presented again: the family is ended (SECURITY R7)."""

    __tablename__ = "refresh_token"

    id: str = uuid_key()
    session_id: str = points_at("login_session.id")
    digest: str = text(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = maybe_moment()


class ApiKey(SQLModel, table=True):
    """A key of a service user, by its SHA-256 alone; shown once (SECURITY R11)."""

    __tablename__ = "api_key"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id")
    organization_id: str = points_at("organization.id")
    name: str = text()
    prefix: str = text()
    digest: str = text(unique=True)
    scopes: list[str] = json(list)
    created_by: str = points_at("user_account.id", index=False)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    last_used_at: datetime | None = maybe_moment()
    revoked_at: datetime | None = maybe_moment()


class FailedSignIn(SQLModel, table=True):
    """How often a name was tried in vain since `since`: kept for names that do not exist too (SECURITY R5)."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (Index("ix_failed_sign_in_since", "since"),)

    key: str = text_key()
    failures: int = number(default=0)
    since: datetime = moment()
    locked_until: datetime | None = maybe_moment()


class PasswordReset(SQLModel, table=True):
    """A token that sets a new password once, by its SHA-256 alone. `ended_at`: used, or followed by a newer one."""

    __tablename__ = "password_reset"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id")
    digest: str = text(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    ended_at: datetime | None = maybe_moment()
