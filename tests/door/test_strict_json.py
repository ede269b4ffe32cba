"""What the JSON reader takes, and every way it says no (SECURITY R26)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import strict_json
from foundation.errors import Malformed
from foundation.strict_json import TooLarge, read_json, read_value

BOUND = 1_000_000


def read(data: bytes):
    return read_value(data, max_bytes=BOUND)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' {"a": [1, -2.5, true, null]}\n', {"a": [1, -2.5, True, None]}),
        (b'{"query": "{ a(b: {c: 1}) }"}', {"query": "{ a(b: {c: 1}) }"}),
        (b'{"a": 9223372036854775807, "b": -9223372036854775808}', {"a": 2**63 - 1, "b": -(2**63)}),
        (b'{"a": {"a": 1}, "b": {"a": 1}}', {"a": {"a": 1}, "b": {"a": 1}}),
        (b'{"a": "\\u00e9\\ud83d\\ude00"}', {"a": "é😀"}),
        (b'{"a": "1234567890123456789012"}', {"a": "1234567890123456789012"}),
        (b"[" * 32 + b"]" * 32, eval("[" * 32 + "]" * 32)),
        (b'["' + b"[" * 500 + b'"]', ["[" * 500]),
    ],
)
def test_takes_what_is_json(data, value):
    assert read(data) == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'"\x01"', "not JSON"),
        (b'{"a": 1} {}', "not JSON"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'["\\u0000"]', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b"NaN", "NaN is not a JSON value"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON value"),
        (b"[1e999]", "too large for a double"),
        (b"9223372036854775808", "64 bits"),
        (b"-9223372036854775809", "64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"a": 1, "a": 2}', "same key twice"),
        (b'{"a": 1, "\\u0061": 2}', "same key twice"),
        (b'{"x": ":", "b": {"a": {}, "a": 2}}', "same key twice"),
        (b"[" * 33 + b"]" * 33, "deeper than 32"),
        (b"[" * 100_000, "deeper than 32"),
        (b'{"a":' * 100_000, "deeper than 32"),
    ],
)
def test_refuses_what_is_not(data, why):
    with pytest.raises(Malformed) as refused:
        read(data)
    assert why in refused.value.text
    assert refused.value.status == 400


def test_the_top_must_be_an_object():
    for data in (b"null", b"5", b'"x"', b"[]"):
        with pytest.raises(Malformed, match="must be an object"):
            read_json(data, max_bytes=BOUND)
    assert read_json(b'{"a": 1}', max_bytes=BOUND) == {"a": 1}


def test_size_is_looked_at_first():
    with pytest.raises(TooLarge) as refused:
        read_value(b"[" * 11, max_bytes=10)
    assert refused.value.status == 413
    assert refused.value.text == "The body is larger than 10 bytes."
    assert read_value(b"[1,2,3,40]", max_bytes=10) == [1, 2, 3, 40]


@pytest.mark.parametrize(
    "data",
    [b'"' + b'\\"' * 400_000, b'"\\' * 200_000, b"[" * 900_000, b'"' * 900_000, b"1" * 900_000, b'{"a":"' * 150_000],
    ids=["escapes", "backslashes", "brackets", "quotes", "digits", "members"],
)
def test_no_input_is_slow(data):
    # A reader that looks at a byte twice for each before it would be at this for hours.
    with pytest.raises(Malformed):
        read(data)


texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(values, st.booleans())
def test_what_was_written_is_read(value, ascii_only):
    assert read(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('{}[]":,\\u0d8 1e9-.ntNa'), max_size=40).map(str.encode) | st.binary(max_size=40))
def test_both_readings_agree(data):
    def outcome(reading):
        try:
            return repr(reading(data))
        except Malformed:
            return "refused"

    assert outcome(read) == outcome(strict_json._read_carefully)
