"""Observed values and the values in patterns, in the one form in which they meet in the indicator index.

A key of the index is what a STIX comparison says: object type, path, value. Both sides pass through here, the pattern
when it is stored and the observed value when it is looked up, so that neither a capital letter, a trailing dot nor the
square brackets of a report stand between them.
"""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from foundation.entities import canonical
from foundation.errors import InvalidInput
from foundation.words import EntityType, IndicatorType

MOST_KEY_BYTES: Final = 512
"""Longer values stand in the index as their digest: a PostgreSQL index takes no entry beyond 2,704 bytes."""

MOST_NAME_BYTES: Final = 256
"""Of an object type or a path in the index. Nobody's are longer, and they share that same limit."""

NETWORK_LENGTHS: Final = {4: range(8, 32), 6: range(16, 65)}
"""Prefix lengths of networks that are matched with the addresses in them. An IPv4 network wider than /8 or an IPv6
network wider than /16 says nothing about an address; IPv6 hosts live in a /64, so nobody lists smaller networks."""


class IndexKey(NamedTuple):
    """One comparison: `domain-name`, `value`, `example.org`."""

    type: str
    path: str
    value: str


_HOSTS: Final = frozenset(
    {
        ("domain-name", "value"),
        ("ipv4-addr", "value"),
        ("ipv6-addr", "value"),
        ("network-traffic", "dst_ref.value"),
        ("network-traffic", "src_ref.value"),
    }
)
_MAILBOXES: Final = frozenset(
    {("email-addr", "value"), ("email-message", "from_ref.value"), ("email-message", "sender_ref.value")}
)
_USER_AGENT: Final = ("network-traffic", "extensions.'http-request-ext'.request_header.'User-Agent'")
_ACCOUNTS: Final = (("user-account", "user_id"), ("user-account", "account_login"))
_REGISTRY: Final = ("windows-registry-key", "key")
_HASH_LENGTHS: Final = {32: ("md5",), 40: ("sha1",), 64: ("sha256", "sha3256"), 128: ("sha512", "sha3512")}
_HASH_PATH: Final = re.compile(r"(?:.*\.)?hashes\.'?([A-Za-z0-9-]+)'?")
_ENTITY_WORDS: Final = {
    "ip": "ipv4-addr",
    "domain": "domain-name",
    "email": "email-addr",
    "user": "user-account",
    "file_hash": "file",
    "registry": "windows-registry-key",
}
"""Words of entities and indicator types -> the STIX type whose look-up is theirs."""

_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}", re.IGNORECASE)
_AT = re.compile(r"\[@\]|\(@\)|\[at\]|\(at\)", re.IGNORECASE)
_SCHEME = re.compile(r"hxxp(s?)(?=(?:\[:\]|:|\[://\]))", re.IGNORECASE)
_COLON = re.compile(r"\[(:(?://)?)\]")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)


def refanged(text: str) -> str:
    """`hxxps[:]//evil[.]example` as it was before somebody made it harmless to click."""
    text = _DOT.sub(".", text)
    text = _AT.sub("@", text)
    return _COLON.sub(r"\1", _SCHEME.sub(r"http\1", text))


def canonical_path(path: str) -> str:
    """A path as the index writes it: digests by their algorithm alone, `hashes.'SHA-256'` as `hashes.sha256`."""
    if (found := _HASH_PATH.fullmatch(path)) is not None:
        head = path[: path.rindex("hashes.")]
        return f"{head}hashes.{found[1].replace('-', '').lower()}"
    return path


def index_key(object_type: str, path: str, value: str) -> IndexKey | None:
    """What a comparison for equality stands under in the index.

    None for names too long for it, and for networks that no address is looked up in: of a length that is not, or in a
    place where single addresses stand. Under a key that nobody asks for they would be lost without a word.
    """
    path = canonical_path(path)
    if len(object_type.encode()) > MOST_NAME_BYTES or len(path.encode()) > MOST_NAME_BYTES:
        return None
    if (object_type, path) in _HOSTS and "/" in value and _is_network(value):
        return network_key(object_type, value) if path == "value" else None
    return IndexKey(object_type, path, _bounded(_value(object_type, path, value)))


def network_key(object_type: str, value: str) -> IndexKey | None:
    """What a comparison with a network stands under; None for what is none, or of a length that is not looked up."""
    network = _network(refanged(value.strip()))
    if network is None or object_type != f"ipv{network.version}-addr":
        return None
    if network.prefixlen not in (*NETWORK_LENGTHS[network.version], network.max_prefixlen):
        return None
    return IndexKey(object_type, "value", _network_text(network))


def lookup_keys(observed_type: str, value: str) -> list[IndexKey]:
    """Everything in the index that an observed value meets.

    `observed_type` is a STIX object type (`domain-name`), a word of an entity (`ip`), or type and path (`app:id`).
    An address also meets the networks it lies in, and itself where somebody filed it as a domain name.
    """
    object_type, colon, path = observed_type.partition(":")
    if colon:
        key = index_key(object_type, path, value)
        return [] if key is None else [key]
    word = _ENTITY_WORDS.get(object_type, object_type)
    return list(dict.fromkeys(_lookups(word, value)))


