"""A real uvicorn on a free port, in a thread of its own or in the loop of the test."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn


@contextlib.contextmanager
def running(app: Any, **options: Any) -> Iterator[str]:
    """Serves `app` and gives `127.0.0.1:PORT`. The socket is bound here, so that no other process can take the port."""
    server, listener = _made(app, options)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("The server did not start.")
        time.sleep(0.01)
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@contextlib.asynccontextmanager
async def beside(app: Any, **options: Any) -> AsyncIterator[str]:
    """The same in the loop of the test, so that it shares the test's house."""
    server, listener = _made(app, options)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if serving.done():
            serving.result()
            raise RuntimeError("The server did not start.")
        await asyncio.sleep(0.01)
    try:
        yield "{}:{}".format(*listener.getsockname())
    finally:
        server.should_exit = True
        await serving
        listener.close()


def _made(app: Any, options: dict[str, Any]) -> tuple[uvicorn.Server, socket.socket]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        ws="websockets-sansio",  # the other implementation rests on what websockets calls its legacy
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
        **options,
    )
    return uvicorn.Server(config), listener
