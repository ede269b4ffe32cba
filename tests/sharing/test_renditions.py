"""What is stored is offered to others at once: in the collections, and as they may see it beside the original."""

from typing import Any

from sqlalchemy import select
from sqlmodel import col

from models import tables as rows
from models.queries.renditions import without
from resolvers import sharing
from resolvers.indicators import import_stix
from resolvers.operation import Operation
from resolvers.resharing import share_due
from rules.access.actions import Action
from rules.trust import UNSHARED, TrustLevelName
from tests.graph.asking import Graph
from tests.intelligence.objects import bundle, indicator, number
from tests.world import World

AMBER = {"object_marking_refs": ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]}
SEEN = "[ipv4-addr:value = '198.51.100.7']"


async def send(world: World, *objects: Any, level: TrustLevelName | None = None) -> list[dict[str, Any]]:
    return await import_stix(Operation(world.house, world.publisher), bundle=bundle(*objects), level=level)


async def shown(world: World) -> list[tuple[Any, ...]]:
    """Of the indicators, what is shown in which forms, and what the index finds it by."""
    indicator = rows.Indicator
    async with world.house.database.reading() as session:
        found = await session.scalars(select(indicator).order_by(col(indicator.stix_id), col(indicator.form_from)))
        keys = {key.indicator_id: key.value for key in await session.scalars(select(rows.IndicatorKey))}
        return [(i.form_from, i.form_to, i.required, i.name, i.pattern, i.value, keys.get(i.id)) for i in found]


async def entries(world: World) -> list[tuple[str, str, bool, int]]:
    entry, collection = rows.CollectionEntry, rows.Collection
    async with world.house.database.reading() as session:
        found = await session.execute(
            select(col(collection.alias), col(entry.object_id), col(entry.is_live), col(entry.required))
            .join(entry, col(entry.collection_id) == col(collection.id))
            .order_by(col(collection.alias), col(entry.seq))
        )
        return [(alias, key, bool(is_live), required) for alias, key, is_live, required in found.all()]


async def test_others_get_their_renditions_and_lose_them_again(world: World) -> None:
    first = indicator(1, SEEN, name="Callback of Bank", created_by_ref=f"identity--{number(9)}", **AMBER)
    (made,) = await send(world, first, level=TrustLevelName.RESTRICTED)
    near, wide = "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "[ipv4-addr:value ISSUBSET '198.51.0.0/16']"
    assert sorted(await shown(world), key=lambda row: row[0]) == [
        (0, 1, 90, "Callback of Bank", SEEN, "198.51.100.7", "198.51.100.7"),
        (2, 3, 90, "Callback of Bank", SEEN, "198.51.100.7", "198.51.100.7"),
        (4, 4, 90, None, near, "198.51.100.0/24", "198.51.100.0/24"),
        (5, 5, 90, None, wide, "198.51.0.0/16", "198.51.0.0/16"),
    ]
    renditions = {row.form_from: row.id for row in await world.all(rows.StixObject)}
    assert {row.original_id for row in await world.all(rows.Indicator)} == {made["object_id"]}
    assert {row.stix_id for row in await world.all(rows.StixObject)} == {
        first["id"], *(f"indicator--{key}~" for form, key in renditions.items() if form)
    }  # fmt: skip

    # For everybody now: there is nothing to hide, and the renditions are out of reach. Their rows are kept.
    await send(world, {**without(first, "object_marking_refs"), "modified": "2026-02-02T00:00:00Z"})
    assert [row[:3] for row in sorted(await shown(world), key=lambda row: row[0])] == [
        (0, 5, 50), (2, 3, UNSHARED), (4, 4, UNSHARED), (5, 5, UNSHARED)
    ]  # fmt: skip
    await send(world, {**first, "modified": "2026-03-03T00:00:00Z"})
    assert {row.form_from: row.id for row in await world.all(rows.StixObject)} == renditions
    assert {row[2] for row in await shown(world)} == {50}
    key = made["object_id"]
    home = "operator"
    assert await entries(world) == [
        (alias, key, live, need) for alias in (home, "shared") for live, need in ((False, 90), (False, 50), (True, 50))
    ]

    operation = Operation(world.house, world.publisher)
    async with operation.write(Action.STIX_IMPORT) as door:
        await sharing.withdraw(door, world.publisher, [key, "somebody's"])
    assert {row[2] for row in await shown(world)} == {UNSHARED}
    assert not any(live for _, _, live, _ in await entries(world))


DECLARE = """mutation ($networks: [String!], $names: [String!]) {
  declareOwnThings(input: {networks: $networks, names: $names}) {
    organization { name networks names } userErrors { field code } } }"""


async def test_what_is_ones_own_is_said_and_soon_shown_less_exactly(world: World) -> None:
    graph = Graph(world.house, "planned")
    await send(world, indicator(1, "[ipv4-addr:value = '203.0.113.9']", name="Hit"), indicator(2, SEEN, name="Other"))
    assert {row[:2] for row in await shown(world)} == {(0, 5)}
    told = await graph.ask(world.admin, DECLARE, networks=["203.0.113.7/24"], names=["Bücher.example."])
    own = {"name": "Operator", "networks": ["203.0.113.0/24"], "names": ["xn--bcher-kva.example"]}
    assert told == {"declareOwnThings": {"organization": own, "userErrors": []}}
    assert await share_due(world.house) == 2
    assert await share_due(world.house) == 0
    near, wide = "203.0.113.0/24", "203.0.0.0/16"
    assert {(row[0], row[1], row[3], row[5]) for row in await shown(world)} == {
        (0, 5, "Other", "198.51.100.7"), (0, 0, "Hit", "203.0.113.9"), (1, 2, None, near), (3, 3, None, wide)
    }  # fmt: skip
    # Only what is shown otherwise now is given to readers once more.
    assert [live for _, _, live, _ in await entries(world)] == 2 * [False, True, True]

    # Others are not told, publishers may not say so, and what is wrong is named.
    people = {world.stranger: None, world.viewer: ["203.0.113.0/24"]}
    for viewer, networks in people.items():
        found = await graph.ask(viewer, "{ organizations(first: 5) { edges { node { name networks } } } }")
        assert {"node": {"name": "Operator", "networks": networks}} in found["organizations"]["edges"]
    refused = await graph.tell(world.publisher, DECLARE, networks=[])
    assert refused.codes == {"declareOwnThings": "FORBIDDEN"}
    for given, field in (
        ({"networks": ["0.0.0.0/0"]}, "networks.0"),
        ({"networks": ["198.51.100.0/24", "office"]}, "networks.1"),
        ({"names": ["com"]}, "names.0"),
        ({"names": ["a.example"] * 201}, "names"),
    ):
        told = await graph.ask(world.admin, DECLARE, **given)
        errors = [{"field": field, "code": "VALIDATION_ERROR"}]
        assert told == {"declareOwnThings": {"organization": None, "userErrors": errors}}, given
    (kept,) = [one for one in await world.all(rows.Organization) if one.name == "Operator"]
    assert kept.networks == ["203.0.113.0/24"]
