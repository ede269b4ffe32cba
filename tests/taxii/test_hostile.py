"""What a partner might try with what it was given: names of rows, pseudonyms, places."""

from typing import Any

from foundation.ids import new_id
from models import tables as rows
from models.walls import EVERYTHING
from rules.access.actions import Action
from rules.trust import Form
from tests.intelligence.objects import indicator
from tests.sharing.partners import GREEN, OBJECTS, VICTIM, grant, share
from tests.taxii.conftest import Door

SIGHTING = """mutation ($id: ID!) { recordSighting(input: {indicatorId: $id}) {
  indicator { stixId pattern } userErrors { code } } }"""
SEEN = "{ indicators { edges { node { id stixId pattern } } } }"


async def ask(door: Door, key: str, query: str, **variables: Any) -> Any:
    sent = {"query": query, "variables": variables}
    answer = (await door.client.post("/graphql", json=sent, headers={"x-api-key": key})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def test_names_of_rows_and_pseudonyms_are_no_ids(door: Door) -> None:
    """A reader knows the key of the row it is shown. An object that it calls so is one like any other, also to the one
    who shared the row and now takes it in."""
    world = door.world
    keys = await share(world, *OBJECTS)
    await grant(world, world.stranger.organization_id, Form.LOW)
    found = [edge["node"] for edge in (await ask(door, door.strange, SEEN))["indicators"]["edges"]]
    (masked,) = (one for one in found if "10.1.2.0" in one["pattern"])
    shown = [one.id for one in await world.all(rows.Indicator) if one.original_id == keys[VICTIM["id"]]]
    assert len(shown) > 2
    sent = [indicator(id=f"indicator--{key}", pattern=f"[url:value = '{key}']") for key in shown]
    told = await door.push(*sent)
    assert (told["success_count"], told["failure_count"]) == (len(sent), 0)
    assert [one["id"] for one in (await door.objects(match_id=sent[1]["id"]))["objects"]] == [sent[1]["id"]]

    async with world.house.database.transaction(EVERYTHING) as session:
        for pair in await world.all(rows.TrustRelationship):
            await session.merge(rows.TrustRelationship(**{**pair.model_dump(), "access_level": "contribute"}))
    known = {"stixId": masked["stixId"], "pattern": masked["pattern"]}
    for name in (masked["id"], masked["stixId"]):
        done = (await ask(door, door.strange, SIGHTING, id=name))["recordSighting"]
        assert done == {"indicator": known, "userErrors": []}
    for name in (
        VICTIM["id"],
        masked["stixId"].replace("indicator", "malware"),
        sent[1]["id"].replace("indicator", "malware"),
    ):
        done = (await ask(door, door.strange, SIGHTING, id=name))["recordSighting"]
        assert done == {"indicator": None, "userErrors": [{"code": "INDICATOR_NOT_FOUND"}]}
    written = [one.target for one in await world.all(rows.Audit, rows.Audit.action == Action.SIGHTING_RECORD)]
    assert written.count(masked["stixId"]) == 2


TIMES = '{ indicators { edges { node { validFrom validUntil confidenceAt(time: "9999-12-31T23:59:59.999999Z") } } } }'


async def test_the_ends_of_time_break_nobodys_lists(door: Door) -> None:
    """To the driver of PostgreSQL they are infinities, which come back as something else than was stored."""
    world = door.world
    first, last = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"
    sent = indicator(1, created=first, modified=first, valid_from=first, valid_until=last)
    for _ in range(2):
        assert (await door.push(sent))["success_count"] == 1
    await door.grant(world.stranger, world.publisher, 90)
    assert (await door.objects("shared", key=door.strange))["objects"] == [sent]
    assert (await door.objects("own", match_version=first))["objects"] == [sent]
    (edge,) = (await ask(door, door.strange, TIMES))["indicators"]["edges"]
    assert edge["node"] == {
        "validFrom": "0001-01-01T00:00:00.000001Z", "validUntil": "9999-12-31T23:59:59.999998Z", "confidenceAt": 0,
    }  # fmt: skip
    listed = await door.client.get(f"/feeds/{door.homes['own']}.csv", headers={"x-api-key": door.key})
    assert (listed.status_code, listed.text.count("\n")) == (200, 1)


async def test_a_cursor_holds_all_that_fits_into_an_address(door: Door) -> None:
    sent = [indicator(n) for n in range(2)]
    await door.push(*sent)
    asked = ",".join([*(f"indicator--{new_id()}" for _ in range(1_250)), *(one["id"] for one in sent)])
    page = await door.objects(match_id=asked, limit=1)
    rest = await door.objects(next=page["next"])
    assert [one["id"] for one in (*page["objects"], *rest["objects"])] == [one["id"] for one in sent]


async def test_a_url_tells_no_host_that_is_hidden(door: Door) -> None:
    """Where an address of ours is shown as its network, a URL at that address is not shown as its host."""
    at = {"type": "url", "spec_version": "2.1", "id": "url--28bb3599-77cd-5a82-a950-b5bc3caf07c5"}
    looked_for = indicator(8, "[url:value = 'https://10.1.2.3/in']", name="In", **GREEN)
    await share(door.world, {**at, "value": "http://10.1.2.3/a", **GREEN}, looked_for, VICTIM)
    for form, patterns in ((Form.LOW, ["[ipv4-addr:value ISSUBSET '10.1.2.0/24']"]), (Form.HIGH, [])):
        await grant(door.world, door.world.stranger.organization_id, form)
        told = (await door.objects("shared", key=door.strange)).get("objects", [])
        assert "10.1.2.3" not in str(told)
        assert [one["pattern"] for one in told if "pattern" in one and not one.get("revoked")] == patterns
