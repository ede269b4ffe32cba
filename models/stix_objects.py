"""STIX objects as they were sent, each version a row."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import (
    as_sent,
    at_number,
    flag,
    maybe_moment,
    maybe_text,
    moment,
    number_key,
    points_at,
    text,
    uuid_key,
)


class StixVersion(SQLModel, table=True):
    """One version, never changed. `content` is the object's own text, byte for byte as it was sent; `digest` is of its
    members and values, and tells equal ones from others however they are written.

    `version` is its `modified`, or the time it came in for what STIX does not version. `tlp` is the strictest of its
    markings.
    """

    __tablename__ = "stix_version"
    __table_args__ = (UniqueConstraint("object_id", "version"), {"sqlite_autoincrement": True})

    id: int = number_key()
    object_id: str = text()
    organization_id: str = points_at("organization.id", index=False)
    version: datetime = moment()
    digest: str = text()
    content: str = as_sent()
    revoked: bool = flag()
    tlp: str = text()
    added_at: datetime = moment()


class StixObject(SQLModel, table=True):
    """An object in the hands of one organisation, which owns what it says. The other columns are those of its newest
    version."""

    __tablename__ = "stix_object"
    __table_args__ = (
        UniqueConstraint("organization_id", "stix_id"),
        # Any object by its STIX id, whosever it is: visibility decides which of them is shown.
        Index("ix_stix_object_stix_id", "stix_id"),
    )

    id: str = uuid_key()
    organization_id: str = points_at("organization.id", index=False)
    stix_id: str = text()
    type: str = text()
    name: str | None = maybe_text()
    version_id: int = at_number("stix_version.id", index=False)
    modified: datetime | None = maybe_moment()
    revoked: bool = flag()
    tlp: str = text()
    created_at: datetime = moment()
    updated_at: datetime = moment()
