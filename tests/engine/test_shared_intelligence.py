"""What partners share weighs in a case by trust, and finds the cases it touches: as far as it is shown to them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from foundation.clock import FixedClock
from models import tables as rows
from resolvers.investigations import Configuration, create_investigation
from resolvers.watching import PAUSE, WATCHED, tell_cases
from rules.investigation.words import DomainName, EntityType
from rules.pseudonyms import pseudonyms_of
from rules.trust import ANY_AGE, EVERY_KIND, PAIR_TLP, Form
from tests.engine.conftest import ATTACKER, case_of, guess_passwords, kinds, status_is, until
from tests.graph.asking import Graph
from tests.intelligence.objects import indicator, number
from tests.sharing.partners import GREEN, grant, share
from tests.world import World
from workers import runtime

TOLD = """
query ($id: ID!) { investigation(id: $id) {
  riskScore
  evidence(filter: {domain: [INTELLIGENCE]}) { edges { node {
    id title reliability logOdds rawData displayData { summary details } trust { level score source }
    indicators { totalCount edges { node { stixId anonymization
      matchingEvidence { totalCount edges { node { id } } } } } } } } }
  all: evidence { edges { node { riskImpact } } }
  riskExplanation { prior }
} }"""


def listed(world: World, n: int, pattern: str = f"[ipv4-addr:value = '{ATTACKER}']", **more: Any) -> dict[str, Any]:
    told = (world.house.clock.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    by = {"created_by_ref": f"identity--{number(77)}"}
    return indicator(n, pattern, name="Botnet", valid_from=told, confidence=80, **by, **GREEN, **more)


async def opened(world: World) -> int:
    """A case of the partner about the attacker, judged."""
    now, before = world.house.clock.now(), len(await world.all(rows.Investigation))
    found = await create_investigation(
        world.op(world.stranger),
        entity_type=EntityType.IP,
        entity_value=ATTACKER,
        window_start=now - timedelta(days=1, hours=before),
        window_end=now,
        configuration=Configuration(domains=[DomainName.AUTHENTICATION, DomainName.INTELLIGENCE]),
    )
    await until(lambda: status_is(world, found, "complete", "review_needed", "failed"))
    return found


async def look(world: World, case: int) -> dict[str, Any]:
    """The same by all three executors; prior and impacts sum to the score."""
    told = [
        (await Graph(world.house, reading).ask(world.stranger, TOLD, id=f"INV-{case}"))["investigation"]
        for reading in ("planned", "plain", "reference")
    ]
    assert told[0] == told[1] == told[2]
    impacts = [edge["node"]["riskImpact"] for edge in told[0]["all"]["edges"]]
    assert told[0]["riskExplanation"]["prior"] + sum(impacts) == pytest.approx(told[0]["riskScore"], abs=1e-9)
    found: dict[str, Any] = told[0]
    return found


async def trusts(world: World, level: int) -> None:
    """What the partner grants the operator: how far it trusts what that one says."""
    now = world.house.clock.now()
    await world.put(
        rows.TrustRelationship(
            trustor_id=world.partner.id, trustee_id=world.operator.id, level="restricted", status="active",
            valid_from=now, granted=level, tlp=PAIR_TLP, strictest=0, kinds=EVERY_KIND, max_age=ANY_AGE,
            created_at=now, updated_at=now,
        )
    )  # fmt: skip


async def test_a_partners_word_weighs_by_trust_and_goes_with_it(world: World, engine: runtime.Engine) -> None:
    sent = listed(world, 1)
    keys = await share(world, sent)
    await guess_passwords(world, 3, owner=world.partner)
    await trusts(world, 90)
    assert (await look(world, await opened(world)))["evidence"]["edges"] == []  # nothing is granted

    await grant(world, world.partner.id, Form.NONE)
    first = await opened(world)
    (piece,) = [edge["node"] for edge in (await look(world, first))["evidence"]["edges"]]
    decay = piece["rawData"]["freshness"]
    assert decay == pytest.approx(1 - 3 / 30)
    assert (piece["title"], piece["logOdds"]) == ("Named by shared intelligence", 4.0)
    assert piece["reliability"] == pytest.approx(0.8 * 0.9 * decay)
    assert piece["trust"] == {"level": "RESTRICTED", "score": 0.9, "source": "Operator"}
    said = "of Operator; reliability 0.65: confidence 0.80, trust 0.90, decay 0.90."
    assert piece["displayData"]["summary"].endswith(said) and said in piece["displayData"]["details"]
    (cited,) = [edge["node"] for edge in piece["indicators"]["edges"]]
    assert (cited["stixId"], cited["anonymization"]) == (sent["id"], "NONE")
    assert cited["matchingEvidence"] == {"totalCount": 1, "edges": [{"node": {"id": piece["id"]}}]}
    # Whose indicator it is sees nothing of the partner's case.
    asked = "query ($id: ID!) { indicator(id: $id) { matchingEvidence { totalCount } } }"
    own = await Graph(world.house, "planned").ask(world.publisher, asked, id=sent["id"])
    assert own == {"indicator": {"matchingEvidence": {"totalCount": 0}}}

    # Shown less exactly: the old evidence rests on what is shown now, and a new case knows no more than that.
    await grant(world, world.partner.id, Form.HIGH)
    name = pseudonyms_of(world.house.sharing_secret, world.partner.id).of("indicator", keys[sent["id"]])
    second = await opened(world)
    (old,) = [edge["node"] for edge in (await look(world, first))["evidence"]["edges"]]
    (new,) = [edge["node"] for edge in (await look(world, second))["evidence"]["edges"]]
    for one in (old, new):
        (cited,) = [edge["node"] for edge in one["indicators"]["edges"]]
        assert (cited["stixId"], cited["anonymization"]) == (name, "HIGH")
        assert {edge["node"]["id"] for edge in cited["matchingEvidence"]["edges"]} == {old["id"], new["id"]}
        assert one["trust"]["score"] == 0.5 and one["trust"]["source"].startswith("Organisation ")
    assert new["title"] == "In a network of shared intelligence"
    assert new["reliability"] == pytest.approx(0.8 * 0.5 * decay) and new["rawData"]["anonymized"] == 1
    assert f"named by 1 indicator ({name}), shown anonymised, of Organisation " in new["displayData"]["summary"]
    assert new["trust"]["source"] in new["displayData"]["summary"]
    for secret in ("Operator", sent["id"], sent["created_by_ref"], world.operator.id, keys[sent["id"]], "Botnet"):
        assert secret not in json.dumps(new), secret

    await grant(world, world.partner.id, None)
    for case in (first, second):
        (piece,) = [edge["node"] for edge in (await look(world, case))["evidence"]["edges"]]
        assert (piece["trust"], piece["indicators"]) == (None, {"totalCount": 0, "edges": []})
    assert (await look(world, await opened(world)))["evidence"]["edges"] == []


async def test_the_group_two_are_in_says_how_far_they_trust_each_other(world: World, engine: runtime.Engine) -> None:
    await share(world, listed(world, 1))
    await guess_passwords(world, 1, owner=world.partner)
    await grant(world, world.partner.id, Form.NONE)
    right = {"tlp": PAIR_TLP, "form": 0, "kinds": EVERY_KIND, "max_age": ANY_AGE}
    await world.put(rows.Access(reader_id=world.operator.id, producer_id=world.partner.id, level=90, **right))
    (piece,) = [edge["node"] for edge in (await look(world, await opened(world)))["evidence"]["edges"]]
    assert (piece["trust"]["score"], piece["rawData"]["trust"]) == (0.9, 90)


async def test_new_intelligence_finds_the_cases_it_touches(
    world: World, engine: runtime.Engine, clock: FixedClock
) -> None:
    await share(world, listed(world, 1))
    await guess_passwords(world, 3, owner=world.partner)
    await grant(world, world.partner.id, Form.HIGH)
    case = await opened(world)
    judged = await case_of(world, case)

    async def round_() -> int:
        clock.forward(seconds=PAUSE.total_seconds())
        return await tell_cases(world.house)

    async def said() -> list[rows.TimelineEvent]:
        event = rows.TimelineEvent
        return await world.all(event, event.investigation_id == case, event.action == "data_received")

    before, stream = await said(), await kinds(world, f"inv:{case}")
    assert await round_() == 0  # what it met already is no news
    red = {"object_marking_refs": ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]}
    await share(world, listed(world, 2, "[ipv4-addr:value = '192.0.2.1']"), {**listed(world, 3), **red})
    assert await round_() == 0  # touches nothing; and is not for others
    many = [listed(world, n) for n in range(10, 60)]
    keys = await share(world, *many, listed(world, 60, revoked=True))
    assert await tell_cases(world.house) == 0  # it was looked after a moment ago
    assert await round_() == 1
    assert await round_() == 0
    (told,) = (await said())[len(before) :]
    pseudonyms = pseudonyms_of(world.house.sharing_secret, world.partner.id)
    names = {pseudonyms.of("indicator", keys[one["id"]]) for one in many}
    assert told.summary.startswith("50 indicators that are new touch this case: indicator--")
    assert told.output_data is not None and set(told.output_data["indicators"]) == names
    assert told.output_data["indicatorTotal"] == 50 and told.risk_delta is None
    assert await kinds(world, f"inv:{case}") == [*stream, "timeline_event_recorded"]
    after = await case_of(world, case)
    assert (after.risk_score, after.status, after.run) == (judged.risk_score, judged.status, judged.run)

    await grant(world, world.partner.id, None)
    await share(world, listed(world, 70))
    assert await round_() == 0  # what is not shown is not told
    await grant(world, world.partner.id, Form.NONE)
    assert await round_() == 1  # nor kept from those who may see it now
    clock.forward(seconds=WATCHED.total_seconds())
    await share(world, listed(world, 71))
    assert await round_() == 0
