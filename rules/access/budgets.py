"""What is limited, of whom, and which action counts where (CONTRACTS 1, rows 30 and 31; SECURITY R5, R28).

One limiter for every door: sign-in, creation and export count over all doors together, the other budgets belong to one
door each. A budget is a person's or a service's, whatever the number of tokens or keys; whoever has no identity is
known by the address. The numbers stand in the settings, under the names that the budgets have here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from math import ceil

from foundation.errors import TooMany
from foundation.rates import Rate
from foundation.settings import Settings
from rules.access.actions import Action
from rules.access.viewer import Viewer


class Budget(StrEnum):
    """Named as its setting: CASEGRAPH_LIMIT_ and the name."""

    SIGN_IN = "sign_in"  # wrong proofs of one client
    SIGN_IN_TOTAL = "sign_in_total"  # wrong proofs of all clients together
    REGISTRATION = "registration"
    RESET = "reset"
    CREATION = "creation"
    EXPORT = "export"
    CRISP = "crisp"
    INVESTIGATION = "investigation"
    TAXII = "taxii"
    GRAPHQL = "graphql"
    ANONYMOUS = "anonymous"


OF_CLIENTS = frozenset({Budget.SIGN_IN, Budget.REGISTRATION, Budget.RESET, Budget.ANONYMOUS})
"""Counted by the client's address even where somebody is signed in."""

OF_ACTION = {Action.INVESTIGATION_CREATE: Budget.CREATION}
"""Actions with a budget of their own: counted where they are done, so that no door can forget it."""

NETWORK = 64
"""Bits of an IPv6 address that name a client: whoever has one address of a network has 2^64 of them."""


@dataclass(frozen=True)
class Spent:
    """How a budget stands after something was asked of it; what the headers and the graph tell."""

    budget: str
    limit: int
    used: int
    resets_at: datetime
    seconds: int
    """Of the window."""
    granted: bool = True

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class BudgetSpent(TooMany):
    """`is_first`: of this window; the others say nothing new to whoever reads the trail."""

    is_first = False

    @classmethod
    def of(cls, spent: Spent, now: datetime) -> "BudgetSpent":
        return cls(retry_after_s=seconds_until(spent.resets_at, now), limit=spent.limit, budget=spent.budget)


def rate_of(settings: Settings, budget: Budget) -> Rate | None:
    """What the budget allows; None where it is switched off."""
    rate: Rate | None = getattr(settings, f"limit_{budget}") if settings.rate_limits else None
    return rate


def key_of(budget: Budget, viewer: Viewer, client: str) -> str:
    """Whose count it is."""
    if budget is Budget.SIGN_IN_TOTAL:
        return str(budget)
    if budget in OF_CLIENTS or viewer.is_anonymous:
        return f"{budget}:{network_of(client)}"
    return f"{budget}:{viewer.user_id}"


def network_of(client: str) -> str:
    """The address, or for IPv6 the network, that a client is counted by. A mapped IPv4 address is itself."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> (128 - NETWORK) << (128 - NETWORK)))
    return str(address)


def seconds_until(moment: datetime, now: datetime) -> int:
    """For Retry-After: whole seconds, at least one."""
    return max(1, ceil((moment - now).total_seconds()))
