"""A case runs to its end: what it leaves, once each."""

from models import tables as rows
from rules.investigation.words import DomainName
from tests.engine.conftest import guess_passwords, kinds, open_case, status_is, until
from tests.world import World
from workers.runtime import Engine


async def test_a_case_of_a_password_guesser_runs_to_its_end(world: World, engine: Engine) -> None:
    await guess_passwords(world)
    number = await open_case(world)
    case = await until(lambda: status_is(world, number, "complete"))
    print(case.risk_score, await kinds(world, f"inv:{number}"), await kinds(world, f"org:{world.operator.id}"))
    for row in await world.all(rows.TimelineEvent):
        print(row.actor_name, row.action, row.summary, row.risk_delta)
    for row in await world.all(rows.DomainAnalysis):
        print(row)
