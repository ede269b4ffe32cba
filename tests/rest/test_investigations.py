"""The investigation contract: its examples word for word, every parameter, every code, and nothing of anybody else."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from foundation.rates import Rate
from models import tables as rows
from tests.conftest import NOON
from tests.rest.shapes import answer_shape, conforms, is_refusal, request_shape
from tests.security.callers import caller
from tests.security.test_r40_headers import asking
from tests.world import World

BASE = "/api/v1/investigations"
CREATE: dict[str, Any] = {
    "entity": {"type": "ip", "value": "95.211.35.146"},
    "time_window": {"start": "2025-01-21T10:00:00Z", "end": "2025-01-23T10:00:00Z"},
    "priority": "medium",
    "assigned_to": [],
    "trigger_reason": "string",
    "configuration": {
        "domains_to_analyze": ["network", "device", "authentication"],
        "analysis_depth": "standard",
        "external_intel_enabled": True,
        "auto_escalation_enabled": True,
    },
}
UPDATE = {
    "priority": "high",
    "assigned_to": [],
    "status": "paused",
    "notes": "Escalating for senior review",
}
EVIDENCE = {
    "domain": "network",
    "type": "manual_observation",
    "title": "Suspicious login pattern",
    "description": "Multiple failed login attempts from same IP",
    "strength": 0.7,
    "source": "manual_analysis",
    "raw_data": {"failed_attempts": 15, "time_span_minutes": 10},
}
"""The documented requests; people are named by each test, since theirs are ours."""


class Client:
    """One person at the contract. Every answer is held against openapi.json."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http, self._headers = http, headers

    async def ask(self, method: str, path: str = "", *, status: int = 200, **options: Any) -> Any:
        """`data` and `meta` of an answer, or `error` of a refusal; and the headers."""
        headers = {**self._headers, **options.pop("headers", {})}
        answer = await self._http.request(method, f"{BASE}{path}", headers=headers, **options)
        told = answer.json()
        assert answer.status_code == status, told
        pattern = "/".join(
            "{investigation_id}" if n == 1 else part for n, part in enumerate(path.partition("?")[0].split("/"))
        )
        if status < 400:
            assert conforms(answer_shape(method, f"{BASE}{pattern}/", status), told) == []
        else:
            assert is_refusal(BASE, told)
        return {**told, "headers": answer.headers}


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(world.house) as made:
        yield made


async def client(world: World, http: httpx.AsyncClient, role: str = "publisher") -> Client:
    return Client(http, (await caller(world, role)).headers)


