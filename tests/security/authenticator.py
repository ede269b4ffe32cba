"""A telephone: what shows the codes of a second factor, and the way one is set up through the graph."""

from dataclasses import dataclass, field
from typing import Any

import pyotp

from foundation.clock import Clock
from rules.access.viewer import Viewer
from tests.graph.asking import Graph
from tests.identity.conftest import PASSWORD, Identity

BEGIN = """mutation($password: String!) { enrolTotp(input: {password: $password}) {
  secret uri picture userErrors { field code } } }"""
CONFIRM = """mutation($code: String!) { confirmTotp(input: {code: $code}) {
  recoveryCodes viewer { hasTotp recoveryCodesLeft } userErrors { field code } } }"""


@dataclass
class Authenticator:
    """`viewer` is a session of its owner; `recovery_codes` are those of the enrolment."""

    clock: Clock
    viewer: Viewer
    seed: str = ""
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """The code of now, or of so many steps of 30 s later or earlier."""
        return pyotp.TOTP(self.seed).at(self.clock.now(), counter_offset=steps)

    def wrong(self) -> str:
        """Six digits that are none of those accepted now."""
        near = {self.code(steps) for steps in range(-2, 3)}
        return next(code for code in (f"{n:06}" for n in range(10)) if code not in near)


async def mutate(identity: Identity, viewer: Viewer | None, document: str, **variables: Any) -> Any:
    """The payload of a mutation that must have no errors but its user errors."""
    (payload,) = (await Graph(identity.house, "planned").ask(viewer, document, **variables)).values()
    return payload


async def enrolled(identity: Identity, name: str = "Per") -> Authenticator:
    """The second factor of a person, set up through the graph; its first code is spent."""
    viewer = await identity.admit((await identity.login(name)).access_token)
    made = Authenticator(identity.house.clock, viewer)
    made.seed = (await mutate(identity, viewer, BEGIN, password=PASSWORD))["secret"]
    made.recovery_codes = (await mutate(identity, viewer, CONFIRM, code=made.code()))["recoveryCodes"]
    return made
