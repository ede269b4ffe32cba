"""Indicators: what is searched and matched by, and the evidence that rests on them."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import (
    at_number,
    flag,
    json,
    maybe_moment,
    maybe_text,
    moment,
    number,
    own_key,
    points_at,
    text,
    text_key,
)
from rules.trust import UNSHARED

# The patterns that are matched as a whole, if they are still good: few among all indicators.
ASKED = sql("NOT is_indexed AND not_matched_because IS NULL")


class Indicator(SQLModel, table=True):
    """The newest version of a STIX indicator, in columns, as it was sent or as some readers may see it. Its key is that
    of the object; what the columns from `original_id` to `age` say is told there."""

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("organization_id", "stix_id"),
        Index("ix_indicator_stix_id", "stix_id"),
        Index("ix_indicator_created", "organization_id", "created_at", "id"),
        Index("ix_indicator_updated", "organization_id", "updated_at", "id"),
        Index("ix_indicator_modified", "organization_id", "modified", "id"),
        Index("ix_indicator_asked", "organization_id", "id", sqlite_where=ASKED, postgresql_where=ASKED),
    )

    id: str = points_at("stix_object.id", index=False, primary_key=True)
    organization_id: str = points_at("organization.id", index=False)
    stix_id: str = text()
    version_id: int = at_number("stix_version.id", index=False)
    name: str | None = maybe_text()
    description: str | None = maybe_text()
    type: str | None = maybe_text()  # none where the pattern looks for none or several of these things
    value: str | None = maybe_text()  # none where it looks for several values, or cannot be put that way
    pattern: str = text()
    pattern_type: str = text()
    is_indexed: bool = flag()
    not_indexed_because: str | None = maybe_text()
    not_matched_because: str | None = maybe_text()  # neither by the index nor as a whole, until a new version comes
    labels: list[str] = json(list)
    indicator_types: list[str] = json(list)
    confidence: int | None = number(default=None, nullable=True)  # 0 to 100; none where the source states none
    valid_from: datetime = moment()
    valid_until: datetime | None = maybe_moment()
    revoked: bool = flag()
    tlp: str = text()
    created_by_ref: str | None = maybe_text()
    created: datetime = moment()  # by its source; the two below are ours
    modified: datetime = moment()
    fingerprint: str = text(index=True)  # the same for all that look for the same things
    original_id: str = own_key()
    form_from: int = number(default=0)
    form_to: int = number(default=0)
    required: int = number(default=UNSHARED)
    tlp_rank: int = number(default=4)
    kind: int = number(default=0)
    age: int = number(default=0)
    created_at: datetime = moment()
    updated_at: datetime = moment()


class IndicatorKey(SQLModel, table=True):
    """The index observed values are matched by: the alternatives of every pattern that consists of such.

    The value comes first, since it alone leaves next to nothing over, and a search for it needs no other index.
    """

    __tablename__ = "indicator_index"
    __table_args__ = ({"sqlite_with_rowid": False},)

    value: str = text_key()
    type: str = text_key()
    path: str = text_key()
    indicator_id: str = points_at("indicator.id", primary_key=True, index=True)


class CaseWatch(SQLModel, table=True):
    """What the intelligence of a case looked up, so that its people are told of what comes later and touches it.

    `observed`: pairs of STIX object type and value; `known`: keys of the originals it met or told of; `head`: of the
    shared collection when it was looked through last, 0 at first; `until`: how long it is looked after.
    """

    __tablename__ = "case_watch"
    __table_args__ = (Index("ix_case_watch_looked_at", "looked_at"),)

    investigation_id: int = at_number("investigation.id", index=False, primary_key=True)
    organization_id: str = points_at("organization.id", index=False)
    observed: list[list[str]] = json(list)
    known: list[str] = json(list)
    head: int = number(default=0)
    looked_at: datetime = moment()
    until: datetime = moment()


class EvidenceIndicator(SQLModel, table=True):
    """The indicators a piece of evidence rests on, by the keys of the originals: in which form one is seen changes with
    trust, and differs by reader."""

    __tablename__ = "evidence_indicator"

    evidence_id: int = at_number("evidence.id", index=False, primary_key=True)
    indicator_id: str = points_at("indicator.id", primary_key=True, index=True)
