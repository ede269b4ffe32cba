"""What of a person is personal, opened: for the person, for mail, and for who looks after the organisation's people."""

from models.people import User
from resolvers.operation import Operation
from rules.access.person import Personal, open_personal


def personal_of(op: Operation, user: User) -> Personal:
    """Raises CannotOpen, which is no fault of the caller's."""
    return open_personal(op.house.keys, user.id, email=user.email, first_name=user.first_name, last_name=user.last_name)
