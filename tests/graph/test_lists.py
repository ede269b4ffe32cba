"""Lists: filters, orders, pages and what is refused."""

from typing import Any

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from models.walls import EVERYTHING
from tests.graph.asking import Graph
from tests.world import World, minutes

CASES = """query ($filter: InvestigationFilter, $order: InvestigationOrder, $first: Int, $after: Cursor, $last: Int,
    $before: Cursor) {
  investigations(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { ref } } } }"""


async def put_away(world: World, case: rows.Investigation) -> None:
    async with world.house.database.transaction(EVERYTHING) as session:
        (await session.get_one(rows.Investigation, case.id)).archived_at = minutes(-99, world.house.clock.now())


def numbers(told) -> list[int]:
    return [int(edge["node"]["ref"].removeprefix("INV-")) for edge in told["edges"]]


async def test_investigation_filters(world: World, graph: Graph):
    now = world.house.clock.now()
    a = await world.case(entity_value="198.51.100.1", created_at=minutes(-30, now), risk_score=0.1)
    b = await world.case(
        entity_type="user", entity_value="Alice", status="paused", priority="high", risk_score=0.8, created_at=now
    )
    c = await world.case(
        entity_value="198.51.100.3", archived_at=now, phase="archived", created_at=minutes(1, now), risk_score=0.4,
        updated_at=minutes(7, now),
    )  # fmt: skip
    await world.put(rows.InvestigationAssignee(investigation_id=b.id, user_id=world.viewer.user_id, assigned_at=now))

    async def found(**filter_) -> list[int]:
        told = (await graph.ask(world.viewer, CASES, filter=filter_ or None))["investigations"]
        assert told["totalCount"] == len(told["edges"])
        return numbers(told)

    assert await found() == [b.id, a.id]
    assert await found(includeArchived=True) == [c.id, b.id, a.id]
    assert await found(includeArchived=False) == [b.id, a.id]
    assert await found(status=["RUNNING"]) == [a.id]
    assert await found(status=["RUNNING", "PAUSED"]) == [b.id, a.id]
    assert await found(status=[]) == []
    assert await found(priority="HIGH") == [b.id]
    assert await found(assignedTo=to_global("User", world.viewer.user_id)) == [b.id]
    assert await found(assignedTo=to_global("User", world.admin.user_id)) == []
    assert await found(assignedTo="nobody") == []
    assert await found(entityType="USER") == [b.id]
    assert await found(entityValue="198.51.100.1") == [a.id]
    assert await found(entityValue="198.51.100") == []
    assert await found(entityValue="::ffff:198.51.100.1") == [a.id]
    assert await found(entityValue=" Alice") == await found(entityType="USER", entityValue="Alice") == [b.id]
    assert await found(entityValue="alice") == await found(entityType="IP", entityValue="Alice") == []
    d = await world.case(entity_value="2001:db8::1", created_at=minutes(-40, now))
    e = await world.case(entity_type="user", entity_value="2001:DB8::0:1", created_at=minutes(-50, now))
    assert await found(entityValue="2001:DB8::0:1") == [d.id, e.id]
    assert await found(entityType="IP", entityValue="2001:DB8::0:1") == [d.id]
    assert await found(entityType="USER", entityValue="2001:db8::1") == []
    for case in (d, e):
        await put_away(world, case)
    assert await found(createdAfter=to_text(now)) == [b.id]
    assert await found(createdBefore=to_text(now)) == [a.id]
    assert await found(minimumRisk=0.5) == [b.id]
    assert await found(search="alIC") == [b.id]
    assert await found(search="51.100") == [a.id]
    assert await found(search=f"inv-{a.id}") == [a.id]
    assert await found(search="%") == []
    assert await found(updatedSince=to_text(minutes(7, now)), includeArchived=True) == [c.id]
    assert await found(status=None, search=None) == [b.id, a.id]
    assert await found(status="RUNNING", includeArchived=True, minimumRisk=0.2) == [c.id]


async def test_orders(world: World, graph: Graph):
    now = world.house.clock.now()
    a = await world.case(entity_value="a", risk_score=0.9, created_at=minutes(1, now), updated_at=minutes(9, now))
    b = await world.case(entity_value="b", risk_score=0.1, created_at=minutes(2, now), updated_at=minutes(3, now))
    c = await world.case(entity_value="c", risk_score=0.5, created_at=minutes(2, now), updated_at=minutes(5, now))

    async def ordered(order) -> list[int]:
        return numbers((await graph.ask(world.viewer, CASES, order=order))["investigations"])

    assert await ordered("NEWEST") == [c.id, b.id, a.id]
    assert await ordered("OLDEST") == [a.id, b.id, c.id]
    assert await ordered("LAST_UPDATED") == [a.id, c.id, b.id]
    assert await ordered("HIGHEST_RISK") == [a.id, c.id, b.id]
    assert await ordered("LOWEST_RISK") == [b.id, c.id, a.id]
    assert await ordered(None) == [c.id, b.id, a.id]


