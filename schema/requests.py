"""A GraphQL request as both transports carry it: its four members, checked; and an answer as bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from strawberry.types.execution import ExecutionResult, PreExecutionError

from foundation import telemetry
from foundation.errors import Malformed, Refusal
from schema import errors as showing

_log = telemetry.logger("casegraph.graphql")
ID_CHARACTERS = 200  # of a document's id; a SHA-256 has 64
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class GraphQLRequest:
    """What to run. Members of other names are ignored, as the GraphQL over HTTP draft asks.

    `document_id` names a document that the server knows; the query is then empty, or the text of that document.
    """

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "GraphQLRequest":
        """Raises Malformed that names the member of a wrong type. null means absent."""
        query, name = members.get("query"), members.get("operationName")
        variables, extensions = members.get("variables"), members.get("extensions")
        if not isinstance(name, str | None):
            raise Malformed("operationName must be text.", field="operationName")
        if not isinstance(variables, dict | None):
            raise Malformed("variables must be an object.", field="variables")
        if not isinstance(extensions, dict | None):
            raise Malformed("extensions must be an object.", field="extensions")
        document_id = _document_id(members, extensions)
        if query is None and document_id is not None:
            query = ""
        if not isinstance(query, str):
            raise Malformed("The request needs a query, as text.", field="query")
        return cls(query, name or None, variables, extensions, document_id)


def _document_id(members: Mapping[str, Any], extensions: Mapping[str, Any] | None) -> str | None:
    """As the GraphQL over HTTP draft names it, as Relay does (`id`), or as Apollo's clients do."""
    persisted = (extensions or {}).get("persistedQuery")
    given = {
        "documentId": members.get("documentId"),
        "id": members.get("id") if members.get("query") is None else None,
        "extensions.persistedQuery.sha256Hash": persisted.get("sha256Hash") if isinstance(persisted, dict) else None,
    }
    for name, value in given.items():
        if not isinstance(value, str | None) or (value is not None and not 0 < len(value) <= ID_CHARACTERS):
            raise Malformed(f"{name} must be text of at most {ID_CHARACTERS} characters.", field=name)
    ids = {value for value in given.values() if value is not None}
    if len(ids) > 1:
        raise Malformed("The request names two documents.", field="documentId")
    return ids.pop() if ids else None


def errors_of(refusal: Refusal) -> list[dict[str, Any]]:
    """A refusal of the transport itself, as a GraphQL errors list."""
    return [{"message": refusal.text, "extensions": showing.refusal_extensions(refusal)}]


def formatted(answer: ExecutionResult) -> dict[str, Any]:
    """The response map. A request that was not run has no `data` entry at all; one that was always has."""
    response: dict[str, Any] = {} if isinstance(answer, PreExecutionError) else {"data": answer.data}
    if answer.errors:
        response["errors"] = [error.formatted for error in answer.errors]
    if answer.extensions:
        response["extensions"] = answer.extensions
    return response


def encode(response: dict[str, Any]) -> bytes:
    """The response map as JSON, with parts that are JSON already (orjson.Fragment) put in as they are.

    Half a surrogate pair, which stored text of foreign origin may hold, is shown as U+FFFD; a value no JSON can carry
    is our fault and turns the whole answer into a masked error.
    """
    try:
        return orjson.dumps(response)
    except TypeError:
        try:
            return orjson.dumps(_mended(response))
        except TypeError as error:
            _log.error("An answer that is no JSON", exc_info=error)
            return json.dumps({"errors": [{"message": showing.SURPRISE, "extensions": showing.masked()}]}).encode()


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(inner) for inner in value]
    return value
