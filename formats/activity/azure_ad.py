"""Sign-ins of Azure AD (Microsoft Entra ID), a JSON object a line, in any of the spellings they are exported in.

Understood are Microsoft Graph's `signIn` resource, the `SigninLogs` table of Log Analytics, the diagnostic settings'
form of either (the sign-in under `properties`), and the flat form that notebooks write (`time`, `user`, `ip`, ...).

Azure writes one sign-in on several rows, one a step of its authentication, all under the same `id`. Each row is a
record of its own: keeping the first alone would keep the step that asked for a second factor and lose the one that got
in. So a record's identity is the row's `id` and a digest of what it says, whatever the order of its members; the same
row in two exports is one record. `details.sign_in` holds the shared `id`, by which readers of records count sign-ins.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from formats.activity.json_lines import read_rows
from formats.activity.lines import Malformed, Tally
from formats.activity.records import ActivityDraft, digest_of, from_mapping
from foundation.errors import InvalidInput

SOURCE = "azure_ad"

# Result codes by what they mean; the rest are failures. Microsoft, "Microsoft Entra authentication and authorization
# error codes". An interrupt asks for something more (a second factor, a new password, consent, "stay signed in?") and
# is followed by another row: nobody was refused, and nobody is in.
_INTERRUPTS = frozenset(
    {16000, 16001, 50055, 50058, 50072, 50074, 50076, 50079, 50097, 50125, 50127, 50129, 50140, 50144, 50158, 50199}
    | {65001, 65004, 81010, 81012, 81014}
)
# What a failure says about the account. 50034: no such account; 50053: locked, or the address is known for attacks.
_REASONS = {
    50034: "invalid_user",
    50051: "invalid_user",
    50053: "locked",
    50056: "wrong_password",
    50057: "disabled",
    50126: "wrong_password",
    53003: "policy",
    530032: "policy",
}
_NOT_SAID = frozenset({"", "-", "{}", "unknown", "n/a"})


def read(
    lines: Iterable[bytes], *, source: str = SOURCE, tally: Tally | None = None
) -> Iterator[ActivityDraft | Malformed]:
    """The records of an export and its broken lines, in the order of the lines; `tally` counts along."""

    def draft_of(row: dict[str, Any], line: bytes) -> ActivityDraft:
        return _draft(row, line, source)

    return read_rows(lines, draft_of, tally=tally)


def _draft(row: dict[str, Any], line: bytes, source: str) -> ActivityDraft:
    said = _Row(row)
    code = said.code()
    digest = digest_of(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
    sign_in = said.text("id")
    if code == 0:
        outcome = "success"
    elif code is None or code in _INTERRUPTS:
        outcome = "unknown"
    else:
        outcome = "failure"
    place, device = said.inner("location", "locationdetails"), said.inner("devicedetail")
    spot = place.inner("geocoordinates")
    user = said.text("userprincipalname", "user", "username", "identity")
    details = {
        "service": said.text("appdisplayname", "app", "resourcedisplayname"),
        "client": said.text("clientappused"),
        "sign_in": sign_in,
        "error_code": code,
        "reason": _REASONS.get(code or 0),
        "factors": said.text("authenticationrequirement", "mfa"),
        "os": device.text("operatingsystem") or said.text("os"),
        "browser": device.text("browser") or said.text("browser"),
        "city": place.text("city") or said.text("city"),
    }
    return from_mapping(
        {
            "kind": "login",
            "time": said.text("createddatetime", "time", "timegenerated"),
            "source": source,
            # 12 digits tell apart the few rows of one sign-in.
            "externalId": f"{sign_in}/{digest[:12]}" if sign_in else None,
            "outcome": outcome,
            # Azure compares these names without case and writes them in either.
            "user": user.lower() if user else None,
            "ip": said.text("ipaddress", "ip", "calleripaddress"),
            "device": device.text("deviceid") or said.text("device_id"),
            "country": place.text("countryorregion") or said.text("country"),
            "latitude": spot.number("latitude") if spot.number("latitude") is not None else said.number("latitude"),
            "longitude": spot.number("longitude") if spot.number("longitude") is not None else said.number("longitude"),
            "userAgent": said.text("useragent", "user_agent"),
            "details": {name: value for name, value in details.items() if value is not None},
        },
        digest=digest,
    )


class _Row:
    """A row whose members are asked for in lower case, by whichever of their spellings it has."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._members = {name.lower(): value for name, value in row.items()}
        properties = self._members.get("properties")
        if isinstance(properties, Mapping):
            self._members |= {name.lower(): value for name, value in properties.items()}

    def text(self, *names: str) -> str | None:
        """The first of them that says something."""
        for name in names:
            value = self._members.get(name)
            if isinstance(value, str) and value.strip().lower() not in _NOT_SAID:
                return value.strip()
        return None

    def number(self, name: str) -> float | None:
        value = self._members.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def inner(self, *names: str) -> "_Row":
        """An object inside it, which some exports write as text; an empty one when there is none."""
        for name in names:
            value = self._members.get(name)
            if isinstance(value, str) and value.startswith("{"):
                try:
                    value = orjson.loads(value)
                except orjson.JSONDecodeError as error:
                    raise InvalidInput("This is no JSON object.", field=name) from error
            if isinstance(value, Mapping):
                return _Row(value)
        return _Row({})

    def code(self) -> int | None:
        """The result: 0 is a sign-in. Raises InvalidInput for one that is no number."""
        status = self.inner("status")
        for members, name in ((status, "errorcode"), (self, "resulttype"), (self, "error_code"), (self, "result")):
            value = members._members.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not str(value).isdecimal():
                raise InvalidInput("A result is a number; 0 is success.", field=name)
            return int(value)
        return None
