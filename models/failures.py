"""What a database's own exceptions mean to the product."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from foundation.errors import Unavailable

_DEADLOCK = {"40P01", "40001"}
# Connection classes (08), resources (53), shutdown (57P01..03), query cancelled by the statement timeout (57014),
# lock timeout (55P03).
_AWAY = ("08", "53", "57P0", "57014", "55P03")
_SQLITE_AWAY = ("database is locked", "disk is full", "disk I/O error", "unable to open database file", "interrupted")


def _sqlstate(error: BaseException) -> str:
    while error is not None:
        state = getattr(error, "sqlstate", None)
        if isinstance(state, str):
            return state
        following = getattr(error, "orig", None) or error.__cause__
        if following is None or following is error:
            return ""
        error = following
    return ""


def is_deadlock(error: BaseException) -> bool:
    """PostgreSQL undid this transaction in favour of another; the same work may simply be tried again."""
    return _sqlstate(error) in _DEADLOCK


def as_refusal(error: Exception) -> Exception:
    """Unavailable where the database is away, full or overrun; everything else as it is."""
    if isinstance(error, PoolTimeout):
        return Unavailable()
    if not isinstance(error, (DBAPIError, sqlite3.Error, OSError)):
        return error
    if isinstance(error, OSError) and not isinstance(error, (ConnectionError, TimeoutError)):
        return error
    if isinstance(error, (InterfaceError, ConnectionError, TimeoutError)) or _sqlstate(error).startswith(_AWAY):
        return Unavailable()
    if isinstance(error, DBAPIError) and (
        error.connection_invalidated or any(sign in str(error.orig) for sign in _SQLITE_AWAY)
    ):
        return Unavailable()
    return error
