"""What nobody honest sends, by door: name of the input -> (bytes of the request, statuses it may be refused with)."""

import json
from collections.abc import Iterator
from typing import Any

from tests.rest.shapes import DOCUMENT
from tests.security.wire import HOST, request

RESPONSE = "application/graphql-response+json"
CHUNKED: dict[str, str | None] = {"content-length": None, "transfer-encoding": "chunked"}
Table = dict[str, tuple[bytes, set[int]]]

JSON_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blank": b"   ",
    "null": b"null",
    "true": b"true",
    "a number": b"5",
    "text": b'"x"',
    "a list": b"[]",
    "a list of requests": b'[{"query":"{ viewer { __typename } }"}]',
    "open": b'{"query":',
    "two objects": b"{}{}",
    "single quotes": b"{'query': 'x'}",
    "a comment": b'{"query": "x"} // x',
    "comma at the end": b'{"query": "x",}',
    "a byte order mark": b'\xef\xbb\xbf{"query":"x"}',
    "UTF-16": '{"query":"x"}'.encode("utf-16"),
    "UTF-32": '{"query":"x"}'.encode("utf-32"),
    "bad UTF-8": b'{"query":"\xff","username":"\xff","refresh_token":"\xff"}',
    "overlong UTF-8": b'{"query":"\xc0\xaf"}',
    "raw surrogate": b'{"query":"\xed\xa0\x80"}',
    "escaped surrogate": b'{"query":"\\ud800","username":"\\ud800","refresh_token":"\\udfff"}',
    "escaped NUL": b'{"query":"a\\u0000","username":"a\\u0000","refresh_token":"\\u0000"}',
    "raw NUL": b'{"query":"a\x00"}',
    "raw line feed in text": b'{"query":"a\nb"}',
    "NaN": b'{"query":NaN}',
    "Infinity": b'{"query":Infinity}',
    "-Infinity": b'{"variables":{"a":-Infinity},"query":"x"}',
    "1e999": b'{"query":1e999}',
    "over 64 bits": b'{"query":"x","a":18446744073709551616}',
    "5,000 digits": b'{"a":' + b"9" * 5000 + b"}",
    "hexadecimal": b'{"a":0x10}',
    "leading zero": b'{"a":01}',
    "a key twice": b'{"query":"x","query":"y","username":"a","username":"b"}',
    "a key twice, escaped": b'{"query":"x","\\u0071uery":"y"}',
    "33 levels": b'{"a":' * 33 + b"1" + b"}" * 33,
    "100,000 brackets": b"[" * 6000,
    "brackets in turn": b'[{"a":' * 1000,
    "a form": b"query=x&username=x",
    "a multipart form": b'--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{}\r\n--x--',
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>',
    "pickle": b"cos\nsystem\n(S'id'\ntR.",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}

MEMBERS: dict[str, dict[str, list[Any]]] = {
    "/api/auth/login/": {
        "username": [None, 5, True, [], {}, {"$ne": ""}, "", "a\x00b"],
        "password": [None, 5, [], {"$gt": ""}, ""],
        "remember_device": ["yes", 1, []],
        "totp_code": [123456, {}, True],
    },
    "/api/auth/refresh/": {"refresh_token": [None, 5, [], {}, ""]},
    "/graphql": {
        "query": [None, 5, [], {}, True],
        "variables": [[], "x", 5, True],
        "operationName": [5, [], {}],
        "extensions": [[], "x", 5],
        "documentId": [5, {}],
    },
}
GOOD: dict[str, dict[str, Any]] = {
    "/api/auth/login/": {"username": "nobody", "password": "Wrong-password-1"},
    "/api/auth/refresh/": {"refresh_token": "x"},
    "/graphql": {"query": "{ viewer { __typename } }"},
}


