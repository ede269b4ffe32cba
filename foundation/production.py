"""What a server must not be started with in production, and what its operator is told at every start."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from foundation.errors import CommandRefused
from foundation.settings import Settings


def check(settings: Settings) -> list[str]:
    """What is to be warned of, a line each. Raises CommandRefused with everything that production does not bear.

    A setting is refused where it has no use outside of tests and opens a hole; where it may be meant (a proxy in front
    makes it good), it is warned of.
    """
    if wrong := list(_refused(settings)):
        raise CommandRefused("\ncasegraph: ".join(wrong))
    return list(_doubtful(settings))


def _refused(settings: Settings) -> Iterator[str]:
    if settings.is_development:
        return
    for name, is_wrong, why in (
        ("ANALYSIS_STEP_DELAY_S", settings.analysis_step_delay_s > 0, "slows every analysis down: for demonstrations"),
        ("ALLOWED_ORIGINS", "*" in settings.allowed_origins, "lets the pages of every site call; name yours"),
        (
            "TRUSTED_PROXIES",
            any(ip_network(one, strict=False).prefixlen == 0 for one in settings.trusted_proxies),
            "believes everybody's X-Forwarded-For, so nobody's limits hold; name your proxies",
        ),
        ("OUTGOING_LOOPBACK", settings.outgoing_loopback, "lets this machine's own services be called: for tests"),
    ):
        if is_wrong:
            yield f"CASEGRAPH_{name} {why}. Production does not start with it."


def _doubtful(settings: Settings) -> Iterator[str]:
    public = urlsplit(settings.public_url)
    if not settings.rate_limits:
        yield "CASEGRAPH_RATE_LIMITS is off: nothing is limited, no account is locked"
    elif settings.limit_account is None:
        yield "CASEGRAPH_LIMIT_ACCOUNT is off: passwords may be guessed at without end"
    if _is_local(settings.host):
        return
    if settings.is_development:
        yield (
            f"CASEGRAPH_MODE is development, and {settings.host} may be reached by others: "
            "they find the console and the whole schema"
        )
        return
    if "*" in settings.allowed_hosts:
        yield "CASEGRAPH_ALLOWED_HOSTS is *: name the hosts under which this server is reached"
    if _is_local(public.hostname or ""):
        yield f"CASEGRAPH_PUBLIC_URL is {settings.public_url}: links in mails lead nowhere"
    elif public.scheme != "https":
        yield "CASEGRAPH_PUBLIC_URL is not https: passwords and tokens can be read on their way"


def _is_local(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
