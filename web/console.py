"""The page a browser sees at /graphql in development mode: run queries, watch subscriptions, read the schema.

It is our own and whole in itself: it loads nothing, from this server or any other, so it works without a network.
The policy it is served under allows exactly its one script and its one style, by their hashes.
"""

import base64
import hashlib
import re
from importlib.resources import files

from starlette.responses import HTMLResponse

_PAGE = files("web").joinpath("console.html").read_text(encoding="utf-8")


def _hash_of(tag: str) -> str:
    content = re.search(rf"<{tag}>(.*?)</{tag}>", _PAGE, re.DOTALL)
    assert content is not None
    digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
    return f"'sha256-{digest}'"


POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_hash_of('script')}",
        f"style-src {_hash_of('style')}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def console() -> HTMLResponse:
    """The page, as an ASGI application that answers every request alike."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": POLICY})
