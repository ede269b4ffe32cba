"""What HTTP itself is refused for, whichever contract the path belongs to."""

from foundation.errors import InvalidInput, NotFound, Refusal


class PathNotFound(NotFound):
    message = "There is nothing at this path."


class MethodNotAllowed(Refusal):
    """`allowed` goes into the Allow header."""

    code, status, kind = "METHOD_NOT_ALLOWED", 405, "BAD_REQUEST"
    message = "This method is not allowed here. Allowed: {allowed}."


class NotAcceptable(Refusal):
    code, status, kind = "NOT_ACCEPTABLE", 406, "BAD_REQUEST"
    message = "No acceptable media type. Available: {available}."


class UnsupportedMediaType(Refusal):
    """By exact comparison: browsers send looser types across origins without asking (SECURITY R32)."""

    code, status, kind = "UNSUPPORTED_MEDIA_TYPE", 415, "BAD_REQUEST"
    message = "Send {expected} in UTF-8, not compressed."


class SlowBody(Refusal):
    code, status, kind = "REQUEST_TIMEOUT", 408, "BAD_REQUEST"
    message = "The body did not come in time."


class UnknownHost(InvalidInput):
    code, kind = "UNKNOWN_HOST", "BAD_REQUEST"
    message = "This server is not known by that name."
