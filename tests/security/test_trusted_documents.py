"""With a list of trusted documents nothing else runs, over whichever transport, for whomever (R30)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from cli import main
from foundation.errors import CommandRefused
from schema.door import GraphQLDoor
from schema.trusted import digest, read_list
from tests.door import graph, server

ME = "query Me { me }"
COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }"
LIST = {digest(ME): ME, digest(COUNT): COUNT, "d41d8cd98f00b204": "{ context }"}
APQ = {"persistedQuery": {"version": 1, "sha256Hash": digest(ME)}}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("trusted") / "documents.json"
    file.write_text(json.dumps(LIST))
    desk = graph.desk()
    settings = graph.settings(documents=file)
    with server.running(GraphQLDoor(graph.schema, desk, settings=settings)) as at:
        yield at


def send(place: str, body: Any, **headers: str) -> httpx.Response:
    return httpx.post(f"http://{place}/graphql", json=body, headers={"authorization": "Bearer ada", **headers})


NAMED: list[dict[str, Any]] = [
    {"documentId": digest(ME)},
    {"documentId": f"sha256:{digest(ME)}"},
    {"id": digest(ME)},
    {"extensions": APQ},
    {"query": ME, "extensions": APQ},
    {"query": ME},
    {"query": ME, "documentId": digest(ME), "id": "5"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"query": "{ me }"}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": ME + " "}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": "{ __schema { types { name } } }"}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": 'mutation { make(draft: {title: "a"}) }'}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": ""}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": "{ me }", "extensions": APQ}, "DOCUMENT_NOT_TRUSTED"),
    ({"query": "{ me }", "documentId": digest(ME)}, "DOCUMENT_NOT_TRUSTED"),
    ({"documentId": digest("{ me }")}, "PERSISTED_QUERY_NOT_FOUND"),
    ({"documentId": digest("{ me }"), "query": "{ me }"}, "PERSISTED_QUERY_NOT_FOUND"),
    ({"extensions": {"persistedQuery": {"sha256Hash": "x"}}}, "PERSISTED_QUERY_NOT_FOUND"),
]
MALFORMED: list[dict[str, Any]] = [
    {"documentId": 5},
    {"documentId": ""},
    {"documentId": "x" * 201},
    {"documentId": None},
    {"id": {}},
    {"extensions": {"persistedQuery": {"sha256Hash": []}}},
    {"extensions": {"persistedQuery": 5}},
    {"documentId": digest(ME), "extensions": {"persistedQuery": {"sha256Hash": digest(COUNT)}}},
]


@pytest.mark.parametrize("body", NAMED)
def test_a_listed_document_runs_by_any_of_its_names(place: str, body: dict[str, Any]) -> None:
    assert send(place, body).json() == {"data": {"me": "ada"}}


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_no_other_document_runs(place: str, body: dict[str, Any], code: str) -> None:
    for accept in ("application/json", "application/graphql-response+json", "text/event-stream"):
        answer = send(place, body, accept=accept)
        assert answer.status_code == (403 if code == "DOCUMENT_NOT_TRUSTED" else 400)
        assert answer.json()["errors"][0]["extensions"]["contractCode"] == code
        assert "data" not in answer.json()


@pytest.mark.parametrize("body", MALFORMED)
def test_ids_are_text_and_one(place: str, body: dict[str, Any]) -> None:
    answer = send(place, body)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_REQUEST")


def test_a_stream_resumes_a_listed_document(place: str) -> None:
    body = {"documentId": digest(COUNT), "variables": {"to": 3}}
    answer = send(place, body, accept="text/event-stream", **{"last-event-id": "2"})
    assert answer.text.count("event: next") == 1 and '"number":3' in answer.text


async def test_a_socket_refuses_the_operation_and_stays(place: str) -> None:
    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type": "connection_init", "payload": {"token": "ada"}}')
        await socket.recv()
        for number, (payload, code) in enumerate(REFUSED):
            await socket.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
            told = json.loads(await socket.recv())
            assert (told["type"], told["id"]) == ("error", str(number))
            assert told["payload"][0]["extensions"]["contractCode"] == code
        await socket.send(json.dumps({"type": "subscribe", "id": "x", "payload": {"documentId": digest(ME)}}))
        assert json.loads(await socket.recv())["payload"] == {"data": {"me": "ada"}}


def test_without_a_list_an_id_alone_is_refused_as_such_clients_expect() -> None:
    desk = graph.desk()
    with server.running(GraphQLDoor(graph.schema, desk, settings=desk.settings)) as at:
        error = send(at, {"extensions": APQ}).json()["errors"][0]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"
        assert send(at, {"query": "{ me }", "extensions": APQ}).json() == {"data": {"me": "ada"}}


@pytest.mark.parametrize(
    "content",
    ["", "[]", "5", '{"a": 5}', '{"a": ""}', json.dumps({digest("{ a }"): ME}),
     '{"format": "apollo-persisted-query-manifest", "operations": 5}',
     '{"format": "apollo-persisted-query-manifest", "operations": [{"id": "a"}]}'],
)  # fmt: skip
def test_a_list_that_is_none_stops_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "documents.json"
    file.write_text(content)
    with pytest.raises(CommandRefused, match=r"documents\.json"):
        read_list(file)
    with pytest.raises(CommandRefused):
        read_list(tmp_path / "nothing.json")


def test_a_manifest_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    entry = {"id": digest(ME), "name": "Me", "type": "query", "body": ME}
    file.write_text(json.dumps({"format": "apollo-persisted-query-manifest", "version": 1, "operations": [entry]}))
    assert read_list(file) == {digest(ME): ME}


VIEWER = "query Viewer { viewer { __typename } }\n"


def test_the_command_makes_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = tmp_path / "client" / "views"
    inside.mkdir(parents=True)
    (inside / "viewer.graphql").write_text(VIEWER)
    (tmp_path / "relay.json").write_text(json.dumps({"5": "{ viewer { __typename } }"}))
    output = tmp_path / "list.json"
    sources = [str(tmp_path / "client"), str(tmp_path / "relay.json")]
    assert main(["documents", *sources, "--output", str(output)]) == 0
    assert read_list(output) == {digest(VIEWER): VIEWER, "5": "{ viewer { __typename } }"}
    assert f"{digest(VIEWER)}  {inside / 'viewer.graphql'}" in capsys.readouterr().out


@pytest.mark.parametrize("document", ["{ nothing }", "{", "{" + " a: viewer { __typename }" * 31 + "}"])
def test_the_command_writes_nothing_that_would_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], document: str
) -> None:
    (tmp_path / "good.graphql").write_text(VIEWER)
    (tmp_path / "bad.gql").write_text(document)
    output = tmp_path / "list.json"
    assert main(["documents", str(tmp_path), "--output", str(output)]) == 1
    told = capsys.readouterr().err
    assert "bad.gql" in told and "good.graphql" not in told
    assert not output.exists()
