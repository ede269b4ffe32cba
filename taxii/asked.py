"""The query string of a TAXII request: what of a collection is asked for."""

import re
from typing import Final

from starlette.datastructures import QueryParams

from foundation.errors import InvalidInput
from foundation.times import from_text, microseconds
from models.queries.pages import LAST, Versions
from resolvers.collections import MOST_AT_ONCE, USUAL_LIMIT, Asked

_ONCE: Final = (
    *("added_after", "limit", "next"),
    *("match[id]", "match[type]", "match[version]", "match[spec_version]"),
)
# A plus sign that was not encoded arrives as a blank.
_BLANK_OFFSET: Final = re.compile(r" (\d\d:\d\d)$", re.ASCII)
_WORDS: Final = ("all", "first", "last")


def asked_of(query: QueryParams, *, versions: Versions = LAST) -> Asked:
    """What is asked for; `versions`: where the request does not say which. Raises InvalidInput naming the parameter.

    Parameters that are not known are passed over. `next` stands for all the others but `limit`, and empty for none.
    """
    for name in _ONCE:
        if len(query.getlist(name)) > 1:
            raise InvalidInput("This parameter may be given once.", field=name)
    return Asked(
        after=_added_after(query.get("added_after")),
        limit=_limit(query.get("limit")),
        ids=_list(query, "id"),
        types=_list(query, "type"),
        spec_versions=_list(query, "spec_version"),
        versions=_versions(query.get("match[version]"), versions),
        next=query.get("next") or None,
    )


def _added_after(text: str | None) -> int:
    if text is None:
        return 0
    return microseconds(from_text(_BLANK_OFFSET.sub(r"+\1", text), field="added_after"))


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL_LIMIT
    if not text.isascii() or not text.isdecimal() or not text.strip("0"):
        raise InvalidInput("Write a whole number from 1 on.", field="limit")
    return min(int(text[-5:]) if len(text.lstrip("0")) <= 5 else MOST_AT_ONCE, MOST_AT_ONCE)


def _list(query: QueryParams, name: str) -> tuple[str, ...] | None:
    text = query.get(f"match[{name}]")
    return None if text is None else tuple(dict.fromkeys(one.strip() for one in text.split(",")))


def _versions(text: str | None, otherwise: Versions) -> Versions:
    if text is None:
        return otherwise
    words = [word.strip() for word in text.split(",")]
    if "all" in words and len(words) > 1:
        raise InvalidInput("`all` stands alone: it leaves no other version.", field="match[version]")
    times = [
        microseconds(from_text(_BLANK_OFFSET.sub(r"+\1", word), field="match[version]"))
        for word in words
        if word not in _WORDS
    ]
    return Versions("all" in words, "first" in words, "last" in words, tuple(sorted(set(times))))
