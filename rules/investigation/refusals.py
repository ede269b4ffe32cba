"""What the product says no to around a case. Absent and hidden things answer alike (SECURITY R16)."""

from foundation.errors import Conflict, Forbidden, InvalidInput, NotFound


class InvestigationNotFound(NotFound):
    """`details.available_investigations`: at most five of the caller's own newest refs (D6)."""

    code = "INVESTIGATION_NOT_FOUND"
    message = "Investigation with ID {investigation_id} not found"


class EvidenceNotFound(NotFound):
    code = "EVIDENCE_NOT_FOUND"
    message = "Evidence with ID {evidence_id} not found"


class InvestigationExists(Conflict):
    """The same entity and window, not archived, in the same organisation; `details.investigation_id` is that case."""

    code = "INVESTIGATION_ALREADY_EXISTS"
    message = "This entity is already investigated over this time window: {investigation_id}."


class InvestigationArchived(Conflict):
    """An archived case is kept as it is."""

    code = "INVESTIGATION_ARCHIVED"
    message = "This investigation is archived and cannot be changed."


class NotInThisState(Conflict):
    """The case is in a state in which this cannot be done; `details.allowed` lists the states in which it can."""

    message = "A case that is {status} does not take this; one does that is: {states}."


class NotYourCase(Forbidden):
    """An agent's key works only in cases that were given to its agent; it may still read this one."""

    message = "An API key works only on cases that its agent is assigned to or has created."


class DomainNotYours(Conflict):
    """The domain is analysed by the engine or by another agent."""

    message = "This domain is analysed by {agent}."


class UnknownPerson(InvalidInput):
    """Nobody of that id or name, or nobody who may be assigned: the two answer alike (CONTRACTS row 27)."""

    message = "There is nobody of this name or id who can be assigned."
