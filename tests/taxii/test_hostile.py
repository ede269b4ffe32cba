"""What a partner might try with what it was given: names of rows, pseudonyms, places."""

from typing import Any

from models import tables as rows
from models.walls import EVERYTHING
from rules.access.actions import Action
from rules.trust import Form
from tests.intelligence.objects import indicator
from tests.sharing.partners import OBJECTS, VICTIM, grant, share
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
