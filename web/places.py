"""Connections that stay open: how many there are in this process, and whose (SECURITY R29).

Sockets and streams of events count together, since either keeps a place in the hub and a task each.
"""

from collections import Counter

from foundation.errors import TooMany


class TooManyConnections(TooMany):
    message = "Too many open connections: at most {limit} at once."


class Places:
    """One a process. `per_user`: of one person or service; `strangers`: without an identity, of all together."""

    def __init__(self, per_user: int, strangers: int) -> None:
        self.per_user, self.most_strangers = per_user, strangers
        self.users: Counter[str] = Counter()
        self.strangers = 0

    @property
    def is_full(self) -> bool:
        """Whether nobody comes in any more without saying who he is."""
        return self.strangers >= self.most_strangers

    def take(self, user: str | None = None) -> "Place":
        """A place for somebody; without a user, for somebody who has not said so yet. Raises TooManyConnections."""
        if user is None:
            self.strangers += 1
        else:
            self._count(user)
        return Place(self, user)

    def _count(self, user: str) -> None:
        if self.users[user] >= self.per_user:
            raise TooManyConnections(limit=self.per_user)
        self.users[user] += 1


class Place:
    """Of one connection, until it leaves."""

    def __init__(self, places: Places, user: str | None) -> None:
        self._places, self._user = places, user

    def name(self, user: str) -> None:
        """Whose it is, now that it is known; it stays the first one's. Raises TooManyConnections."""
        if self._user is None:
            self._places._count(user)
            self._places.strangers -= 1
            self._user = user

    def leave(self) -> None:
        if self._user is None:
            self._places.strangers -= 1
            return
        self._places.users[self._user] -= 1
        if not self._places.users[self._user]:
            del self._places.users[self._user]