def bodies() -> Table:
    """Every door that reads JSON, with every body that is none, and every member of a kind it has not."""
    doors: dict[str, tuple[str, dict[str, str | None]]] = {
        "login": ("/api/auth/login/", {}),
        "refresh": ("/api/v1/auth/refresh", {}),
        "graphql": ("/graphql", {}),
        "graphql, as response": ("/graphql/", {"accept": RESPONSE}),
        "events": ("/graphql", {"accept": "text/event-stream"}),
    }
    made: Table = {
        f"{door}: {name}": (request("POST", path, body, headers), {400})
        for door, (path, headers) in doors.items()
        for name, body in JSON_BODIES.items()
    }
    for path, members in MEMBERS.items():
        for member, values in members.items():
            for value in values:
                name = f"{path}: {member} is {json.dumps(value)}"
                made[name] = request("POST", path, {**GOOD[path], member: value}), {400}
        lacking = {name: value for name, value in GOOD[path].items() if name != next(iter(GOOD[path]))}
        made[f"{path}: {next(iter(GOOD[path]))} is missing"] = request("POST", path, lacking), {400}
    for path, entry in DOCUMENT["paths"].items():
        # Whatever else takes a body by now, with or without an identity, takes the same bodies and no others.
        if "requestBody" in entry.get("post", {}):
            refused = {400} if entry["post"]["security"] == [] else {401}
            for name in ("nothing", "null", "bad UTF-8", "a key twice", "over 64 bits", "33 levels", "escaped NUL"):
                made[f"{path}: {name}"] = request("POST", path, JSON_BODIES[name]), refused
    large = b'{"username":"' + b"a" * 9000 + b'"}'
    made["login: over 8 kB"] = request("POST", "/api/auth/login/", large), {413}
    made["login: over 8 kB, in chunks"] = chunked("/api/auth/login/", [large[:5000], large[5000:]]), {413}
    made["login: over 8 kB, declared"] = request("POST", "/api/auth/login", b"{}", {"content-length": "999999"}), {413}
    made["graphql: over 64 kB from nobody"] = request("POST", "/graphql", {"query": "#" * 70_000}), {413}
    made["graphql: a terabyte, declared"] = (
        request("POST", "/graphql", b"{}", {"content-length": "1099511627776"}),
        {413},
    )
    return made


def chunked(path: str, parts: list[bytes]) -> bytes:
    head = request("POST", path, b"", CHUNKED)
    return head + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


TYPES = [
    None, "", "text/plain", "text/json", "application/jsonx", "xapplication/json", "application/x-json", "*/*",
    "application/json+x", "application/vnd.api+json", "application/graphql", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json; charset=latin-1",
    "application/json, text/plain", "application/json\t/x", "application /json", "application/xml", "text/html", "é",
]  # fmt: skip
ENCODINGS = ["gzip", "br", "deflate", "identity, gzip", "x", "gzip, gzip"]
CREDENTIALS = [
    "", "Bearer", "Bearer ", "bearer", "Basic YWRhOnB3", "Digest username=x", "Token x", "Bearer x", "Bearer a.b.c",
    "Bearer a.b.c d", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer null",
    "Bearer undefined", "Bearer " + "x" * 5000, "Bearer é", "Bearer cg_", "Bearer cg_" + "x" * 43,
    "cg_x", "Bearer ..", "Bearer .", "Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30.x",
    "Bearer eyJhbGciOiJIUzI1NiIsImprdSI6Imh0dHA6Ly9ldmlsIn0.e30.x", "Negotiate x", "Bearer a,Bearer b",
]  # fmt: skip
KEYS = ["", "x", "cg_", "cg_" + "x" * 43, "Bearer cg_x", "cg_é", "cg_" + "x" * 5000]
ACCEPTS = ["text/html", "application/json;q=0", "image/*", "nonsense", "application/*;q=0.0", ",", ";", "*/*;q=0"]
VERSIONS = ["application/json;version=2.0", "application/json; version=0", "application/json;version=1.0.0",
            "application/json;version=", "application/json;version=../1.0"]  # fmt: skip
HOSTS = ["evil.example", "", f"{HOST}.evil.example", f"evil.{HOST}", f"x@{HOST}", f"{HOST}@evil", f"{HOST}:80:80",
         f"{HOST},evil.example", "[::1]", "localhost", "é"]  # fmt: skip


