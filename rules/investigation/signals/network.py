"""The signals of the network domain, each with the reason for its numbers.

By themselves the marks of a channel to a command server (regular, uniform, rapid, self-signed, long) stay below a risk
of 0.3, since monitors, updaters and appliances show each of them; two or three together are another matter. Scanning
is a deed and stands by itself. Checked against a recorded emulation of an attack: docs/calibration.md.
"""

from rules.investigation.signals.signal import Signal
from rules.investigation.words import DomainName, EvidenceType


def _network(
    word: str, title: str, technique: str | None, curve: tuple[tuple[float, float], ...], *, group: str
) -> Signal:
    domain = DomainName.NETWORK
    return Signal(f"{domain}.{word}", 1, domain, curve, group, EvidenceType.NETWORK_TRAFFIC, title, technique)


NETWORK = (
    # Different services that failed to answer, where nearly nothing else was tried. Ten are more than a machine set up
    # wrongly has; a thousand are a program walking through addresses or ports.
    _network("scanning", "Scanning", "T1046", ((10, 0.8), (100, 2.0), (1_000, 3.0)), group="failing"),
    # Half of all connections failing is usually a fault; it only is worth a look.
    _network("failing", "Connections that fail", None, ((20, 0.3), (200, 0.6)), group="failing"),
    # Many names that do not exist, and more of them than exist: what a program does that makes up its masters' names.
    _network(
        "failing_names", "Look-ups of names that do not exist", "T1568.002", ((20, 0.8), (200, 1.8)), group="names"
    ),
    # Intervals that hardly vary: a timer, not a person. Twelve intervals by chance are out of the question; but timers
    # are mostly harmless, so it takes many, and company, to say more.
    _network(
        "regular_interval", "Regular connections", "T1071", ((12, 0.8), (100, 1.4), (1_000, 2.0)), group="channel"
    ),
    # Sessions that nearly all move exactly the same bytes: the same question and the same "nothing to do".
    _network("uniform_sessions", "Sessions of one size", "T1071", ((30, 0.6), (100, 1.4), (300, 2.0)), group="channel"),
    # A hundred sessions with one service in ten minutes: software that keeps connections open does not do this.
    _network("rapid_sessions", "Rapid sessions", "T1071", ((100, 0.6), (1_000, 1.2)), group="channel"),
    # Hours of one connection. A page, a download or a mail is fetched within half an hour; eight are a working day.
    _network(
        "long_connection", "Long connection", "T1572", ((0.5, 0.3), (1, 0.5), (8, 1.2), (24, 1.6)), group="duration"
    ),
    # Certificates nobody vouches for. Appliances have them too, but are rarely spoken to a hundred times from one end.
    _network(
        "self_signed", "Self-signed certificate", "T1573.002", ((2, 0.4), (10, 0.9), (100, 1.8)), group="certificate"
    ),
    # Accepted by many different peers: something people use. A command server has few clients in one network.
    _network("busy_server", "Server with many peers", None, ((20, -0.5), (200, -1.5)), group="standing"),
)
