"""The only place that joins rooms: settings, database, gateways, doors and the work behind them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from foundation.clock import SystemClock
from foundation.settings import Settings
from foundation.version import VERSION
from gateways.http import GuardedHttp, policy_of
from gateways.jobs import DbosJobs
from gateways.mailer import mailer_of
from gateways.patterns import PatternMatcher
from gateways.taxii_client import TaxiiClient
from gateways.wake import Wakes, carrier_url
from models.database import Database
from models.queries import installation
from resolvers.keys import keys_of, sharing_secret
from resolvers.operation import House, Operation
from rest_compat import openapi
from rest_compat.contracts import contracts
from rest_compat.endpoints import routes as routes_of
from rules.access.viewer import Viewer
from schema.door import GraphQLDoor
from schema.limits import Limits
from schema.pacing import Pacing
from schema.root import build_schema
from taxii import routes as taxii
from web import middleware, watchdog
from web.health import Health
from web.identify import Identify
from web.pages import CONSOLE, page, reset_routes
from web.proxies import TrustedProxies
from workers import runtime
from workers.upkeep import upkeep


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """What every operation of this process shares, opened and closed. Nothing runs in it yet."""
    database, jobs, clock = Database(settings.database), DbosJobs(settings.database), SystemClock()
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(database.close)
        leaving.callback(jobs.close)
        epoch = await installation.epoch_of(database)
        keys = await keys_of(settings, database)
        matcher = PatternMatcher(settings.pattern_seconds)
        leaving.push_async_callback(matcher.close)
        house = House(
            settings=settings,
            database=database,
            jobs=jobs,
            wake=Wakes(carrier_url(settings), installation=epoch[:8]),
            clock=clock,
            key_source=keys,
            epoch=epoch,
            sharing_secret=await sharing_secret(database, keys.ring),
            mailer=mailer_of(settings, clock),
            matcher=matcher,
            taxii=TaxiiClient(GuardedHttp(policy_of(settings))),
        )
        leaving.push_async_callback(house.budgets.close)
        yield house


@asynccontextmanager
async def awake(house: House, *, working: bool) -> AsyncIterator[None]:
    """Events flow; and, where `working`, durable runs go on. Leaves nothing running behind."""
    async with AsyncExitStack() as leaving:
        leaving.push_async_callback(house.hub.close)
        if isinstance(house.wake, Wakes):
            house.wake.listen(house.look)
            await house.wake.open()
            leaving.push_async_callback(house.wake.close)
        if working:
            await runtime.start(house)
            leaving.push_async_callback(runtime.stop)
        # Last: launching the engine keeps the loop, and on SQLite waits for a writer, who would wait for the loop.
        await leaving.enter_async_context(upkeep(house, working=working))
        yield


@dataclass(frozen=True)
class GraphContext:
    """`info.context`: a new one for each operation, and for each event of a subscription."""

    operation: Operation
    reading: str
    memory: dict[str, Any] = field(default_factory=dict)


class Doorman:
    """Identity and contexts, as the GraphQL door asks for them."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    async def admit(self, headers: Mapping[str, str], client: str) -> Viewer:
        return await self._identify.admit(headers, client)

    async def recheck(self, viewer: Viewer) -> Viewer:
        return await self._identify.recheck(viewer)

    def context(self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "") -> GraphContext:
        operation = self._identify.operation(
            viewer, request_id=request_id, client=client, user_agent=user_agent, door="graphql"
        )
        return GraphContext(operation, operation.settings.reading)


def make_app(house: House, *, working: bool) -> Starlette:
    """The doors of one process. `working`: durable runs go on in it too (SQLite), else `casegraph work` does them."""
    settings, identify = house.settings, Identify(house)

    async def wakes() -> str:
        return "up" if getattr(house.wake, "is_carrying", False) else "polling"  # a second late; no event is lost

    health = Health({"database": house.database.ping, "events": wakes}, version=VERSION)
    schema = build_schema(limits=Limits.of(settings), pacing=Pacing.of(settings))
    door = GraphQLDoor(schema, Doorman(identify), settings=settings, clock=house.clock, console=page(CONSOLE))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with awake(house, working=working), health.watching(), watchdog.watching():
            yield

    served = contracts(health)
    routes: list[BaseRoute] = [
        *door.routes(),
        *openapi.routes(served),
        *reset_routes(),
        *(route for contract in served for route in routes_of(contract, identify)),
        *taxii.routes(house),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(TrustedProxies, trusted=settings.trusted_proxies),
            *middleware.stack(settings, house.clock),
        ],
        exception_handlers=middleware.handlers(house.clock),
    )
    app.router.redirect_slashes = False  # A redirect is built from the Host header: credentials would follow it.
    return app
