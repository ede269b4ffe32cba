"""Activity records as observed data: what stands in them, and nothing that does not."""

from datetime import UTC, datetime
from typing import Any

import stix2

from formats.stix.observed import MOST_OBSERVED, observed_data
from rules.investigation.findings import ActivityFact
from rules.investigation.words import ActivityKind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def record(kind: ActivityKind = ActivityKind.LOGIN, **more: Any) -> ActivityFact:
    return ActivityFact(id=7, time=NOON, kind=kind, source="test", **more)


def seen(found: ActivityFact) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The observed-data object, and what it refers to with references followed and without ids."""
    bundle = observed_data(found)
    head, *rest = bundle["objects"]
    by_id = {one["id"]: one for one in rest}
    assert head["object_refs"] == list(by_id)
    plain = [
        {
            name: by_id[value]["value"] if name.endswith("_ref") else value
            for name, value in one.items()
            if name not in ("id", "spec_version")
        }
        for one in rest
    ]
    return head, plain


def test_a_connection_has_two_ends() -> None:
    details = {"peer": "2001:db8::1", "port": 443, "protocol": "TCP"}
    connection = record(
        ActivityKind.CONNECTION, ip="192.0.2.7", bytes_in=10, bytes_out=20, duration_ms=1_500, details=details
    )
    head, found = seen(connection)
    assert (head["first_observed"], head["last_observed"]) == (
        "2026-11-21T12:00:00.000000Z",
        "2026-11-21T12:00:01.500000Z",
    )
    traffic = {
        "type": "network-traffic",
        "src_ref": "192.0.2.7",
        "dst_ref": "2001:db8::1",
        "dst_port": 443,
        "protocols": ["tcp"],
        "src_byte_count": 20,
        "dst_byte_count": 10,
        "start": "2026-11-21T12:00:00.000000Z",
        "end": "2026-11-21T12:00:01.500000Z",
        "is_active": False,
    }
    assert found == [
        {"type": "ipv4-addr", "value": "192.0.2.7"},
        {"type": "ipv6-addr", "value": "2001:db8::1"},
        traffic,
    ]
    other_way = record(
        ActivityKind.CONNECTION,
        ip="2001:db8::1",
        bytes_in=20,
        bytes_out=10,
        duration_ms=1_500,
        details={"peer": "192.0.2.7", "port": 443, "protocol": "tcp", "role": "server"},
    )
    assert seen(other_way)[1][-1] == traffic


def test_a_sign_in_is_of_an_account_from_an_address() -> None:
    head, found = seen(record(ip="192.0.2.7", user="root", count=3, details={"port": 51_234}))
    assert head["number_observed"] == 3
    assert found == [
        {"type": "ipv4-addr", "value": "192.0.2.7"},
        {"type": "user-account", "user_id": "root", "account_login": "root"},
    ]


def test_what_a_program_calls_itself_and_what_else_there_is() -> None:
    _, found = seen(record(ActivityKind.API_CALL, domain="api.example", email="eve@evil.example", user_agent="curl/8"))
    header = {"http-request-ext": {"request_header": {"User-Agent": "curl/8"}}}
    assert found == [
        {"type": "domain-name", "value": "api.example"},
        {"type": "email-addr", "value": "eve@evil.example"},
        {"type": "network-traffic", "extensions": header},
    ]


def test_one_thing_is_there_once_and_flood_is_bounded() -> None:
    head, found = seen(record(ActivityKind.DNS, ip="192.0.2.7", count=10**9, details={"peer": "192.0.2.7"}))
    assert head["number_observed"] == MOST_OBSERVED
    assert [one["type"] for one in found] == ["ipv4-addr", "network-traffic"]


def test_strange_details_are_left_out() -> None:
    strange = {"peer": 5, "port": True, "protocol": ["tcp"]}
    moment = "2026-11-21T12:00:00.000000Z"
    assert seen(record(ActivityKind.CONNECTION, details=strange, duration_ms=2**62))[1] == [
        {"type": "network-traffic", "start": moment, "end": moment, "is_active": False}
    ]


def test_the_library_takes_it_for_what_it_is() -> None:
    details = {"peer": "evil.example", "port": 443, "protocol": "tcp"}
    whole = observed_data(record(ActivityKind.CONNECTION, ip="192.0.2.7", user="root", details=details))
    parsed = stix2.parse(whole, version="2.1")
    assert [one.type for one in parsed.objects] == [
        "observed-data", "ipv4-addr", "user-account", "domain-name", "network-traffic",
    ]  # fmt: skip
    assert observed_data(record(ActivityKind.CONNECTION, ip="192.0.2.7", user="root", details=details)) == whole
