"""Feeds: collections of other servers that an organisation reads, and how far each was read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import flag, json, maybe_moment, maybe_text, moment, number, points_at, sealed, text, uuid_key


class Feed(SQLModel, table=True):
    """`poll` counts its polls and stands in the name of each one's job; while one is under way `polling_since` is set,
    and only that one may write here. `added_after` to `empty` are the place of the walk (rules.feeds.Place)."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("organization_id", "url", "remote_collection"),
        Index("ix_feed_due", "next_poll_at"),
    )

    id: str = uuid_key()
    organization_id: str = points_at("organization.id", index=False)
    name: str = text()
    url: str = text()
    remote_collection: str = text()
    trust_level: str = text()
    auth: str = text()
    credentials: str = sealed()
    every_s: int = number()
    is_paused: bool = flag()
    poll: int = number(default=0)
    polling_since: datetime | None = maybe_moment()
    next_poll_at: datetime = moment()
    last_polled_at: datetime | None = maybe_moment()
    last_worked_at: datetime | None = maybe_moment()
    last_error: str | None = maybe_text()
    failures: int = number(default=0)  # polls in a row
    page_limit: int = number()
    added_after: str | None = maybe_text()
    next_page: str | None = maybe_text()
    last_date: str | None = maybe_text()
    empty_pages: int = number(default=0)
    pages: int = number(default=0)
    created_count: int = number(default=0)
    updated_count: int = number(default=0)
    unchanged_count: int = number(default=0)
    refused_count: int = number(default=0)
    refusals: list[dict[str, Any]] = json(list)  # the latest, at most rules.feeds.REFUSALS_KEPT
    created_by: str = points_at("user_account.id", index=False)
    created_at: datetime = moment()
    updated_at: datetime = moment()