async def test_the_documented_requests_in_their_order(world: World, http: httpx.AsyncClient) -> None:
    for method, path, asked in (("POST", "/", CREATE), ("PATCH", "/{investigation_id}/", UPDATE)):
        assert conforms(request_shape(method, f"{BASE}{path}"), asked) == []
    me = await client(world, http)
    made = await me.ask("POST", status=201, json={**CREATE, "assigned_to": [world.viewer.name]})
    case, ref = made["data"], made["data"]["id"]
    assert made["headers"]["location"] == f"{BASE}/{ref}" and made["headers"]["x-correlation-id"] == ref
    assert case["entity"] == CREATE["entity"] and case["time_window"] == {**CREATE["time_window"], "duration_hours": 48}
    assert (case["current_phase"], case["status"], case["priority"]) == ("initiation", "running", "medium")
    assert (case["confidence"], case["quality_score"], case["risk_score"]) == (0.0, 0.0, 0.0)
    assert case["assigned_to"] == [world.viewer.user_id]
    assert case["created_at"] == "2026-11-21T12:00:00Z"
    start = {"score": 0.0, "source": "initialization", "reason": "Investigation started"}
    assert case["risk_progression"] == [{"timestamp": "2026-11-21T12:00:00Z", **start}]
    assert [domain["name"] for domain in case["domains"]] == ["authentication", "device", "network"]

    again = (await me.ask("POST", status=409, json=CREATE))["error"]
    assert (again["code"], again["details"]["investigation_id"]) == ("INVESTIGATION_ALREADY_EXISTS", ref)

    added = await me.ask("POST", f"/{ref}/evidence", status=201, json=EVIDENCE)
    piece = added["data"]
    assert {name: piece[name] for name in EVIDENCE} == EVIDENCE
    assert (piece["reliability"], piece["verification_status"]) == (0.5, "unverified")
    listed = await me.ask("GET", f"/{ref}/evidence")
    assert listed["data"] == [piece]
    assert listed["meta"]["pagination"] == {"page": 1, "limit": 1000, "total": 1, "has_next": False}

    whole = await me.ask("GET", f"/{ref}?include_evidence=true&include_timeline=true&include_graph=true")
    assert whole["data"]["evidence"] == [piece] and whole["data"]["risk_score"] > 0
    assert [step["source"] for step in whole["data"]["risk_progression"]][-1] == "manual_analysis"
    assert whole["data"]["timeline"] == (await me.ask("GET", f"/{ref}/timeline"))["data"]
    assert whole["data"]["graph"] == (await me.ask("GET", f"/{ref}/graph"))["data"]
    assert whole["data"]["timeline"][-1]["evidence_generated"] == [piece["id"]]
    network = next(domain for domain in whole["data"]["domains"] if domain["name"] == "network")
    assert network["evidence_count"] == 1 and network["indicators"][0]["name"] == "manual_observation"

    drawn = await me.ask("GET", f"/{ref}/graph?max_nodes=2")
    keys = {node["id"] for node in drawn["data"]["nodes"]}
    assert len(keys) == 2 and drawn["meta"]["hidden_node_count"] == len(whole["data"]["graph"]["nodes"]) - 2
    assert all({edge["source"], edge["target"]} <= keys for edge in drawn["data"]["edges"])
    assert {"entity", "network_domain", "evidence_1"} <= {node["id"] for node in whole["data"]["graph"]["nodes"]}

    changed = await me.ask("PATCH", f"/{ref}", json={**UPDATE, "assigned_to": [world.publisher.user_id]})
    assert (changed["data"]["priority"], changed["data"]["status"]) == ("high", "paused")
    assert changed["data"]["assigned_to"] == [world.publisher.user_id]
    assert [note.body for note in await world.all(rows.Note)] == [UPDATE["notes"]]

    gone = await me.ask("DELETE", f"/{ref}", params={"reason": "done"})
    assert gone["data"] == {"id": ref, "status": "archived"}
    for method, path, more in (
        ("GET", f"/{ref}", {}),
        ("GET", f"/{ref}/evidence", {}),
        ("GET", f"/{ref}/timeline", {}),
        ("GET", f"/{ref}/graph", {}),
        ("PATCH", f"/{ref}", {"json": {"priority": "low"}}),
        ("DELETE", f"/{ref}", {"params": {"reason": "again"}}),
        ("POST", f"/{ref}/evidence", {"json": EVIDENCE}),
    ):
        assert (await me.ask(method, path, status=404, **more))["error"]["code"] == "INVESTIGATION_NOT_FOUND"
    assert (await me.ask("GET"))["data"] == []


