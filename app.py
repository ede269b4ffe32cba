"""The only place that joins rooms: settings, database, gateways, doors and the work behind them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from foundation.clock import SystemClock
from foundation.cursors import Cursors
from foundation.settings import Settings
from gateways.jobs import DbosJobs
from gateways.keys import open_ring
from gateways.wake import open_wake
from models.database import Database
from models.queries.installation import epoch_of
from resolvers.operation import House, Operation
from rest_compat.crisp.auth import routes as auth_routes
from rules.access.keyring import Use
from rules.access.viewer import Viewer
from schema.door import GraphQLDoor
from schema.root import build_schema
from web.console import page
from web.gate import public
from web.health import Health
from web.identify import Identify
from web.middleware import Doorstep
from workers.runtime import Engine
