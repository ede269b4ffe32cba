"""What people prove themselves with beside the password."""

from datetime import datetime

from sqlmodel import SQLModel

from models.columns import maybe_moment, moment, number, points_at, sealed, text, uuid_key


class TotpSeed(SQLModel, table=True):
    """The seed of a person's authenticator, sealed; begun, and good once its first code has confirmed it.

    `last_counter` is the latest step a code of which was accepted: no code of it, or of one before, works again. Each
    beginning draws a new `id`, which the seal is bound to.
    """

    __tablename__ = "totp_seed"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id", index=False, unique=True)
    seed: str = sealed()
    last_counter: int | None = number(default=None, nullable=True)
    begun_at: datetime = moment()
    confirmed_at: datetime | None = maybe_moment()


class RecoveryCode(SQLModel, table=True):
    """A code for when the authenticator is gone, by its SHA-256 alone. It works once."""

    __tablename__ = "recovery_code"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id")
    digest: str = text()
    created_at: datetime = moment()
    used_at: datetime | None = maybe_moment()


class Device(SQLModel, table=True):
    """A device on which the second factor was given, remembered for a month: its token, by SHA-256 alone."""

    __tablename__ = "device"

    id: str = uuid_key()
    user_id: str = points_at("user_account.id")
    digest: str = text(unique=True)
    user_agent: str = text(default="")
    created_at: datetime = moment()
    last_used_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = maybe_moment()
