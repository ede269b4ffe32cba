"""What the product says no to around an indicator. Absent and hidden ones answer alike."""

from foundation.errors import Conflict, Forbidden, NotFound


class IndicatorNotFound(NotFound):
    code = "INDICATOR_NOT_FOUND"
    message = "Indicator with ID {indicator_id} not found"


class IndicatorExists(Conflict):
    """The own organisation reports the same already; `details.indicator_id` is the global id of that indicator."""

    code = "INDICATOR_ALREADY_EXISTS"
    message = "Your organisation reports this already. Change that indicator, or record a sighting of it."


class IndicatorWithdrawn(Conflict):
    code = "INDICATOR_WITHDRAWN"
    message = "This indicator was withdrawn. Create it anew."


class IndicatorMoved(Conflict):
    code = "INDICATOR_CHANGED"
    message = "Somebody else changed this indicator at the same moment. Read it again."


class NotYourIndicator(Forbidden):
    """Only its producer adds a version (D13); what others know of it are sightings and indicators of their own."""

    message = "This indicator belongs to another organisation, which alone may change it."


class MayNotContribute(Forbidden):
    message = "This indicator's organisation has not let yours add sightings."
