"""`casegraph remove-totp NAME`: the way out for who has lost the authenticator and the recovery codes."""

import argparse
import asyncio

from app import open_house
from cli.migrate import ready
from foundation import telemetry
from foundation.settings import Settings
from resolvers import totp
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "remove-totp",
        help="take away somebody's second factor",
        description="Takes away somebody's second factor with its recovery codes and remembered devices. Signing in "
        "wants the password alone then: be sure who asks. It stands in the audit trail.",
    )
    made.add_argument("name", metavar="NAME", help="what the person signs in by: the name or the mail address")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level="WARNING")
    ready(settings)
    print(f"{asyncio.run(_run(arguments.name, settings))} signs in by the password alone now.")
    return 0


async def _run(name: str, settings: Settings) -> str:
    async with open_house(settings) as house:
        return await remove_totp(house, name=name)


async def remove_totp(house: House, *, name: str) -> str:
    """The name of the person. Raises NotFound, TotpNotEnrolled."""
    return await totp.remove_of(Operation(house, OPERATOR, request_id="casegraph remove-totp"), name=name)
