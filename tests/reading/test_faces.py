"""The small graph on its own: every mode serves it, and slips in faces stop the schema from being built."""

import orjson
import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from models import tables as rows
from schema.checks import BadFace, check
from schema.faces import Connection, column, connection, face, facet, many, one
from schema.scalars import SCALARS
from tests.reading.graph import SCHEMA, Context
from tests.world import World

DOCUMENT = """
query($n: Int) {
  investigations(first: $n) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node {
      id status entityValue riskScore domainsToAnalyze domainNames timeWindow { start end } archiving { reason }
      createdBy { name }
      evidence(first: 2, orderBy: STRENGTH, filter: {strengthMin: 0.1}) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { cursor node {
          id title strength weighed(factor: 0.25) ageS rawData discoveredAt
          investigation { id } subject { __typename ... on User { name } } activity { edges { node { ip } } }
        } }
      }
      notes { body author { name } }
      graph(size: 2) {
        at hidden centre { risk }
        nodes {
          __typename key
          ... on EvidenceNode { evidence { title } verifications { status } }
          ... on EntityNode { risk }
        }
      }
      explanation
      related(filter: {status: [RUNNING, PAUSED], search: "203", includeArchived: true}) { totalCount }
    } }
  }
}
"""


async def test_every_mode_gives_the_same_bytes(world: World) -> None:
    case = await world.case()
    await world.case(entity_value="1.2.3.4")
    for i in range(3):
        raw = {"a": [1, 2.5, None]}
        await world.evidence(case, title=f"e{i}", strength=0.2 * i, raw_data=raw, created_by=world.publisher.user_id)
    answers = []
    for mode in ("planned", "reference", "plain"):
        result = await SCHEMA.execute(DOCUMENT, {"n": 5}, context_value=Context(world.op(), mode))
        assert result.errors is None
        answers.append(orjson.dumps(result.data))
    assert answers[0] == answers[1] == answers[2]
    assert orjson.loads(answers[0])["investigations"]["totalCount"] == 2


def test_the_small_graph_keeps_what_it_says() -> None:
    check(SCHEMA)


@face(rows.Note)
class Remark:
    """Wrong in every way."""

    words: str = column("There is no such column.")
    author: "Remark" = one("It may be null.", by="author_id")
    nobody: "Remark | None" = one("There is no such column.", by="nobody_id")
    case: "Whole" = facet("Another row.")
    by_text: list["Remark"] = many("Another kind of key.", by="body")
    unordered: Connection["Remark"] = connection(
        "Of an order with nulls.", by="investigation_id", default=("author_id", False)
    )


@face(rows.Investigation)
class Whole:
    """A case."""

    archived_at: str = column("It may be null.")


def test_slips_in_faces_are_told_when_the_schema_is_built() -> None:
    @face(None)
    class Query:
        """Reads."""

        remark: Remark | None = one("One.", by="key")

    schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
    with pytest.raises(BadFace) as told:
        check(schema)
    assert sorted(str(told.value).splitlines()) == [
        "Remark.author: author_id may be null, and this field may not",
        "Remark.byText: body holds another kind of key",
        "Remark.case: a facet shows the same row, so its face has the same source",
        "Remark.nobody: there is no column nobody_id",
        "Remark.unordered: it is ordered by author_id, which may be null",
        "Remark.words: there is no column words",
        "Whole.archivedAt: archived_at may be null, and this field may not",
    ]
