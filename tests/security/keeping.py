"""A house whose keys lie in a file, as those of a server do, and people with passwords in it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

from gateways.keys import KeyFile
from resolvers import sign_in
from resolvers.hashing import Hashing
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR, NewPerson, create_person
from resolvers.sign_in import SignedIn
from rules.access.passwords import Hasher
from rules.access.viewer import ANONYMOUS, Role

PASSWORD = "Correct-horse-9"


class Watch:
    """A clock for the key file that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def keeping(house: House, *, watch: Callable[[], float] | None = None) -> House:
    """The house as one process has it: with its own view of the key file; without a watch it looks each time."""
    keys = KeyFile(house.settings.data_dir, now=watch or count(0, 2).__next__)
    return replace(house, key_source=keys, hashing=Hashing(Hasher(memory_kib=64, passes=1, lanes=1)))


def key_file(house: House) -> KeyFile:
    assert isinstance(house.key_source, KeyFile)
    return house.key_source


def operator(house: House) -> Operation:
    return Operation(house, OPERATOR, request_id="test-request")


async def person(
    house: House, name: str, *, email: str | None = None, first_name: str = "", last_name: str = ""
) -> NewPerson:
    return await create_person(
        operator(house),
        name=name,
        organization="Ground",
        email=email,
        role=Role.ADMIN,
        password=PASSWORD,
        first_name=first_name,
        last_name=last_name,
    )


async def signed_in(house: House, name: str, password: str = PASSWORD) -> SignedIn:
    op = Operation(house, ANONYMOUS, request_id="r-1", client="192.0.2.1")
    return await sign_in.login(op, name_or_email=name, password=password)
