"""Warning lists of the installation: known-good values, loaded by its operator."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import flag, moment, number, points_at, text, text_key, uuid_key


class WarningList(SQLModel, table=True):
    """`is_active` once all of it is there; then the one of the same name before it goes."""

    __tablename__ = "warning_list"
    __table_args__ = (
        Index(
            "uq_warning_list_name",
            "name",
            unique=True,
            sqlite_where=sql("is_active"),
            postgresql_where=sql("is_active"),
        ),
    )

    id: str = uuid_key()
    name: str = text()
    description: str = text()
    version: str = text()
    type: str = text()
    entries: int = number(default=0)
    is_active: bool = flag()
    loaded_at: datetime = moment()


class WarningEntry(SQLModel, table=True):
    """The value comes first: it is what is looked up."""

    __tablename__ = "warning_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)

    value: str = text_key()
    kind: str = text_key()
    list_id: str = points_at("warning_list.id", primary_key=True, index=True)