async def test_pages_forward_and_backward(world: World, graph: Graph):
    cases = [(await world.case(entity_value=f"host-{n}")).id for n in range(5)]
    newest = list(reversed(cases))
    first = (await graph.ask(world.viewer, CASES, first=2))["investigations"]
    assert (numbers(first), first["totalCount"]) == (newest[:2], 5)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    second = (await graph.ask(world.viewer, CASES, first=2, after=first["pageInfo"]["endCursor"]))["investigations"]
    assert numbers(second) == newest[2:4]
    last = (await graph.ask(world.viewer, CASES, last=2, before=second["edges"][1]["cursor"]))["investigations"]
    assert numbers(last) == newest[1:3]
    assert (last["pageInfo"]["hasNextPage"], last["pageInfo"]["hasPreviousPage"]) == (True, True)


REFUSED: list[dict[str, Any]] = [
    {"first": 0}, {"first": -1}, {"first": 101}, {"last": 0}, {"last": 101}, {"first": 1, "last": 1},
    {"after": "forged"}, {"before": ""}, {"filter": {"search": "a\0b"}}, {"filter": {"search": "\ud800"}},
    {"filter": {"entityValue": "a\0b"}}, {"filter": {"entityValue": ""}}, {"filter": {"assignedTo": "a\0b"}},
]  # fmt: skip


async def test_what_is_refused(world: World, graph: Graph):
    await world.case()
    for arguments in REFUSED:
        told = await graph.tell(world.viewer, CASES, **arguments)
        assert (told.data, told.codes) == ({"investigations": None}, {"investigations": "BAD_USER_INPUT"}), arguments


async def test_a_cursor_of_another_list_or_order_is_refused(world: World, graph: Graph):
    case = await world.case()
    await world.evidence(case)
    cursor = (await graph.ask(world.viewer, CASES))["investigations"]["edges"][0]["cursor"]
    other = await graph.tell(world.viewer, CASES, after=cursor, order="OLDEST")
    assert other.codes == {"investigations": "BAD_USER_INPUT"}
    document = """query ($id: ID!, $after: Cursor) { investigation(id: $id) { ref evidence(after: $after) {
      totalCount } } }"""
    told = await graph.tell(world.viewer, document, id=f"INV-{case.id}", after=cursor)
    assert told.codes == {"investigation.evidence": "BAD_USER_INPUT"}


async def test_timeline_filters(world: World, graph: Graph):
    now = world.house.clock.now()
    case = await world.case()
    events = []
    for n, (kind, name, action, success) in enumerate(
        [
            ("system", "engine", "investigation_started", True),
            ("agent", "authentication", "tool_call", False),
            ("user", "Per", "user_action", True),
        ]
    ):
        made = rows.TimelineEvent(
            investigation_id=case.id,
            organization_id=case.organization_id,
            timestamp=minutes(n, now),
            actor_type=kind,
            actor_name=name,
            action=action,
            success=success,
        )
        events.append((await world.put(made)).id)
    document = """query ($id: ID!, $filter: TimelineFilter, $order: TimelineOrder) { investigation(id: $id) {
      timeline(filter: $filter, orderBy: $order) { edges { node { ref } } } } }"""

    async def found(order=None, **filter_) -> list[int]:
        data = await graph.ask(world.viewer, document, id=f"INV-{case.id}", filter=filter_ or None, order=order)
        return [int(edge["node"]["ref"].removeprefix("EVT-")) for edge in data["investigation"]["timeline"]["edges"]]

    assert await found() == events
    assert await found("NEWEST") == events[::-1]
    assert await found(actorType=["AGENT", "USER"]) == events[1:]
    assert await found(actorName="engine") == events[:1]
    assert await found(action="TOOL_CALL") == events[1:2]
    assert await found(successOnly=True) == [events[0], events[2]]
    assert await found(since=to_text(minutes(1, now))) == events[1:]
    assert await found(updatedSince=to_text(minutes(2, now))) == events[2:]


