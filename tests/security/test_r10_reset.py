"""R10: a forgotten password. A token of chance, kept as its digest, half an hour, once, the newest alone."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from cli.reset_password import reset_link
from foundation.clock import FixedClock
from gateways.memory import MemoryJobs, MemoryMailer
from gateways.ports import MailNotSent
from models import tables as rows
from resolvers.letters import Kind
from resolvers.operation import House
from resolvers.resets import NoSuchPerson
from rules.access.personal_data import seal
from rules.access.tokens import digest
from tests.graph.asking import Graph
from tests.identity.conftest import PASSWORD, Identity
from workers.mail import write_and_send

NEW = "NewSecurePassword456"
FORGOT, VALIDATE, RESET = (
    f"/api/auth/{name}/" for name in ("forgot_password", "validate_reset_token", "reset_password")
)


@pytest.fixture
async def house(house: House) -> House:
    return replace(house, jobs=MemoryJobs(), mailer=MemoryMailer())


@pytest.fixture
def jobs(identity: Identity) -> MemoryJobs:
    made = identity.house.jobs
    assert isinstance(made, MemoryJobs)
    return made


@pytest.fixture
def mailer(identity: Identity) -> MemoryMailer:
    made = identity.house.mailer
    assert isinstance(made, MemoryMailer)
    return made


async def delivered(identity: Identity) -> list[str]:
    """Does what is in the queue; how each letter ended."""
    jobs: Any = identity.house.jobs
    waiting, jobs.enqueued = jobs.enqueued, []
    return [await write_and_send(identity.house, Kind(job.arguments[0]), job.arguments[1], job.id) for job in waiting]


async def token_for(identity: Identity, rest: httpx.AsyncClient, email: str = "per@example.org") -> str:
    assert (await rest.post(FORGOT, json={"email": email})).status_code == 200
    assert await delivered(identity) == ["sent"]
    mailer: Any = identity.house.mailer
    found = re.search(
        r"^http://127\.0\.0\.1:8000/reset-password#token=([\w-]{43})$", mailer.sent[-1].text, re.MULTILINE
    )
    assert found
    return found[1]


def new(token: str, password: str = NEW) -> dict[str, str]:
    return {"token": token, "new_password": password, "new_password_confirm": password}


async def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


async def test_who_holds_the_mailbox_chooses_a_new_password(
    identity: Identity, rest: httpx.AsyncClient, mailer: MemoryMailer
) -> None:
    world, before = identity.world, await identity.login()
    host = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    assert (await rest.post(FORGOT, json={"email": " PER@example.org "}, headers=host)).status_code == 200
    assert await delivered(identity) == ["sent"]
    (letter,) = mailer.sent
    assert (letter.to, letter.subject) == ("per@example.org", "Choose a new password")
    assert "evil" not in letter.text
    token = letter.text.split("#token=")[1].split()[0]
    (row,) = await world.all(rows.PasswordReset)
    assert (row.digest, row.user_id, row.ended_at) == (digest(token), world.publisher.user_id, None)
    good = await rest.post(VALIDATE, json={"token": token})
    assert good.json()["data"] == {"valid": True, "expires_at": "2026-11-21T12:30:00.000000Z"}
    answer = await rest.post(RESET, json=new(token))
    assert answer.json() == {"success": True, "message": "The password was set. Sign in with it.", "data": {}}
    assert await delivered(identity) == ["sent"]
    assert mailer.sent[-1].subject == "Your password was changed"
    with pytest.raises(Exception, match="not valid"):
        await identity.admit(before.access_token)
    with pytest.raises(Exception, match="not right"):
        await identity.login()
    await identity.login("Per", NEW)
    for model in (rows.PasswordReset, rows.Audit, rows.Answer):
        for kept in await world.all(model):
            assert token not in str(kept.model_dump())


async def test_nobody_is_told_which_addresses_exist(
    identity: Identity, rest: httpx.AsyncClient, jobs: MemoryJobs, mailer: MemoryMailer
) -> None:
    world = identity.world
    await identity.change(rows.User, world.viewer.user_id, is_active=False)
    told, left = [], []
    for address in ("per@example.org", "nobody@example.org", "vera@example.org"):
        before = await world.counts()
        answer = await rest.post(FORGOT, json={"email": address})
        told.append((answer.status_code, answer.json(), set(answer.headers)))
        after = await world.counts()
        left.append({name for name in after if after[name] != before[name]} - {"rate_window"})
    assert told[0] == told[1] == told[2]
    assert left == [{"audit"}] * 3
    assert [(job.workflow, job.queue, job.arguments[0], len(job.arguments[1])) for job in jobs.enqueued] == [
        ("mail", "mail", "password_reset", 36)
    ] * 3
    assert await delivered(identity) == ["sent", "nobody", "nobody"]
    assert [letter.to for letter in mailer.sent] == ["per@example.org"]


async def test_a_token_works_once(identity: Identity, rest: httpx.AsyncClient) -> None:
    token = await token_for(identity, rest)
    answers = await asyncio.gather(*(rest.post(RESET, json=new(token, f"Another-word-{n}")) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (won,) = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    await identity.login("Per", f"Another-word-{won}")
    assert await code_of(await rest.post(VALIDATE, json={"token": token})) == (400, "INVALID_RESET_TOKEN")


async def test_the_newest_alone_is_good_and_for_half_an_hour(
    identity: Identity, rest: httpx.AsyncClient, clock: FixedClock
) -> None:
    first = await token_for(identity, rest)
    clock.forward(minutes=1)
    second = await token_for(identity, rest)
    assert await code_of(await rest.post(RESET, json=new(first))) == (400, "INVALID_RESET_TOKEN")
    clock.forward(minutes=29, seconds=59)
    assert (await rest.post(VALIDATE, json={"token": second})).status_code == 200
    clock.forward(seconds=1)
    assert await code_of(await rest.post(RESET, json=new(second))) == (400, "INVALID_RESET_TOKEN")
    await identity.login()


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "\u00fc" * 43, "a\u0001b"])
async def test_what_was_never_given_out_opens_nothing(identity: Identity, rest: httpx.AsyncClient, token: str) -> None:
    before = await identity.world.counts()
    for path, body in ((VALIDATE, {"token": token}), (RESET, new(token))):
        assert await code_of(await rest.post(path, json=body)) == (400, "INVALID_RESET_TOKEN")
    assert {**await identity.world.counts(), "rate_window": 0} == {**before, "rate_window": 0}


async def test_a_refused_password_leaves_the_token_good(identity: Identity, rest: httpx.AsyncClient) -> None:
    token = await token_for(identity, rest)
    for weak in ("password123", "PER@example.org"):
        assert await code_of(await rest.post(RESET, json=new(token, weak))) == (400, "WEAK_PASSWORD")
    unlike = {**new(token), "new_password_confirm": "Another-word-7"}
    assert await code_of(await rest.post(RESET, json=unlike)) == (400, "VALIDATION_ERROR")
    assert (await rest.post(RESET, json=new(token))).status_code == 200


@pytest.mark.parametrize("what", ["password", "address", "disabled"])
async def test_a_token_ends_with_what_it_was_for(identity: Identity, rest: httpx.AsyncClient, what: str) -> None:
    world, graph = identity.world, Graph(identity.house, "planned")
    token = await token_for(identity, rest)
    if what == "password":
        headers = {"authorization": f"Bearer {(await identity.login()).access_token}"}
        change = {"current_password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}
        assert (await rest.post("/api/auth/change_password/", json=change, headers=headers)).status_code == 200
    else:
        users = await graph.ask(world.admin, "{ viewer { organization { users { edges { node { id name } } } } } }")
        edges = users["viewer"]["organization"]["users"]["edges"]
        (per,) = [edge["node"]["id"] for edge in edges if edge["node"]["name"] == "Per"]
        act = (
            f'updateUser(input: {{userId: "{per}", email: "p@other.org"}}) {{ userErrors {{ code }} }}'
            if what == "address"
            else f'deactivateUser(input: {{userId: "{per}"}}) {{ userErrors {{ code }} }}'
        )
        await graph.ask(world.admin, f"mutation {{ {act} }}")
    assert await code_of(await rest.post(RESET, json=new(token))) == (400, "INVALID_RESET_TOKEN")


async def test_a_mailbox_is_not_filled_and_clients_are_limited(
    identity: Identity, rest: httpx.AsyncClient, mailer: MemoryMailer, clock: FixedClock
) -> None:
    ended = []
    for _ in range(5):
        await rest.post(FORGOT, json={"email": "per@example.org"})
        ended += await delivered(identity)
    assert ended == ["sent", "sent", "sent", "nobody", "nobody"]
    for _ in range(5):
        await rest.post(VALIDATE, json={"token": "x"})
    refused = await rest.post(FORGOT, json={"email": "per@example.org"})
    assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
    clock.forward(hours=1)
    await rest.post(FORGOT, json={"email": "per@example.org"})
    assert await delivered(identity) == ["sent"]
    assert len(mailer.sent) == 4


async def test_a_letter_that_was_not_sent_is_written_anew(
    identity: Identity, rest: httpx.AsyncClient, jobs: MemoryJobs, mailer: MemoryMailer
) -> None:
    await rest.post(FORGOT, json={"email": "per@example.org"})
    (job,) = jobs.enqueued
    mailer.refusals = [MailNotSent("away")]
    with pytest.raises(MailNotSent):
        await write_and_send(identity.house, Kind.PASSWORD_RESET, job.arguments[1], job.id)
    (first,) = await identity.world.all(rows.PasswordReset)
    assert await delivered(identity) == ["sent"]
    (second,) = await identity.world.all(rows.PasswordReset)
    assert (first.id, first.digest == second.digest) == (second.id, False)
    token = mailer.sent[0].text.split("#token=")[1].split()[0]
    assert (await rest.post(RESET, json=new(token))).status_code == 200


async def test_a_reset_unlocks_the_account_and_leaves_the_second_factor(
    identity: Identity, rest: httpx.AsyncClient
) -> None:
    world = identity.world
    now, per = world.house.clock.now(), world.publisher.user_id
    seed = seal(identity.house.keys, "JBSWY3DPEHPK3PXP", table="totp_seed", row_id="s", column="seed")
    await world.put(rows.TotpSeed(id="s", user_id=per, seed=seed, begun_at=now, confirmed_at=now))
    await identity.change(rows.User, per, totp_since=now)
    device = rows.Device(
        user_id=per, digest="d", user_agent="", created_at=now, last_used_at=now, expires_at=now.replace(year=2027)
    )
    await world.put(device)
    for _ in range(5):
        await rest.post("/api/auth/login/", json={"username": "per", "password": "Wrong-password-1"})
    assert (await rest.post(RESET, json=new(await token_for(identity, rest)))).status_code == 200
    refused = await rest.post("/api/auth/login/", json={"username": "per", "password": NEW})
    assert (refused.status_code, refused.json()["code"]) == (401, "AUTHENTICATION_FAILED"), "the code is asked for"
    (kept,) = await world.all(rows.Device)
    assert kept.revoked_at == now


async def test_without_a_mail_server_the_operator_hands_over_a_link(
    identity: Identity, rest: httpx.AsyncClient
) -> None:
    object.__setattr__(identity.house, "mailer", None)
    assert (await rest.post(FORGOT, json={"email": "per@example.org"})).status_code == 200
    assert await delivered(identity) == ["no server"]
    issued = await reset_link(identity.house, "PER@example.org")
    assert issued.link.startswith("http://127.0.0.1:8000/reset-password#token=")
    with pytest.raises(NoSuchPerson):
        await reset_link(identity.house, "nobody")
    graph, token = Graph(identity.house, "planned"), issued.link.partition("#token=")[2]
    check = "mutation($t: String!) { checkPasswordResetToken(input: {token: $t}) { expiresAt userErrors { code } } }"
    told = await graph.ask(None, check, t=token)
    assert told["checkPasswordResetToken"] == {"expiresAt": "2026-11-21T12:30:00.000000Z", "userErrors": []}
    wanted = {"token": token, "newPassword": NEW, "newPasswordConfirm": NEW}
    reset = "mutation($i: ResetPasswordInput!) { resetPassword(input: $i) { done userErrors { code } } }"
    told = [await graph.ask(None, reset, i=wanted) for _ in range(2)]
    assert [t["resetPassword"] for t in told] == [
        {"done": True, "userErrors": []}, {"done": False, "userErrors": [{"code": "INVALID_RESET_TOKEN"}]},
    ]  # fmt: skip
    lines = [(e.action, e.actor_name) for e in await identity.world.all(rows.Audit)]
    assert lines[-2:] == [("password.reset_of", "operator"), ("password.reset", "anonymous")]


async def test_an_address_that_is_taken_is_told_to_its_owner(
    identity: Identity, rest: httpx.AsyncClient, mailer: MemoryMailer
) -> None:
    wanted = {
        "username": "other", "password": NEW, "password_confirm": NEW, "email": "per@example.org", "organization": "X"
    }  # fmt: skip
    assert (await rest.post("/api/auth/register/", json=wanted)).status_code == 201
    assert await delivered(identity) == ["sent"]
    assert (mailer.sent[0].to, mailer.sent[0].subject) == ("per@example.org", "Somebody registered with your address")
