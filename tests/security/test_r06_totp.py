"""R6: a second factor is set up by its owner alone, each code works once, and guessing ends after five tries."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app import make_app
from cli.remove_totp import remove_totp
from foundation.clock import FixedClock
from foundation.errors import NotFound, Refusal
from foundation.ids import to_global
from foundation.settings import RequireTotp
from models import tables as rows
from resolvers.identities import recheck
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.access.duties import PasswordChangeRequired
from rules.access.personal_data import unseal
from rules.access.totp import TotpEnrolmentRequired, TotpNotEnrolled
from rules.access.viewer import Duty
from tests.graph.asking import Graph
from tests.identity.conftest import PASSWORD, Identity
from tests.security.authenticator import BEGIN, CONFIRM, Authenticator, enrolled, mutate
from tests.security.doors import browsing

REMOVE = """mutation($password: String!) { disableTotp(input: {password: $password}) {
  viewer { hasTotp recoveryCodesLeft devices { totalCount } } userErrors { field code } } }"""
REGENERATE = """mutation($password: String!) { regenerateRecoveryCodes(input: {password: $password}) {
  recoveryCodes viewer { recoveryCodesLeft } userErrors { field code } } }"""
REVOKE = """mutation($id: ID!) { revokeDevice(input: {id: $id}) { device { revokedAt } userErrors { field code } } }"""
DEVICES = """{ viewer { devices { edges { node { id userAgent createdAt expiresAt revokedAt } } } } }"""
LOGIN = """mutation($input: LoginInput!) { login(input: $input) {
  tokens { access } deviceToken userErrors { field code } } }"""


async def outcome(identity: Identity, name: str = "Per", password: str = PASSWORD, **given: Any) -> str:
    try:
        await identity.login(name, password, **given)
    except Refusal as refusal:
        return refusal.code
    return "in"


async def lines(identity: Identity, action: str) -> list[tuple[str, str, str | None]]:
    """(outcome, who, code) of each audit line of an action."""
    found = await identity.world.all(rows.Audit, rows.Audit.action == action)
    return [(e.outcome, e.actor_name, e.details.get("code") or e.details.get("step")) for e in found]


async def test_it_is_set_up_in_two_steps(identity: Identity) -> None:
    per = identity.world.publisher
    viewer = await identity.admit((await identity.login()).access_token)
    wrong = await mutate(identity, viewer, BEGIN, password="Wrong-password-1")
    assert wrong == {
        "secret": None, "uri": None, "picture": None,
        "userErrors": [{"field": "password", "code": "INVALID_CREDENTIALS"}],
    }  # fmt: skip
    begun = await mutate(identity, viewer, BEGIN, password=PASSWORD)
    assert (len(begun["secret"]), begun["userErrors"]) == (32, [])
    assert begun["uri"] == f"otpauth://totp/casegraph:Per?secret={begun['secret']}&issuer=casegraph"
    assert begun["picture"].startswith("data:image/svg+xml;charset=utf-8,%3Csvg")
    assert await outcome(identity) == "in", "nothing is asked for until it is confirmed"
    phone = Authenticator(identity.house.clock, viewer, begun["secret"])
    refused = await mutate(identity, viewer, CONFIRM, code=phone.wrong())
    assert refused == {
        "recoveryCodes": None, "viewer": None, "userErrors": [{"field": "code", "code": "TOTP_INVALID"}]
    }  # fmt: skip
    done = await mutate(identity, viewer, CONFIRM, code=phone.code())
    assert (len(set(done["recoveryCodes"])), done["viewer"]) == (10, {"hasTotp": True, "recoveryCodesLeft": 10})
    assert await outcome(identity) == "TOTP_REQUIRED"
    assert await outcome(identity, totp_code=phone.code()) == "TOTP_INVALID", "it confirmed, so it is spent"
    again = await mutate(identity, viewer, BEGIN, password=PASSWORD)
    assert again["userErrors"] == [{"field": None, "code": "TOTP_ENROLLED"}]
    assert await lines(identity, "totp.enrol") == [
        ("refused", "Per", "INVALID_CREDENTIALS"), ("done", "Per", "begun"), ("refused", "Per", "TOTP_INVALID"),
        ("done", "Per", "confirmed"), ("refused", "Per", "TOTP_ENROLLED"),
    ]  # fmt: skip
    (seed,) = await identity.world.all(rows.TotpSeed)
    assert unseal(identity.house.keys, seed.seed, table="totp_seed", row_id=seed.id, column="seed") == begun["secret"]
    kept = [
        str(value)
        for model in (rows.Audit, rows.TotpSeed, rows.RecoveryCode, rows.User)
        for row in await identity.world.all(model)
        for value in row.model_dump().values()
    ]
    for secret in (begun["secret"], *done["recoveryCodes"], PASSWORD):
        assert not any(secret in value for value in kept), "nothing readable lies in the database"
    (user,) = await identity.world.all(rows.User, rows.User.id == per.user_id)
    assert user.totp_since == identity.house.clock.now()


async def test_an_enrolment_waits_ten_minutes_and_the_last_one_begun_counts(
    identity: Identity, clock: FixedClock
) -> None:
    viewer = await identity.admit((await identity.login()).access_token)
    nothing = await mutate(identity, viewer, CONFIRM, code="000000")
    assert nothing["userErrors"] == [{"field": None, "code": "TOTP_ENROLMENT_OVER"}]
    first, second = [(await mutate(identity, viewer, BEGIN, password=PASSWORD))["secret"] for _ in range(2)]
    old, new = [Authenticator(clock, viewer, seed) for seed in (first, second)]
    assert (await mutate(identity, viewer, CONFIRM, code=old.code()))["userErrors"][0]["code"] == "TOTP_INVALID"
    clock.forward(minutes=10)
    assert (await mutate(identity, viewer, CONFIRM, code=new.code()))["userErrors"][0]["code"] == "TOTP_ENROLMENT_OVER"
    assert await outcome(identity) == "in"


async def test_a_session_is_made_for_password_and_code_together(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    before = await identity.world.counts()
    assert await outcome(identity) == "TOTP_REQUIRED"
    assert await outcome(identity, totp_code="") == "TOTP_REQUIRED"
    assert await outcome(identity, password="Wrong-password-1", totp_code=phone.code(1)) == "INVALID_CREDENTIALS"
    assert await outcome(identity, totp_code=phone.wrong()) == "TOTP_INVALID"
    counts = await identity.world.counts()
    assert counts == {**before, "audit": before["audit"] + 4, "failed_sign_in": 1}
    clock.forward(seconds=30)
    signed_in = await identity.login(totp_code=f" {phone.code()[:3]} {phone.code()[3:]} ")
    assert (await identity.admit(signed_in.access_token)).user_id == identity.world.publisher.user_id
    assert signed_in.device_token is None
    said = (await identity.world.all(rows.Audit))[-1]
    assert (said.action, said.outcome, said.details["second_factor"]) == ("session.sign_in", "done", "totp")
    assert await identity.world.all(rows.FailedSignIn) == []


async def test_one_step_to_each_side_is_accepted_and_each_step_once(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(minutes=10)
    for steps, expected in (
        (-2, "TOTP_INVALID"), (2, "TOTP_INVALID"), (-1, "in"), (-1, "TOTP_INVALID"), (0, "in"), (1, "in"),
        (0, "TOTP_INVALID"),
    ):  # fmt: skip
        assert await outcome(identity, totp_code=phone.code(steps)) == expected, steps
    clock.forward(seconds=30)
    assert await outcome(identity, totp_code=phone.code()) == "TOTP_INVALID", "taken early, and not taken again"
    clock.forward(seconds=30)
    assert await outcome(identity, totp_code=phone.code()) == "in"


@pytest.mark.parametrize("means", ["code", "recovery code"])
async def test_ten_twins_with_one_code_make_one_session(identity: Identity, clock: FixedClock, means: str) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    code = phone.code() if means == "code" else phone.recovery_codes[3]
    sessions = len(await identity.world.all(rows.LoginSession))
    answers = await asyncio.gather(*(outcome(identity, totp_code=code) for _ in range(10)))
    assert sorted(set(answers)) in (["TOTP_INVALID", "in"], ["RATE_LIMITED", "TOTP_INVALID", "in"])
    assert answers.count("in") == 1
    assert len(await identity.world.all(rows.LoginSession)) == sessions + 1


async def test_what_is_no_code_is_a_wrong_one(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    for code in ("12345", "1234567", "12345a", "１２３４５６", "٠١٢٣٤٥", "\0", "\ud800", "x" * 5000, "-"):
        assert await outcome(identity, totp_code=code) == "TOTP_INVALID"
        clock.forward(minutes=15)
    assert await outcome(identity, totp_code=phone.code()) == "in"


async def test_five_wrong_codes_lock_the_account_with_the_wrong_passwords(
    identity: Identity, clock: FixedClock
) -> None:
    """And a right password without a code neither adds to the count nor begins a new one."""
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    wrong = phone.wrong()
    tries = [
        {"totp_code": wrong}, {}, {"password": "Wrong-password-1"}, {"totp_code": wrong}, {}, {"totp_code": wrong},
        {"totp_code": wrong}, {"totp_code": phone.code()}, {},
    ]  # fmt: skip
    assert [await outcome(identity, **given) for given in tries] == [
        "TOTP_INVALID", "TOTP_REQUIRED", "INVALID_CREDENTIALS", "TOTP_INVALID", "TOTP_REQUIRED", "TOTP_INVALID",
        "TOTP_INVALID", "RATE_LIMITED", "RATE_LIMITED",
    ]  # fmt: skip
    # The lock is on signing in and on proving the password; the session that was open goes on.
    assert await recheck(identity.house, phone.viewer) == phone.viewer
    told = await Graph(identity.house, "planned").tell(phone.viewer, REMOVE, password=PASSWORD)
    assert told.codes == {"disableTotp": "RATE_LIMITED"}
    clock.forward(minutes=15)
    assert await outcome(identity, totp_code=phone.code()) == "in"


async def test_of_sixty_codes_guessed_at_once_five_are_answered(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    wrong = phone.wrong()
    answers = await asyncio.gather(*(outcome(identity, totp_code=wrong) for _ in range(60)))
    assert sorted(answers) == ["RATE_LIMITED"] * 55 + ["TOTP_INVALID"] * 5
    assert await outcome(identity, totp_code=phone.code()) == "RATE_LIMITED"


async def test_a_recovery_code_stands_for_a_code_once(identity: Identity) -> None:
    phone = await enrolled(identity)
    first, second, *_ = phone.recovery_codes
    assert await outcome(identity, totp_code=first) == "in"
    assert await outcome(identity, totp_code=first) == "TOTP_INVALID"
    assert await outcome(identity, totp_code=second.replace("-", " ").upper()) == "in", "however it is written"
    assert await outcome(identity, "Ada", totp_code=phone.recovery_codes[2]) == "in", "Ada has no second factor"
    await enrolled(identity, "Ada")
    assert await outcome(identity, "Ada", totp_code=phone.recovery_codes[2]) == "TOTP_INVALID", "it is not hers"
    left = await Graph(identity.house, "planned").ask(phone.viewer, "{ viewer { hasTotp recoveryCodesLeft } }")
    assert left == {"viewer": {"hasTotp": True, "recoveryCodesLeft": 8}}
    wrong = await mutate(identity, phone.viewer, REGENERATE, password="Wrong-password-1")
    assert (wrong["recoveryCodes"], wrong["userErrors"]) == (
        None, [{"field": "password", "code": "INVALID_CREDENTIALS"}]
    )  # fmt: skip
    new = await mutate(identity, phone.viewer, REGENERATE, password=PASSWORD)
    assert (len(new["recoveryCodes"]), new["viewer"]) == (10, {"recoveryCodesLeft": 10})
    assert await outcome(identity, totp_code=phone.recovery_codes[4]) == "TOTP_INVALID"
    assert await outcome(identity, totp_code=new["recoveryCodes"][0]) == "in"


async def test_a_remembered_device_stands_for_the_code(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    kept = await identity.login(totp_code=phone.code(), remember_device=True, user_agent="Browser")
    assert kept.device_token and kept.device_token.startswith("cgd_")
    (device,) = await identity.world.all(rows.Device)
    assert kept.device_token not in str(device.model_dump())
    again = await identity.login(device_token=kept.device_token, remember_device=True)
    assert again.device_token is None, "it is remembered already"
    for given in ({"device_token": "cgd_" + "A" * 43}, {"device_token": "x" * 5000}, {"device_token": ""}):
        assert await outcome(identity, **given) == "TOTP_REQUIRED"
    assert await outcome(identity, password="Wrong-password-1", device_token=kept.device_token) == "INVALID_CREDENTIALS"
    await enrolled(identity, "Ada")
    assert await outcome(identity, "Ada", device_token=kept.device_token) == "TOTP_REQUIRED", "it is not hers"
    listed = (await Graph(identity.house, "planned").ask(phone.viewer, DEVICES))["viewer"]["devices"]["edges"]
    assert listed == [
        {
            "node": {
                "id": to_global("Device", device.id),
                "userAgent": "Browser",
                "createdAt": "2026-11-21T12:00:30.000000Z",
                "expiresAt": "2026-12-21T12:00:30.000000Z",
                "revokedAt": None,
            }
        }
    ]
    for viewer in (identity.world.admin, identity.world.stranger):
        refused = await mutate(identity, viewer, REVOKE, id=to_global("Device", device.id))
        assert refused["userErrors"] == [{"field": "id", "code": "DEVICE_NOT_FOUND"}]
    assert await outcome(identity, device_token=kept.device_token) == "in"
    for _ in range(2):
        done = await mutate(identity, phone.viewer, REVOKE, id=to_global("Device", device.id))
        assert done["device"] == {"revokedAt": "2026-11-21T12:00:30.000000Z"}
    assert await outcome(identity, device_token=kept.device_token) == "TOTP_REQUIRED"
    assert (await Graph(identity.house, "planned").ask(phone.viewer, DEVICES))["viewer"]["devices"]["edges"] == []


async def test_a_device_is_remembered_for_thirty_days(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    token = (await identity.login(totp_code=phone.code(), remember_device=True)).device_token
    clock.forward(days=30, seconds=-1)
    assert await outcome(identity, device_token=token) == "in"
    clock.forward(seconds=1)
    assert await outcome(identity, device_token=token) == "TOTP_REQUIRED"
    clock.forward(seconds=30)
    assert await outcome(identity, device_token=token, totp_code=phone.code()) == "in"


async def test_it_is_given_up_for_the_password(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    token = (await identity.login(totp_code=phone.code(), remember_device=True)).device_token
    refused = await mutate(identity, phone.viewer, REMOVE, password="Wrong-password-1")
    assert refused == {"viewer": None, "userErrors": [{"field": "password", "code": "INVALID_CREDENTIALS"}]}
    done = await mutate(identity, phone.viewer, REMOVE, password=PASSWORD)
    assert done["viewer"] == {"hasTotp": False, "recoveryCodesLeft": 0, "devices": {"totalCount": 0}}
    again = await mutate(identity, phone.viewer, REMOVE, password=PASSWORD)
    assert again["userErrors"] == [{"field": None, "code": "TOTP_NOT_ENROLLED"}]
    assert (await identity.world.all(rows.TotpSeed), await identity.world.all(rows.RecoveryCode)) == ([], [])
    assert await outcome(identity) == "in"
    await enrolled(identity)
    assert await outcome(identity, device_token=token) == "TOTP_REQUIRED", "what was remembered went with it"


async def test_the_operator_takes_it_away_in_the_open(identity: Identity) -> None:
    await enrolled(identity)
    assert await remove_totp(identity.house, name="per@example.org") == "Per"
    assert await outcome(identity) == "in"
    for name, refusal in (("Per", TotpNotEnrolled), ("nobody", NotFound)):
        with pytest.raises(refusal):
            await remove_totp(identity.house, name=name)
    assert await lines(identity, "totp.remove_of") == [
        ("done", "operator", None), ("refused", "operator", "TOTP_NOT_ENROLLED"),
        ("refused", "operator", "RESOURCE_NOT_FOUND"),
    ]  # fmt: skip


async def test_over_rest_it_is_a_401_that_says_what_is_missing(
    identity: Identity, rest: httpx.AsyncClient, clock: FixedClock
) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    asked = {"username": "Per", "password": PASSWORD}
    missing = await rest.post("/api/auth/login/", json=asked)
    wrong = await rest.post("/api/auth/login/", json={**asked, "totp_code": phone.wrong()})
    told = [(a.status_code, a.json()["code"], a.json().get("totp_required")) for a in (missing, wrong)]
    assert told == [(401, "AUTHENTICATION_FAILED", True), (401, "AUTHENTICATION_FAILED", None)]
    right = await rest.post("/api/auth/login/", json={**asked, "totp_code": phone.code(), "remember_device": True})
    assert (right.status_code, set(right.json())) == (200, {"success", "tokens", "user", "device_token"})
    known = await rest.post("/api/auth/login", json={**asked, "device_token": right.json()["device_token"]})
    assert (known.status_code, set(known.json())) == (200, {"success", "tokens", "user"})


async def test_over_graphql_it_is_a_user_error(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    asked = {"username": "Per", "password": PASSWORD}
    for given, code in (({}, "TOTP_REQUIRED"), ({"totpCode": phone.wrong()}, "TOTP_INVALID")):
        told = await mutate(identity, None, LOGIN, input=asked | given)
        assert told == {"tokens": None, "deviceToken": None, "userErrors": [{"field": "totpCode", "code": code}]}
    told = await mutate(identity, None, LOGIN, input=asked | {"totpCode": phone.code(), "rememberDevice": True})
    assert (told["userErrors"], bool(told["tokens"])) == ([], True)
    told = await mutate(identity, None, LOGIN, input=asked | {"deviceToken": told["deviceToken"]})
    assert (told["userErrors"], bool(told["tokens"]), told["deviceToken"]) == ([], True, None)


CHANGE = """mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }"""


async def test_a_new_password_forgets_the_devices_and_keeps_the_second_factor(
    identity: Identity, clock: FixedClock
) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    token = (await identity.login(totp_code=phone.code(), remember_device=True)).device_token
    new = "Another-horse-10"
    asked = {"currentPassword": PASSWORD, "newPassword": new, "newPasswordConfirm": new}
    assert (await mutate(identity, phone.viewer, CHANGE, input=asked))["userErrors"] == []
    assert await outcome(identity, password=new, device_token=token) == "TOTP_REQUIRED"
    clock.forward(seconds=30)
    assert await outcome(identity, password=new, totp_code=phone.code()) == "in"


ME = "{ viewer { mustSetUpTotp hasTotp user { name } } }"
CASES = "{ investigations { totalCount } }"


def demanding(identity: Identity, demand: str) -> Identity:
    settings = identity.house.settings.model_copy(update={"require_totp": RequireTotp(demand)})
    return Identity(replace(identity.world, house=replace(identity.house, settings=settings)))


@pytest.mark.parametrize(
    ("demand", "meant"), [("none", set()), ("admins", {"Ada"}), ("all", {"Ada", "Per"})], ids=["none", "admins", "all"]
)
async def test_where_it_is_demanded_nothing_else_is_open_before(
    identity: Identity, clock: FixedClock, demand: str, meant: set[str]
) -> None:
    strict = demanding(identity, demand)
    graph = Graph(strict.house, "planned")
    for name in ("Ada", "Per"):
        token = (await strict.login(name)).access_token
        viewer = await strict.admit(token)
        told = await graph.ask(viewer, ME)
        assert told == {"viewer": {"mustSetUpTotp": name in meant, "hasTotp": False, "user": {"name": name}}}
        if name not in meant:
            assert (await graph.tell(viewer, CASES)).codes == {}
            continue
        for document, variables in (
            (CASES, {}), (REGENERATE, {"password": PASSWORD}), ("{ viewer { sessions { totalCount } } }", {}),
        ):  # fmt: skip
            refused = await graph.tell(viewer, document, **variables)
            assert list(refused.codes.values()) == ["FORBIDDEN"], document
        phone = Authenticator(clock, viewer)
        phone.seed = (await mutate(strict, viewer, BEGIN, password=PASSWORD))["secret"]
        done = await mutate(strict, viewer, CONFIRM, code=phone.code())
        assert done["viewer"] == {"hasTotp": True, "recoveryCodesLeft": 10}
        assert (await graph.tell(await strict.admit(token), CASES)).codes == {}, "at once, in the same session"


async def test_who_has_a_password_to_change_too_is_told_of_it_first(identity: Identity, clock: FixedClock) -> None:
    strict, per = demanding(identity, "all"), identity.world.publisher.user_id
    await strict.change(rows.User, per, must_change_password=True)
    token = (await strict.login()).access_token
    viewer = await strict.admit(token)
    with pytest.raises(PasswordChangeRequired):
        Operation(strict.house, viewer).check(Action.GRAPH_READ)
    phone = Authenticator(clock, viewer)
    phone.seed = (await mutate(strict, viewer, BEGIN, password=PASSWORD))["secret"]
    done = await mutate(strict, viewer, CONFIRM, code=phone.code())
    assert (len(done["recoveryCodes"]), done["viewer"]) == (10, None)
    assert (await strict.admit(token)).duties == {Duty.PASSWORD}
    await strict.change(rows.User, per, must_change_password=False, totp_since=None)
    strict.house.standings.clear()
    with pytest.raises(TotpEnrolmentRequired):
        Operation(strict.house, await strict.admit(token)).check(Action.GRAPH_READ)


async def test_sessions_and_devices_tell_what_signed_in(identity: Identity, clock: FixedClock) -> None:
    phone = await enrolled(identity)
    clock.forward(seconds=30)
    asked = {"username": "Per", "password": PASSWORD, "totpCode": phone.code(), "rememberDevice": True}
    async with browsing(make_app(identity.house, working=False)) as client:
        document = {"query": LOGIN, "variables": {"input": asked}}
        answer = await client.post("/graphql", json=document, headers={"user-agent": "Console/2"})
    assert answer.json()["data"]["login"]["userErrors"] == []
    (device,) = await identity.world.all(rows.Device)
    agents = [session.user_agent for session in await identity.world.all(rows.LoginSession)]
    assert (device.user_agent, sorted(agents)) == ("Console/2", ["", "Console/2"])
