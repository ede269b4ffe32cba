"""How errors are shown: refusals by their code, faults of the caller by what is wrong, surprises not at all."""

import re
from typing import Any

from graphql import GraphQLError

from foundation import telemetry
from foundation.errors import Refusal

SHOWN = 5
"""Errors shown of one answer, and
LENGTH, the characters of each (SECURITY R23): a name of 50,000 characters need not come back."""
LENGTH = 300

SURPRISE = "Something went wrong."
INTERNAL = "INTERNAL_SERVER_ERROR"

_log = telemetry.logger("casegraph.graphql")
_HINT = re.compile(r"\s*Did you mean\b.*", re.DOTALL)
_ECHOES = (
    (re.compile(r", but encountered error '.*", re.DOTALL), "."),
    (re.compile(r"(?:[,;] found| Found): .*", re.DOTALL), "."),
    (re.compile(r"\b(?:Enum ')?(\w+)'? cannot represent .*", re.DOTALL), r"Expected a value of type '\1'."),
    (re.compile(r"\bValue '[^']*' does not exist in '(\w+)' enum\.", re.DOTALL), r"Expected a value of type '\1'."),
    (re.compile(r"\b(Name|Int|Float|String|BlockString) (?:'.*'|\".*\")", re.DOTALL), r"\1"),
    (re.compile(r"Exceeds the limit .*", re.DOTALL), "The number has too many digits."),
    (re.compile(r"\bto be None\b"), "to be null"),
)
"""Where graphql-core repeats what was sent, and what is said instead."""
_UNDERSCORE = re.compile(r"_([a-z0-9])")


def request_errors(
    errors: list[GraphQLError] | tuple[GraphQLError, ...], code: str, closed: bool
) -> list[GraphQLError]:
    """Errors of a request that is not run at all: `code` says whether it is the text, the document or the variables."""
    return [_shown(error, code, closed) for error in errors[:SHOWN]]


def field_errors(errors: list[GraphQLError], closed: bool) -> list[GraphQLError]:
    """Errors of fields. Each surprise is logged once, however many places it is the reason of."""
    logged: set[int] = set()
    for error in errors:
        cause = _cause(error)
        if _is_surprise(error, cause) and id(cause) not in logged:
            logged.add(id(cause))
            telemetry.count("graphql.surprises")
            # The cause, not the GraphQLError: that one prints the document's lines, where passwords may stand.
            _log.error("A surprise in an operation", exc_info=cause)
    return [_shown(error, None, closed) for error in errors[:SHOWN]]


def located(error: Exception) -> GraphQLError:
    """An exception that belongs to no field: what ended a stream, or kept an operation from starting."""
    return error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)


def refusal_extensions(refusal: Refusal) -> dict[str, Any]:
    """`code` is what GraphQL clients branch on, `contractCode` the word of the documented contracts."""
    extensions: dict[str, Any] = {"code": refusal.kind, "contractCode": refusal.code}
    if refusal.field is not None:
        extensions["field"] = refusal.field
    if refusal.details:
        extensions["details"] = {_camel(name): _plain(value) for name, value in refusal.details.items()}
    return extensions


def masked() -> dict[str, Any]:
    """The extensions of a surprise: its code, and the id under which the log tells the rest."""
    return {"code": INTERNAL, "requestId": telemetry.request_id.get()}


def _shown(error: GraphQLError, code: str | None, closed: bool) -> GraphQLError:
    cause = _cause(error)
    if isinstance(cause, Refusal):
        message, extensions = cause.text, refusal_extensions(cause)
    elif code is not None:
        message, extensions = _quiet(error.message), {**(error.extensions or {}), "code": code}
    elif _is_surprise(error, cause):
        message, extensions = SURPRISE, masked()
    else:
        message, extensions = _quiet(error.message), {"code": _stated_code(error) or "BAD_USER_INPUT"}
    if closed:
        message = _HINT.sub("", message)
    shown = GraphQLError(_cut(message), error.nodes, error.source, error.positions, error.path, extensions=extensions)
    shown.original_error = cause if isinstance(cause, Exception) else None
    return shown


def _quiet(message: str) -> str:
    """graphql-core's words without the value at fault, which may be a password, and without Python's."""
    for pattern, instead in _ECHOES:
        message = pattern.sub(instead, message)
    return message


def _cause(error: GraphQLError) -> Exception:
    """The innermost error: graphql-core wraps what a resolver raises, and the reading wraps it once more."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_surprise(error: GraphQLError, cause: Exception) -> bool:
    """Neither a refusal, nor an error that states its code, nor what graphql-core says about an argument.

    It raises bare GraphQLErrors for two reasons: an argument's value, which names the node at fault, and a value of
    ours that its type cannot show, which names none and is our fault.
    """
    if isinstance(cause, Refusal) or _stated_code(error) is not None:
        return False
    return not (isinstance(cause, GraphQLError) and cause.nodes)


def _stated_code(error: GraphQLError) -> str | None:
    """The code a GraphQLError was raised with: a scalar that refuses a value says BAD_USER_INPUT itself."""
    inner: Exception | None = error
    while isinstance(inner, GraphQLError):
        code = (inner.extensions or {}).get("code")
        if isinstance(code, str) and code != INTERNAL:
            return code
        inner = inner.original_error
    return None


def _cut(message: str) -> str:
    return message if len(message) <= LENGTH else message[: LENGTH - 1] + "…"


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda match: match[1].upper(), name)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {_camel(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return str(value)
