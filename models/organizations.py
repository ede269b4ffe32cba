"""Organisations: the tenants."""

from datetime import datetime

from sqlmodel import SQLModel

from models.columns import flag, json, moment, sealed, text, uuid_key


class Organization(SQLModel, table=True):
    """A tenant. Every row that holds content names the organisation that owns it."""

    __tablename__ = "organization"

    id: str = uuid_key()
    name: str = text(unique=True)
    description: str = text(default="")
    domain: str = text(default="")
    website: str = text(default="")
    contact_email: str = sealed()
    networks: list[str] = json(list)  # CIDR; with the names below and the domain, what it says is its own
    names: list[str] = json(list)
    type: str = text(default="private")  # educational government private
    is_publisher: bool = flag(default=False)
    is_verified: bool = flag(default=False)
    is_active: bool = flag(default=True)
    created_at: datetime = moment()
    updated_at: datetime = moment()
