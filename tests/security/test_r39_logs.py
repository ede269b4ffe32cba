"""R39, R36: nothing secret and nothing personal is in a log line, at its most talkative, whatever is sent."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pyotp
import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app import make_app
from cli import keys as command
from foundation import telemetry
from resolvers import resets
from resolvers.operation import House
from tests.door.server import beside
from tests.security.keeping import PASSWORD, keeping, key_file, operator, person

LOGIN = """mutation ($input: LoginInput!) { login(input: $input) {
  tokens { access refresh } deviceToken user { email } userErrors { code } } }"""
BEGIN = "mutation ($p: String!) { enrolTotp(input: {password: $p}) { secret uri userErrors { code } } }"
CONFIRM = """mutation ($code: String!) {
  confirmTotp(input: {code: $code}) { recoveryCodes userErrors { code } } }"""
KEY = """mutation { createApiKey(input: {name: "importer", scopes: [INDICATOR_WRITE, READ]}) {
  secret userErrors { code } } }"""
IMPORT = "mutation ($bundle: JSON!) { importStix(input: {bundle: $bundle}) { userErrors { code } } }"
ME = "{ viewer { user { name email firstName lastName } } }"
WRONG = ("Wrong-horse-7", "Another-wrong-horse-8", "Inline-horse-9", "Torn-horse-10")
NEW = "Newly-chosen-horse-11"
CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }"
REGISTRATION = {
    "username": "king",
    "email": "odaenathus@palmyra.example",
    "password": NEW,
    "password_confirm": NEW,
    "first_name": "Septimius-Ode",
    "last_name": "Odaenathus-Ode",
    "organization": "Tadmor",
    "role": "viewer",
}
PERSONAL = (
    "zenobia@palmyra.example",
    "Aurelian-Zen",
    "Septimia-Zen",
    "nobody@palmyra.example",
    "odaenathus",
    "Septimius-Ode",
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every line of the process, ours and the libraries', down to the least of them."""
    root, state = logging.getLogger(), structlog.get_config()
    ours = logging.getLogger("casegraph")
    before = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    telemetry.configure(level="DEBUG", stream=stream)
    yield stream
    root.handlers[:], root.level, ours.level = before
    structlog.configure(**state)


@pytest.fixture
async def house(log: io.StringIO, house: House) -> House:
    return keeping(house)


class Client:
    """Asks the graph of a server; keeps every secret that it was shown."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.shown: set[str] = set()

    async def ask(self, query: str, token: str = "", **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        told = answer.json()
        assert "errors" not in told, told
        (data,) = told["data"].values()
        self.keep(data)
        return data

    def keep(self, value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                self.keep(inner)
        elif isinstance(value, list):
            for inner in value:
                self.keep(inner)
        elif isinstance(value, str) and len(value) >= 8 and value not in ("queen", "INVALID_CREDENTIALS"):
            self.shown.add(value)


async def test_no_line_holds_a_secret(log: io.StringIO, house: House, caplog: pytest.LogCaptureFixture) -> None:
    await person(house, "queen", email=PERSONAL[0], first_name=PERSONAL[1], last_name=PERSONAL[2])
    app = make_app(house, working=False)
    async with beside(app) as place, httpx.AsyncClient(base_url=f"http://{place}", timeout=30) as http:
        graph = Client(http)
        signed_in = await graph.ask(LOGIN, input={"username": PERSONAL[0], "password": PASSWORD})
        token = signed_in["tokens"]["access"]
        assert signed_in["user"]["email"] == PERSONAL[0]
        for name in (PERSONAL[0], PERSONAL[3]):
            refused = await graph.ask(LOGIN, input={"username": name, "password": WRONG[0]})
            assert refused["userErrors"] == [{"code": "INVALID_CREDENTIALS"}]
        rest = await http.post("/api/auth/login/", json={"username": PERSONAL[0], "password": WRONG[1]})
        assert rest.status_code == 400
        # Secrets where none belong: in the text of a document, in one that is torn, in a body that is no JSON.
        inline = f'mutation {{ login(input: {{username: "queen", password: "{WRONG[2]}"}}) {{ nothing }} }}'
        for body in (
            json.dumps({"query": inline}),
            json.dumps({"query": inline.replace(WRONG[2], WRONG[3])[:-9]}),
            f'{{"username": "queen", "password": "{WRONG[3]}"',
        ):
            for path in ("/graphql", "/api/auth/login/"):
                answer = await http.post(path, content=body, headers={"content-type": "application/json"})
                assert answer.status_code in (200, 400)
        refreshed = await http.post("/api/auth/refresh/", json={"refresh_token": signed_in["tokens"]["refresh"]})
        assert refreshed.status_code == 200
        graph.keep(refreshed.json()["tokens"])
        seed = (await graph.ask(BEGIN, token, p=PASSWORD))["secret"]
        # The code of the present step, by the clock that the house goes by.
        code = pyotp.TOTP(seed).at(house.clock.now())
        assert len((await graph.ask(CONFIRM, token, code=code))["recoveryCodes"]) == 10
        refused = await graph.ask(LOGIN, input={"username": "queen", "password": PASSWORD, "totpCode": code})
        assert refused["tokens"] is None
        key = (await graph.ask(KEY, token))["secret"]
        assert key.startswith("cg_")
        await graph.ask(IMPORT, key, bundle={"type": "bundle", "id": "x", "objects": [{"type": "no", "x": WRONG[0]}]})
        assert (await graph.ask(ME, key))["user"]["name"] == "importer"
        assert (await graph.ask(ME, token))["user"]["firstName"] == PERSONAL[1]
        async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            for given in (f"Bearer {token}", f"Bearer {WRONG[0]}"):
                await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": given}}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        for current, changed in ((WRONG[1], False), (PASSWORD, True)):
            wanted = {"currentPassword": current, "newPassword": NEW, "newPasswordConfirm": NEW}
            assert (await graph.ask(CHANGE, token, input=wanted))["userErrors"] == (
                [] if changed else [{"code": "INVALID_CREDENTIALS"}]
            )
        registered = await http.post("/api/auth/register/", json=REGISTRATION)
        assert registered.status_code == 201, registered.text
        before = dict(house.keys.masters)
        with key_file(house).alone():
            await command.rotate(house, key_file(house), wait_s=0)
        assert (await graph.ask(ME, token))["user"]["email"] == PERSONAL[0]
        masters = json.loads(key_file(house).path.read_text())["keys"]
        assert before.items() < house.keys.masters.items()
        asked = await http.post("/api/auth/forgot_password/", json={"email": PERSONAL[0]})
        assert asked.status_code == 200, asked.text
        reset = (await resets.issue_by_operator(operator(house), name_or_email="queen")).link.rpartition("=")[2]
        again = {"token": reset, "new_password": PASSWORD, "new_password_confirm": PASSWORD}
        for path in ("validate_reset_token", "reset_password"):
            answer = await http.post(f"/api/auth/{path}/", json={"token": reset} if path[0] == "v" else again)
            assert answer.status_code == 200, answer.text
    lines = log.getvalue()
    assert lines.count("\n") > 15, "the log was on"
    secrets = {PASSWORD, NEW, reset, *WRONG, *PERSONAL, seed, key, *masters.values(), *graph.shown}
    assert len(secrets) > 25
    told = {secret for secret in secrets if secret in lines or secret in caplog.text}
    assert told == set(), [line for line in lines.splitlines() if any(secret in line for secret in told)][:3]
