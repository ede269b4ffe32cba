"""R14: whatever another organisation has makes no difference to any answer.

The world is asked through every door before and after the other tenant's rows are put there, a row in every table: the
answers are equal to the byte, so no field, list, count, cursor, filter, event or error depends on them; and no mark
that was planted in them is found anywhere. The documents are written from the schema and the requests from the router.
"""

import random
import re
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from graphql import parse, validate

from app import make_app
from models.reading.stored import sql_table
from models.tables import METADATA
from resolvers.operation import House, Operation
from rest_compat.endpoints import Served
from rules.access.actions import Action
from schema import errors
from schema.faces import SOURCES
from schema.marks import action_of, roots
from schema.root import build_schema
from taxii.media import TAXII
from taxii.routes import Offered
from tests.graph.asking import Context
from tests.graph.authors import Author, Pool
from tests.graph.random_world import WORDS
from tests.graph.same_answers import Silence
from tests.security.callers import session_of
from tests.security.samples import NOBODY, NUMBER, absent, call, kind_of, path_of
from tests.security.tenants import MARK, OURS, REF_OF, Settler, Tenant, enumerated, plant, speaks
from tests.security.walks import Queries, Walk

SCHEMA = build_schema(limits=None)
CORE: Any = SCHEMA._schema
SOME = 60  # random documents, beside those that walk each field
GROWING = frozenset(name for _, name, field in roots(CORE) if action_of(field) is Action.AUDIT_READ)
"""Reading the own trail adds to it, so its answers are not compared, only searched for the mark."""

ENVELOPE = {"objects": [{"type": "malware"}]}
TAXII_KEYS = {
    "collection": ("collection", "id", NOBODY),
    "object": ("stix_object", "stix_id", f"malware--{NOBODY}"),
    "status": ("taxii_status", "id", NOBODY),
}

COMMON = frozenset({"organization"})  # organisations are named to everybody


class Neighbours:
    """The tenant who looks, with all rows in place; the other one, with none yet but the organisation."""

    def __init__(self, house: House, own: Tenant, other: Tenant) -> None:
        self.house, self.own, self.other = house, own, other
        self.ids = own.ids()

    async def ask(self, document: str, variables: dict[str, Any] | None = None, reading: str = "planned") -> bytes:
        context = Context(Operation(self.house, self.own.viewer, request_id="r-1"), reading)
        kept: list[Any] = []
        answers = await SCHEMA.stream(document, variables or {}, context, fresh_context=lambda: context)
        async with aclosing(answers):
            async for answer in answers:
                kept.append([answer.data, sorted(orjson.dumps(e.formatted) for e in answer.errors or ())])
                if len(kept) == 40:
                    break
        return orjson.dumps(kept, default=bytes.decode, option=orjson.OPT_SORT_KEYS)


@pytest.fixture
async def neighbours(house: House, monkeypatch: pytest.MonkeyPatch) -> Neighbours:
    # Which five of many errors are shown is a matter of timing.
    monkeypatch.setattr(errors, "SHOWN", 10**6)
    monkeypatch.setattr(errors, "_log", Silence())
    enums = enumerated(CORE)
    own = Settler(house, 0, 1, "ours", enums).settle()
    other = Settler(house, 2, 2, MARK, enums).settle()
    await plant(house, own)
    await plant(house, other, only=COMMON)
    return Neighbours(house, own, other)


def test_every_table_is_planted(house: House) -> None:
    other = Settler(house, 2, 2, MARK, enumerated(CORE)).settle()
    bare = {name for name, some in other.rows.items() if not some}
    assert bare == OURS
    enums = enumerated(CORE)
    mute = {
        name
        for name, some in other.rows.items()
        if some and speaks(METADATA.tables[name], enums) and MARK.encode() not in orjson.dumps(some)
    }
    assert mute == {"organization"}


def asked(neighbours: Neighbours) -> list[tuple[str, dict[str, Any]]]:
    """(document, variables) of the whole walk: with the ids of the one who looks, and with those of the other."""
    out: list[tuple[str, dict[str, Any]]] = []
    for ids in (neighbours.ids, neighbours.other.ids()):
        walk = Walk(CORE, ids, GROWING)
        out += [(document, {}) for document in walk.documents()]
        reached = {name for name, type_ in CORE.type_map.items() if (name, "id") in walk.told and type_.interfaces}
        assert reached >= {type_.name for type_ in CORE.get_possible_types(CORE.type_map["Node"])}
    foreign = [one for some in neighbours.other.ids().values() for one in some]
    everything = Walk(CORE, neighbours.ids).leaves(CORE.type_map["Node"])
    nodes = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {everything} }} }}"
    out += [(nodes, {"ids": foreign[start : start + 100]}) for start in range(0, len(foreign), 100)]
    return out