def headers() -> Table:
    made: Table = {}
    for path in ("/graphql", "/api/auth/login/", "/api/auth/refresh"):
        for type_ in TYPES:
            made[f"{path}: content-type {type_!r}"] = request("POST", path, b"{}", {"content-type": type_}), {415}
        for encoding in ENCODINGS:
            named = {"content-encoding": encoding}
            made[f"{path}: content-encoding {encoding!r}"] = request("POST", path, b"{}", named), {415}
    for path in ("/graphql", "/api/auth/logout/"):
        for credential in CREDENTIALS:
            raw = request("POST", path, GOOD["/graphql"], {"authorization": credential})
            made[f"{path}: authorization {credential[:60]!r}"] = raw, {401}
        for key in KEYS:
            made[f"{path}: x-api-key {key[:60]!r}"] = request("POST", path, GOOD["/graphql"], {"x-api-key": key}), {401}
        two = b"authorization: Bearer a\r\nauthorization: Bearer b\r\n"
        made[f"{path}: two credentials"] = request("POST", path, GOOD["/graphql"], more=two), {401}
        both = {"authorization": "Bearer x", "x-api-key": "cg_x"}
        made[f"{path}: token and key"] = request("POST", path, GOOD["/graphql"], both), {401}
    for accept in ACCEPTS:
        for path in ("/graphql", "/api/auth/login/"):
            made[f"{path}: accept {accept!r}"] = request("POST", path, GOOD[path], {"accept": accept}), {406}
    for version in VERSIONS:
        for method, path in (("POST", "/api/auth/login/"), ("GET", "/health"), ("GET", "/live/")):
            body = GOOD[path] if method == "POST" else b""
            made[f"{path}: accept {version!r}"] = request(method, path, body, {"accept": version}), {406}
    for host in HOSTS:
        for method, path in (("POST", "/graphql"), ("POST", "/api/auth/login"), ("GET", "/health"), ("GET", "/no")):
            made[f"{path}: host {host!r}"] = request(method, path, b"", {"host": host}), {400}
        second = request("POST", "/graphql", b"", more=f"host: {host}\r\n".encode())
        made[f"/graphql: a second host, {host!r}"] = second, {400}
    return made


METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LINK"]


