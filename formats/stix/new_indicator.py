"""From a value to the STIX indicator that looks for it: what forms, lists and REST calls send instead of patterns."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from formats.stix.markings import MARKING_OF
from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.observables import NETWORK_LENGTHS, refanged
from foundation.texts import check_text
from foundation.times import to_text
from foundation.words import EntityType, IndicatorType, Tlp

MOST_VALUE: Final = 2_048

_DIGESTS: Final = {32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'", 128: "'SHA-512'"}
_HEXADECIMAL = re.compile(r"[0-9a-f]+", re.ASCII)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,20})://([^/?#\s]+)([^\s]*)")
_PLAIN: Final = {
    IndicatorType.USER_AGENT: "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    IndicatorType.REGISTRY: "windows-registry-key:key",
    IndicatorType.MUTEX: "mutex:name",
    IndicatorType.PROCESS: "process:command_line",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """A value in its normal form, and the pattern that looks for it. `type`: none where that is none, or several."""

    type: IndicatorType | None
    value: str
    pattern: str


def look_for(kind: IndicatorType, value: str, *, field: str = "value") -> Looked:
    """`value` may be defanged and in any spelling. Raises InvalidInput naming `field` for what is none of its kind."""
    text = refanged(check_text(value, field=field, least=1, most=MOST_VALUE, one_line=True))
    match kind:
        case IndicatorType.IP:
            network = _network(text, field)
            at = f"ipv{network.version}-addr:value"
            is_one = network.prefixlen == network.max_prefixlen
            shown, operator = (str(network.network_address), "=") if is_one else (str(network), "ISSUBSET")
            return Looked(kind, shown, f"[{at} {operator} '{shown}']")
        case IndicatorType.DOMAIN:
            return _equals(kind, "domain-name:value", canonical(EntityType.DOMAIN, text, field=field))
        case IndicatorType.EMAIL:
            return _equals(kind, "email-addr:value", canonical(EntityType.EMAIL, text, field=field))
        case IndicatorType.URL:
            if (found := _URL.fullmatch(text)) is None:
                raise InvalidInput("This is no web address: write it with its scheme, as https://...", field=field)
            account, at, host = found[2].rpartition("@")
            return _equals(kind, "url:value", f"{found[1].lower()}://{account}{at}{host.lower()}{found[3]}")
        case IndicatorType.FILE_HASH:
            digest = text.lower()
            if len(digest) not in _DIGESTS or not _HEXADECIMAL.fullmatch(digest):
                raise InvalidInput("This is no MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal.", field=field)
            return _equals(kind, f"file:hashes.{_DIGESTS[len(digest)]}", digest)
        case _:
            return _equals(kind, _PLAIN[kind], text)


def new_indicator(
    looked: Looked,
    *,
    stix_id: str,
    now: datetime,
    name: str | None = None,
    description: str | None = None,
    indicator_types: Sequence[str] = (),
    labels: Sequence[str] = (),
    confidence: int | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    tlp: Tlp = Tlp.AMBER,
) -> dict[str, Any]:
    """A STIX 2.1 indicator, made now. What is not given is not in it; valid from now on unless something else is said.

    What our own people make is amber unless they say otherwise (D19).
    """
    made: dict[str, Any] = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id,
        "created": to_text(now),
        "modified": to_text(now),
        "name": name or looked.value,
        "description": description,
        "indicator_types": list(indicator_types),
        "pattern": looked.pattern,
        "pattern_type": "stix",
        "valid_from": to_text(valid_from or now),
        "valid_until": None if valid_until is None else to_text(valid_until),
        "labels": list(labels),
        "confidence": confidence,
        "object_marking_refs": [MARKING_OF[tlp]],
    }
    return {member: value for member, value in made.items() if value is not None and value != []}


def _equals(kind: IndicatorType, path: str, value: str) -> Looked:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return Looked(kind, value, f"[{path} = '{escaped}']")


def _network(text: str, field: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An address, or a network of a length that is looked up (`foundation.observables.NETWORK_LENGTHS`)."""
    try:
        if "%" in text:
            raise ValueError("a zone")
        found = ipaddress.ip_network(text, strict=False)
        mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
        if mapped is not None and found.prefixlen == 128:
            found = ipaddress.ip_network(mapped)
    except ValueError as error:
        raise InvalidInput("This is no IP address and no network.", field=field) from error
    lengths = NETWORK_LENGTHS[found.version]
    if found.prefixlen not in (*lengths, found.max_prefixlen):
        raise InvalidInput(
            f"Networks are looked for from /{lengths.start} to /{lengths.stop - 1}: "
            "a larger one says nothing about an address.",
            field=field,
        )
    return found
