"""R4: which passwords are taken, over every door that sets one; and that checking one stops nobody else."""

from typing import Any

import httpx
import pytest

from models import tables as rows
from tests.graph.asking import Graph
from tests.identity.conftest import PASSWORD, Identity

CHANGE = """mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
  viewer { user { name } } userErrors { field code } } }"""

WEAK = ["", "short-7", "x" * 129, "password123", "PASSWORD123", "aaaaaaaaaaaa", "per@example.org", "PER@EXAMPLE.ORG"]
TAKEN = ["x7y" * 42, "correct horse battery staple", "  keeps its blanks  ", "páßwörd-ünï", "日本語のパスワード"]


def asked(new: str, confirm: str | None = None, current: str = PASSWORD) -> dict[str, str]:
    return {
        "current_password": current,
        "new_password": new,
        "new_password_confirm": new if confirm is None else confirm,
    }


async def change(identity: Identity, rest: httpx.AsyncClient, name: str = "Per", **body: Any) -> httpx.Response:
    token = (await identity.login(name)).access_token
    return await rest.post("/api/auth/change_password", json=body, headers={"authorization": f"Bearer {token}"})


@pytest.mark.parametrize("new", WEAK)
async def test_what_is_easy_to_guess_is_refused(identity: Identity, rest: httpx.AsyncClient, new: str) -> None:
    answer = await change(identity, rest, **asked(new))
    assert (answer.status_code, answer.json()["code"]) == (400, "WEAK_PASSWORD" if new else "VALIDATION_ERROR")
    await identity.login()


@pytest.mark.parametrize("new", TAKEN)
async def test_a_password_is_taken_exactly_as_given(identity: Identity, rest: httpx.AsyncClient, new: str) -> None:
    assert (await change(identity, rest, **asked(new))).status_code == 200
    await identity.login("Per", new)
    for other in (new.strip(), new.upper(), new[:-1]):
        if other != new:
            with pytest.raises(Exception, match="not right"):
                await identity.login("Per", other)


async def test_the_new_one_is_typed_twice_and_is_new(identity: Identity, rest: httpx.AsyncClient) -> None:
    answer = await change(identity, rest, **asked("Another-word-7", "Another-word-8"))
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    answer = await change(identity, rest, **asked(PASSWORD))
    assert (answer.status_code, answer.json()["code"]) == (400, "WEAK_PASSWORD")


async def test_a_wrong_current_password_counts_as_a_wrong_one_at_signing_in(
    identity: Identity, rest: httpx.AsyncClient
) -> None:
    signed_in = await identity.login()
    headers = {"authorization": f"Bearer {signed_in.access_token}"}
    for _ in range(3):
        wrong = await rest.post(
            "/api/auth/change_password/", json=asked("Another-word-7", current="Wrong-password-1"), headers=headers
        )
        assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_CREDENTIALS")
    for _ in range(2):
        assert (
            await rest.post("/api/auth/login/", json={"username": "per", "password": "Wrong-password-1"})
        ).status_code == 400
    locked = await rest.post("/api/auth/change_password/", json=asked("Another-word-7"), headers=headers)
    assert (locked.status_code, locked.json()["code"], locked.headers["retry-after"]) == (429, "RATE_LIMITED", "900")
    assert (await rest.get("/api/auth/verify/", headers=headers)).status_code == 200, "the session goes on"


async def test_only_one_of_two_changes_at_once_is_done(identity: Identity) -> None:
    graph = Graph(identity.house, "planned")
    viewer = await identity.admit((await identity.login()).access_token)
    wanted = [
        {"currentPassword": PASSWORD, "newPassword": f"Another-word-{n}", "newPasswordConfirm": f"Another-word-{n}"}
        for n in range(3)
    ]
    told = [await graph.ask(viewer, CHANGE, input=one) for one in wanted]
    assert [t["changePassword"]["userErrors"] for t in told] == [
        [], [{"field": "currentPassword", "code": "INVALID_CREDENTIALS"}],
        [{"field": "currentPassword", "code": "INVALID_CREDENTIALS"}],
    ]  # fmt: skip


async def test_nothing_of_a_password_is_kept_but_its_hash(identity: Identity, rest: httpx.AsyncClient) -> None:
    assert (await change(identity, rest, **asked("Never-to-be-seen-7"))).status_code == 200
    for model in (rows.User, rows.Audit, rows.Answer, rows.LoginSession):
        for row in await identity.world.all(model):
            assert "Never-to-be-seen" not in str(row.model_dump())
    (user,) = await identity.world.all(rows.User, rows.User.name == "Per")
    assert user.password_hash.startswith("$argon2id$")
