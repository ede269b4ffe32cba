"""Letters by the engine and a real mail server: tried again when it is busy, and nothing of them kept anywhere."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from foundation.errors import CommandRefused
from gateways.mailer import SmtpMailer, server_of
from gateways.ports import Letter, MailNotSent
from models import tables as rows
from resolvers import resets
from resolvers.operation import House, Operation
from rules.access.viewer import ANONYMOUS
from tests.engine.conftest import until
from tests.world import World
from workers import mail, runtime


class Postbox:
    """A mail server's mailbox that is busy for the first `busy` letters."""

    def __init__(self) -> None:
        self.busy = 0
        self.answer = "451 Busy with <per@example.org>"
        self.received: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.busy:
            self.busy -= 1
            return self.answer
        self.received.append(envelope.content)
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with socket.socket() as free:  # aiosmtpd calls itself up, so it has to be told a port
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def mailer(house: House, port: int, options: str = "") -> SmtpMailer:
    url = f"smtp://127.0.0.1:{port}?from=casegraph@example.net{options}"
    return SmtpMailer(server_of(url, public_url="https://cases.example.net"), house.clock)


async def test_a_letter_is_tried_again_and_leaves_no_trace(
    world: World, postbox: tuple[Postbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, port = postbox
    box.busy = 2
    monkeypatch.setattr(mail, "FIRST_PAUSE_S", 0.01)
    house = replace(world.house, mailer=mailer(world.house, port))
    await runtime.start(house)
    try:
        await resets.request_reset(Operation(house, ANONYMOUS), email="per@example.org")

        async def arrived() -> bool:
            return bool(box.received)

        await until(arrived)
    finally:
        await runtime.stop(drain_s=1)
    message = message_from_bytes(box.received[0], policy=policy.default)
    assert (message["from"], message["to"], message["subject"]) == (
        "casegraph@example.net", "per@example.org", "Choose a new password",
    )  # fmt: skip
    assert message["message-id"].endswith("@example.net>")
    body = message.get_content()
    token = body.split("#token=")[1].split()[0]
    await resets.check_token(Operation(house, ANONYMOUS), token=token)
    (reset,) = await world.all(rows.PasswordReset)
    schema = "" if house.database.is_sqlite else "dbos."
    async with house.database.reading() as session:
        kept = [
            str(row)
            for table in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")
            for row in (await session.execute(text(f"SELECT * FROM {schema}{table}"))).all()
        ]
    assert any(world.publisher.user_id in row for row in kept)
    assert not [row for row in kept if token in row or "per@example.org" in row or reset.digest in row]


async def test_what_the_mail_server_says_names_nobody(world: World, postbox: tuple[Postbox, int]) -> None:
    box, port = postbox
    letter = Letter("per@example.org", "Hello", "Hello")
    for answer, again in (("451 Busy with <per@example.org>", True), ("554 No <per@example.org> here", False)):
        box.busy, box.answer = 1, answer
        with pytest.raises(MailNotSent) as refused:
            await mailer(world.house, port).send(letter)
        assert ("example" in str(refused.value), refused.value.again) == (False, again)
    with pytest.raises(MailNotSent) as refused:
        await mailer(world.house, port, "&starttls=on").send(letter)
    assert box.received == [], "no TLS, no letter"
    with pytest.raises(ValueError, match="linefeed"):
        await mailer(world.house, port).send(Letter("per@example.org", "Hello\r\nBcc: x@y.org", "Hello"))


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://mail.example.org?from=a@b.org", ("mail.example.org", 587, "a@b.org", False, True)),
        ("smtp://u%40x:p@mail.example.org:25?starttls=off", ("mail.example.org", 25, "casegraph@c.net", False, False)),
        ("smtps://mail.example.org", ("mail.example.org", 465, "casegraph@c.net", True, False)),
        ("smtp://localhost", ("localhost", 25, "casegraph@c.net", False, False)),
        ("smtp://127.0.0.1:2525?starttls=on", ("127.0.0.1", 2525, "casegraph@c.net", False, True)),
    ],
)
def test_the_url_says_how_mail_leaves(url: str, told: tuple[Any, ...]) -> None:
    server = server_of(url, public_url="https://c.net")
    assert (server.host, server.port, server.sender, server.use_tls, server.start_tls) == told
    assert "p@" not in repr(server)


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://x", "smtp://", "smtp://x:port", "smtp://x?starttls=maybe", "smtp://x?to=y"]
)
def test_a_url_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(CommandRefused, match="CASEGRAPH_SMTP_URL"):
        server_of(url, public_url="https://c.net")
