"""Who asks, and what is shown of people, keys and organisations."""

from foundation.ids import to_global
from foundation.times import to_text
from models import tables as rows
from rules.access.viewer import ViewerKind
from tests.graph.asking import Graph
from tests.world import World, at, minutes

VIEWER = """{ viewer { role isPlatformAdmin mustChangePassword scopes user { id name email kind role isActive }
  organization { name }
  sessions { edges { node { userAgent isCurrent createdAt endedAt } } }
  all: sessions(filter: {includeEnded: true}) { totalCount }
  apiKeys { edges { node { name } } } } }"""


async def session_of(world: World, viewer, minute: float, **columns):
    now = world.house.clock.now()
    return await world.put(
        rows.LoginSession(
            user_id=viewer.user_id,
            organization_id=viewer.organization_id,
            user_agent=f"Browser {minute}",
            created_at=minutes(minute, now),
            last_used_at=now,
            expires_at=minutes(60, now),
            **columns,
        )
    )


async def key_of(world: World, maker, name: str, **columns):
    now = world.house.clock.now()
    return await world.put(
        rows.ApiKey(
            user_id=maker.user_id,
            organization_id=maker.organization_id,
            name=name,
            prefix="cg_abc",
            digest=name,
            scopes=["investigation:write", "read"],
            created_by=maker.user_id,
            created_at=now,
            expires_at=minutes(60, now),
            **columns,
        )
    )


async def test_nobody_is_null(world: World, graph: Graph):
    assert await graph.ask(None, VIEWER) == {"viewer": None}


async def test_the_viewer(world: World, graph: Graph):
    now = world.house.clock.now()
    older, newer = await session_of(world, world.admin, 1), await session_of(world, world.admin, 2)
    await session_of(world, world.admin, 3, ended_at=now)
    await session_of(world, world.publisher, 4)
    await key_of(world, world.admin, "Mine")
    await key_of(world, world.admin, "Revoked", revoked_at=now)
    await key_of(world, world.publisher, "Theirs")
    data = await graph.ask(at(world.admin, session_id=newer.id), VIEWER)
    assert data["viewer"] == {
        "role": "ADMIN",
        "isPlatformAdmin": False,
        "mustChangePassword": False,
        "scopes": None,
        "user": {
            "id": to_global("User", world.admin.user_id),
            "name": "Ada",
            "email": "ada@example.org",
            "kind": "PERSON",
            "role": "ADMIN",
            "isActive": True,
        },
        "organization": {"name": "Operator"},
        "sessions": {
            "edges": [
                {
                    "node": {
                        "userAgent": one.user_agent,
                        "isCurrent": one is newer,
                        "createdAt": to_text(one.created_at),
                        "endedAt": None,
                    }
                }
                for one in (newer, older)
            ]
        },
        "all": {"totalCount": 3},
        "apiKeys": {"edges": [{"node": {"name": "Mine"}}]},
    }


async def test_a_key_shows_its_scopes(world: World, graph: Graph):
    service = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"investigation:write", "read"}))
    data = await graph.ask(service, "{ viewer { scopes user { name } } }")
    assert data["viewer"] == {"scopes": ["READ", "INVESTIGATION_WRITE"], "user": {"name": "Per"}}


ROOTS = [
    "viewer { role }", 'node(id: "INV-1") { id }', 'investigation(id: "INV-1") { id }',
    "investigations { totalCount }", "activity(filter: {}) { totalCount }", "organizations { totalCount }",
    'organization(id: "x") { id }', "trustLevels { level }",
]  # fmt: skip


async def test_a_key_without_the_scope_reads_nothing(world: World, graph: Graph):
    await world.case()
    service = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"activity:write"}))
    for root in ROOTS:
        name = root.partition("(")[0].partition(" ")[0]
        told = await graph.tell(service, "{ " + root + " }")
        assert (told.data, told.codes, told.steps) == ({name: None}, {name: "FORBIDDEN"}, 0)


