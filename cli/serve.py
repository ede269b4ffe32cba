"""`casegraph serve` and `casegraph work`: the server, and on PostgreSQL a worker beside it."""

import argparse
import asyncio
import signal
import socket
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp

from app import awake, make_app, open_house
from cli.migrate import ready
from foundation import production, telemetry
from foundation.errors import CommandRefused
from foundation.settings import Settings
from models.queries.installation import passes_by_the_wall
from resolvers.operation import House
from workers import sole

GRACE_S = 10  # running requests end, sockets are told; then the process is gone


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    serving = commands.add_parser(
        "serve", help="the API; on SQLite the whole product in one process, migrated by itself"
    )
    serving.add_argument("--host", help="address to listen on (CASEGRAPH_HOST)")
    serving.add_argument("--port", type=int, help="port to listen on (CASEGRAPH_PORT)")
    serving.set_defaults(run=serve)
    working = commands.add_parser("work", help="a worker for durable runs, on PostgreSQL")
    working.set_defaults(run=work)


def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    given = {"host": arguments.host, "port": arguments.port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    telemetry.configure(level=settings.log_level)
    if settings.is_sqlite:
        sole.check_alone(Path(settings.database.removeprefix("sqlite:///")))
    _admit(settings)
    ready(settings)
    uvloop.run(_serve(settings))
    return 0


def _admit(settings: Settings) -> None:
    """Raises CommandRefused for settings that production does not bear; warns of what may not be meant."""
    for line in production.check(settings):
        telemetry.logger("casegraph").warning(line)


async def _serve(settings: Settings) -> None:
    # The address first: a process that cannot listen must not take up durable work.
    with listening(settings) as listener:
        async with open_house(settings) as house:
            await _tell_of_a_mighty_role(house)
            port = listener.getsockname()[1]
            telemetry.logger("casegraph").info("serving", address=f"http://{settings.host}:{port}", mode=settings.mode)
            await uvicorn_server(make_app(house, working=settings.is_sqlite), settings).serve(sockets=[listener])


def listening(settings: Settings) -> socket.socket:
    """A socket that holds the address. Raises CommandRefused where somebody else has it, or nobody may."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:  # a port beyond 65535 is an overflow
        why = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0].rstrip(".")
        raise CommandRefused(
            f"Cannot listen on {settings.host}:{settings.port}: {why}. Choose another --host or --port."
        ) from error


def work(_arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level=settings.log_level)
    if settings.is_sqlite:
        raise CommandRefused("On SQLite `casegraph serve` is the worker too. Set CASEGRAPH_DATABASE_URL to PostgreSQL.")
    _admit(settings)
    ready(settings)
    uvloop.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, stopped.set)
    async with open_house(settings) as house, awake(house, working=True):
        await _tell_of_a_mighty_role(house)
        await stopped.wait()


async def _tell_of_a_mighty_role(house: House) -> None:
    if await passes_by_the_wall(house.database):
        telemetry.logger("casegraph").warning("The database role passes by row level security: use an ordinary one")


def uvicorn_server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """uvicorn with every default that SECURITY trap 22 names set on purpose."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="none",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,  # a compressed frame cannot be shared by a thousand subscribers
            server_header=False,
            proxy_headers=False,  # identify.py believes configured proxies alone
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=20,
            log_config=None,
            access_log=False,
            lifespan="on",
        )
    )
