"""What of a person is personal, as it is stored: sealed, and the mail address found again by its blind index."""

from dataclasses import dataclass
from typing import TypedDict

from rules.access.keyring import KeyRing
from rules.access.names import normalised
from rules.access.personal_data import blind_index, blind_indexes, seal, unseal

TABLE = "user_account"


@dataclass(frozen=True)
class Personal:
    """In the clear: for the person's own eyes, those of the own organisation, and mail."""

    email: str | None
    first_name: str
    last_name: str


class SealedPersonal(TypedDict):
    """The columns of a user's row that hold it."""

    email: str | None
    email_key: str | None
    first_name: str
    last_name: str


def seal_personal(
    ring: KeyRing, user_id: str, *, email: str | None, first_name: str = "", last_name: str = ""
) -> SealedPersonal:
    """The columns of a new row. Unique under the ring's current key; ask `address_indexes` for the others too."""
    return SealedPersonal(
        email=None if email is None else seal_column(ring, user_id, "email", email),
        email_key=None if email is None else blind_index(ring, normalised(email)),
        first_name=seal_column(ring, user_id, "first_name", first_name),
        last_name=seal_column(ring, user_id, "last_name", last_name),
    )


def seal_column(ring: KeyRing, user_id: str, column: str, text: str) -> str:
    """What is empty stays empty: there is nothing to hide, and no key to be missed when it is read."""
    return seal(ring, text, table=TABLE, row_id=user_id, column=column) if text else ""


def open_column(ring: KeyRing, user_id: str, column: str, stored: str) -> str:
    """Raises CannotOpen."""
    return unseal(ring, stored, table=TABLE, row_id=user_id, column=column) if stored else ""


def open_personal(ring: KeyRing, user_id: str, *, email: str | None, first_name: str, last_name: str) -> Personal:
    """Raises CannotOpen where one of the three does not open: nothing is shown in its place."""
    return Personal(
        email=None if email is None else open_column(ring, user_id, "email", email),
        first_name=open_column(ring, user_id, "first_name", first_name),
        last_name=open_column(ring, user_id, "last_name", last_name),
    )


def address_indexes(ring: KeyRing, email: str) -> tuple[str, ...]:
    """What `email_key` may hold of this address, in whatever spelling it is given."""
    return blind_indexes(ring, normalised(email))
