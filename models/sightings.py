"""What became of indicators in the field: who met one, who found it wrong, and what follows from all of it."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import SQLModel

from models.columns import maybe_moment, maybe_text, moment, number, number_key, points_at, text


class Sighting(SQLModel, table=True):
    """One organisation's word on an indicator. Never changed: another one follows it.

    `indicator_id` is the indicator as it was sent, in whatever form its reporter sees it; `holder_id` whose it is.
    """

    __tablename__ = "sighting"
    __table_args__ = (
        Index("ix_sighting_indicator", "indicator_id", "at", "id"),
        Index("ix_sighting_voice", "indicator_id", "organization_id", "at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = number_key()
    indicator_id: str = points_at("indicator.id", index=False)
    organization_id: str = points_at("organization.id", index=False)  # whose people reported it
    holder_id: str = points_at("organization.id", index=False)
    kind: str = text()  # sighting false_positive expiry
    at: datetime = moment()  # when it was met; below, when that was recorded
    count: int = number(default=1)
    note: str = text(default="")
    reported_by: str | None = maybe_text()
    created_at: datetime = moment()


class IndicatorStanding(SQLModel, table=True):
    """What all words on an indicator come to, for everybody who may see it in any form: who said which is not in it.

    `vouched` and `refuted` count organisations, each by its newest word. Brought up to date by each word, under this
    row's lock.
    """

    __tablename__ = "indicator_standing"

    indicator_id: str = points_at("indicator.id", index=False, primary_key=True)
    last_seen: datetime | None = maybe_moment()
    over_at: datetime | None = maybe_moment()
    vouched: int = number(default=0)
    refuted: int = number(default=0)
