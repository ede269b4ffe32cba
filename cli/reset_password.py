"""`casegraph reset-password NAME`: a link for somebody who forgot the password, handed over by who has the shell."""

import argparse
import asyncio

import orjson

from app import open_house
from cli.migrate import ready
from foundation import telemetry
from foundation.settings import Settings
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR
from resolvers.resets import LASTS, Issued, issue_by_operator


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "reset-password",
        help="print a link by which somebody chooses a new password",
        description="Prints a link by which a person chooses a new password, once, within half an hour. Earlier links "
        "end. Nothing changes until it is used; a second factor stays.",
    )
    made.add_argument("name", metavar="NAME", help="the name or the mail address of the person")
    made.add_argument("--json", action="store_true", help="print for machines")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level="WARNING")
    ready(settings)
    issued = asyncio.run(_run(arguments.name, settings))
    minutes = int(LASTS.total_seconds() // 60)
    if arguments.json:
        print(orjson.dumps({"name": issued.account.user.name, "link": issued.link, "minutes": minutes}).decode())
    else:
        print(f"{issued.account.user.name} chooses a new password within {minutes} minutes here:\n{issued.link}")
    return 0


async def _run(name: str, settings: Settings) -> Issued:
    async with open_house(settings) as house:
        return await reset_link(house, name)


async def reset_link(house: House, name: str) -> Issued:
    """Raises NoSuchPerson."""
    operation = Operation(house, OPERATOR, request_id="casegraph reset-password")
    return await issue_by_operator(operation, name_or_email=name)
