"""Media types of TAXII: one is given, many ways of asking for it are understood (CONTRACTS 1, row 17; section 5)."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from web import refusals

TAXII: Final = "application/taxii+json;version=2.1"
STIX: Final = "application/stix+json;version=2.1"

_FITTING: Final = frozenset({"application/taxii+json", "application/json", "application/*", "*/*"})


class NotAcceptable(refusals.NotAcceptable):
    code = "UNSUPPORTED_MEDIA_TYPE"


class UnsupportedMediaType(refusals.UnsupportedMediaType):
    message = "Send {expected}, plain or as gzip."


class _Range(NamedTuple):
    media: str
    version: str | None
    charset: str
    wanted: bool


def check_accept(accept: str) -> None:
    """Whether the one type that is given will do. Raises NotAcceptable."""
    if accept.strip() and not any(_fits(one) for one in _ranges(accept)):
        raise NotAcceptable(available=TAXII)


def check_content_type(content_type: str) -> None:
    """Whether it is an envelope that is sent; its version may be left out. Raises UnsupportedMediaType.

    Nothing else is taken: a browser sends looser types across origins without asking (SECURITY R32).
    """
    sent = next(_ranges(content_type), None)
    if (
        sent is None
        or sent.media != "application/taxii+json"
        or sent.version not in (None, "2.1")
        or sent.charset not in ("", "utf-8", "utf8")
    ):
        raise UnsupportedMediaType(expected=TAXII)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether the caller reads gzip: named, or everything else than what is named, and not refused by q=0."""
    weights = {}
    for one in accept_encoding.split(","):
        name, _, parameters = one.partition(";")
        _, _, weight = parameters.replace(" ", "").partition("q=")
        weights[name.strip().lower()] = weight.strip("0.") != "" or weight == ""
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


def _fits(one: _Range) -> bool:
    return one.wanted and one.media in _FITTING and (one.media != "application/taxii+json" or one.version in _OURS)


_OURS: Final = (None, "2.1")


def _ranges(header: str) -> Iterator[_Range]:
    for entry in header.split(","):
        media, *parameters = entry.split(";")
        version, charset, wanted = None, "", True
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            value = value.strip().strip('"').strip().lower()
            match name.strip().lower():
                case "version":
                    version = value
                case "charset":
                    charset = value
                case "q":
                    wanted = value.strip("0.") != ""
        yield _Range(media.strip().lower(), version, charset, wanted)