async def test_lists_filter_and_count(world: World, http: httpx.AsyncClient) -> None:
    for n in range(5):
        case = await world.case(
            entity_type="ip" if n % 2 else "user",
            entity_value=f"198.51.100.{n}" if n % 2 else f"user-{n}",
            status="complete" if n == 4 else "running",
            priority="high" if n < 2 else "low",
            created_at=NOON + timedelta(minutes=n),
        )
    await world.put(
        rows.InvestigationAssignee(investigation_id=case.id, user_id=world.viewer.user_id, assigned_at=NOON)
    )
    me = await client(world, http, "viewer")

    async def found(**params: Any) -> list[str]:
        return [case["id"] for case in (await me.ask("GET", params=params))["data"]]

    assert await found() == ["INV-5", "INV-4", "INV-3", "INV-2", "INV-1"]
    assert await found(page=2, limit=2) == ["INV-3", "INV-2"]
    told = (await me.ask("GET", params={"page": 3, "limit": 2}))["meta"]["pagination"]
    assert told == {"page": 3, "limit": 2, "total": 5, "has_next": False}
    assert (await me.ask("GET", params={"limit": 500}))["meta"]["pagination"]["limit"] == 100
    assert await found(status="complete") == ["INV-5"]
    assert await found(priority="high") == ["INV-2", "INV-1"]
    assert await found(entity_type="ip") == ["INV-4", "INV-2"]
    assert await found(search="198.51.100.3") == await found(search="inv-4") == ["INV-4"]
    assert await found(created_after="2026-11-21T12:03:00Z") == ["INV-5", "INV-4"]
    assert await found(assigned_to=world.viewer.name) == await found(assigned_to=world.viewer.user_id) == ["INV-5"]
    assert await found(assigned_to="nobody") == []
    for params, field in (
        ({"page": 0}, "page"),
        ({"page": "x"}, "page"),
        ({"limit": -1}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"page": 1_000, "limit": 100}, "page"),
        ({"status": "odd"}, "status"),
        ({"created_after": "yesterday"}, "created_after"),
        ([("page", "1"), ("page", "2")], "page"),
    ):
        refused = (await me.ask("GET", status=400, params=params))["error"]
        assert (refused["code"], refused["details"]["field"]) == ("VALIDATION_ERROR", field)


async def test_parts_of_a_case_filter(world: World, http: httpx.AsyncClient) -> None:
    case = await world.case()
    for n, (domain, strength, said) in enumerate(
        (("network", 0.2, "verified"), ("network", 0.9, "unverified"), ("device", 0.5, "verified"))
    ):
        at = NOON + timedelta(seconds=n)
        await world.evidence(case, domain=domain, strength=strength, verification_status=said, discovered_at=at)
    for n, (actor, action, success) in enumerate(
        (("agent", "tool_call", True), ("user", "user_action", True), ("agent", "tool_call", False))
    ):
        event = rows.TimelineEvent(
            investigation_id=case.id,
            organization_id=case.organization_id,
            timestamp=NOON + timedelta(seconds=n),
            actor_type=actor,
            actor_name="x",
            action=action,
            success=success,
        )
        await world.put(event)
    me = await client(world, http, "viewer")

    async def found(part: str, **params: Any) -> list[str]:
        return [item["id"] for item in (await me.ask("GET", f"/INV-1/{part}", params=params))["data"]]

    assert await found("evidence") == ["EV-3", "EV-2", "EV-1"]
    assert await found("evidence", domain="network") == ["EV-2", "EV-1"]
    assert await found("evidence", strength_min=0.5) == ["EV-3", "EV-2"]
    assert await found("evidence", verified_only="true") == ["EV-3", "EV-1"]
    assert await found("evidence", type="ip_geolocation") == []
    assert await found("evidence", page=2, limit=1) == ["EV-2"]
    assert await found("timeline") == ["EVT-1", "EVT-2", "EVT-3"]
    assert await found("timeline", actor="agent") == ["EVT-1", "EVT-3"]
    assert await found("timeline", action="user_action") == ["EVT-2"]
    assert await found("timeline", success_only="true", actor="agent") == ["EVT-1"]
    assert await found("timeline", since="2026-11-21T12:00:02Z") == ["EVT-3"]
    for part, params in (
        ("evidence", {"strength_min": 2}),
        ("evidence", {"verified_only": "perhaps"}),
        ("timeline", {"actor": "ghost"}),
        ("graph", {"max_nodes": 0}),
        ("graph", {"max_nodes": 5_001}),
        ("graph", {"layout": "odd"}),
    ):
        assert (await me.ask("GET", f"/INV-1/{part}", status=400, params=params))["error"]["code"] == "VALIDATION_ERROR"


