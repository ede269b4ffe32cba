"""Lists of values come in."""

from collections import Counter
from typing import Annotated, Any

import strawberry

from formats.lists import read_list
from foundation.errors import InvalidInput
from foundation.ids import to_global
from foundation.texts import check_text
from foundation.words import IndicatorType, Tlp
from resolvers.listing import MOST_LINES, Common, LineStatus, import_lines
from resolvers.operation import Operation
from rules.access.actions import Action
from rules.trust import TrustLevelName
from schema.enums import show
from schema.marks import acts
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.planned import Info
from schema.scalars import Confidence

show(LineStatus)
MOST_TEXT, MOST_LABELS, MOST_LABEL = 1_000_000, 50, 200


@strawberry.input(description="A list of values that are to be looked for.")
class ImportIndicatorsInput:
    text: str = strawberry.field(
        description="The list as text, at most 1,000 lines: a value a line, or a table (CSV, tabs, semicolons) whose "
        "column of values is found by its heading or its looks. Comments begin with #, // or ;. Values may be defanged."
    )
    type: IndicatorType | None = strawberry.field(
        default=None, description="What all values are. Left out: each is recognised by its looks."
    )
    labels: list[str] | None = strawberry.field(default=None, description="Words to file all of them under.")
    confidence: Confidence | None = strawberry.field(
        default=None, description="How sure you are, 0 to 100; a line's own, in a column `confidence`, wins."
    )
    tlp: Tlp = strawberry.field(default=Tlp.AMBER, description="How far they may be passed on.")
    trust_level: TrustLevelName = strawberry.field(
        default=TrustLevelName.TRUSTED, description="How much trust they ask of those they are shared with."
    )
    dry_run: bool = strawberry.field(default=False, description="True: only tell what would become of each line.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="What became of one line.")
class LineVerdict:
    line: int = strawberry.field(description="Its number in the list, from 1.")
    text: str = strawberry.field(description="The value as it stood there, at most 200 characters.")
    status: LineStatus = strawberry.field(description="Whether an indicator was made of it.")
    type: IndicatorType | None = strawberry.field(description="What it is; null when it could not be read.")
    value: str | None = strawberry.field(description="The value in its normal form; null when it could not be read.")
    indicator_id: strawberry.ID | None = strawberry.field(
        description="The global id of the indicator, new or held before; null where there is none."
    )
    message: str | None = strawberry.field(description="Why it was refused; null when it was not.")
    warnings: list[str] = strawberry.field(
        description="Lists of known-good values that it stands on; it was taken all the same."
    )


@strawberry.type(description="How importing a list ended.")
class ImportIndicatorsPayload:
    verdicts: list[LineVerdict] = strawberry.field(
        description="One for each line that holds something, in their order: comments and empty lines have none."
    )
    created: int = strawberry.field(description="Of how many lines an indicator was made; in a dry run: would be.")
    known: int = strawberry.field(description="How many values were held before.")
    repeated: int = strawberry.field(description="How many stood in the list twice.")
    refused: int = strawberry.field(description="How many lines were refused.")
    user_errors: list[UserError] = strawberry.field(
        description="Why the request as a whole was refused; empty when it was not, whatever became of its lines."
    )


async def _import(op: Operation, asked: ImportIndicatorsInput) -> list[dict[str, Any]]:
    op.check(Action.STIX_IMPORT)
    labels = list(asked.labels or ())
    if len(asked.text) > MOST_TEXT:
        raise InvalidInput(f"Send at most {MOST_TEXT} characters.", field="text", most=MOST_TEXT)
    if len(labels) > MOST_LABELS:
        raise InvalidInput(f"Send at most {MOST_LABELS} labels.", field="labels", most=MOST_LABELS)
    labels = [check_text(label, field="labels", least=1, most=MOST_LABEL, one_line=True) for label in labels]
    texts = asked.text.splitlines()
    if len(texts) > MOST_LINES:
        raise InvalidInput(f"Send at most {MOST_LINES} lines at once.", field="text", most=MOST_LINES)
    common = Common(labels, asked.confidence, asked.tlp, asked.trust_level)
    lines = list(read_list(texts, kind=asked.type))
    return await import_lines(op, lines=lines, source="list", common=common, seen=set(), is_dry=asked.dry_run)


@strawberry.type(description="Lists of values come in.")
class ListMutations:
    @strawberry.mutation(
        description="Makes indicators of a list of addresses, names, URLs, digests or mail addresses, with a verdict "
        "for each line. What is held already is left alone: sending a list again changes nothing.",
        metadata=acts(Action.STIX_IMPORT),
    )
    async def import_indicators(
        self, info: Info, input: Annotated[ImportIndicatorsInput, strawberry.argument(description="The list.")]
    ) -> ImportIndicatorsPayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: _import(op, input),
            mutation="importIndicators",
            asked=input,
            key=input.client_mutation_key,
        )
        verdicts = [_shown(one) for one in done.result or ()]
        counted = Counter(one.status for one in verdicts)
        return ImportIndicatorsPayload(
            verdicts=verdicts,
            created=counted[LineStatus.CREATED],
            known=counted[LineStatus.KNOWN],
            repeated=counted[LineStatus.REPEATED],
            refused=counted[LineStatus.REFUSED],
            user_errors=done.user_errors,
        )


def _shown(wire: dict[str, Any]) -> LineVerdict:
    key, kind = wire["object_id"], wire["type"]
    return LineVerdict(
        line=wire["line"],
        text=wire["text"],
        status=LineStatus(wire["status"]),
        type=None if kind is None else IndicatorType(kind),
        value=wire["value"],
        indicator_id=None if key is None else strawberry.ID(to_global("Indicator", key)),
        message=wire["message"],
        warnings=wire["warnings"],
    )
