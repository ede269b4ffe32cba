"""What the product says no to.

    Refusal
    ├── Unauthenticated      401  nobody is signed in, or no longer
    ├── Forbidden            403  known, may see it, may not do it
    ├── NotFound             404  absent or hidden: the two answer alike
    ├── Conflict             409  it exists already, or has moved on
    ├── InvalidInput         400  a value, named by `field`, is not acceptable
    │   └── Malformed        400  the bytes are no JSON we accept
    ├── TooMany              429  a limit; `retry_after_s` says how long
    └── Unavailable          503  try again later

Every room raises these; each door shows them in its own documented form. Anything else that is raised is a surprise,
logged with its request id and shown without its text.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A no, with a stable code.

    `code` is the contract's word (`INVESTIGATION_NOT_FOUND`), `status` the HTTP status, `kind` the word GraphQL
    clients branch on (`extensions.code`), `in_payload` whether a mutation shows it as a `userErrors` entry rather than
    in `errors`. `details` are shown to the caller, so they never hold what the caller may not see.
    """

    code: ClassVar[str] = "VALIDATION_ERROR"
    status: ClassVar[int] = 400
    kind: ClassVar[str] = "BAD_USER_INPUT"
    message: ClassVar[str] = "This cannot be done."
    in_payload: ClassVar[bool] = True
    is_noted: bool = False  # whether the audit trail tells of it already

    def __init__(self, text: str | None = None, *, field: str | None = None, **details: Any) -> None:
        self.text = text if text is not None else self.message.format_map(_Named(details))
        self.field = field
        self.details = details
        super().__init__(self.text)


class _Named(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


class Unauthenticated(Refusal):
    code, status, kind, in_payload = "UNAUTHORIZED", 401, "UNAUTHENTICATED", False
    message = "Sign in first."


class Forbidden(Refusal):
    code, status, kind, in_payload = "FORBIDDEN", 403, "FORBIDDEN", False
    message = "You may not do this."


class NotFound(Refusal):
    code, status = "RESOURCE_NOT_FOUND", 404
    message = "There is no such thing, or you may not see it."


class Conflict(Refusal):
    code, status = "CONFLICT", 409
    message = "It exists already."


class InvalidInput(Refusal):
    code, status = "VALIDATION_ERROR", 400
    message = "This value cannot be used."


class Malformed(InvalidInput):
    kind = "BAD_REQUEST"
    in_payload = False
    message = "This is not JSON that we accept."


class TooMany(Refusal):
    code, status, kind, in_payload = "RATE_LIMIT_EXCEEDED", 429, "RATE_LIMITED", False
    message = "Too many requests. Try again in {retry_after_s} s."


class Unavailable(Refusal):
    code, status, kind, in_payload = "SERVICE_UNAVAILABLE", 503, "SERVICE_UNAVAILABLE", False
    message = "Not available now. Try again later."


class CommandRefused(Exception):
    """What a command of the command line cannot do, and what to do about it. No door shows it."""
