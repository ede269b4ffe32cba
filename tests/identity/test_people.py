"""Making people at the shell."""

import asyncio

import pytest

from foundation.errors import Forbidden, InvalidInput, Refusal
from models import tables as rows
from resolvers import people
from resolvers.attempts import InvalidCredentials
from resolvers.operation import Operation
from resolvers.people import OPERATOR, EmailTaken, NameTaken, NewPerson
from rules.access.person import Personal
from rules.access.viewer import Role
from tests.identity.conftest import Identity


async def person(identity: Identity, name: str = "root", **more: object) -> NewPerson:
    given = {"organization": "Operator", "role": Role.ADMIN, **more}
    return await people.create_person(Operation(identity.house, OPERATOR), name=name, **given)  # type: ignore[arg-type]


async def test_a_one_time_password_signs_in_and_wants_to_be_changed(identity: Identity) -> None:
    made = await person(identity, email="Root@Example.org", organization="New Ground", is_platform_admin=True)
    assert made.one_time_password is not None
    assert (made.user.name, made.user.name_key, made.personal, made.user.role) == (
        "root", "root", Personal("Root@Example.org", "", ""), "admin",
    )  # fmt: skip
    assert (made.organization.name, made.user.organization_id) == ("New Ground", made.organization.id)
    signed_in = await identity.login("root@example.org", made.one_time_password)
    assert signed_in.account.user.must_change_password
    viewer = await identity.admit(signed_in.access_token)
    assert (viewer.role, viewer.is_platform_admin) == (Role.ADMIN, True)
    line = (await identity.world.all(rows.Audit))[0]
    assert (line.action, line.actor_name, line.details) == (
        "user.create", "operator",
        {"role": "admin", "is_platform_admin": True, "organization": made.organization.id},
    )  # fmt: skip


async def test_a_given_password_lasts(identity: Identity) -> None:
    made = await person(identity, password="a-lasting-password-7")
    assert made.one_time_password is None
    assert made.organization.id == identity.world.operator.id
    assert not (await identity.login("root", "a-lasting-password-7")).account.user.must_change_password


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a@b.org"}),
        ("name", {"name": "a:b"}),
        ("name", {"name": "a b"}),
        ("name", {"name": ".a"}),
        ("name", {"name": "a\0"}),
        ("name", {"name": "a\ud800"}),
        ("name", {"name": "x" * 65}),
        ("email", {"email": "nobody"}),
        ("email", {"email": "a@b\r\nBcc: c@d.org"}),
        ("email", {"email": "a..b@c.org"}),
        ("email", {"email": "x" * 250 + "@b.org"}),
        ("organization", {"organization": ""}),
        ("organization", {"organization": "a\0b"}),
        ("organization", {"organization": "x" * 201}),
        ("password", {"password": "short"}),
        ("password", {"password": "password123"}),
    ],
)
async def test_what_is_no_person_is_refused(identity: Identity, field: str, given: dict[str, object]) -> None:
    before = await identity.world.counts()
    with pytest.raises(InvalidInput) as refused:
        await person(identity, **given)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert await identity.world.counts() == before


async def test_names_and_addresses_are_given_once(identity: Identity) -> None:
    before = await identity.world.counts()
    with pytest.raises(NameTaken):
        await person(identity, "PER")
    with pytest.raises(EmailTaken):
        await person(identity, "other", email="PER@example.org")
    assert await identity.world.counts() == before | {"audit": before["audit"] + 2}


async def test_of_twins_made_at_once_one_is_made(identity: Identity) -> None:
    answers = await asyncio.gather(*(person(identity, "twin") for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, NewPerson) for answer in answers) == 1
    assert all(isinstance(answer, (NewPerson, Refusal)) for answer in answers)
    assert len(await identity.world.all(rows.User, rows.User.name_key == "twin")) == 1


async def test_an_administrator_makes_people_at_home_alone(identity: Identity) -> None:
    op, world = identity.world.op(identity.world.admin), identity.world
    made = await people.create_person(op, name="new", organization="Operator")
    assert (made.user.role, made.user.organization_id) == ("viewer", world.operator.id)
    for organization in ("Partner", "Elsewhere"):
        with pytest.raises(Forbidden):
            await people.create_person(op, name="newer", organization=organization)
    with pytest.raises(Forbidden):
        await people.create_person(op, name="newer", organization="Operator", is_platform_admin=True)
    with pytest.raises(Forbidden):
        await people.create_person(world.op(), name="newer", organization="Operator")
    assert {o.name for o in await world.all(rows.Organization)} == {"Operator", "Partner"}
    with pytest.raises(InvalidCredentials):
        await identity.login("newer")
