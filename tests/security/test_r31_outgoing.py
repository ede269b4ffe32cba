"""R31: requests of ours go nowhere but where they may, and take no more than they may."""

import gzip
import re
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import Refusal
from foundation.settings import Settings
from gateways import http
from gateways.breaker import FAILURES, REST_S
from gateways.http import Answer, GuardedHttp, OutgoingAnswered, OutgoingFailed, Request, policy_of
from rules.outgoing import OutgoingOff, OutgoingRefused, Policy, is_global, judge
from tests.security.canary import OK, authority, canary

OPEN = Policy(on=True)
LOCAL = Policy(on=True, loopback=True)


@dataclass
class Book:
    """A resolver that tells what stands in it; of several lists the next one each time."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Hours:
    """Time that passes where it is slept through."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def read(self) -> float:
        return self.now


def client(policy: Policy, *addresses: str, **options) -> GuardedHttp:
    hours = options.pop("hours", None) or Hours()
    return GuardedHttp(policy, resolver=Book([list(addresses)]), sleep=hours.sleep, monotonic=hours.read, **options)


def test_it_is_off_unless_the_operator_says_on() -> None:
    assert policy_of(Settings(_env_file=None)) == Policy(on=False, hosts=(), ports=(443,), loopback=False)
    with pytest.raises(OutgoingOff):
        judge("https://feeds.example/", policy_of(Settings(_env_file=None)))


NOT_GLOBAL = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "168.63.129.16", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378::1",
    "2001:db8::1", "2001:20::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
    "100::1", "5f00::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:10.0.0.1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_GLOBAL)
