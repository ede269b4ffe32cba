"""R3: production does not start with what opens it, and tells its operator what may not be meant."""

import json
from pathlib import Path

import httpx
import pytest

from app import make_app
from cli import main
from foundation.errors import CommandRefused
from foundation.production import check
from foundation.settings import Mode, Settings
from resolvers.operation import House

HERE = {"host": "0.0.0.0", "public_url": "https://graph.example.org", "allowed_hosts": "graph.example.org"}


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("analysis_step_delay_s", 0.5),
        ("allowed_origins", "https://a.example,*"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("trusted_proxies", "10.0.0.1,::/0"),
        ("outgoing_loopback", True),
    ],
)
def test_what_opens_production_is_refused_there_alone(name: str, value: object) -> None:
    with pytest.raises(CommandRefused, match=f"CASEGRAPH_{name.upper()} ") as refused:
        check(settings(**{name: value}))
    assert str(refused.value).count("\n") == 0
    assert check(settings(mode="development", **{name: value})) == []


def test_every_reason_is_told_on_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEGRAPH_OUTGOING_LOOPBACK", "on")
    monkeypatch.setenv("CASEGRAPH_ANALYSIS_STEP_DELAY_S", "1")
    assert main(["serve", "--port", "0"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["casegraph:", "CASEGRAPH_ANALYSIS_STEP_DELAY_S"], ["casegraph:", "CASEGRAPH_OUTGOING_LOOPBACK"],
    ]  # fmt: skip
    assert list(tmp_path.rglob("*.db")) == [] and list(tmp_path.rglob("keys.json")) == []


def test_a_proxy_that_is_no_address_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASEGRAPH_TRUSTED_PROXIES", "proxy.example")
    assert main(["migrate"]) == 2
    assert "CASEGRAPH_TRUSTED_PROXIES: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, []),
        (HERE, []),
        ({"rate_limits": False}, ["RATE_LIMITS"]),
        ({"limit_account": "off"}, ["LIMIT_ACCOUNT"]),
        ({**HERE, "allowed_hosts": "*"}, ["ALLOWED_HOSTS"]),
        ({**HERE, "public_url": "http://127.0.0.1:8000"}, ["PUBLIC_URL"]),
        ({**HERE, "public_url": "http://graph.example.org"}, ["PUBLIC_URL"]),
        ({"host": "::"}, ["ALLOWED_HOSTS", "PUBLIC_URL"]),
        ({"host": "::1"}, []),
        ({"mode": "development"}, []),
        ({"mode": "development", "host": "192.0.2.7"}, ["MODE"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_not_be_meant_is_warned_of(given: dict[str, object], words: list[str]) -> None:
    assert [line.split()[0].removeprefix("CASEGRAPH_") for line in check(settings(**given))] == words


@pytest.mark.parametrize("mode", [Mode.PRODUCTION, Mode.DEVELOPMENT])
async def test_production_has_neither_graphiql_nor_mocks(house: House, mode: Mode) -> None:
    object.__setattr__(house, "settings", house.settings.model_copy(update={"mode": mode}))
    app = make_app(house, working=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://casegraph.test") as client:
        page = await client.get("/graphql", headers={"accept": "text/html"})
        asked = await client.post("/graphql", json={"query": "{ __schema { queryType { name } } }"})
        mock = await client.get("/dev/mock/investigations")
    open_ = mode is Mode.DEVELOPMENT
    assert (page.headers["content-type"].startswith("text/html"), "errors" not in json.loads(asked.content)) == (
        open_, open_,
    )  # fmt: skip
    assert open_ or mock.status_code == 404


def test_a_new_database_is_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it lies: the folder may be older than the product, and open."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open").mkdir(mode=0o755)
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", f"sqlite:///{tmp_path / 'open' / 'casegraph.db'}")
    assert main(["create-admin", "ada", "--organization", "Ground"]) == 0
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "open").iterdir()}
    assert set(modes.values()) == {"0o600"}, modes
