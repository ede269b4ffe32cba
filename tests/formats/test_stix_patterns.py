"""Patterns: which are valid, which the index covers, and what hostile ones cost."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.stix import pattern as patterns
from formats.stix.pattern import read_pattern
from foundation.errors import InvalidInput
from foundation.observables import NETWORK_LENGTHS, IndexKey, lookup_keys, search_forms

HASH = "AEC070645FE53EE3B3763059376134F058CC337247C978ADD178B6CCDFB0019F"


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("[domain-name:value='evil.example']", [("domain-name", "value", "evil.example")]),
        ("[ domain-name:value = 'EVIL.Example.' ]", [("domain-name", "value", "evil.example")]),
        ("[domain-name:value = 'evil[.]example']", [("domain-name", "value", "evil.example")]),
        ("[domain-name:value = 'bücher.example']", [("domain-name", "value", "xn--bcher-kva.example")]),
        # An address that somebody filed as a name stays there, in the form addresses have.
        ("[domain-name:value = '2001:DB8:0::1']", [("domain-name", "value", "2001:db8::1")]),
        ("[ipv4-addr:value = '203.0.113.7/32']", [("ipv4-addr", "value", "203.0.113.7")]),
        ("[domain-name:value = '203.0.113.7/32']", [("domain-name", "value", "203.0.113.7")]),
        # A network written with = says what it means, whatever the standard makes of it.
        ("[ipv4-addr:value = '203.0.113.77/24']", [("ipv4-addr", "value", "203.0.113.0/24")]),
        ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", [("ipv4-addr", "value", "203.0.113.0/24")]),
        ("[email-addr:value = 'Eve(at)Evil[.]example']", [("email-addr", "value", "eve@evil.example")]),
        ("[url:value = 'hxxps[:]//Evil.example/Path?A=B']", [("url", "value", "https://evil.example/Path?A=B")]),
        (f"[file:hashes.'SHA-256' = '{HASH}']", [("file", "hashes.sha256", HASH.lower())]),
        (f"[file:hashes.sha256='{HASH}']", [("file", "hashes.sha256", HASH.lower())]),
        ("[process:name = 'Msf']", [("process", "name", "Msf")]),
        (r"[file:name = 'it\'s \\ here']", [("file", "name", r"it's \ here")]),
        ("[network-traffic:dst_port = 443]", [("network-traffic", "dst_port", "443")]),
        ("[a:b = 'x' OR c:d.e IN ('1', '2')]", [("a", "b", "x"), ("c", "d.e", "1"), ("c", "d.e", "2")]),
        ("[a:b = 'x'] OR ([c:d = 'y'])", [("a", "b", "x"), ("c", "d", "y")]),
        ("[a:b = 'x' OR (a:b = 'x' OR a:b = 'z')]", [("a", "b", "x"), ("a", "b", "z")]),
    ],
)
def test_alternatives_are_found(pattern: str, keys: list[tuple[str, str, str]]) -> None:
    assert read_pattern(pattern) == patterns.Comparisons(tuple(IndexKey(*key) for key in keys))


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a:b = 'x' AND c:d = 'y']", "It asks for several properties together."),
        ("[a:b = 'x' OR (c:d = 'y' AND e:f = 'z')]", "It asks for several properties together."),
        ("[a:b = 'x'] AND [c:d = 'y']", "It asks for several observations together."),
        ("[a:b = 'x'] FOLLOWEDBY [c:d = 'y']", "It asks for one observation after another."),
        ("[a:b = 'x'] REPEATS 5 TIMES", "It asks for a time or a number of observations."),
        ("[a:b > 5]", "It compares by an order."),
        ("[a:b LIKE 'x%']", "It compares by LIKE."),
        ("[a:b MATCHES '^(a+)+$']", "It compares by MATCHES."),
        ("[a:b != 'x']", "It makes a comparison that the index does not hold."),
        ("[a:b NOT = 'x']", "It makes a comparison that the index does not hold."),
        ("[a:b = 'x' OR a:b NOT IN ('y')]", "It makes a comparison that the index does not hold."),
        ("[a:b = t'2026-01-02T03:04:05Z']", "It makes a comparison that the index does not hold."),
        ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", "It makes a comparison that the index does not hold."),
        ("[ipv4-addr:value = '0.0.0.0/0']", "It makes a comparison that the index does not hold."),
        ("[ipv6-addr:value = '2001:db8::/120']", "It makes a comparison that the index does not hold."),
        ("[ipv6-addr:value = '203.0.113.0/24']", "It makes a comparison that the index does not hold."),
        ("[domain-name:value = '203.0.113.0/24']", "It makes a comparison that the index does not hold."),
        ("[network-traffic:dst_ref.value = '203.0.113.0/24']", "It makes a comparison that the index does not hold."),
    ],
)
def test_what_the_index_does_not_cover_says_why(pattern: str, why: str) -> None:
    assert read_pattern(pattern) == patterns.Comparisons((), why)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "This is no STIX pattern. 1:0: no viable alternative at input '<EOF>'"),
        ("[a:b = 'x'", "This is no STIX pattern."),
        ("a:b = 'x'", "This is no STIX pattern."),
        ("[" + "(" * 60 + "a:b = 'x'" + ")" * 60 + "]", "Brackets in a pattern are nested at most 50 deep."),
        ("(" * 2_000 + "[a:b = 'x']" + ")" * 2_000, "Brackets in a pattern are nested at most 50 deep."),
        ("[a:b = '" + "x" * 10_000 + "']", "A pattern has at most 10000 characters."),
        ("[a:b MATCHES '(?=x)']", "The regular expression of MATCHES is not one that RE2 takes."),
        ("[file:hashes.MD5 = 'aa']", "A digest by md5 has 32 hexadecimal digits."),
        ("[a:b = 'x'] WITHIN 5 SECONDS WITHIN 6 SECONDS", "An observation is qualified twice in the same way."),
    ],
)
def test_what_is_refused(pattern: str, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_pattern(pattern, field="pattern")
    assert caught.value.field == "pattern"
    assert caught.value.text.startswith(text)


def test_a_long_pattern_is_no_deep_one() -> None:
    """As a tree a long OR is as deep as it is long; it is walked without the interpreter's stack."""
    read = read_pattern("[" + " OR ".join(f"a:b='{n}'" for n in range(700)) + "]")
    assert [key.value for key in read.keys] == [str(n) for n in range(700)]


