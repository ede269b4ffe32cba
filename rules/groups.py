"""Trust groups: organisations that trust each other alike. Nobody is in one without having agreed to it (SECURITY R17).

A group asks a level of its members, and each agrees to a level when it joins. What holds is the lowest of these: who
agreed to little is not carried along when the others raise the level, and a group that lowers it needs nobody's leave.
"""

from collections.abc import Iterable

from foundation.words import Word
from rules.trust import LEVEL_OF, TrustLevelName


class GroupRole(Word):
    """What an organisation may do in a group."""

    MEMBER = "member", "See and be seen."
    MODERATOR = "moderator", "Also invite others."
    ADMINISTRATOR = "administrator", "Also change the group and the roles in it, and remove members."


RANK = {role: rank for rank, role in enumerate(GroupRole)}


def may_give(mine: GroupRole, role: GroupRole) -> bool:
    """Whether who has one role in a group may invite others as another: a moderator makes members only."""
    return mine is GroupRole.ADMINISTRATOR or (mine is GroupRole.MODERATOR and role is GroupRole.MEMBER)


def in_force(level: TrustLevelName, agreed: Iterable[int]) -> int:
    """The level that holds in a group (10, 50 or 90), of what it asks and what its members agreed to."""
    return min((LEVEL_OF[level], *agreed))
