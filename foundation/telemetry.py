"""Log lines, the request id they carry, and counters.

One line, one JSON object, one encoder: everything outside printable ASCII is escaped, so no value, however it got
there, can start a new line or reach a terminal as a control sequence (SECURITY R36). Query text, variables and bodies
are not logged anywhere; values under a secret's name, and tokens that slipped into other text, are blotted out here.
Lines of the libraries (uvicorn, SQLAlchemy, DBOS) take the same way.
"""

import json
import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, TextIO

import structlog

from foundation import ids, times
from foundation.clock import Clock, SystemClock

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request or operation that is being served; empty outside of one."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_SECRET_NAME = re.compile(r"passw|secret|token|authorization|cookie|api_?key|totp|credential", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]+|\bcgd?_[\w-]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII
)
_HIDDEN = "[hidden]"

Event = MutableMapping[str, Any]


def accept_id(given: str | None) -> str:
    """The client's request id when it is a tame one, else a new one (CONTRACTS 1, row 32)."""
    return given if given is not None and _ID.fullmatch(given) else ids.new_id()


def logger(name: str) -> Any:
    """A logger whose lines say `name`. Call as `log.info("what happened", key=value)`."""
    return structlog.get_logger(name)


def configure(*, level: str = "INFO", stream: TextIO | None = None, clock: Clock | None = None) -> None:
    """Sends every log line of the process, ours and the libraries', to `stream` (standard error when left out)."""
    shared = _take_structlog(clock or SystemClock())
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secrets,
                encode,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # What libraries write for their authors holds what passes through them: the parameters of every statement
    # (aiosqlite), every frame of a socket (websockets). DEBUG is therefore for our own lines alone.
    root.setLevel(max(logging.getLevelNamesMapping()[level], logging.INFO))
    logging.getLogger("casegraph").setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # uvicorn brings handlers of its own, which would write plain text beside the JSON.
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    for name in ("uvicorn.error", "httpx", "httpcore", "alembic"):
        # Below a warning they write addresses with their query strings, or what only their authors want to know.
        logging.getLogger(name).setLevel("WARNING")


def _take_structlog(clock: Clock) -> list[Any]:
    """Leads structlog into the standard library's logging; gives the steps that all lines share."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp(clock),
        _add_request_id,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return shared


def _stamp(clock: Clock) -> Callable[[Any, str, Event], Event]:
    def stamp(_logger: Any, _method: str, event: Event) -> Event:
        event["at"] = times.to_text(clock.now())
        return event

    return stamp


def _add_request_id(_logger: Any, _method: str, event: Event) -> Event:
    current = request_id.get()
    if current:
        event.setdefault("request_id", current)
    return event


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """Blots out values under a secret's name, at any depth, and tokens inside other text."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_HIDDEN, value)
    if isinstance(value, dict):
        return {str(key): _hidden(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(name, inner) for inner in value]
    return value


def encode(_logger: Any, _method: str, event: Event) -> str:
    """One line of JSON. DEL is the one control character that JSON itself leaves alone."""
    return json.dumps(event, default=repr, ensure_ascii=True).replace("\x7f", "\\u007f")


# Before configure() too: the default of structlog prints the local variables of every frame of a traceback.
_take_structlog(SystemClock())

_counters: Counter[str] = Counter()
_lock = threading.Lock()


def count(name: str, by: int = 1) -> None:
    """Adds to the counter `name`. Names are words of the code, never ids or values of a caller."""
    with _lock:
        _counters[name] += by


def counters() -> dict[str, int]:
    """What has been counted in this process since it started."""
    with _lock:
        return dict(_counters)
