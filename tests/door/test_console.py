"""The page for browsers: whole in itself, and served under a policy that lets nothing else run."""

import re

import httpx

from foundation.settings import Mode
from schema.door import GraphQLDoor
from tests.door import graph
from web.console import POLICY, console


async def test_the_page_loads_nothing():
    desk = graph.desk(Mode.DEVELOPMENT)
    door = GraphQLDoor(graph.schema, desk, settings=desk.settings, console=console())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://x") as client:
        page = await client.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == POLICY
    assert not re.search(r"https?://|\bsrc=|@import|url\(|\bhref=", page.text)
    assert page.text.count("<script") == page.text.count("<style") == 1
    assert not re.search(r"<[^>]+\s(style|on\w+)=", page.text)


def test_the_policy_allows_its_own_script_and_style_alone():
    assert POLICY.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in POLICY and "*" not in POLICY
