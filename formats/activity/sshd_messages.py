"""The grammar of what sshd writes: one message in, what it says out. No state; the reader puts messages together.

A user name is the other side's own text and may hold spaces, be empty, or imitate the rest of the line
(`Failed password for invalid user x from 192.0.2.1 port 1 ssh2 from 198.51.100.7 port 2 ssh2`). So names are matched
greedily: the last ` from ` of a line is sshd's own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum


class Said(Enum):
    """What a message is about."""

    ACCEPTED = "accepted"
    FAILED = "failed"  # a method was tried and refused
    REFUSED = "refused"  # no such user, or not allowed; the methods tried may follow as lines of their own
    DENIED = "denied"  # PAM said no; that the method failed may follow as a line of its own
    ENDED = "ended"  # a connection ended before anybody signed in
    BEGAN = "began"  # a connection, or what its address is called
    NOTHING = "nothing"  # of interest


@dataclass(frozen=True, slots=True)
class Message:
    """`peer` is an address or a host name as written; `reason` is `invalid_user`, `not_allowed` or none."""

    said: Said
    peer: str = ""
    user: str | None = None
    method: str | None = None
    port: int | None = None
    reason: str | None = None
    count: int = 1


NOTHING = Message(Said.NOTHING)
_MOST_TIMES = 1_000_000_000  # the most a record can count

_FAILED = re.compile(r"Failed (\S+) for (invalid user |illegal user )?(.*) from (\S+) port (\d+)(?: ssh\d?)?(?:: .*)?")
_ACCEPTED = re.compile(r"Accepted (\S+) for (.*) from (\S+) port (\d+)(?: ssh\d?)?(?:: .*)?")
_INVALID = re.compile(r"(?:Invalid|Illegal) user (.*) from (\S+)(?: port (\d+))?")
_NOT_ALLOWED = re.compile(r"User (.*) from (\S+) not allowed because .*")
_PAM = re.compile(r"PAM: .+? for (illegal user |invalid user )?(.*) from (\S+)")
_REPEATED = re.compile(r"message repeated (\d{1,9}) times?: \[ ?(.*?) ?\]?")
_BEGAN = re.compile(r"Connection from (\S+) port (\d+)(?: on .*)?")
_REVERSE = re.compile(
    r"(?:reverse mapping checking getaddrinfo for \S* \[|Address )([^\s\]]+)(?:\] failed| maps to ).*"
)
_ENDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:Connection (?:closed|reset) by|Disconnected from) (\S+?)(?: port (\d+))? \[preauth\]",
        r"Received disconnect from (\S+?)(?: port (\d+))?:.*\[preauth\]",
        r"Did not receive identification string from (\S+?)(?: port (\d+))?",
        r"Bad protocol version identification .* from (\S+?)(?: port (\d+))?",
        r"Unable to negotiate with (\S+?)(?: port (\d+))?: .*",
        r"banner exchange: Connection from (\S+?) port (\d+): .*",
        r"ssh_dispatch_run_fatal: Connection from (\S+?) port (\d+): .*",
        r"Timeout before authentication for (?:connection from )?(\S+?)(?: to .*| port (\d+).*)?",
    )
)


_ENDED_NAMED = re.compile(
    r"(?:Connection (?:closed|reset) by|Disconnected from|ssh_dispatch_run_fatal: Connection from) "
    r"(?:authenticating|invalid) user (.*) (\S+) port (\d+)(?: \[preauth\]|: .*)"
)


def read_message(text: str) -> Message:
    """What a message says; NOTHING when that is of no interest. Raises ValueError for one that only begins right."""
    text = text.rstrip()
    if text.startswith(("error: ", "fatal: ")):
        text = text[7:]
    word = text.partition(" ")[0]
    read = _BY_WORD.get(word)
    return read(text) if read is not None else NOTHING


def _failed(text: str) -> Message:
    method, invalid, user, peer, port = _whole(_FAILED, text)
    return Message(Said.FAILED, peer, user, method, int(port), "invalid_user" if invalid else None)


def _accepted(text: str) -> Message:
    method, user, peer, port = _whole(_ACCEPTED, text)
    return Message(Said.ACCEPTED, peer, user, method, int(port))


def _invalid(text: str) -> Message:
    user, peer, port = _whole(_INVALID, text)
    return Message(Said.REFUSED, peer, user, None, int(port) if port else None, "invalid_user")


def _user(text: str) -> Message:
    match = _NOT_ALLOWED.fullmatch(text)
    return Message(Said.REFUSED, match[2], match[1], None, None, "not_allowed") if match else NOTHING


def _pam(text: str) -> Message:
    match = _PAM.fullmatch(text)
    if match is None:
        return NOTHING
    return Message(Said.DENIED, match[3], match[2], "keyboard-interactive", None, "invalid_user" if match[1] else None)


def _repeated(text: str) -> Message:
    times, inner = _whole(_REPEATED, text)
    return repeated(read_message(inner), int(times))


def repeated(message: Message, times: int) -> Message:
    """The same message, said `times` more. Raises ValueError for a number nobody counted."""
    count = message.count * times
    if not 1 <= count <= _MOST_TIMES:
        raise ValueError(f"repeated {count} times")
    return replace(message, count=count)


def _began_or_ended(text: str) -> Message:
    match = _BEGAN.fullmatch(text)
    return Message(Said.BEGAN, match[1], port=int(match[2])) if match else _ended(text)


def _ended(text: str) -> Message:
    named = _ENDED_NAMED.fullmatch(text)
    if named is not None:
        return Message(Said.ENDED, named[2], named[1], port=int(named[3]))
    for pattern in _ENDS:
        match = pattern.fullmatch(text)
        if match is not None:
            return Message(Said.ENDED, match[1], port=int(match[2]) if match[2] else None)
    return NOTHING


def _reverse(text: str) -> Message:
    match = _REVERSE.fullmatch(text)
    return Message(Said.BEGAN, match[1]) if match else NOTHING


def _whole(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"a cut or unknown form of '{text.partition(' ')[0]} ...'")
    return match.groups()


_BY_WORD: dict[str, Callable[[str], Message]] = {
    "Failed": _failed,
    "Accepted": _accepted,
    "Invalid": _invalid,
    "Illegal": _invalid,
    "User": _user,
    "PAM:": _pam,
    "message": _repeated,
    "Connection": _began_or_ended,
    "reverse": _reverse,
    "Address": _reverse,
    "Disconnected": _ended,
    "Received": _ended,
    "Did": _ended,
    "Bad": _ended,
    "Unable": _ended,
    "banner": _ended,
    "ssh_dispatch_run_fatal:": _ended,
    "Timeout": _ended,
}
