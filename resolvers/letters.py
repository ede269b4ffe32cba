"""Letters to people: put in the queue with the write they are about, written and sent by a durable job."""

from enum import StrEnum

from foundation.ids import new_id
from gateways.ports import Job
from resolvers.operation import Door

WORKFLOW, QUEUE = "mail", "mail"


class Kind(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    ADDRESS_IN_USE = "address_in_use"


def post(door: Door, kind: Kind, user_id: str) -> None:
    """Sent after the commit, where a mail server is set. The job holds the person's key: neither address nor text."""
    door.enqueue(Job(WORKFLOW, QUEUE, f"mail:{new_id()}", (str(kind), user_id)))
