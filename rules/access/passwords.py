"""Passwords: which are good enough, and how they are hashed. Slow on purpose: resolvers/hashing.py runs it.

Rules after OWASP ASVS 5.0, 6.2: a least and a greatest length, a list of well-known ones, and no rules of composition.
A password is taken exactly as given: nothing is trimmed, folded or cut off.
"""

import base64
import secrets
from importlib.resources import files

from pwdlib.hashers.argon2 import Argon2Hasher

from foundation.errors import InvalidInput
from foundation.ids import secret_bytes
from rules.access.names import is_storable, normalised

SHORTEST = 8
LONGEST = 128  # characters; argon2 itself would take gigabytes, and hash them all

COMMON = frozenset(
    line
    for line in files("rules.access").joinpath("common_passwords.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
)
"""Lower-case passwords that every guesser tries first. The list is our own and is to grow."""

# No letters or digits that are read for one another: a one-time password is typed from a terminal.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_ONE_TIME_GROUPS = 5  # groups of four of 31 characters: 99 bits


class WeakPassword(InvalidInput):
    code = "WEAK_PASSWORD"


def check_new_password(password: str, *, known: tuple[str, ...] = (), field: str = "password") -> None:
    """Raises WeakPassword, saying why. `known` is what everybody knows of the person: name, address."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"A password has {SHORTEST} to {LONGEST} characters.", field=field)
    if not is_storable(password):
        raise WeakPassword("A password holds neither NUL nor half a character.", field=field)
    if password.casefold() in COMMON or len(set(password)) < 3:
        raise WeakPassword("This password is one of the first that are guessed. Choose another.", field=field)
    plain = normalised(password)
    if any(plain in {normalised(word), normalised(word).partition("@")[0]} for word in known if word):
        raise WeakPassword("A password is not the name or the address of its owner.", field=field)


def check_confirmed(password: str, again: str, *, field: str) -> None:
    """Raises InvalidInput where the second of two is not the first."""
    if password != again:
        raise InvalidInput("The two passwords differ.", field=field)


def one_time_password() -> str:
    """Such as `k7mq-2xhd-9vbn-tq4r-c8ws`: for the person that a new account is handed to."""
    return typed_secret(_ONE_TIME_GROUPS)


def typed_secret(groups: int) -> str:
    """Chance in groups of four characters, 4.95 bits each, for people to type."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(groups))


class Hasher:
    """argon2id. The defaults are those of RFC 9106's second recommendation: 64 MiB, three passes, four lanes.

    Tests hand in cheaper ones; a hash carries its own parameters, so old ones stay good when they change.
    """

    def __init__(self, *, memory_kib: int = 65536, passes: int = 3, lanes: int = 4) -> None:
        self._argon2 = Argon2Hasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        salt, digest = (base64.b64encode(secret_bytes(n)).decode().rstrip("=") for n in (16, 32))
        self._nobodys = f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${digest}"

    def hash(self, password: str) -> str:
        return self._argon2.hash(password)

    def matches(self, password: str, stored: str | None) -> bool:
        """Whether it is the one. Without a stored hash the same work is done for nothing: who exists stays untold.

        A password that nobody can have is refused before it is hashed, whoever it is for.
        """
        if not SHORTEST <= len(password) <= LONGEST or not is_storable(password):
            return False
        return self._argon2.verify(password, stored or self._nobodys) and stored is not None