def methods() -> Table:
    made: Table = {}
    for path in ("/graphql", "/graphql/", "/api/auth/login/", "/api/auth/logout", "/api/v1/auth/refresh/"):
        for method in METHODS:
            made[f"{method} {path}"] = request(method, path), {405}
    for path in ("/health", "/live/", "/openapi.json", "/api/openapi.json/"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            made[f"{method} {path}"] = request(method, path), {405}
    for query in ("?query={viewer{__typename}}", "?query=mutation{x}&operationName=&variables=", "?query=%7B", "?"):
        made[f"GET /graphql{query}"] = request("GET", f"/graphql{query}"), {405}
    override = {"x-http-method-override": "POST", "x-method-override": "POST"}
    made["GET /graphql, overridden"] = request("GET", "/graphql?query={viewer{id}}", b"", override), {405}
    return made


PATHS = [
    "/nothing", "/api", "/api/", "/api/nothing", "/api/v1", "/api/v1/", "/api/v2/auth/login/", "/api/v1.0/auth/login/",
    "/api/auth", "/api/auth/", "/api/auth/nothing", "/api/auth/login/extra", "/api/auth/LOGIN/", "/API/auth/login/",
    "/api/auth//login/", "//api/auth/login/", "/api//auth/login/", "/api/auth/login//", "/api/auth/login%2f/",
    "/api/auth/login%20", "/api/auth/login%00", "/api/auth/login%0d%0aset-cookie:x", "/api/auth/login;x=1",
    "/api/auth/../auth/login/", "/api/auth/./login/", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd",
    "/api/auth/..%2f..%2fetc%2fpasswd", "/api/auth/%ff%fe", "/%c0%ae%c0%ae/", "/api/auth/%ed%a0%80", "/%", "/%zz",
    "/graphql/x", "/graphql%00", "/graphql.json", "/Graphql", "/graphql/../health/x", "/graphqlx",
    "/subscriptions", "/taxii", "/taxii/", "/taxii2/", "/taxii2/main/collections/", "/taxii2/%ff", "/alerts/",
    "/alerts/threat/", "/dev/mock/investigations", "/api/v1/dev/mock/x", "/api/v1/investigations",
    "/api/v1/investigations/INV-1", "/api/v1/investigations/INV-1/evidence", "/api/v1/exports/x", "/api/investigations",
    "/api/indicators/", "/api/indicators/1%20OR%201=1/", "/api/organizations/", "/api/trust/levels/", "/metrics/x",
    "/.env", "/.git/config", "/wp-login.php", "/admin", "/docs", "/redoc", "/openapi.yaml", "/keys.json",
    "/casegraph.db", "/static/../keys.json", "/health/x", "/live/..", "/%C3%A9", "/%F0%9F%98%80", "/x" * 15_000,
    "/?a=b", "/", "/<script>alert(1)</script>", "/api/auth/{{7*7}}", "/api/auth/${jndi:ldap://x}", "/api/auth/'%22",
]  # fmt: skip


THERE = {
    *("/taxii", "/taxii/", "/taxii2/", "/taxii2/main/collections/", "/api/v1/investigations", "/api/investigations"),
    *("/api/v1/investigations/INV-1", "/api/v1/investigations/INV-1/evidence"),
}


def paths() -> Table:
    """Unknown paths by prefix, and known ones without a credential: each in the envelope of the contract that its
    prefix belongs to."""
    made: Table = {}
    for path in PATHS:
        expected = {401, 405} if path in THERE else {404}
        made[f"GET {path[:60]}"] = request("GET", path), expected
        made[f"POST {path[:60]}"] = request("POST", path, b"{}"), expected
    return made


_DEEP = "{ viewer " + "{ organization " * 20 + "{ id }" + " }" * 21
_BOMB = "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30))
DOCUMENTS: dict[str, dict[str, Any]] = {
    "empty": {"query": ""},
    "blank": {"query": " \n"},
    "open": {"query": "{"},
    "no selection": {"query": "{}"},
    "nothing of an object": {"query": "{ viewer {} }"},
    "an empty subscription": {"query": "subscription {}"},
    "only a comment": {"query": "# x"},
    "a type": {"query": "type A { b: C }"},
    "an unknown field": {"query": "{ nothing }"},
    "an unknown argument": {"query": "{ viewer(a: 1) { __typename } }"},
    "an unknown directive": {"query": "{ viewer @x { __typename } }"},
    "an unknown fragment": {"query": "{ ...X }"},
    "a fragment that is not used": {"query": "{ viewer { __typename } } fragment X on Query { __typename }"},
    "a fragment of itself": {"query": "{ ...X } fragment X on Query { ...X }"},
    "fragments in a circle": {"query": "{ ...X } fragment X on Query { ...Y } fragment Y on Query { ...X }"},
    "a fragment twice": {"query": "{ ...X } fragment X on Query { __typename } fragment X on Query { __typename }"},
    "a fragment on nothing": {"query": "{ ... on Nothing { id } }"},
    "a fragment on a scalar": {"query": "{ ... on String { id } }"},
    "thirty fragments, twice each": {"query": _BOMB},
    "1,000 aliases": {"query": "{" + " ".join(f"a{n}: viewer {{ __typename }}" for n in range(1000)) + "}"},
    "31 aliases": {"query": "{" + " ".join(f"a{n}: viewer {{ __typename }}" for n in range(31)) + "}"},
    "2,000 directives": {"query": "{ viewer " + "@skip(if: false) " * 400 + "{ __typename } }"},
    "very deep": {"query": _DEEP},
    "deep values": {"query": "{ node(id: " + "[" * 500 + "]" * 500 + ") { id } }"},
    "deeper than the stack": {"query": "{a" * 5000},
    "leaf with a selection": {"query": "{ __typename { x } }"},
    "object without one": {"query": "{ viewer }"},
    "two operations, no name": {"query": "query A { __typename } query B { __typename }"},
    "an operation that is not there": {"query": "query A { __typename }", "operationName": "B"},
    "one name twice": {"query": "query A { __typename } query A { __typename }"},
    "a subscription by plain POST": {"query": 'subscription { investigationEvents(investigationId: "x") { cursor } }'},
    "a variable that is not declared": {"query": "{ node(id: $id) { id } }"},
    "a variable that is missing": {"query": "query ($id: ID!) { node(id: $id) { id } }"},
    "a variable that is null": {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}},
    "a variable of another kind": {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": {}}},
    "a variable of an unknown type": {"query": "query ($id: X!) { node(id: $id) { id } }", "variables": {"id": "x"}},
    "a variable of an output type": {"query": "query ($id: User) { node(id: $id) { id } }", "variables": {"id": "x"}},
    "a whole number too large": {
        "query": "query ($n: Int) { investigations(first: $n) { totalCount } }",
        "variables": {"n": 2**31},
    },
    "a fraction for a whole number": {
        "query": "query ($n: Int) { investigations(first: $n) { totalCount } }",
        "variables": {"n": 1.5},
    },
    "text for a number": {
        "query": "query ($n: Int) { investigations(first: $n) { totalCount } }",
        "variables": {"n": "1; DROP TABLE users"},
    },
    "a word that is none of the enumeration": {
        "query": "{ investigations(orderBy: {field: PASSWORD}) { totalCount } }",
    },
    "an input field that is not there": {
        "query": "mutation ($i: LoginInput!) { login(input: $i) { userErrors { message } } }",
        "variables": {"i": {"username": "a", "password": "b", "role": "admin"}},
    },
    "an input of a list": {
        "query": "mutation ($i: LoginInput!) { login(input: $i) { userErrors { message } } }",
        "variables": {"i": [{"username": "a"}]},
    },
    "prototype": {
        "query": "mutation ($i: LoginInput!) { login(input: $i) { userErrors { message } } }",
        "variables": {"i": {"__proto__": {}, "constructor": {}}},
    },
    "a mutation among queries": {"query": "{ login(input: {username: \"a\", password: \"b\"}) { __typename } }"},
    "a control character": {"query": "{ viewer \x07 { __typename } }"},
    "a lone escape": {"query": '{ node(id: "\\x") { id } }'},
    "half a surrogate by escape": {"query": '{ node(id: "\\uD800") { id } }'},
    "text without end": {"query": '{ node(id: "x) { id } }'},
    "a number without end": {"query": "{ investigations(first: 1.) { totalCount } }"},
    "9,999 digits": {"query": "{ investigations(first: " + "9" * 4999 + ") { totalCount } }"},
    "a name of 10,000 letters": {"query": "{ " + "x" * 10_000 + " }"},
    "@defer": {"query": "{ ... @defer { viewer { __typename } } }"},
    "@stream": {"query": "{ nodes(ids: []) @stream(initialCount: 0) { id } }"},
}  # fmt: skip


def documents(credential: dict[str, str]) -> Table:
    """GraphQL requests that are not run: 400 for who takes the type that tells them apart (CONTRACTS 7)."""
    named: dict[str, str | None] = {"accept": RESPONSE, **credential}
    who = "signed in" if credential else "nobody"
    return {
        f"{who}: {name}": (request("POST", "/graphql", body, named), {400})
        for name, body in DOCUMENTS.items()
        # Whoever has to sign in first is told so, in an answer, before his variables are looked at.
        if credential or "login" in body["query"] or not ("variables" in body or "that is missing" in name)
    }


IGNORED = [
    ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "x" * 3000), ("x-forwarded-for", ",".join(["1.1.1.1"] * 300)),
    ("x-forwarded-for", "::ffff:127.0.0.1, %00"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "gopher"),
    ("x-forwarded-port", "99999"), ("forwarded", "for=127.0.0.1;host=evil"), ("x-real-ip", "127.0.0.1"),
    ("x-original-url", "/admin"), ("x-rewrite-url", "/admin"), ("x-http-method-override", "DELETE"),
    ("x-request-id", "a b"), ("x-request-id", "x" * 129), ("x-correlation-id", "<script>"), ("range", "bytes=0-1"),
    ("cookie", "session=admin; token=x"), ("if-none-match", "*"), ("if-modified-since", "never"), ("te", "trailers"),
    ("accept-language", "x" * 2000), ("accept-charset", "utf-7"), ("user-agent", "() { :;}; id"), ("via", "x"),
    ("upgrade-insecure-requests", "1"), ("referer", "javascript:alert(1)"), ("origin", "null"), ("dnt", "é"),
    ("traceparent", "00-x-x-x"), ("prefer", "return=minimal"), ("idempotency-key", "\\"), ("last-event-id", "x\\"),
]  # fmt: skip
"""Headers that must change nothing: neither who is believed to ask, nor what is answered."""