async def test_no_address_inside_is_called_whatever_its_name(address: str) -> None:
    async with canary() as bird:
        # However good the others of the same name are: an honest name has no such address.
        for addresses in ([address], ["93.184.215.14", address], ["2606:4700::1111", address]):
            with pytest.raises(OutgoingRefused) as refused:
                await client(OPEN, *addresses).send(Request("https://feeds.example/x"))
            assert address == "" or address not in refused.value.text
        assert bird.connections == 0


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_ordinary_addresses_are_global(address: str) -> None:
    assert is_global(ip_address(address))


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_let_through_in_the_clothes_of_ipv6(address) -> None:
    inside = int(address)
    for prefix, shift in (("::", 0), ("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80), ("2001::", 0)):
        assert not is_global(IPv6Address(int(IPv6Address(prefix)) | inside << shift))


@pytest.mark.parametrize(
    "url",
    [
        "", "feeds.example", "//feeds.example/", "http://feeds.example/", "ftp://feeds.example/", "file:///etc/passwd",
        "gopher://feeds.example:443/_x", "https:///x", "https://", "https://user@feeds.example/",
        "https://user:pw@feeds.example/", "https://feeds.example@127.0.0.1/", "https://feeds.example:22/",
        "https://feeds.example:80/", "https://feeds.example:99999/", "https://feeds.example:x/", "https://[::1",
        "https://[fe80::1%25eth0]/", "https://feeds.example\\@127.0.0.1/", "https://feeds.example/\r\nhost: x",
        "https://feeds.example/ x", "https://feeds.example/\x00", "https://feéds.example/", "https://①②⑦.⓪.⓪.①/",
        "https://feeds%2eexample/", "https://feeds.example/" + "x" * 2100, "javascript:alert(1)", "HTTPS//x",
    ],
)  # fmt: skip
async def test_no_other_kind_of_address_is_even_resolved(url: str) -> None:
    book = Book([["93.184.215.14"]])
    with pytest.raises(OutgoingRefused):
        await GuardedHttp(OPEN, resolver=book).send(Request(url))
    assert book.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]"])
async def test_every_spelling_of_this_machine_is_refused_by_what_it_resolves_to(host: str) -> None:
    async with canary() as bird:
        with pytest.raises((OutgoingRefused, OutgoingFailed)):
            await GuardedHttp(Policy(on=True, ports=(bird.port,))).send(
                Request(f"https://{host}:{bird.port}/", retries=0)
            )
        assert bird.connections == 0


def test_the_operators_list_is_exact() -> None:
    policy = Policy(on=True, hosts=("feeds.example", "*.partner.example"))
    for good in ("https://feeds.example/", "https://FEEDS.example./", "https://a.b.partner.example/"):
        judge(good, policy)
    for bad in ("feeds.example.evil.test", "evilfeeds.example", "partner.example", "evilpartner.example", "x.test"):
        with pytest.raises(OutgoingRefused):
            judge(f"https://{bad}/", policy)


async def test_a_name_is_resolved_once_and_that_address_is_called_by_its_name(tmp_path: Path) -> None:
    serving, trusting = authority(tmp_path, "feeds.example")
    async with canary(tls=serving) as bird:
        book = Book([["127.0.0.1"], ["10.0.0.1"]])  # by the second look it would lead elsewhere
        guarded = GuardedHttp(LOCAL, resolver=book, trusted=trusting)
        answer = await guarded.send(Request(f"https://feeds.example:{bird.port}/list?a=1", headers={"x-a": "b"}))
        assert answer == Answer(200, {"content-type": "text/plain"}, b"hello")
        assert (book.asked, bird.names, bird.connections) == (["feeds.example"], ["feeds.example"], 1)
        head = bird.requests[0].decode().lower()
        assert head.startswith("get /list?a=1 http/1.1\r\n")
        assert f"\r\nhost: feeds.example:{bird.port}\r\n" in head
        assert "\r\nx-a: b\r\n" in head and "cookie" not in head
        # Checked anew for the next request: the name has moved inside.
        with pytest.raises(OutgoingRefused):
            await guarded.send(Request(f"https://feeds.example:{bird.port}/list"))
        assert bird.connections == 1


async def test_the_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    serving, trusting = authority(tmp_path, "feeds.example")
    async with canary(tls=serving) as bird:
        for host, trusted in (("other.example", trusting), ("feeds.example", None)):
            with pytest.raises(OutgoingFailed):
                await client(LOCAL, "127.0.0.1", trusted=trusted).send(
                    Request(f"https://{host}:{bird.port}/", retries=0)
                )
        assert bird.requests == []


async def test_plain_http_is_for_this_machine_alone() -> None:
    with pytest.raises(OutgoingRefused):
        await client(LOCAL, "93.184.215.14").send(Request("http://feeds.example/"))
    async with canary() as bird:
        answer = await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/"))
        assert answer.body == b"hello"


async def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with canary() as proxy, canary() as bird:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/"))
        assert (proxy.connections, bird.connections) == (0, 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    async with canary() as inside:
        moved = f"HTTP/1.1 {status} Moved\r\nlocation: http://127.0.0.1:{inside.port}/\r\ncontent-length: 0\r\n\r\n"
        async with canary(moved.encode()) as bird:
            with pytest.raises(OutgoingAnswered):
                await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/"))
            assert (bird.connections, inside.connections) == (1, 0)


def answer_of(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, f"content-length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        answer_of(b"x" * 1001),
        answer_of(gzip.compress(b"x" * 1_000_000), "content-encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * 100_000,
        answer_of(b"x", "content-encoding: br"),
        answer_of(b"x", "content-encoding: gzip, gzip"),
        answer_of(b"no gzip at all", "content-encoding: gzip"),
        answer_of(b"", "content-encoding: \x01"),
    ],
    ids=["large", "bomb", "without end", "br", "twice", "no gzip", "control character"],
)
async def test_an_answer_is_bounded_packed_and_unpacked(answer: bytes) -> None:
    async with canary(answer) as bird:
        with pytest.raises((OutgoingAnswered, OutgoingFailed)):
            await client(LOCAL, "127.0.0.1").send(
                Request(f"http://feeds.example:{bird.port}/", most_bytes=1000, retries=0)
            )
        assert bird.connections == 1


async def test_a_packed_answer_is_unpacked() -> None:
    async with canary(answer_of(gzip.compress(b"x" * 1000), "content-encoding: gzip")) as bird:
        answer = await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/", most_bytes=1000))
        assert answer.body == b"x" * 1000


async def test_who_answers_byte_by_byte_is_left() -> None:
    async with canary(every_s=0.05) as bird:
        with pytest.raises(OutgoingFailed):
            await client(LOCAL, "127.0.0.1", whole_s=0.3).send(Request(f"http://feeds.example:{bird.port}/", retries=0))


FAULT = b"HTTP/1.1 503 Later\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
REFUSAL = b"HTTP/1.1 404 None\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret"


async def test_faults_are_tried_again_after_2_4_and_8_seconds() -> None:
    hours = Hours()
    async with canary(FAULT, b"", FAULT, OK) as bird:
        answer = await client(LOCAL, "127.0.0.1", hours=hours).send(Request(f"http://feeds.example:{bird.port}/"))
        assert (answer.status, bird.connections, hours.slept) == (200, 4, [2.0, 4.0, 8.0])
    async with canary(FAULT) as bird:
        with pytest.raises(OutgoingFailed):
            await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/"))
        assert bird.connections == 4


async def test_a_refusal_is_not_tried_again_and_its_text_is_not_told() -> None:
    async with canary(REFUSAL) as bird:
        with pytest.raises(OutgoingAnswered) as refused:
            await client(LOCAL, "127.0.0.1").send(Request(f"http://feeds.example:{bird.port}/"))
        assert (bird.connections, refused.value.text) == (1, "The other server answered with status 404.")


async def test_a_host_that_keeps_failing_is_left_alone_for_a_while() -> None:
    hours = Hours()
    async with canary(*[FAULT] * (FAILURES + 1), OK) as bird:
        request = Request(f"http://feeds.example:{bird.port}/", retries=0)
        guarded = client(LOCAL, "127.0.0.1", hours=hours)
        for _ in range(FAILURES):
            with pytest.raises(OutgoingFailed):
                await guarded.send(request)
        with pytest.raises(OutgoingFailed, match="left alone") as refused:
            await guarded.send(request)
        assert (bird.connections, refused.value.details["retry_after_s"]) == (FAILURES, REST_S)
        hours.now += REST_S
        with pytest.raises(OutgoingFailed, match="503"):
            await guarded.send(request)  # the one that tries
        hours.now += REST_S
        assert (await guarded.send(request)).status == 200
        assert (await guarded.send(request)).status == 200
        assert bird.connections == FAILURES + 3


async def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    async with canary() as bird:
        answer = await client(LOCAL, "127.0.0.2", "127.0.0.1").send(
            Request(f"http://feeds.example:{bird.port}/", retries=0)
        )
        assert answer.body == b"hello"


def test_there_is_no_other_way_out() -> None:
    """Whoever imports a client of HTTP, or opens a connection by hand, goes round the guard."""
    ways = re.compile(
        r"^\s*(?:import|from) (?:httpx|httpcore|requests|aiohttp|urllib3|urllib\.request|http\.client|ftplib)\b"
        r"|\b(?:create_connection|open_connection)\(",
        re.MULTILINE,
    )
    root = Path(http.__file__).parents[1]
    rooms = ["app.py", "cli", "foundation", "rules", "formats", "models", "gateways", "resolvers", "web", "schema"]
    files = [
        file for room in (*rooms, "rest_compat", "taxii", "workers")
        for file in ([root / room] if room.endswith(".py") else (root / room).rglob("*.py"))
    ]  # fmt: skip
    assert [str(file.relative_to(root)) for file in files if ways.search(file.read_text())] == ["gateways/http.py"]


def test_every_failure_is_a_refusal_of_ours() -> None:
    for one in (OutgoingOff, OutgoingRefused, OutgoingFailed, OutgoingAnswered):
        assert issubclass(one, Refusal) and one.status in (400, 403, 503)
    assert http.FEED_BYTES == 10 * http.ANSWER_BYTES
