"""`casegraph create-admin NAME`: the first person, or another one, made by who has the shell (SECURITY R13)."""

import argparse
import asyncio
import os
import select
import stat
import sys
from typing import TextIO

import orjson

from app import open_house
from cli.migrate import ready
from foundation import telemetry
from foundation.errors import CommandRefused
from foundation.settings import Settings
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR, NewPerson, create_person
from rules.access.viewer import Role

PIPE_WAIT_S = 1.0
"""How long a pipe that says nothing is waited for. Some callers leave one open without ever writing to it."""


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "create-admin",
        help="make an administrator",
        description="Makes an administrator. Prints a one-time password, to be changed at the first sign-in; or takes "
        "a lasting one from the first line of standard input, when that is a pipe or a file.",
    )
    made.add_argument("name", metavar="NAME", help="what the administrator signs in by")
    made.add_argument("--email", help="mail address, to sign in by as well")
    made.add_argument(
        "--organization", required=True, help="where the administrator belongs; made when there is none of this name"
    )
    made.add_argument("--platform", action="store_true", help="an administrator of the whole installation")
    made.add_argument(
        "--password-stdin", action="store_true", help="insist on a password from standard input, however long it takes"
    )
    made.add_argument("--json", action="store_true", help="print for machines")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level="WARNING")
    password = given_password(sys.stdin, insist=arguments.password_stdin)
    ready(settings)
    person = asyncio.run(_run(arguments, settings, password))
    print(as_json(person) if arguments.json else as_text(person))
    return 0


async def _run(arguments: argparse.Namespace, settings: Settings, password: str | None) -> NewPerson:
    async with open_house(settings) as house:
        return await create_admin(
            house,
            name=arguments.name,
            email=arguments.email,
            organization=arguments.organization,
            platform=arguments.platform,
            password=password,
        )


async def create_admin(
    house: House,
    *,
    name: str,
    organization: str,
    email: str | None = None,
    platform: bool = False,
    password: str | None = None,
) -> NewPerson:
    """An administrator of the named organisation; `platform`: of the whole installation."""
    return await create_person(
        Operation(house, OPERATOR, request_id="casegraph create-admin"),
        name=name,
        email=email,
        organization=organization,
        role=Role.ADMIN,
        is_platform_admin=platform,
        password=password,
    )


def given_password(stream: TextIO, *, insist: bool) -> str | None:
    """The first line of a pipe or a file; None from a terminal, an empty stream or a silent pipe.

    With `insist` it waits, and an empty stream is refused.
    """
    if not insist and not _has_something(stream):
        return None
    line = stream.readline().rstrip("\r\n")
    if insist and not line:
        raise CommandRefused("There is no password on standard input.")
    return line or None


def _has_something(stream: TextIO) -> bool:
    try:
        kind = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISREG(kind):
        return True
    return (stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)) and bool(select.select([stream], [], [], PIPE_WAIT_S)[0])


def as_text(person: NewPerson) -> str:
    lines = [f"{person.user.name} is an administrator of {person.organization.name}."]
    if person.user.is_platform_admin:
        lines.append("And of the whole installation.")
    if person.one_time_password is not None:
        lines.append(f"One-time password, shown this once: {person.one_time_password}")
    return "\n".join(lines)


def as_json(person: NewPerson) -> str:
    user = person.user
    told = {
        "id": user.id,
        "name": user.name,
        "email": person.personal.email,
        "role": str(user.role),
        "platformAdmin": user.is_platform_admin,
        "organization": {"id": person.organization.id, "name": person.organization.name},
        "mustChangePassword": user.must_change_password,
        "oneTimePassword": person.one_time_password,
    }
    return orjson.dumps(told).decode()