VALUES: dict[str, dict[str, Any]] = {
    "a cursor of nonsense": {"query": '{ investigations(after: "nonsense") { totalCount } }'},
    "a cursor of an offset": {"query": '{ investigations(after: "YXJyYXljb25uZWN0aW9uOjA=") { totalCount } }'},
    "a long cursor": {"query": "{ investigations(after: " + json.dumps("A" * 9000) + ") { totalCount } }"},
    "a cursor with a NUL": {"query": '{ investigations(after: "\\u0000") { totalCount } }'},
    "a cursor of events": {"query": '{ events(after: "AAAA") { __typename } }'},
    "-1 of a list": {"query": "{ investigations(first: -1) { totalCount } }"},
    "0 of a list": {"query": "{ investigations(first: 0) { totalCount } }"},
    "101 of a list": {"query": "{ investigations(first: 101) { totalCount } }"},
    "first and last": {"query": "{ investigations(first: 1, last: 1) { totalCount } }"},
    "after and before": {"query": '{ investigations(first: 1, before: "x") { totalCount } }'},
    "a case by nonsense": {"query": '{ investigation(id: "%00\\u202e") { ref } }'},
    "a filter by nonsense": {"query": '{ investigations(filter: {assignedTo: "\\u0000"}) { totalCount } }'},
    "a time that is none": {"query": '{ investigations(filter: {createdAfter: "now"}) { totalCount } }'},
    "a login of nobody": {
        "query": 'mutation { login(input: {username: "a\\u0000", password: "b"}) { userErrors { code } } }'
    },
    "an order to nothing": {
        "query": 'mutation { pauseInvestigation(input: {investigationId: "x"}) { userErrors { code } } }'
    },
    "evidence for nothing": {
        "query": "mutation ($i: AddEvidenceInput!) { addEvidence(input: $i) { userErrors { code } } }",
        "variables": {
            "i": {"investigationId": "INV-1", "domain": "x" * 5000, "type": "\u202e", "title": "", "strength": 2}
        },
    },
    "a bundle of nothing": {
        "query": "mutation ($i: ImportStixInput!) { importStix(input: $i) { userErrors { code } } }",
        "variables": {"i": {"objects": [{"type": [1]}, {}, {"id": 5, "type": "indicator", "pattern": "[" * 3000}]}},
    },
}
"""Values that only an operation can judge: answered with status 200, with an error or a `userErrors` entry."""

