"""STIX patterns: whether one is valid, and which plain comparisons it consists of.

The grammar is that of the OASIS library, which is slow and was not written for hostile input. So a pattern is measured
before it is parsed, whatever parsing raises is a refusal, and the plainest patterns, which nearly all feeds consist
of, are read without it. Call this in a thread: a long pattern takes up to half a second.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import re2
from stix2patterns.exceptions import ParseException
from stix2patterns.v21.grammars.STIXPatternParser import STIXPatternParser as Grammar
from stix2patterns.v21.pattern import Pattern as Parsed

from foundation.errors import InvalidInput
from foundation.observables import IndexKey, index_key, network_key

MOST_CHARACTERS: Final = 10_000
MOST_NESTING: Final = 50
"""Both from the product's own security requirements: with them no pattern exhausts the parser's stack."""


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What a valid pattern comes to.

    `keys` are alternatives: each alone makes the pattern true, and without one of them it is false. Where a pattern
    cannot be put that way there are none, and `uncovered` says why in a few words.
    """

    keys: tuple[IndexKey, ...] = ()
    uncovered: str | None = None


# [type:path = 'value'], of identifiers that are no words of the grammar. Everything else goes to the real parser.
_PLAIN = re.compile(
    r"\s*\[\s*([a-z][a-z0-9]*(?:-[a-z0-9]+)*)\s*:\s*([a-z][a-z0-9_]*(?:\.(?:[a-z][a-z0-9_]*|'[A-Z0-9-]+'|MD5))*)"
    r"\s*=\s*'((?:[^'\\]|\\['\\])*)'\s*\]\s*"
)
_WORDS: Final = frozenset({"true", "false", "t", "h", "b"})
_HASH = re.compile(r"(?:.*\.)?hashes\.([a-z0-9]+)")
_HASH_LENGTHS: Final = {
    "md5": 32, "ripemd160": 40, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128,
    "sha3224": 56, "sha3256": 64, "sha3384": 96, "sha3512": 128, "whirlpool": 128,
}  # fmt: skip
"""Hexadecimal digits of a digest. One of another length could never be seen."""
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_INVALID = "This is no STIX pattern."


def read_pattern(text: str, *, field: str = "pattern") -> Comparisons:
    """The comparisons of a pattern. Raises InvalidInput for what is no valid pattern, or more than we take on."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"A pattern has at most {MOST_CHARACTERS} characters.", field=field)
    if (plain := plain_comparison(text)) is not None:
        try:
            return _covered([_key(*plain)])
        except InvalidInput as refusal:
            raise InvalidInput(refusal.text, field=field) from refusal
    tree = parse_pattern(text, field=field)
    try:
        return _collected(tree)
    except InvalidInput as refusal:
        raise InvalidInput(refusal.text, field=field) from refusal


def plain_comparison(text: str) -> tuple[str, str, str] | None:
    """Type, path and value of a pattern that is one comparison for equality, read without the library; else None."""
    plain = _PLAIN.fullmatch(text)
    return None if plain is None or plain[1] in _WORDS else (plain[1], plain[2], _unescaped(plain[3]))


def parse_pattern(text: str, *, field: str = "pattern") -> Any:
    """The library's tree of a pattern. Raises InvalidInput for what is no valid pattern, or more than we take on."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"A pattern has at most {MOST_CHARACTERS} characters.", field=field)
    if _nesting(text) > MOST_NESTING:
        raise InvalidInput(f"Brackets in a pattern are nested at most {MOST_NESTING} deep.", field=field)
    try:
        return Parsed(text).visit(_Root())
    except ParseException as error:
        raise InvalidInput(f"{_INVALID} {_first_line(error)}".strip(), field=field) from error
    except Exception as error:  # The library raises whatever it stumbles over: UnboundLocalError, RecursionError ...
        raise InvalidInput(_INVALID, field=field) from error


class _Root:
    """The library hands its tree to visitors only."""

    def visit(self, tree: Any) -> Any:
        return tree


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in _QUOTED.sub("", text):
        if character in "[(":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "])":
            depth -= 1
    return deepest


def _first_line(error: Exception) -> str:
    """Where the parser stumbled: a position and a few characters of the sender's own pattern."""
    line = str(error).partition("\n")[0]
    return "".join(letter for letter in line if letter.isprintable())[:200]