PLAIN = [
    "[domain-name:value = 'evil.example']",
    "[a:b='']",
    r"[file:name = 'it\'s']",
    "[x-own-type:own_property.deeper = 'x']",
    f"[file:hashes.'SHA-256' = '{HASH}']",
    "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']",
    " [ ipv4-addr : value = '203.0.113.7' ] ",
]


@pytest.mark.parametrize("pattern", PLAIN)
def test_the_short_way_reads_what_the_parser_reads(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    short = read_pattern(pattern)
    monkeypatch.setattr(patterns, "_PLAIN", type("Never", (), {"fullmatch": staticmethod(lambda _text: None)}))
    assert read_pattern(pattern) == short and short.keys


def test_what_an_observed_value_meets() -> None:
    assert lookup_keys("domain-name", "WWW.Evil[.]example.") == [
        IndexKey("domain-name", "value", "www.evil.example"),
        IndexKey("network-traffic", "dst_ref.value", "www.evil.example"),
    ]
    met = lookup_keys("ip", "203.0.113.7")
    assert met[:4] == [
        IndexKey("ipv4-addr", "value", "203.0.113.7"),
        IndexKey("domain-name", "value", "203.0.113.7"),
        IndexKey("network-traffic", "dst_ref.value", "203.0.113.7"),
        IndexKey("network-traffic", "src_ref.value", "203.0.113.7"),
    ]
    assert met[4] == IndexKey("ipv4-addr", "value", "203.0.0.0/8")
    assert met[-1] == IndexKey("ipv4-addr", "value", "203.0.113.6/31")
    assert len(met) == 4 + 24
    assert len(lookup_keys("ipv6-addr", "2001:db8::1")) == 4 + 49
    assert lookup_keys("ip", "::ffff:203.0.113.7") == met
    assert lookup_keys("file", HASH)[0] == IndexKey("file", "hashes.sha256", HASH.lower())
    assert lookup_keys("app:id", "com.evil") == [IndexKey("app", "id", "com.evil")]
    assert lookup_keys("transaction", "t-1") == []


@given(
    address=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)),
    bits=st.integers(1, 128),
    flipped=st.none() | st.integers(0, 127),
)
def test_an_address_meets_exactly_the_networks_it_lies_in(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int, flipped: int | None
) -> None:
    """`flipped`: the bit, from the highest, in which the network's own spelling differs from the address."""
    if getattr(address, "ipv4_mapped", None) is not None:
        return  # is looked up as the IPv4 address that it is
    length = min(bits, address.max_prefixlen)
    other = int(address) if flipped is None else int(address) ^ (1 << (address.max_prefixlen - 1)) >> flipped
    # By its own class: a small number would be taken for an IPv4 address.
    kind = ipaddress.IPv4Network if address.version == 4 else ipaddress.IPv6Network
    network = kind((other, length), strict=False)
    if getattr(network.network_address, "ipv4_mapped", None) is not None:
        return
    found = read_pattern(f"[ipv{address.version}-addr:value ISSUBSET '{network}']")
    assert found == read_pattern(f"[ipv{address.version}-addr:value = '{network}']")
    assert bool(found.keys) is (length in (*NETWORK_LENGTHS[address.version], address.max_prefixlen))
    met = bool({*found.keys} & {*lookup_keys("ip", str(address))})
    assert met is (bool(found.keys) and address in network)


def test_long_values_meet_by_their_digest() -> None:
    long = "https://evil.example/" + "x" * 3_000
    (key,) = read_pattern(f"[url:value = '{long}']").keys
    assert key in lookup_keys("url", long)
    assert len(key.value) == len("sha256:") + 64
    assert key.value in search_forms(long)
