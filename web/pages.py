"""Pages of our own, for browsers: the console at /graphql in development mode, where queries are run, subscriptions
watched and the schema read; and the one that the link of a forgotten password leads to.

Each is whole in itself: it loads nothing, from this server or any other, so it works without a network. It is served
under a policy that allows exactly its one script and its one style, by their hashes.
"""

import base64
import hashlib
import re
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from web.gate import public

CONSOLE, RESET_PASSWORD = "console", "reset_password"


def page(name: str) -> HTMLResponse:
    """`web/<name>.html`, as an ASGI application that answers every request alike."""
    text = files("web").joinpath(f"{name}.html").read_text(encoding="utf-8")
    policy = (
        "default-src 'none'",
        f"script-src {_hash_of('script', text)}",
        f"style-src {_hash_of('style', text)}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": "; ".join(policy)})


def reset_routes() -> list[BaseRoute]:
    """Where the link of a forgotten password leads to."""
    made = page(RESET_PASSWORD)

    @public("Who forgot the password has no token; the page holds nothing of anybody.")
    async def reset_password(_request: Request) -> Response:
        return made

    return [Route(f"/reset-password{slash}", reset_password) for slash in ("", "/")]


def _hash_of(tag: str, text: str) -> str:
    content = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    assert content is not None
    return f"'sha256-{base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()}'"
