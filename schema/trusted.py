"""Trusted documents: the only ones that run, when the operator lists them (`CASEGRAPH_DOCUMENTS`, SECURITY R30).

The list is the file that Relay's compiler and graphql-codegen write, an object of document by id, or Apollo's manifest.
A request names a document by its id, or sends the text of one that is listed; whatever else is refused, for everybody.
Nothing a client sends is ever added: a list that callers can write is a cache and no boundary.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from foundation.errors import CommandRefused, Malformed, Refusal
from foundation.strict_json import read_json
from schema.requests import GraphQLRequest

FILE_BYTES = 64 * 1024 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}")
APOLLO = "apollo-persisted-query-manifest"


class NoDocumentIds(Refusal):
    """The code is what clients with automatic persisted queries look for: they then send the text."""

    code, status, kind = "PERSISTED_QUERY_NOT_SUPPORTED", 400, "PERSISTED_QUERY_NOT_SUPPORTED"
    message = "This server keeps no documents: send the query itself."


class UnknownDocument(Refusal):
    code, status, kind = "PERSISTED_QUERY_NOT_FOUND", 400, "PERSISTED_QUERY_NOT_FOUND"
    message = "There is no document of this id on the server's list."


class UntrustedDocument(Refusal):
    code, status, kind = "DOCUMENT_NOT_TRUSTED", 403, "FORBIDDEN"
    message = "This server runs listed documents only, and this is none of them."


class TrustedDocuments:
    """The list, by id. `None`: there is no list, and every document runs."""

    def __init__(self, listed: Mapping[str, str] | None = None) -> None:
        self._listed = listed
        self._texts = frozenset((listed or {}).values())

    @classmethod
    def of(cls, path: Path | None) -> "TrustedDocuments":
        """The list in this file. Raises CommandRefused, for a server that cannot read it must not run without."""
        return cls(None if path is None else read_list(path))

    def resolve(self, asked: GraphQLRequest) -> GraphQLRequest:
        """The request with the document it means. Raises NoDocumentIds, UnknownDocument, UntrustedDocument."""
        if self._listed is None:
            if not asked.query and asked.document_id is not None:
                raise NoDocumentIds
            return asked
        if asked.document_id is None:
            if asked.query not in self._texts:
                raise UntrustedDocument
            return asked
        text = self._listed.get(asked.document_id) or self._listed.get(asked.document_id.removeprefix("sha256:"))
        if text is None:
            raise UnknownDocument
        if asked.query and asked.query != text:
            raise UntrustedDocument
        return replace(asked, query=text)


def read_list(path: Path) -> dict[str, str]:
    """Id to document, out of a file of either form. Raises CommandRefused."""
    try:
        held = read_json(path.read_bytes(), max_bytes=FILE_BYTES)
    except OSError as error:
        raise CommandRefused(f"{path}: {error.strerror}.") from error
    except Malformed as refusal:
        raise CommandRefused(f"{path}: {refusal.text}") from refusal
    listed = _manifest(held["operations"]) if held.get("format") == APOLLO else held
    for id_, text in listed.items():
        if not isinstance(text, str) or not text.strip():
            raise CommandRefused(f"{path}: under {id_[:80]} stands no document.")
        if _SHA256.fullmatch(id_) and id_ != digest(text):
            raise CommandRefused(f"{path}: the document under {id_} is another one; its digest is {digest(text)}.")
    return listed


def digest(text: str) -> str:
    """The id of a document: SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(operations: Any) -> dict[str, Any]:
    if not isinstance(operations, list):
        return {"operations": None}
    return {str(one.get("id")): one.get("body") for one in operations if isinstance(one, dict)}
