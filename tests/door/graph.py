"""A small graph to try the door with: an echo, a refusal, surprises, a counter with cursors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import strawberry
from strawberry.types import Info

from foundation.errors import Conflict, Forbidden, NotFound, Unauthenticated
from foundation.settings import Mode, Settings
from rules.access.viewer import ANONYMOUS, Role, Viewer, ViewerKind
from schema.refusals import Schema


class CaseNotFound(NotFound):
    code = "INVESTIGATION_NOT_FOUND"
    message = "Investigation {investigation_id} not found."


@strawberry.type
class Tick:
    """One step of the counter."""

    number: int
    cursor: str
    viewer: str | None = None

    @strawberry.field
    def seen_by(self, info: Info) -> str:
        return str(info.context.operation.viewer.name)

    @strawberry.field
    def context(self, info: Info) -> str:
        return str(info.context.serial)

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("secret /etc/passwd")


@strawberry.input
class Draft:
    title: str
    size: int | None = None


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, text: str, times: int = 1) -> str | None:
        return text * times

    @strawberry.field
    def me(self, info: Info) -> str:
        return str(info.context.operation.viewer.name)

    @strawberry.field
    def context(self, info: Info) -> str:
        return str(info.context.serial)

    @strawberry.field
    def hidden(self) -> str | None:
        raise CaseNotFound(field="id", investigation_id="INV-9", available_investigations=["INV-1"])

    @strawberry.field
    async def surprise(self) -> str | None:
        raise RuntimeError("secret /etc/passwd")

    @strawberry.field
    def strict(self) -> str:
        raise Forbidden

    @strawberry.field
    def unshowable(self) -> int | None:
        return 2**40

    @strawberry.field
    def surrogate(self) -> str | None:
        return "half \ud800 pair"

    @strawberry.field
    async def slow(self, seconds: float) -> str | None:
        await asyncio.sleep(seconds)
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def make(self, draft: Draft) -> str | None:
        raise Conflict


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, after: str | None = None, every_s: float = 0.0) -> AsyncIterator[Tick]:
        COUNTERS["open"] += 1
        try:
            for number in range(int(after or 0) + 1, to + 1):
                await asyncio.sleep(every_s)
                yield Tick(number=number, cursor=str(number))
        finally:
            COUNTERS["open"] -= 1

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[Tick]:
        if COUNTERS is not None:
            raise CaseNotFound(investigation_id="INV-9")
        yield Tick(number=0, cursor="0")

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[Tick]:
        yield Tick(number=1, cursor="1")
        raise RuntimeError("secret /etc/passwd")

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        COUNTERS["open"] += 1
        try:
            while True:
                COUNTERS["flooded"] += 1
                yield "x" * 20_000
                await asyncio.sleep(0)
        finally:
            COUNTERS["open"] -= 1


COUNTERS: dict[str, int] = {"open": 0, "flooded": 0}


def person(name: str, **changes: Any) -> Viewer:
    return Viewer(ViewerKind.USER, f"id-{name}", "org-1", Role.ADMIN, name, **changes)


@dataclass
class Desk:
    """A doorman who knows people by their tokens."""

    settings: Settings
    people: dict[str, Viewer]
    revoked: set[str]
    serial: int = 0

    async def admit(self, headers: Mapping[str, str], client: str) -> Viewer:
        given = headers.get("authorization") or headers.get("x-api-key")
        if given is None:
            return ANONYMOUS
        if given == "Bearer crash":
            raise RuntimeError("secret /etc/passwd")
        viewer = self.people.get(given.removeprefix("Bearer "))
        if viewer is None:
            raise Unauthenticated
        return viewer

    async def recheck(self, viewer: Viewer) -> Viewer:
        if viewer.name in self.revoked:
            raise Unauthenticated("The session has ended.")
        return viewer

    def context(self, viewer: Viewer, *, request_id: str, client: str, user_agent: str = "") -> Any:
        self.serial += 1
        operation = SimpleNamespace(
            viewer=viewer, settings=self.settings, request_id=request_id, client=client, spend=_unlimited
        )
        return SimpleNamespace(operation=operation, reading="planned", serial=self.serial)


async def _unlimited(*_: Any) -> None:
    """There is no house behind this door that counts."""


def settings(mode: Mode = Mode.PRODUCTION, **changes: Any) -> Settings:
    return Settings(_env_file=None, mode=mode, **changes)


def desk(mode: Mode = Mode.PRODUCTION) -> Desk:
    people = {"ada": person("ada"), "ada2": person("ada", session_id="2"), "bob": person("bob")}
    return Desk(settings(mode), people, set())


schema = Schema(query=Query, mutation=Mutation, subscription=Subscription)
