"""STIX objects as they were sent, each version a row."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.base import PlainText
from models.columns import (
    as_sent,
    at_number,
    flag,
    maybe_moment,
    maybe_text,
    moment,
    number,
    number_key,
    own_key,
    points_at,
    text,
    text_key,
    uuid_key,
)
from rules.trust import UNSHARED

DUE = sql("is_due")


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
    version, as it was sent or, in a row of its own, as some readers may see it: a rendition.

    `original_id` is the row as it was sent, which is its own original. A row is shown to its owner if it is that, and
    to others in the forms `form_from` to `form_to` (`rules.trust.Form`, both inclusive); `required` to `age` are what a
    right must reach, see `rules.trust.Need`. Objects without renditions are shown to others as they are or not at all.
    The `stix_id` of a rendition is a name of the row, no STIX id, and is shown to nobody. `is_due`: what it asks of its
    readers has to be found out anew.
    """

    __tablename__ = "stix_object"
    __table_args__ = (
        UniqueConstraint("organization_id", "stix_id"),
        # Any object by its STIX id, whosever it is: visibility decides which of them is shown.
        Index("ix_stix_object_stix_id", "stix_id"),
        Index("ix_stix_object_due", "organization_id", "id", sqlite_where=DUE, postgresql_where=DUE),
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
    original_id: str = own_key()
    form_from: int = number(default=0)
    form_to: int = number(default=0)
    required: int = number(default=UNSHARED)
    tlp_rank: int = number(default=4)
    kind: int = number(default=0)
    age: int = number(default=0)
    is_due: bool = flag(default=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class StixReference(SQLModel, table=True):
    """The newest version of an object names another by its STIX id, in the member of this name; markings aside."""

    __tablename__ = "stix_reference"
    __table_args__ = ({"sqlite_with_rowid": False},)

    object_id: str = points_at("stix_object.id", index=False, primary_key=True)
    member: str = text_key()
    ref: str = Field(sa_column=Column(PlainText(), primary_key=True, index=True))