BROKEN: dict[str, bytes] = {
    "no request at all": b"\r\n\r\n",
    "nonsense": b"\x00\x01\x02\x03\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 60 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"POST /graphql\r\n\r\n",
    "another version": b"POST /graphql HTTP/9.9\r\nhost: x\r\n\r\n",
    "a method in small letters": b"post /graphql HTTP/1.1\r\nhost: x\r\n\r\n",
    "a method of our own": b"BREW /graphql HTTP/1.1\r\nhost: x\r\n\r\n",
    "a path with blanks": b"GET /a b c HTTP/1.1\r\nhost: x\r\n\r\n",
    "a path of raw bytes": b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "a header without a colon": b"GET /live HTTP/1.1\r\nhost\r\n\r\n",
    "a header with blanks": b"GET /live HTTP/1.1\r\nho st: x\r\n\r\n",
    "a folded header": b"GET /live HTTP/1.1\r\nhost: x\r\nx-a: b\r\n\x00c\r\n\r\n",
    "DEL in a header": request("POST", "/graphql", b"{}", {"authorization": "Bearer \x7f"}),
    "NUL in a header": request("POST", "/graphql", b"{}", {"x-a": "\x00"}),
    "a negative length": request("POST", "/graphql", b"{}", {"content-length": "-1"}),
    "a length in words": request("POST", "/graphql", b"{}", {"content-length": "two"}),
    "two lengths": request("POST", "/graphql", b"{}", more=b"content-length: 5\r\n"),
    "a length and chunks": request("POST", "/graphql", b"{}", {"transfer-encoding": "chunked"}),
    "chunks of nonsense": request("POST", "/graphql", b"zz\r\n{}\r\n", CHUNKED),
    "a chunk without end": request("POST", "/graphql", b"fffffffffffffffff\r\n{}", CHUNKED),
    "chunked twice": request("POST", "/graphql", b"0\r\n\r\n", {**CHUNKED, "transfer-encoding": "chunked, chunked"}),
    "chunked and more": request("POST", "/graphql", b"0\r\n\r\n", {**CHUNKED, "transfer-encoding": "xchunked"}),
}  # fmt: skip
"""What is no HTTP: the server's own parser says so, before there is a path and a door to answer in its form."""