_BETWEEN: Final = (
    (Grammar.ObservationExpressionsContext, "FOLLOWEDBY", "It asks for one observation after another."),
    (Grammar.ObservationExpressionAndContext, "AND", "It asks for several observations together."),
    (Grammar.ComparisonExpressionAndContext, "AND", "It asks for several properties together."),
)
_QUALIFIED: Final = (
    Grammar.ObservationExpressionRepeatedContext,
    Grammar.ObservationExpressionWithinContext,
    Grammar.ObservationExpressionStartStopContext,
)
_OTHER_TESTS: Final = {
    Grammar.PropTestRegexContext: "MATCHES",
    Grammar.PropTestOrderContext: "an order",
    Grammar.PropTestLikeContext: "LIKE",
    Grammar.PropTestIsSupersetContext: "ISSUPERSET",
    Grammar.PropTestExistsContext: "EXISTS",
}
_TESTS: Final = (Grammar.PropTestEqualContext, Grammar.PropTestSetContext, Grammar.PropTestIsSubsetContext)


def _collected(tree: Any) -> Comparisons:
    """Walks with a list in place of the stack: a long OR is a deep tree."""
    keys: list[IndexKey | None] = []
    reasons: list[str] = []
    todo = [tree]
    while todo:
        node = todo.pop()
        for kind, word, reason in _BETWEEN:
            if isinstance(node, kind) and getattr(node, word)():
                reasons.append(reason)
        if isinstance(node, _QUALIFIED):
            _check_qualifiers(node)
            reasons.append("It asks for a time or a number of observations.")
        if isinstance(node, Grammar.PropTestRegexContext):
            _check_expression(literal_text(node.StringLiteral().getText()))
        if type(node) in _OTHER_TESTS:
            reasons.append(f"It compares by {_OTHER_TESTS[type(node)]}.")
        elif isinstance(node, _TESTS):
            found = list(_tested(node))
            keys += found
            if None in found:
                reasons.append("It makes a comparison that the index does not hold.")
        else:
            # Pushed in reverse, so that keys come in the order they were written in.
            todo += reversed(list(node.getChildren())) if hasattr(node, "getChildren") else []
    return Comparisons((), reasons[0]) if reasons else _covered(keys)


def _covered(keys: list[IndexKey | None]) -> Comparisons:
    known = [key for key in keys if key is not None]
    if len(known) != len(keys) or not known:
        return Comparisons((), "It makes a comparison that the index does not hold.")
    return Comparisons(tuple(dict.fromkeys(known)))


def _tested(node: Any) -> Iterator[IndexKey | None]:
    """The alternatives of one comparison; None for what the index cannot hold."""
    object_type, _, path = node.objectPath().getText().partition(":")
    object_type = object_type.strip("'")
    if node.NOT() or (isinstance(node, Grammar.PropTestEqualContext) and not node.EQ()):
        yield None
    elif isinstance(node, Grammar.PropTestIsSubsetContext):
        network = network_key(object_type, literal_text(node.StringLiteral().getText()))
        yield network if path == "value" else None
    else:
        literals = node.setLiteral().primitiveLiteral() if isinstance(node, Grammar.PropTestSetContext) else None
        for literal in [node.primitiveLiteral()] if literals is None else literals:
            text = literal.getText()
            # Numbers and truth stand in the index as they are written; times, binaries and hex do not.
            known = text[:1] == "'" or re.fullmatch(r"-?[0-9]+|true|false", text) is not None
            yield _key(object_type, path, literal_text(text)) if known else None


def _key(object_type: str, path: str, value: str) -> IndexKey | None:
    key = index_key(object_type, path, value)
    if key is not None and (found := _HASH.fullmatch(key.path)) is not None:
        digits = _HASH_LENGTHS.get(found[1])
        if digits is not None and not re.fullmatch(rf"[0-9a-f]{{{digits}}}", key.value):
            raise InvalidInput(f"A digest by {found[1]} has {digits} hexadecimal digits.")
    return key


def _check_qualifiers(node: Any) -> None:
    """One observation is qualified at most once in each way."""
    kinds = []
    while isinstance(node, _QUALIFIED):
        kinds.append(type(node))
        node = node.observationExpression()
    if len(kinds) != len(set(kinds)) and isinstance(node, Grammar.ObservationExpressionSimpleContext):
        raise InvalidInput("An observation is qualified twice in the same way.")


def _check_expression(expression: str) -> None:
    """A regular expression that could run for ever is none of ours: RE2 compiles only what ends in linear time."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(expression, options)
    except re2.error as error:
        raise InvalidInput("The regular expression of MATCHES is not one that RE2 takes.") from error


def literal_text(text: str) -> str:
    """What a literal of a pattern says, without its quotation marks."""
    return _unescaped(text[1:-1]) if text[:1] == "'" else text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
