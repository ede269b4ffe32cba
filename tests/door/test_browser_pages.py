"""The pages for browsers: each whole in itself, and served under a policy that lets nothing else run."""

import re

import httpx
import pytest
from starlette.applications import Starlette

from foundation.settings import Mode
from schema.door import GraphQLDoor
from tests.door import graph
from web.pages import CONSOLE, page, reset_routes


@pytest.mark.parametrize("path", ["/graphql", "/reset-password", "/reset-password/"])
async def test_a_page_loads_nothing_and_runs_its_own_script_alone(path):
    desk = graph.desk(Mode.DEVELOPMENT)
    door = GraphQLDoor(graph.schema, desk, settings=desk.settings, console=page(CONSOLE))
    app = door if path == "/graphql" else Starlette(routes=reset_routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        shown = await client.get(path, headers={"accept": "text/html"})
    policy = shown.headers["content-security-policy"]
    assert shown.status_code == 200
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy and "*" not in policy
    assert not re.search(r"https?://|\bsrc=|@import|url\(|\bhref=", shown.text)
    assert shown.text.count("<script") == shown.text.count("<style") == 1
    assert not re.search(r"<[^>]+\s(style|on\w+)=", shown.text)