async def test_a_key_makes_a_write_happen_once(world: World, http: httpx.AsyncClient) -> None:
    me = await client(world, http)
    key: dict[str, Any] = {"headers": {"idempotency-key": "k-1"}}
    first = await me.ask("POST", status=201, json=CREATE, **key)
    again = await me.ask("POST", status=201, json=CREATE, **key)
    assert again["data"]["id"] == first["data"]["id"] and len(await world.all(rows.Investigation)) == 1
    other = {**CREATE, "priority": "low"}
    refused = (await me.ask("POST", status=400, json=other, **key))["error"]
    assert refused["code"] == "VALIDATION_ERROR"
    for _ in range(2):
        await me.ask("POST", "/INV-1/evidence", status=201, json=EVIDENCE, headers={"idempotency-key": "k-2"})
    assert len(await world.all(rows.Evidence)) == 1
    await me.ask("POST", status=400, json=CREATE, headers={"idempotency-key": "with space"})


async def test_every_documented_code(world: World, http: httpx.AsyncClient) -> None:
    case = await world.case()
    hidden = await world.case(world.stranger)
    me, reader = await client(world, http), await client(world, http, "viewer")
    nobody = Client(http, {})
    assert (await nobody.ask("GET", status=401))["error"]["code"] == "UNAUTHORIZED"
    refused = (await reader.ask("PATCH", f"/INV-{case.id}", status=403, json={"priority": "low"}))["error"]
    assert refused["code"] == "FORBIDDEN"
    for number in (hidden.id, 987_654):
        absent = (await me.ask("GET", f"/INV-{number}", status=404))["error"]
        assert absent == {
            "code": "INVESTIGATION_NOT_FOUND",
            "message": f"Investigation with ID INV-{number} not found",
            "details": {"investigation_id": f"INV-{number}", "available_investigations": [f"INV-{case.id}"]},
        }
    for asked, field in (
        ({}, "entity"),
        ({**CREATE, "entity": {"type": "ip", "value": "not an address"}}, "entity.value"),
        ({**CREATE, "entity": {"type": "ship", "value": "x"}}, "entity.type"),
        (
            {**CREATE, "time_window": {"start": "2025-01-23T10:00:00Z", "end": "2025-01-21T10:00:00Z"}},
            "time_window.start",
        ),
        ({**CREATE, "time_window": {"start": "2025-01-23T10:00:00", "end": "x"}}, "time_window.start"),
        ({**CREATE, "assigned_to": ["nobody"]}, "assigned_to.0"),
        ({**CREATE, "configuration": {"domains_to_analyze": []}}, "configuration.domains_to_analyze"),
    ):
        error = (await me.ask("POST", status=400, json=asked))["error"]
        assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", field), error
    error = (await me.ask("PATCH", f"/INV-{case.id}", status=400, json={"status": "complete"}))["error"]
    assert error["code"] == "VALIDATION_ERROR" and "paused" in error["details"]["allowed"]
    assert (await me.ask("DELETE", f"/INV-{case.id}", status=400))["error"]["details"]["field"] == "reason"
    assert len(await world.all(rows.Investigation)) == 2


async def test_the_old_prefix_answers_alike_with_a_warning(world: World, http: httpx.AsyncClient) -> None:
    await world.case()
    headers = (await caller(world, "viewer")).headers
    for path in ("", "/", "/INV-1", "/INV-1/"):
        new = await http.get(f"{BASE}{path}", headers=headers)
        old = await http.get(f"/api/investigations{path}", headers=headers)
        assert old.json()["data"] == new.json()["data"] and "warning" not in new.headers
        assert old.headers["warning"] == f'299 - "This endpoint is deprecated. Use {BASE} instead"'


async def test_requests_are_limited_to_a_hundred_a_minute(world: World) -> None:
    headers = (await caller(world, "viewer")).headers
    async with asking(world.house, rate_limits=True, limit_investigation=Rate(3, 60)) as http:
        for left in (2, 1, 0):
            answer = await http.get(BASE, headers=headers)
            assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, str(left))
        answer = await http.get(BASE, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
        assert 0 < int(answer.headers["retry-after"]) <= 60
