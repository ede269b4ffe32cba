"""What the product says no to around trust. Absent and hidden things answer alike (SECURITY R16)."""

from foundation.errors import Conflict, InvalidInput, NotFound
from rules.trust import TrustLevelName


class InvalidTrustLevel(InvalidInput):
    code = "INVALID_TRUST_LEVEL"
    message = f"A trust level is {', '.join(TrustLevelName)}."


class EntityNotFound(NotFound):
    """An organisation, a relationship or a group that is not there, or that the caller may not see."""

    code = "ENTITY_NOT_FOUND"
    message = "There is no such thing, or you may not see it."


class RelationshipExists(Conflict):
    code = "RELATIONSHIP_EXISTS"
    message = "There is a relationship between these two already: changeTrust changes it."


class NotInThisStanding(Conflict):
    """A relationship stands where this cannot be done."""

    code = "TRUST_STATUS"
    message = "A relationship that is {status} does not take this."


class AlreadyMember(Conflict):
    code = "ALREADY_MEMBER"
    message = "This organisation is in the group already, or invited to it."


class LastAdministrator(Conflict):
    code = "LAST_ADMINISTRATOR"
    message = "A group keeps at least one administrator. Make another one first."
