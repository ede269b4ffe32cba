"""Streams with gapless numbers, and their events: what subscribers replay."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field, SQLModel

from models.columns import json, moment, number, sealed, text, text_key


class Stream(SQLModel, table=True):
    """The counter of one stream. Its row lock makes commit order equal number order. `low`: up to here pruned."""

    __tablename__ = "stream"
    __table_args__ = ({"postgresql_with": {"fillfactor": 50}},)

    key: str = text_key()
    head: int = number(default=0)
    low: int = number(default=0)


class Event(SQLModel, table=True):
    """One event of one stream, numbered 1, 2, 3 ... without a hole."""

    __tablename__ = "event"

    stream: str = text_key()
    seq: int = Field(sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True))
    kind: str = text()
    data: dict[str, Any] = json()
    at: datetime = moment()


class Installation(SQLModel, table=True):
    """Facts of this installation. `epoch` is made at first run and anew at every restore: cursors carry it. The secret
    of pseudonyms (`sharing`) lies sealed: it is made once, and stays when keys are rotated."""

    __tablename__ = "installation"

    key: str = text_key()
    value: str = text()
    secret: str = sealed()
