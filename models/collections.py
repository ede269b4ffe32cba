"""Collections, what lies in them in which order, and who reads from where on.

A place in a collection is a time in microseconds. Each version of an object takes two: one for the word that its
predecessor is gone, one for itself. What a reader gets follows from two histories, that of the entries and that of the
reader's right, so nothing is kept per reader and object.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from models.base import UtcTime
from models.columns import at_number, flag, json, moment, number, number_key, points_at, uuid_key
from models.columns import text as words


class Collection(SQLModel, table=True):
    """A set of shared objects, read in order. `head` is the last place given; its row is the collection's lock.

    `is_home`: everything that its organisation shares is in it.
    """

    __tablename__ = "collection"
    __table_args__ = (
        Index(
            "uq_collection_home",
            "organization_id",
            unique=True,
            sqlite_where=text("is_home"),
            postgresql_where=text("is_home"),
        ),
    )

    id: str = uuid_key()
    organization_id: str | None = points_at("organization.id", nullable=True)  # none: of the whole installation
    title: str = words(unique=True)
    alias: str = words(unique=True)
    description: str = words(default="")
    required: int = number(default=50)  # the level of trust asked for what is put in without saying
    head: int = number(default=0)
    is_home: bool = flag()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class CollectionEntry(SQLModel, table=True):
    """One version of an object in a collection. Kept when its text is erased: what a reader lost is told from it.

    `seq` counts a producer's entries in a collection from 1. `required` to `age` are what a right must reach, and
    `exact_form` is the strictest form in which the object is still as it was sent, `hide_form` the first that
    withholds it. `ended`: the place where its end is told; `heir`: the entry that took its place; `is_narrowed`:
    the heir asks for more, or there is none; `is_told`: an earlier entry of the object was narrowed; `is_erased`: the
    version was deleted, and is shown no more even to who asks for all versions.
    """

    __tablename__ = "collection_entry"
    __table_args__ = (
        Index("uq_collection_entry_seq", "collection_id", "producer_id", "seq", unique=True),
        Index(
            "uq_collection_entry_live",
            *("collection_id", "object_id"),
            unique=True,
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
        Index(
            "ix_collection_entry_position",
            *("collection_id", "position", "producer_id", "required"),
            sqlite_where=text("is_live"),
            postgresql_where=text("is_live"),
        ),
        Index("ix_collection_entry_version", "collection_id", "position"),
        Index(
            "ix_collection_entry_ended",
            *("collection_id", "ended"),
            sqlite_where=text("is_narrowed"),
            postgresql_where=text("is_narrowed"),
        ),
        Index("ix_collection_entry_object", "object_id", "collection_id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    collection_id: str = points_at("collection.id", index=False)
    producer_id: str = points_at("organization.id", index=False)
    seq: int = number()
    object_id: str = points_at("stix_object.id", index=False)
    version_id: int = at_number("stix_version.id", index=False)
    type: str = words()
    position: int = number()
    is_live: bool = flag()
    required: int = number()
    tlp: int = number()
    exact_form: int = number()
    hide_form: int = number()
    kind: int = number()
    age: int = number()
    modified: int = number()  # the version's own, in microseconds
    ended: int | None = number(default=None, nullable=True)
    heir: int | None = number(default=None, nullable=True)
    is_narrowed: bool = flag()
    is_told: bool = flag()
    is_erased: bool = flag()


class CollectionReading(SQLModel, table=True):
    """A reader's right to a producer's part of a collection, from `base` until `until` (none: now).

    Places from `base` to `top` are set aside: there the reader is told of everything older that the right opens, and of
    what it closes (`old_*`: the right before). `is_told`: the reader was ever told of a loss.
    """

    __tablename__ = "collection_reading"
    __table_args__ = (
        Index(
            "uq_collection_reading_current",
            *("collection_id", "reader_id", "producer_id"),
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "ix_collection_reading_moved",
            *("collection_id", "reader_id", "top"),
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "ix_collection_reading_lost",
            *("collection_id", "reader_id", "top"),
            sqlite_where=text("old_level > 0"),
            postgresql_where=text("old_level > 0"),
        ),
    )

    collection_id: str = points_at("collection.id", index=False, primary_key=True)
    reader_id: str = points_at("organization.id", index=False, primary_key=True)
    producer_id: str = points_at("organization.id", index=False, primary_key=True)
    base: int = Field(sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True))
    top: int = number()
    until: int | None = number(default=None, nullable=True)
    level: int = number()
    tlp: int = number()
    form: int = number()
    kinds: int = number()
    max_age: int = number()
    old_level: int = number()
    old_tlp: int = number()
    old_form: int = number()
    old_kinds: int = number()
    old_max_age: int = number()
    is_told: bool = flag()


class TaxiiStatus(SQLModel, table=True):
    """What became of objects that were sent to a collection: kept for a day, for whoever's organisation sent them."""

    __tablename__ = "taxii_status"

    id: str = uuid_key()
    organization_id: str = points_at("organization.id", index=False)
    content: dict[str, Any] = json()
    created_at: datetime = Field(sa_column=Column(UtcTime(), nullable=False, index=True))