def authored(neighbours: Neighbours) -> list[tuple[str, dict[str, Any]]]:
    """Random documents, whose filters, cursors and ids are drawn from the rows of both."""
    own, other = neighbours.own, neighbours.other
    mixed = {name: [*own.rows[name], *other.rows[name]] for name in own.rows}
    ids = {kind: [*some, *other.ids().get(kind, [])] for kind, some in own.ids().items()}
    every = [one for some in ids.values() for one in some]
    ids |= {"id": every, "ids": every, "assignedTo": ids["User"], "investigationId": ids["Investigation"]}
    start = neighbours.house.clock.now().replace(hour=0)
    pool = Pool(mixed, ids, (*WORDS, MARK, f"203.0.113.7 {MARK}"), start, neighbours.house.cursors)
    out = []
    for seed in range(4 * SOME):
        author = Author(random.Random(seed), Queries(CORE), pool)
        _, text = author.document()
        if not validate(CORE, parse(text)):
            out.append((text, author.values()))
    assert len(out) >= SOME
    return out[:SOME]


async def test_no_answer_depends_on_the_rows_of_another_tenant(neighbours: Neighbours) -> None:
    # Most of the walk is the same with the ids of either.
    every = [*asked(neighbours), *authored(neighbours)]
    documents = [each for n, each in enumerate(every) if each not in every[:n]]
    before = [await neighbours.ask(*each) for each in documents]
    shown = b"".join(before)
    assert b"GRAPHQL_VALIDATION_FAILED" not in shown and b"GRAPHQL_PARSE_FAILED" not in shown
    assert shown.count(b"ours") > 300 and MARK.encode() not in shown  # there is much to see, and it is seen
    await plant(neighbours.house, neighbours.other, but=COMMON)
    secret = MARK.encode()
    for (document, variables), was in zip(documents, before, strict=True):
        now = await neighbours.ask(document, variables)
        if not any(re.search(rf"\b{name}\b", document) for name in GROWING):
            assert now == was, (document, variables)
        assert secret not in now


async def test_no_subscription_tells_of_another_tenant(neighbours: Neighbours) -> None:
    """From the first event on, of the own organisation, of each own case, and of the other's, as if it were absent."""
    seal, own = neighbours.house.hub.places.seal, neighbours.own
    leaves = Walk(CORE, neighbours.ids).leaves
    heads = {row["key"]: row["head"] for row in own.rows["stream"]}

    async def hear(name: str, field: Any, case: str | None, stream: str) -> list[Any]:
        given = f'(after: "{seal(stream, 0)}"' + (f', investigationId: "{case}"' if case else "") + ")"
        document = f"subscription {{ {name}{given} {{ {leaves(CORE.type_map[str(field.type).rstrip('!')])} }} }}"
        context = Context(Operation(neighbours.house, own.viewer, request_id="r-1"), "planned")
        heard: list[Any] = []
        async with aclosing(await SCHEMA.stream(document, {}, context, fresh_context=lambda: context)) as answers:
            async for answer in answers:
                heard.append([answer.data, [error.formatted for error in answer.errors or ()]])
                if answer.data is None or seal(stream, heads.get(stream, 0)) in str(answer.data):
                    break
        return heard

    async def everything() -> list[Any]:
        out = []
        for name, field in CORE.subscription_type.fields.items():
            case = next(row["id"] for row in own.rows["investigation"] if f"inv:{row['id']}" in heads)
            if name == "investigationEvents":  # the others choose from the same items
                out.append(await hear(name, field, None, f"org:{own.organization_id}"))
                out.append(await hear(name, field, f"INV-{case}", f"inv:{case}"))
            for row in neighbours.other.rows["investigation"][:2]:
                out.append(await hear(name, field, f"INV-{row['id']}", f"inv:{row['id']}"))
        return out

    before = await everything()
    await plant(neighbours.house, neighbours.other, but=COMMON)
    after = await everything()
    assert after == before
    assert MARK.encode() not in orjson.dumps(after, default=str)
    await neighbours.house.hub.close()


