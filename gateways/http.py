"""The one client for everything outside (SECURITY R31): feeds, webhooks, whatever is fetched or told over HTTP.

A name is resolved once; every address it has must be one that may be called (rules/outgoing.py); and the connection
goes to that very address, with the name in SNI, certificate check and Host. So a name that resolves otherwise the next
time gains nothing. Redirects are failures, nothing is taken from the environment, cookies are not kept, no connection
is used twice (it was checked for one name), and an answer is counted while it is read and while it is unpacked.

What is answered may be worked with, but is not for showing: a caller who could read it would read through us.
"""

import asyncio
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx

from foundation import telemetry
from foundation.errors import InvalidInput, Unavailable
from foundation.settings import Settings
from foundation.version import VERSION
from gateways.breaker import Breaker
from gateways.ports import Resolver
from rules.outgoing import OutgoingRefused, Policy, Target, judge, judge_address

CONNECT_S = 5.0
WHOLE_S = 60.0  # one try, from the name to the last byte
ANSWER_BYTES = 1024 * 1024
FEED_BYTES = 10 * 1024 * 1024
RETRIES = 3  # after 2, 4 and 8 seconds; never on an answer of 4xx
AT_ONCE = 16
MOST_ADDRESSES = 8  # of one name; tried in turn within CONNECT_S

_ANSWERED = frozenset({"content-type", "etag", "last-modified", "retry-after", "x-taxii-date-added-last"})
_REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})

_log = telemetry.logger("casegraph.outgoing")


class OutgoingFailed(Unavailable):
    """It was tried, and did not work. The text says in general terms why."""

    code = "OUTGOING_FAILED"
    message = "The other server could not be reached."


class OutgoingAnswered(InvalidInput):
    """The other server said no (4xx), sent us elsewhere, or answered what we do not read. Trying again is no use."""

    code = "OUTGOING_ANSWERED"
    message = "The other server answered with status {status}."


class AnswerTooLarge(OutgoingAnswered):
    """More than was to be taken. Asked for less at once, the other server may answer with less."""

    message = "The other server's answer is larger than {most_bytes} bytes."


@dataclass(frozen=True)
class Request:
    """`most_bytes` bounds the answer, packed and unpacked."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    most_bytes: int = ANSWER_BYTES
    retries: int = RETRIES


@dataclass(frozen=True)
class Answer:
    """`headers` has lower-case names, and only those that say how to read the body or when to ask again."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class SystemResolver:
    """gateways.ports.Resolver on the system's own."""

    async def resolve(self, host: str, port: int) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def policy_of(settings: Settings) -> Policy:
    return Policy(settings.outgoing, settings.outgoing_hosts, settings.outgoing_ports, settings.outgoing_loopback)


