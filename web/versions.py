"""The version of the REST contracts, by header: `Accept: application/json;version=1.0` (CONTRACTS 1, row 12)."""

from typing import NamedTuple

from web.refusals import NotAcceptable

VERSION = "1.0"
JSON = "application/json"
_KNOWN = frozenset({None, "1", VERSION})
_FITTING = frozenset({JSON, "application/*", "*/*"})


class _Range(NamedTuple):
    """One entry of an Accept header, as far as it matters here."""

    media: str
    version: str | None
    wanted: bool


def answer_type(accept: str | None) -> str:
    """The content type to answer with: it names the version where the caller did.

    A caller who takes nothing this contract can give, or only another version of it, gets NotAcceptable.
    """
    if accept is None or not accept.strip():
        return JSON
    fitting = [
        made
        for entry in accept.split(",")
        if (made := _range(entry)).media in _FITTING and made.wanted and made.version in _KNOWN
    ]
    if not fitting:
        raise NotAcceptable(available=f"{JSON};version={VERSION}")
    unversioned = any(made.version is None for made in fitting)
    return JSON if unversioned else f"{JSON};version={VERSION}"


def _range(entry: str) -> _Range:
    media, *parameters = entry.split(";")
    version, wanted = None, True
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        value = value.strip().strip('"')
        match name.strip().lower():
            case "version":
                version = value
            case "q":
                wanted = value.strip("0.") != ""  # q=0 in any of its spellings
    return _Range(media.strip().lower(), version, wanted)
