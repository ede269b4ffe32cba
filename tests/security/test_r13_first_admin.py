"""R13: no account is there by itself; the first is made at the shell, and its one-time password opens nothing else."""

import httpx

from cli import people
from models import tables as rows
from resolvers.operation import House
from resolvers.people import NewPerson
from rules.access.actions import MEANWHILE, TABLE, Grant
from schema.marks import action_of, roots
from tests.graph.asking import SCHEMA, Graph
from tests.identity.conftest import Identity
from tests.security.samples import call

CHANGE = """mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
  viewer { mustChangePassword user { name } } userErrors { field code } } }"""
WHO = "{ viewer { mustChangePassword role user { name organization { name } } organization { name } } }"
MORE = (
    "{ viewer { organization { users { edges { node { name } } } } } }",
    "{ viewer { user { assignedInvestigations { edges { node { ref } } } } } }",
    "{ viewer { ...on Viewer { sessions { edges { node { id } } } } } }",
    "{ viewer { ...Deep } } fragment Deep on Viewer { o: organization { apiKeys { totalCount } } }",
)


async def root(identity: Identity) -> NewPerson:
    return await people.create_admin(identity.house, name="root", organization="Operator", platform=True)


async def test_an_empty_installation_has_nobody_in_it(house: House) -> None:
    async with house.database.reading() as session:
        assert await session.scalar(rows.User.__table__.select().with_only_columns(rows.User.id)) is None  # type: ignore[attr-defined]


async def test_until_the_password_is_changed_everything_else_is_refused(
    identity: Identity, rest: httpx.AsyncClient
) -> None:
    made = await root(identity)
    assert made.one_time_password
    signed_in = await identity.login("root", made.one_time_password)
    viewer, graph = await identity.admit(signed_in.access_token), Graph(identity.house, "planned")
    known = {"name": "Operator"}
    assert await graph.ask(viewer, WHO) == {
        "viewer": {
            "mustChangePassword": True, "role": "ADMIN", "user": {"name": "root", "organization": known},
            "organization": known,
        }
    }  # fmt: skip
    for document in MORE:
        assert (await graph.tell(viewer, document)).codes == {"viewer": "FORBIDDEN"}, document
    for kind, name, definition in roots(SCHEMA._schema):
        action = action_of(definition)
        assert action is not None
        if kind == "subscription" or action in MEANWHILE or TABLE[action][0] is Grant.ANYONE:
            continue
        document, variables = call(kind, name, definition)
        told = await graph.tell(viewer, document, **variables)
        assert set(told.codes.values()) == {"FORBIDDEN"}, name
    headers = {"authorization": f"Bearer {signed_in.access_token}"}
    assert (await rest.get("/api/auth/verify/", headers=headers)).status_code == 200
    refused = await rest.get("/api/auth/sessions/", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "PASSWORD_CHANGE_REQUIRED")
    wanted = {"newPassword": "My-own-words-7", "newPasswordConfirm": "My-own-words-7"}
    told = await graph.ask(viewer, CHANGE, input={"currentPassword": made.one_time_password, **wanted})
    assert told["changePassword"]["userErrors"] == []
    viewer = await identity.admit(signed_in.access_token)
    assert viewer.duties == frozenset()
    assert (await graph.tell(viewer, MORE[0])).codes == {}
    assert (await rest.get("/api/auth/sessions/", headers=headers)).status_code == 200
    again = await rest.post("/api/auth/login/", json={"username": "root", "password": made.one_time_password})
    assert again.status_code == 400


async def test_the_same_in_the_reference(identity: Identity) -> None:
    made = await root(identity)
    signed_in = await identity.login("root", made.one_time_password or "")
    viewer, graph = await identity.admit(signed_in.access_token), Graph(identity.house, "plain")
    assert (await graph.ask(viewer, "{ viewer { mustChangePassword } }")) == {"viewer": {"mustChangePassword": True}}
    for document in MORE:
        assert (await graph.tell(viewer, document)).codes == {"viewer": "FORBIDDEN"}, document