class GuardedHttp:
    """The client. One a process; safe to share."""

    def __init__(
        self,
        policy: Policy,
        *,
        resolver: Resolver | None = None,
        trusted: ssl.SSLContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._policy, self._resolver = policy, resolver or SystemResolver()
        self._trusted = trusted  # made at the first request: reading the authorities takes a while
        self._sleep, self._whole_s = sleep, whole_s
        self._breaker, self._turns = Breaker(monotonic), asyncio.Semaphore(AT_ONCE)

    async def send(self, request: Request) -> Answer:
        """The answer, whose status is 2xx or 304.

        Raises OutgoingOff and OutgoingRefused before anything was sent, OutgoingAnswered and OutgoingFailed after.
        """
        target = judge(request.url, self._policy)
        _check_alike(request.url, target)
        for tried in range(request.retries + 1):
            if left_s := self._breaker.left_s(target.host):
                raise OutgoingFailed("The other server has failed too often; it is left alone for a while.",
                                     retry_after_s=max(1, round(left_s)))  # fmt: skip
            try:
                answer = await self._try(request, target)
            except OutgoingFailed as failure:
                self._breaker.failed(target.host)
                telemetry.count("outgoing.failed")
                _log.warning("outgoing failed", host=target.host, tried=tried + 1, why=failure.text)
                if tried == request.retries:
                    raise
                await self._sleep(2.0 ** (tried + 1))
            else:
                self._breaker.worked(target.host)
                if answer.status >= 400 or answer.status in _REDIRECTS:
                    raise OutgoingAnswered(status=answer.status, retry_after=answer.headers.get("retry-after"))
                return answer
        raise AssertionError("unreachable")

    async def _try(self, request: Request, target: Target) -> Answer:
        try:
            async with self._turns, asyncio.timeout(self._whole_s):
                addresses = await self._addresses(target)
                async with httpx.AsyncClient(
                    transport=_Pinned(addresses, target, self._context()),
                    timeout=httpx.Timeout(self._whole_s),
                    trust_env=False,
                    follow_redirects=False,
                ) as client:
                    return await _exchange(client, request)
        except TimeoutError as error:
            raise OutgoingFailed("The other server took too long.") from error
        except (httpx.HTTPError, OSError) as error:
            raise OutgoingFailed from error

    async def _addresses(self, target: Target) -> list[str]:
        """Each may be connected to. One that may not condemns the name: an honest one has no such address."""
        async with asyncio.timeout(CONNECT_S):
            addresses = await self._resolver.resolve(target.host, target.port)
        if not addresses:
            raise OutgoingFailed("The host has no address.")
        for address in addresses:
            judge_address(address, target, self._policy)
        return addresses[:MOST_ADDRESSES]

    def _context(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = httpx.create_ssl_context(trust_env=False)
            self._trusted.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._trusted


class _Pinned(httpx.AsyncBaseTransport):
    """Connects to the addresses it was given, in turn, whatever the name resolves to by now."""

    def __init__(self, addresses: list[str], target: Target, trusted: ssl.SSLContext) -> None:
        self._addresses, self._target = addresses, target
        self._inner = httpx.AsyncHTTPTransport(
            verify=trusted, trust_env=False, limits=httpx.Limits(max_connections=1, max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connect_s = CONNECT_S / len(self._addresses)
        last: httpx.TransportError | None = None
        for address in self._addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(scheme=self._target.scheme, host=address, port=self._target.port),
                headers=request.headers,  # with the Host of the name
                stream=request.stream,
                extensions={
                    **request.extensions,
                    "sni_hostname": self._target.host,
                    "timeout": {**request.extensions["timeout"], "connect": connect_s},
                },
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error  # nothing was sent yet, so the next address may be tried
        assert last is not None
        raise last

    async def aclose(self) -> None:
        await self._inner.aclose()


def _check_alike(url: str, target: Target) -> None:
    """Raises OutgoingRefused where the client would read another host out of the URL than the one that was judged."""
    try:
        read = httpx.URL(url).host
    except httpx.InvalidURL as error:
        raise OutgoingRefused("This is no address.", field="url") from error
    if read.rstrip(".") != target.host:
        raise OutgoingRefused("This is no address.", field="url")


async def _exchange(client: httpx.AsyncClient, request: Request) -> Answer:
    headers = {**request.headers, "accept-encoding": "gzip", "user-agent": f"casegraph/{VERSION}"}
    async with client.stream(request.method, request.url, headers=headers, content=request.body) as response:
        if response.status_code >= 500:
            raise OutgoingFailed(f"The other server answered with status {response.status_code}.")
        told = {name: value for name, value in response.headers.items() if name in _ANSWERED}
        if response.status_code >= 300:
            return Answer(response.status_code, told, b"")  # what it says to that is of no use to us
        body = await _bounded(response, request.most_bytes)
        return Answer(response.status_code, told, body)


async def _bounded(response: httpx.Response, most_bytes: int) -> bytes:
    """The body, unpacked. Neither what comes in nor what comes out of it is ever held beyond the bound."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip"):
        raise OutgoingAnswered("The other server's answer is packed in a way that was not asked for.")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    body, came = bytearray(), 0
    async for chunk in _chunks(response):
        came += len(chunk)
        if unpack is not None:
            chunk = _unpacked(unpack, chunk, most_bytes + 1 - len(body))
        body += chunk
        if len(body) > most_bytes or came > most_bytes:
            raise AnswerTooLarge(most_bytes=most_bytes)
    if unpack is not None and not unpack.eof:
        raise OutgoingFailed("The other server's answer ended early.")
    return bytes(body)


def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    return response.aiter_raw(64 * 1024)


def _unpacked(unpack: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return unpack.decompress(chunk, most)
    except zlib.error as error:
        raise OutgoingAnswered("The other server's answer cannot be unpacked.") from error
