"""`casegraph create-admin`, as it is typed."""

import io
import json
import os
from pathlib import Path

import pytest

from cli import people
from foundation.errors import CommandRefused
from models import tables as rows
from tests.identity.conftest import Identity


async def test_an_administrator_is_made(identity: Identity) -> None:
    made = await people.create_admin(identity.house, name="root", organization="Ground", platform=True)
    told = json.loads(people.as_json(made))
    assert told == {
        "id": made.user.id,
        "name": "root",
        "email": None,
        "role": "admin",
        "platformAdmin": True,
        "organization": {"id": made.organization.id, "name": "Ground"},
        "mustChangePassword": True,
        "oneTimePassword": made.one_time_password,
    }
    assert people.as_text(made).splitlines() == [
        "root is an administrator of Ground.",
        "And of the whole installation.",
        f"One-time password, shown this once: {made.one_time_password}",
    ]
    assert (await identity.login("root", made.one_time_password or "")).account.user.must_change_password


async def test_a_given_password_is_not_shown(identity: Identity) -> None:
    made = await people.create_admin(
        identity.house, name="root", organization="Operator", password="a-lasting-password-7"
    )
    assert people.as_text(made) == "root is an administrator of Operator."
    assert "lasting" not in people.as_json(made)
    audit = await identity.world.all(rows.Audit)
    assert [(e.actor_name, e.action, e.request_id) for e in audit] == [
        ("operator", "user.create", "casegraph create-admin")
    ]  # fmt: skip


def test_a_password_comes_from_a_pipe_or_a_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PIPE_WAIT_S", 0.01)

    def piped(text: str | None) -> str | None:
        reading, writing = os.pipe()
        if text is not None:
            os.write(writing, text.encode())
            os.close(writing)
        try:
            with os.fdopen(reading) as stream:
                return people.given_password(stream, insist=False)
        finally:
            if text is None:
                os.close(writing)

    assert piped("a-lasting-password-7\n") == "a-lasting-password-7"
    assert piped(" kept as it is \r\nand no more\n") == " kept as it is "
    assert piped("") is None
    assert piped(None) is None, "a silent pipe is not waited for"
    file = tmp_path / "password"
    file.write_text("from-a-file-7\n")
    with file.open() as stream:
        assert people.given_password(stream, insist=False) == "from-a-file-7"
    with open(os.devnull) as stream:
        assert people.given_password(stream, insist=False) is None
    assert people.given_password(io.StringIO("x\n"), insist=False) is None
    with pytest.raises(CommandRefused):
        people.given_password(io.StringIO(""), insist=True)
    assert people.given_password(io.StringIO("x\n"), insist=True) == "x"