def indicator_type(key: IndexKey) -> IndicatorType | None:
    """What kind of thing a comparison looks for. An address filed as a domain name is an address."""
    at = (key.type, key.path)
    if at in _HOSTS:
        return IndicatorType.IP if _network(key.value) is not None else IndicatorType.DOMAIN
    if at in _MAILBOXES:
        return IndicatorType.EMAIL
    if key.type == "file" and _HASH_PATH.fullmatch(key.path):
        return IndicatorType.FILE_HASH
    if at == _USER_AGENT or key.type == "user-agent":
        return IndicatorType.USER_AGENT
    return {
        "url": IndicatorType.URL,
        "windows-registry-key": IndicatorType.REGISTRY,
        "mutex": IndicatorType.MUTEX,
        "process": IndicatorType.PROCESS,
    }.get(key.type)


def search_forms(value: str) -> list[str]:
    """The forms one value may have in the index, whatever it is: for those who search without saying what it is."""
    text = value.strip()
    plain = unicodedata.normalize("NFC", text)
    forms = [plain, _host(text), _mailbox(text), _url(text), text.lower()]
    return list(dict.fromkeys(_bounded(form) for form in forms))


def _lookups(object_type: str, value: str) -> Iterator[IndexKey]:
    match object_type:
        case "ipv4-addr" | "ipv6-addr" | "domain-name":
            yield from _host_keys(_host(value))
        case "email-addr":
            text = _mailbox(value)
            yield from (IndexKey(*at, _bounded(text)) for at in sorted(_MAILBOXES))
        case "url":
            yield IndexKey("url", "value", _bounded(_url(value)))
        case "user-account":
            text = _bounded(unicodedata.normalize("NFC", value.strip()))
            yield from (IndexKey(*at, text) for at in _ACCOUNTS)
        case "file":
            text = value.strip()
            if len(text) in _HASH_LENGTHS and re.fullmatch(r"[0-9A-Fa-f]+", text):
                yield from (IndexKey("file", f"hashes.{name}", text.lower()) for name in _HASH_LENGTHS[len(text)])
            else:
                yield IndexKey("file", "name", _bounded(unicodedata.normalize("NFC", text)))
        case "process" | "mutex":
            yield IndexKey(object_type, "name", _bounded(unicodedata.normalize("NFC", value.strip())))
        case "windows-registry-key":
            yield IndexKey(*_REGISTRY, _bounded(value.strip().lower()))
        case "user_agent":
            yield IndexKey(*_USER_AGENT, _bounded(unicodedata.normalize("NFC", value.strip())))


def _host_keys(host: str) -> Iterator[IndexKey]:
    network = _network(host)
    if network is None:
        yield IndexKey("domain-name", "value", _bounded(host))
        yield IndexKey("network-traffic", "dst_ref.value", _bounded(host))
        return
    own = f"ipv{network.version}-addr"
    yield IndexKey(own, "value", host)
    yield IndexKey("domain-name", "value", host)
    yield IndexKey("network-traffic", "dst_ref.value", host)
    yield IndexKey("network-traffic", "src_ref.value", host)
    if network.prefixlen == network.max_prefixlen:
        for length in NETWORK_LENGTHS[network.version]:
            yield IndexKey(own, "value", str(network.supernet(new_prefix=length)))


def _value(object_type: str, path: str, value: str) -> str:
    at = (object_type, path)
    if at in _HOSTS:
        return _host(value)
    if at in _MAILBOXES:
        return _mailbox(value)
    if at == ("url", "value"):
        return _url(value)
    if at == _REGISTRY or _HASH_PATH.fullmatch(path):
        return value.strip().lower()
    return unicodedata.normalize("NFC", value.strip())


def _host(value: str) -> str:
    text = refanged(value.strip())
    if (network := _network(text)) is not None:
        return _network_text(network)
    try:
        return canonical(EntityType.DOMAIN, text, field="value")
    except InvalidInput:
        return unicodedata.normalize("NFC", text).lower()


def _mailbox(value: str) -> str:
    text = refanged(value.strip())
    try:
        return canonical(EntityType.EMAIL, text, field="value")
    except InvalidInput:
        return unicodedata.normalize("NFC", text).lower()


def _url(value: str) -> str:
    """Scheme and host in lower case; the rest is the server's own business."""
    text = unicodedata.normalize("NFC", refanged(value.strip()))
    if (found := _URL.fullmatch(text)) is None:
        return text
    account, at, host = found[2].rpartition("@")
    return f"{found[1].lower()}://{account}{at}{host.lower()}{found[3]}"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, or the address as a network of one."""
    if "%" in text:  # A zone means something on one machine only.
        return None
    try:
        if "/" not in text:
            address = ipaddress.ip_address(text)
            mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
            return ipaddress.ip_network(mapped or address)
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_network(value: str) -> bool:
    """Whether it names a network of more than one address."""
    network = _network(refanged(value.strip()))
    return network is not None and network.prefixlen < network.max_prefixlen


def _network_text(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _bounded(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= MOST_KEY_BYTES else f"sha256:{hashlib.sha256(raw).hexdigest()}"