FRAMES: dict[str, Any] = {
    "no type": {},
    "type is null": {"type": None},
    "type is a number": {"type": 5},
    "type is a list": {"type": ["subscribe"]},
    "an unknown type": {"type": "x" * 1000},
    "a type of the older protocol": {"type": "start", "id": "1", "payload": GOOD["/graphql"]},
    "a server's type": {"type": "next", "id": "1", "payload": {}},
    "another init": {"type": "connection_init"},
    "init with a list": {"type": "connection_init", "payload": []},
    "ping with text": {"type": "ping", "payload": "x"},
    "ping with a bad token": {"type": "ping", "payload": {"token": "x"}},
    "ping with a token of another kind": {"type": "ping", "payload": {"token": {"a": 1}}},
    "ping with two credentials": {"type": "ping", "payload": {"token": "x", "x-api-key": "cg_x"}},
    "pong with a number": {"type": "pong", "payload": 5},
    "subscribe without an id": {"type": "subscribe", "payload": GOOD["/graphql"]},
    "subscribe by number": {"type": "subscribe", "id": 1, "payload": GOOD["/graphql"]},
    "subscribe by null": {"type": "subscribe", "id": None, "payload": GOOD["/graphql"]},
    "subscribe by nothing": {"type": "subscribe", "id": "", "payload": GOOD["/graphql"]},
    "subscribe by list": {"type": "subscribe", "id": ["1"], "payload": GOOD["/graphql"]},
    "subscribe to nothing": {"type": "subscribe", "id": "1"},
    "subscribe to null": {"type": "subscribe", "id": "1", "payload": None},
    "subscribe to text": {"type": "subscribe", "id": "1", "payload": "{ viewer { id } }"},
    "subscribe to a list": {"type": "subscribe", "id": "1", "payload": [GOOD["/graphql"]]},
    "subscribe without a query": {"type": "subscribe", "id": "1", "payload": {}},
    "a query of another kind": {"type": "subscribe", "id": "1", "payload": {"query": 5}},
    "variables of another kind": {"type": "subscribe", "id": "1", "payload": {**GOOD["/graphql"], "variables": []}},
    "a name of another kind": {"type": "subscribe", "id": "1", "payload": {**GOOD["/graphql"], "operationName": 5}},
    "extensions of another kind": {"type": "subscribe", "id": "1", "payload": {**GOOD["/graphql"], "extensions": 5}},
    "complete without an id": {"type": "complete"},
    "complete by number": {"type": "complete", "id": 7},
    "line feeds in a type": {"type": "a\r\nb"},
    "over 64 kB": {"type": "ping", "payload": {"a": "x" * 70_000}},
}
"""Frames after a good sign-in; JSON_BODIES come as frames too."""

FIRST_FRAMES: dict[str, Any] = {
    "subscribe before init": {"type": "subscribe", "id": "1", "payload": GOOD["/graphql"]},
    "init with text": {"type": "connection_init", "payload": "x"},
    "init with a number for a token": {"type": "connection_init", "payload": {"token": 5}},
    "init with a bad token": {"type": "connection_init", "payload": {"token": "x"}},
    "init with Basic": {"type": "connection_init", "payload": {"authorization": "Basic YTpi"}},
    "init with two": {"type": "connection_init", "payload": {"authorization": "Bearer x", "X-API-Key": "cg_x"}},
    "init with half a surrogate": '{"type":"connection_init","payload":{"token":"\\ud800"}}',
    "init with a long token": {"type": "connection_init", "payload": {"token": "x" * 6000}},
}


def all_of_them(token: dict[str, str]) -> Iterator[tuple[str, tuple[bytes, set[int]]]]:
    for table in (headers(), methods(), paths(), documents({}), documents(token)):
        yield from table.items()
