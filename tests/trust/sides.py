"""Two sides of a relationship, and whoever else is there, as they act through the graph."""

from dataclasses import dataclass
from typing import Any

from foundation.ids import from_global, new_id, to_global
from models import tables as rows
from rules.access.viewer import Role, Viewer
from tests.graph.asking import Graph
from tests.world import World, at, viewer_of

Right = tuple[int, int, int]  # level, TLP, form

RELATIONSHIP = "id status level { name } approvals { answer } accessLevel validUntil history { action }"
GROUP = "id level { name } levelInForce { level } members { organization { name } role isActive agreedLevel }"


@dataclass
class Sides:
    world: World

    @property
    def graph(self) -> Graph:
        return Graph(self.world.house, "planned")

    async def another(self, name: str) -> Viewer:
        """A publisher of one more organisation."""
        now = self.world.house.clock.now()
        home = await self.world.put(rows.Organization(name=name, is_publisher=True, created_at=now, updated_at=now))
        person = rows.User(
            id=new_id(), organization_id=home.id, name=name, name_key=name.casefold(), role="publisher",
            created_at=now, updated_at=now,
        )  # fmt: skip
        return viewer_of(await self.world.put(person))

    async def tell(self, who: Viewer, mutation: str, shown: str = "", **given: Any) -> tuple[Any, str | None]:
        """(what it is about, the code of the refusal)."""
        name = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {shown} userErrors {{ code field }} }} }}"
        )
        told = await self.graph.tell(who, document, input=given)
        if told.data is None or told.data[mutation] is None:
            return None, told.codes[mutation]
        payload = told.data[mutation]
        codes = [error["code"] for error in payload.pop("userErrors")]
        return next(iter(payload.values()), None), codes[0] if codes else None

    async def trust(self, who: Viewer, mutation: str, **given: Any) -> tuple[Any, str | None]:
        return await self.tell(who, f"{mutation}Trust", f"relationship {{ {RELATIONSHIP} }}", **given)

    async def group(self, who: Viewer, mutation: str, **given: Any) -> tuple[Any, str | None]:
        return await self.tell(who, mutation, f"group {{ {GROUP} }}", **given)

    async def propose(self, who: Viewer, whom: Viewer, level: str = "TRUSTED", **more: Any) -> str:
        made, code = await self.trust(who, "propose", trusteeId=organization(whom), level=level, **more)
        assert code is None
        return str(made["id"])

    async def agreed(self, who: Viewer, whom: Viewer, level: str = "TRUSTED", **more: Any) -> str:
        """A relationship in force."""
        made = await self.propose(who, whom, level, **more)
        answered, code = await self.trust(whom, "answer", relationshipId=made, approve=True)
        assert (answered["status"], code) == ("ACTIVE", None)
        return made

    async def rights(self) -> dict[tuple[str, str], Right]:
        """(reader, producer) by the names of their organisations -> what the reader may see, where it is anything."""
        names = {one.id: one.name for one in await self.world.all(rows.Organization)}
        return {
            (names[row.reader_id], names[row.producer_id]): (row.level, row.tlp, row.form)
            for row in await self.world.all(rows.Access)
            if row.level > 0
        }


def organization(who: Viewer) -> str:
    return to_global("Organization", who.organization_id)


def key(id: str) -> str:  # noqa: A002
    found = from_global(id)
    assert found is not None
    return found[1]


def platform(world: World) -> Viewer:
    return at(world.admin, role=Role.ADMIN, is_platform_admin=True)
