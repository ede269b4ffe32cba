"""An answer as JSON bytes."""

import json
from datetime import datetime
from typing import Any

import orjson

from foundation.times import to_text

_OPTIONS = orjson.OPT_UTC_Z


def to_json(data: Any) -> bytes:
    """orjson refuses lone surrogates, which text from a rule may hold; JSON can write them as escapes."""
    try:
        return orjson.dumps(data, option=_OPTIONS)
    except TypeError:
        return json.dumps(_plain(data), ensure_ascii=True, separators=(",", ":")).encode()


def _plain(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if isinstance(data, orjson.Fragment):
        return orjson.loads(orjson.dumps(data))
    return to_text(data) if isinstance(data, datetime) else data
