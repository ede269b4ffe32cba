"""Objects are kept as they were written, to the byte, however they came in; what they say decides which are equal."""

import json
from pathlib import Path

from app import make_app
from cli.import_stix import Outcome, import_file
from models import tables as rows
from resolvers.indicators import ImportStatus
from rules.access.actions import Scope
from tests.intelligence.objects import indicator, number
from tests.security.callers import key_of
from tests.security.doors import browsing
from tests.world import World

# Blanks, an order of its own, escapes that need not be, numbers in odd spellings, times of any length.
ODD = (
    '{ "spec_version":"2.1",\n\t"type" : "indicator", "name":"\\u00e9\\/\\ud83d\\ude00 é \\"x\\"",'
    '"x_numbers":[1.0,1,1e2,1E+2,-0.0,0.1000000000000000055511151231257827,9223372036854775807,12345678901234567.5],'
    f'"id":"indicator--{number(1)}","objects":[{{"a":{{}}}}],"empty":{{ }} ,"valid_from":"2026-01-02T03:04:05Z",'
    '"created":"2026-01-02T03:04:05.6780Z","modified":"2026-01-02T03:04:05.67800001Z",'
    '"pattern":"[domain-name:value = \'evil.example\']","pattern_type":"stix"  }'
)
PLAIN = json.dumps(indicator(2))
BUNDLE = f'{{"type":"bundle","id":"bundle--{number(1)}","objects":[{ODD} ,{PLAIN}]}}'
ASKED = "{ importStix(input: %s) { results { status } } }"
WHOLE = json.dumps("mutation ($i: ImportStixInput!) " + ASKED % "$i")
INNER = json.dumps(
    "mutation ($id: JSON, $objects: JSON) " + ASKED % '{bundle: {type: "bundle", id: $id, objects: $objects}}'
)
BODIES = [
    f'{{"query":{WHOLE},"variables":{{"i":{{"bundle":{BUNDLE}}}}}}}',
    f'{{"variables":{{"id":"bundle--{number(1)}","objects":[{ODD}]}},"query":{INNER}}}',
    f'{{"query":{WHOLE},"variables":{{"i":{{"bundle":{BUNDLE}}}}}}}'.replace("objects", "\\u006fbjects", 1),
]


async def test_every_byte_is_kept(world: World, tmp_path: Path) -> None:
    holder = next(user for user in await world.all(rows.User) if user.name == "Per")
    _, key = await key_of(world.house, holder, Scope.INDICATOR_WRITE)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    answers = []
    async with browsing(make_app(world.house, working=False)) as client:
        for body in BODIES:
            sent = await client.post("/graphql", content=body.encode(), headers=headers)
            answers.append([one["status"] for one in sent.json()["data"]["importStix"]["results"]])
    assert answers == [["CREATED", "CREATED"], ["UNCHANGED"], ["UNCHANGED", "UNCHANGED"]]
    assert [version.content for version in await world.all(rows.StixVersion)] == [ODD, PLAIN]

    # The same object in another spelling is the same version; a file is cut up as it is.
    third = ODD.replace(number(1), number(3))
    path = tmp_path / "bundle.json"
    path.write_text(BUNDLE.replace(f"{ODD} ", f"{third}\n , {json.dumps(json.loads(ODD))}"))
    outcome = Outcome()
    await import_file(world.house, world.operator.id, path, outcome)
    assert outcome.objects == {ImportStatus.CREATED: 1, ImportStatus.UNCHANGED: 2}
    assert [version.content for version in await world.all(rows.StixVersion)] == [ODD, PLAIN, third]