def alike(answer: bytes, ids: dict[str, str]) -> bytes:
    """The answer, with every id that was asked for called by one name: a refusal names a case by its ref too."""
    for one in sorted(ids.values(), key=len, reverse=True):
        answer = answer.replace(one.encode(), b"ID")
    return re.sub(rb"\d+", b"N", answer)


async def test_no_mutation_tells_foreign_from_absent(neighbours: Neighbours) -> None:
    await plant(neighbours.house, neighbours.other, but=COMMON)
    # Organisations are named to everybody, and may be asked.
    foreign = {kind: some[0] for kind, some in neighbours.other.ids().items() if kind.lower() not in COMMON}
    nowhere = {kind: absent(kind) for kind in foreign}
    leaves = Walk(CORE, neighbours.ids).leaves
    named = 0
    for kind, name, definition in roots(CORE):
        if kind != "mutation" or not definition.args:
            continue
        told = []
        for ids in (foreign, nowhere):
            document, variables = call(kind, name, definition, ids)
            of = CORE.type_map[str(definition.type)]
            full = document.replace("{ __typename }", f"{{ {leaves(of)} userErrors {{ field message code }} }}")
            told.append(alike(await neighbours.ask(full, variables), ids))
            named += any(one in orjson.dumps(variables).decode() for one in ids.values())
            assert MARK.encode() not in told[-1]
        if any(one in orjson.dumps(variables).decode() for one in nowhere.values()):
            assert told[0] == told[1], name
    assert named >= 20


async def test_no_route_tells_of_another_tenant(neighbours: Neighbours) -> None:
    """Each route by each method, with what the other has in its path, and with what nobody has: one answer."""
    house, own, other = neighbours.house, neighbours.own, neighbours.other
    await plant(house, other, but=COMMON)
    app = make_app(house, working=False)
    user: Any = SimpleNamespace(id=own.viewer.user_id, organization_id=own.organization_id)
    cells = 0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
        for route in app.routes:
            if not isinstance(route, Served | Offered):
                continue
            takes = sample_body(route.declared.takes or {}) if isinstance(route, Served) else ENVELOPE
            asked_for = {name: keys_of(name, other) for name in re.findall(r"\{(\w+)", route.path)}
            answers = []
            for ids in [{name: pair[n] for name, pair in asked_for.items()} for n in (0, 1)]:
                _, token = await session_of(house, user)
                headers = {"authorization": f"Bearer {token}", "x-request-id": "r-1"}
                sent: dict[str, Any] = {"json": takes} if route.declared.method != "GET" else {}
                if isinstance(route, Offered):
                    headers["content-type"] = TAXII
                path = path_of(route.path, ids)
                answer = await client.request(route.declared.method, path, headers=headers, **sent)
                cells += 1
                assert MARK not in answer.text + repr(answer.headers), route.path
                assert other.viewer.user_id not in answer.text, route.path
                answers.append((answer.status_code, alike(answer.content, ids)))
            if asked_for:
                assert answers[0] == answers[1], f"{route.declared.method} {route.path}"
    assert cells > 10


def keys_of(parameter: str, other: Tenant) -> tuple[str, str]:
    """What a place in a path is filled with: the other's, and nobody's."""
    if parameter in TAXII_KEYS:
        table, column, nobody = TAXII_KEYS[parameter]
        return other.rows[table][0][column], nobody
    kind = kind_of(parameter, "")
    table = next(sql_table(source).name for face, source in SOURCES.items() if face.__name__ == kind)
    key = other.rows[table][0]["id"]
    return (f"{REF_OF[kind]}-{key}", f"{REF_OF[kind]}-{NUMBER}") if kind in REF_OF else (str(key), NOBODY)


def sample_body(shape: dict[str, Any]) -> Any:
    """Something that fits."""
    kinds = shape.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if "enum" in shape:
        return shape["enum"][0]
    match kind:
        case "object" | None:
            return {name: sample_body(inner) for name, inner in shape.get("properties", {}).items()}
        case "array":
            return [sample_body(shape["items"])]
        case "boolean":
            return True
        case "integer" | "number":
            return shape.get("minimum", 1)
        case _:
            return "Sample-text-7"[: shape.get("maxLength", 100)]