async def test_nobody_reads_nothing(world: World, graph: Graph):
    case = await world.case()
    told = await graph.tell(
        None, "query ($id: ID!) { node(id: $id) { id } investigations { totalCount } trustLevels { level } }",
        id=f"INV-{case.id}",
    )  # fmt: skip
    assert told.data == {"node": None, "investigations": None, "trustLevels": None}
    assert set(told.codes.values()) == {"UNAUTHENTICATED"}
    assert (await graph.tell(None, 'query { nodes(ids: ["INV-1"]) { id } }')).data is None


async def test_keys_of_the_organization(world: World, graph: Graph):
    now = world.house.clock.now()
    mine = await key_of(world, world.publisher, "Mine")
    await key_of(world, world.admin, "Admin's", last_used_at=now)
    await key_of(world, world.stranger, "Foreign")
    document = """query ($id: ID!) { organization(id: $id) { apiKeys { edges { node {
      id name prefix scopes user { name } createdBy { name } createdAt expiresAt lastUsedAt revokedAt } } } } }"""
    own = to_global("Organization", world.operator.id)
    admin = (await graph.ask(world.admin, document, id=own))["organization"]["apiKeys"]["edges"]
    assert sorted(edge["node"]["name"] for edge in admin) == ["Admin's", "Mine"]
    publisher = (await graph.ask(world.publisher, document, id=own))["organization"]["apiKeys"]["edges"]
    assert publisher == [
        {
            "node": {
                "id": to_global("ApiKey", mine.id),
                "name": "Mine",
                "prefix": "cg_abc",
                "scopes": ["READ", "INVESTIGATION_WRITE"],
                "user": {"name": "Per"},
                "createdBy": {"name": "Per"},
                "createdAt": to_text(now),
                "expiresAt": to_text(minutes(60, now)),
                "lastUsedAt": None,
                "revokedAt": None,
            }
        }
    ]
    assert (await graph.ask(world.stranger, document, id=own))["organization"]["apiKeys"]["edges"] == []


async def test_organizations_and_their_people(world: World, graph: Graph):
    document = """query ($id: ID!) { organization(id: $id) {
      id name description domain type isPublisher isVerified isActive createdAt updatedAt
      users { totalCount edges { node { name email organization { name } } } } } }"""
    own = to_global("Organization", world.operator.id)
    now = to_text(world.house.clock.now())
    mine = (await graph.ask(world.viewer, document, id=own))["organization"]
    assert mine == {
        "id": own,
        "name": "Operator",
        "description": "",
        "domain": "",
        "type": "PRIVATE",
        "isPublisher": True,
        "isVerified": False,
        "isActive": True,
        "createdAt": now,
        "updatedAt": now,
        "users": {
            "totalCount": 3,
            "edges": [
                {"node": {"name": n, "email": f"{n.lower()}@example.org", "organization": {"name": "Operator"}}}
                for n in ("Ada", "Per", "Vera")
            ],
        },
    }
    foreign = (await graph.ask(world.stranger, document, id=own))["organization"]
    assert (foreign["name"], foreign["users"]) == ("Operator", {"totalCount": 0, "edges": []})


async def test_trust_levels(world: World, graph: Graph):
    told = (await graph.ask(world.viewer, "{ trustLevels { name level description } }"))["trustLevels"]
    assert [(one["name"], one["level"]) for one in told] == [("PUBLIC", 10), ("TRUSTED", 50), ("RESTRICTED", 90)]
    assert all(one["description"] for one in told)


async def test_the_dashboard_counts_what_one_may_see(graph: Graph, world: World) -> None:
    await world.case(status="running")
    await world.case(world.stranger, status="complete")
    asked = "{ dashboard { user { name } organization { name } casesByStatus { status count } } }"
    told = (await graph.ask(world.viewer, asked))["dashboard"]
    assert (told["user"], told["organization"]) == ({"name": "Vera"}, {"name": "Operator"})
    assert {one["status"]: one["count"] for one in told["casesByStatus"] if one["count"]} == {"RUNNING": 1}
    assert (await graph.tell(None, asked)).codes == {"dashboard": "UNAUTHENTICATED"}
