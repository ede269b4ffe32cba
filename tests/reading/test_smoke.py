import orjson

from foundation import telemetry
from tests.reading.graph import SCHEMA, Context

DOC = """
query($n: Int) { investigations(first: $n) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node {
  id status entityValue riskScore domainsToAnalyze domainNames timeWindow { start end } archiving { reason } createdBy { name }
  evidence(first: 2, orderBy: STRENGTH, filter: {strengthMin: 0.1}) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id title strength weighed(factor: 0.25) ageS rawData discoveredAt investigation { id } subject { __typename ... on User { name } } activity { edges { node { ip } } } } } }
  notes { body author { name } }
  graph(size: 2) { at hidden centre { risk } nodes { __typename key ... on EvidenceNode { evidence { title } verifications { status } } ... on EntityNode { risk } } }
  explanation
  related(filter: {status: [RUNNING, PAUSED], search: "203", includeArchived: true}) { totalCount }
 } } } }
"""


async def test_smoke(world):
    case = await world.case()
    case2 = await world.case(entity_value="1.2.3.4")
    for i in range(3):
        await world.evidence(
            case, title=f"e{i}", strength=0.2 * i, raw_data={"a": [1, 2.5, None]}, created_by=world.publisher.user_id
        )
    answers = []
    for mode in ("planned", "reference", "plain"):
        before = telemetry.counters()
        result = await SCHEMA.execute(DOC, {"n": 5}, context_value=Context(world.op(), mode))
        print(mode, result.errors, {k: v - before.get(k, 0) for k, v in telemetry.counters().items()})
        answers.append(orjson.loads(orjson.dumps(result.data)))
        print(orjson.dumps(answers[-1])[:1500])
        assert not result.errors
    assert answers[0] == answers[2]
    assert answers[1] == answers[2]


def test_checks():
    from schema.checks import check

    check(SCHEMA)
