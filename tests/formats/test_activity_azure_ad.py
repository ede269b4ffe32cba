"""The Azure AD reader: each spelling of a sign-in, what a result means, and rows that share an identifier."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from formats.activity.azure_ad import read
from formats.activity.lines import Malformed, Tally
from formats.activity.records import ActivityDraft

FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SIGNINS = FOLDER / "auth" / "signins"

GRAPH: dict[str, Any] = {
    "id": "66ea54eb-6301-4ee5-be62-ff5a759b0100",
    "createdDateTime": "2026-01-02T03:04:05.678Z",
    "userPrincipalName": "Ada@Example.com",
    "appDisplayName": "Portal",
    "clientAppUsed": "Browser",
    "ipAddress": "192.0.2.7",
    "status": {"errorCode": 50126, "failureReason": "Invalid username or password."},
    "location": {
        "city": "Berlin",
        "countryOrRegion": "DE",
        "geoCoordinates": {"latitude": 52.5, "longitude": 0},
    },
    "deviceDetail": {"deviceId": "d-1", "operatingSystem": "Windows 11", "browser": "Edge 120"},
    "userAgent": "Browser/1",
    "authenticationRequirement": "singleFactorAuthentication",
}
LOG_ANALYTICS: dict[str, Any] = {
    "Id": GRAPH["id"],
    "CreatedDateTime": GRAPH["createdDateTime"],
    "UserPrincipalName": "ada@example.com",
    "AppDisplayName": "Portal",
    "ClientAppUsed": "Browser",
    "IPAddress": "192.0.2.7",
    "ResultType": "50126",
    "LocationDetails": orjson.dumps(GRAPH["location"]).decode(),
    "DeviceDetail": GRAPH["deviceDetail"],
    "UserAgent": "Browser/1",
    "AuthenticationRequirement": "singleFactorAuthentication",
}
FLAT: dict[str, Any] = {
    "id": GRAPH["id"],
    "time": GRAPH["createdDateTime"],
    "user": "ada@example.com",
    "ip": "192.0.2.7",
    "country": "DE",
    "city": "Berlin",
    "latitude": 52.5,
    "longitude": 0,
    "user_agent": "Browser/1",
    "os": "Windows 11",
    "browser": "Edge 120",
    "device_id": "d-1",
    "app": "Portal",
    "result": "50126",
    "error_code": 50126,
    "mfa": "singleFactorAuthentication",
    "clientAppUsed": "Browser",
}
SETTINGS = {"category": "SignInLogs", "time": "2026-01-02T03:09:00Z", "resultType": "50126", "properties": GRAPH}


def record(row: dict[str, Any]) -> ActivityDraft:
    (found,) = read([orjson.dumps(row)])
    assert isinstance(found, ActivityDraft)
    return found


@pytest.mark.parametrize("row", [GRAPH, LOG_ANALYTICS, FLAT, SETTINGS], ids=["graph", "analytics", "flat", "settings"])
def test_each_spelling_says_the_same(row: dict[str, Any]) -> None:
    found = record(row)
    assert (found.kind, found.outcome, found.source, found.count) == ("login", "failure", "azure_ad", 1)
    assert found.time == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert (found.user, found.ip, found.device, found.country) == ("ada@example.com", "192.0.2.7", "d-1", "DE")
    assert (found.latitude, found.longitude, found.user_agent) == (52.5, 0.0, "Browser/1")
    assert found.details == {
        "service": "Portal",
        "client": "Browser",
        "sign_in": GRAPH["id"],
        "error_code": 50126,
        "reason": "wrong_password",
        "factors": "singleFactorAuthentication",
        "os": "Windows 11",
        "browser": "Edge 120",
        "city": "Berlin",
    }


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        (0, "success", None),
        ("0", "success", None),
        (50034, "failure", "invalid_user"),
        (50053, "failure", "locked"),
        (50074, "unknown", None),  # a second factor is asked for
        (50140, "unknown", None),  # "stay signed in?"
        (700016, "failure", None),
        (None, "unknown", None),
    ],
)
def test_what_a_result_means(code: int | str | None, outcome: str, reason: str | None) -> None:
    found = record({**LOG_ANALYTICS, "ResultType": code})
    assert (found.outcome, found.details.get("reason")) == (outcome, reason)


def test_rows_of_one_sign_in_are_records_of_their_own_and_the_same_row_is_one() -> None:
    step, done = {**GRAPH, "status": {"errorCode": 50074}}, {**GRAPH, "status": {"errorCode": 0}}
    again = dict(reversed(list(done.items())))
    one, two, three = record(step), record(done), record(again)
    assert one.identity != two.identity == three.identity
    assert [found.external_id.partition("/")[0] for found in (one, two) if found.external_id] == [GRAPH["id"]] * 2
    assert {found.details["sign_in"] for found in (one, two, three)} == {GRAPH["id"]}
    assert record({**FLAT, "id": ""}).external_id is None


def test_broken_rows_are_told_with_their_line() -> None:
    tally = Tally()
    rows = [
        {**FLAT, "time": None},
        {**FLAT, "ip": "192.0.2.7:443"},
        {**FLAT, "result": "ok", "error_code": None},
        {**LOG_ANALYTICS, "LocationDetails": "{"},
        FLAT,
    ]
    found = list(read([orjson.dumps(row) for row in rows], tally=tally))
    assert [(one.line, one.reason) for one in found if isinstance(one, Malformed)] == [
        (1, "time: An activity record needs this."),
        (2, "ip: This is no IP address."),
        (3, "result: A result is a number; 0 is success."),
        (4, "locationdetails: This is no JSON object."),
    ]
    assert tally == Tally(lines=5, records=1, malformed=4)


@pytest.mark.skipif(
    not (SIGNINS / "truth.json").exists(),
    reason="the labelled sign-ins are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds auth/signins",
)
def test_the_reader_counts_what_the_labels_count() -> None:
    tally = Tally()
    with (SIGNINS / "aad_signins.jsonl").open("rb") as lines:
        found = [one for one in read(lines, tally=tally) if isinstance(one, ActivityDraft)]
    labels = orjson.loads((SIGNINS / "truth.json").read_bytes())["aad_signins.jsonl"]
    assert tally == Tally(lines=63, records=63)
    assert len({one.identity for one in found}) == 63
    assert Counter(one.user for one in found) == {user: label["signins"] for user, label in labels.items()}
    for user, label in labels.items():
        own = [one for one in found if one.user == user]
        assert sorted({one.ip for one in own if one.ip}) == label["ips"]
        assert sorted({one.country for one in own if one.country}) == label["countries"]
        assert sorted({f"{one.details['os']}/{one.details['browser']}" for one in own}) == label["devices"]