async def test_activity(world: World, graph: Graph):
    now = world.house.clock.now()
    ids = []
    for n, (kind, outcome, user) in enumerate(
        [("login", "failure", "root"), ("login", "success", "alice"), ("dns", "unknown", "alice")]
    ):
        row = await world.put(
            rows.ActivityRecord(
                organization_id=world.operator.id,
                kind=kind,
                time=minutes(n, now),
                source="sshd",
                identity=str(n),
                outcome=outcome,
                user=user,
                bytes_in=2**40,
                details={"line": n},
                ingested_at=minutes(10 + n, now),
            )
        )
        ids.append(to_global("ActivityRecord", row.id))
        await world.put(
            rows.ActivityEntity(
                record_id=row.id, type="user", value=user, organization_id=world.operator.id, time=row.time
            )
        )
    await world.put(
        rows.ActivityEntity(record_id=1, type="ip", value="203.0.113.9", organization_id=world.operator.id, time=now)
    )
    document = """query ($filter: ActivityFilter!, $order: ActivityOrder) { activity(filter: $filter, orderBy: $order) {
      totalCount edges { node { id } } } }"""

    async def found(order="OLDEST", **filter_) -> list[str]:
        told = (await graph.ask(world.viewer, document, filter=filter_, order=order))["activity"]
        assert told["totalCount"] == len(told["edges"])
        return [edge["node"]["id"] for edge in told["edges"]]

    assert await found() == ids
    assert await found(None) == ids[::-1]
    assert await found(kind="LOGIN") == ids[:2]
    assert await found(outcome=["SUCCESS", "UNKNOWN"]) == ids[1:]
    assert await found(entity={"type": "USER", "value": "alice"}) == ids[1:]
    assert await found(entity={"type": "USER", "value": "Alice"}) == []
    assert await found(entity={"type": "IP", "value": "203.0.113.7"}) == []
    assert await found(entity={"type": "IP", "value": "::ffff:203.0.113.9"}) == ids[:1]
    bad = await graph.tell(world.viewer, document, filter={"entity": {"type": "IP", "value": "alice"}})
    assert (bad.data, bad.codes) == ({"activity": None}, {"activity": "BAD_USER_INPUT"})
    assert await found(**{"from": to_text(minutes(1, now))}) == ids[1:]
    assert await found(to=to_text(minutes(1, now))) == ids[:1]
    assert await found(updatedSince=to_text(minutes(12, now))) == ids[2:]
    data = await graph.ask(
        world.viewer,
        """query ($id: ID!) { node(id: $id) { ... on ActivityRecord {
          kind time source externalId outcome user ip bytesIn bytesOut count details organization { name } ingestedAt
          evidence { totalCount } } } }""",
        id=ids[0],
    )
    assert data["node"] == {
        "kind": "LOGIN",
        "time": to_text(now),
        "source": "sshd",
        "externalId": None,
        "outcome": "FAILURE",
        "user": "root",
        "ip": None,
        "bytesIn": float(2**40),
        "bytesOut": None,
        "count": 1,
        "details": {"line": 0},
        "organization": {"name": "Operator"},
        "ingestedAt": to_text(minutes(10, now)),
        "evidence": {"totalCount": 0},
    }


async def test_activity_needs_a_filter(world: World, planned_graph: Graph):
    told = await planned_graph.tell(world.viewer, "{ activity { totalCount } }")
    assert (told.data, told.codes) == (None, {"": "GRAPHQL_VALIDATION_FAILED"})


async def test_organizations(world: World, graph: Graph):
    now = world.house.clock.now()
    await world.put(
        rows.Organization(
            name="Uni", type="educational", domain="uni.example", is_verified=True, created_at=now,
            updated_at=minutes(5, now),
        )
    )  # fmt: skip
    await world.put(rows.Organization(name="Gone", type="private", is_active=False, created_at=now, updated_at=now))
    document = """query ($filter: OrganizationFilter, $order: OrganizationOrder) {
      organizations(filter: $filter, orderBy: $order) { edges { node { name } } } }"""

    async def found(**filter_) -> list[str]:
        told = (await graph.ask(world.viewer, document, filter=filter_ or None))["organizations"]
        return [edge["node"]["name"] for edge in told["edges"]]

    assert await found() == ["Operator", "Partner", "Uni"]
    assert await found(search="UNI.ex") == ["Uni"]
    assert await found(type=["EDUCATIONAL", "GOVERNMENT"]) == ["Uni"]
    assert await found(isPublisher=True) == ["Operator", "Partner"]
    assert await found(isVerified=True) == ["Uni"]
    assert await found(updatedSince=to_text(minutes(5, now))) == ["Uni"]
