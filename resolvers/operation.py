"""The Operation: who asks, what time it is, and the two doors to data."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from foundation import telemetry
from foundation.clock import Clock
from foundation.cursors import Cursors
from foundation.errors import Forbidden, Refusal, TooMany, Unauthenticated
from foundation.settings import Settings
from gateways.ports import Job, Jobs, Mailer, Matcher, Taxii, Wake, Windows
from gateways.redis_windows import RedisWindows
from models.database import Database, Session
from models.failures import as_refusal, is_deadlock
from models.unit import AlreadyAnswered, AuditEntry, Unit
from models.walls import wall_of
from resolvers.access_log import AccessLog, Read, note
from resolvers.budgets import Budgets, Receipt
from resolvers.hashing import Hashing
from resolvers.hub import Hub
from resolvers.standings import Standings
from resolvers.stream_items import Places
from resolvers.validity import TURNS, Validity
from resolvers.windows import DatabaseWindows, FallingBack, Leased, MemoryWindows
from rules.access.actions import Action, is_administrative, may
from rules.access.budgets import Budget, BudgetSpent
from rules.access.duties import duty_refusal
from rules.access.keyring import KeyRing, RingSource, Use
from rules.access.viewer import Viewer
from rules.pseudonyms import Pseudonyms, pseudonyms_of

Answer = TypeVar("Answer")

log = telemetry.logger("casegraph.operation")
STANDINGS = "standings"
"""No stream: called out beside them, it says that somebody is no longer who he was."""

DEADLOCK_TRIES = 4  # PostgreSQL ends one of two transactions that wait for each other; the loser just tries again


@dataclass(frozen=True)
class House:
    """What every operation of one process shares."""

    settings: Settings
    database: Database
    jobs: Jobs
    wake: Wake
    clock: Clock
    key_source: RingSource
    epoch: str  # of this installation's history: event cursors carry it
    sharing_secret: bytes = field(compare=False, repr=False)
    mailer: Mailer | None = None
    matcher: Matcher | None = None
    taxii: Taxii | None = None
    hashing: Hashing = field(default_factory=Hashing, compare=False)
    standings: Standings = field(default_factory=Standings, compare=False)
    cursors: Cursors = field(init=False, compare=False, repr=False)
    walks: Cursors = field(init=False, compare=False, repr=False)  # of pollers, who may come back after months
    hub: Hub = field(init=False, compare=False, repr=False)
    budgets: Budgets = field(init=False, compare=False, repr=False)
    validity: Validity = field(init=False, compare=False, repr=False)
    access_log: AccessLog = field(init=False, compare=False, repr=False)

    @property
    def keys(self) -> KeyRing:
        """The ring of this moment. Not to be kept: keys are rotated while the process runs."""
        return self.key_source.ring

    def __post_init__(self) -> None:
        object.__setattr__(self, "cursors", Cursors(lambda: self.keys.keys(Use.CURSORS)))
        object.__setattr__(self, "walks", Cursors(lambda: self.keys.keys(Use.WALKS)))
        object.__setattr__(self, "hub", Hub(self.database, Places(self.cursors, self.epoch)))
        object.__setattr__(self, "validity", Validity(self.database))
        access_log = AccessLog(self.database, is_on=self.settings.access_log_days > 0)
        object.__setattr__(self, "access_log", access_log)
        object.__setattr__(self, "budgets", Budgets(self.settings, self._windows(), self.clock))

    def _windows(self) -> Windows:
        """In memory where this is the only process (SQLite), else where all processes see it."""
        if self.settings.is_sqlite:
            return MemoryWindows()
        shared: Windows = DatabaseWindows(self.database)
        if self.settings.redis_url:
            shared = FallingBack(RedisWindows(self.settings.redis_url, installation=self.epoch[:8]), shared)
        return Leased(shared)

    def forget(self, *names: str) -> None:
        """To be called after the commit that changed who these are. Other processes are told to look again too; one
        that does not hear it believes what it knows for two seconds more."""
        self.standings.forget(*names)
        self.wake.soon([STANDINGS])

    def forget_everybody(self) -> None:
        """The same where it is not known by which sessions and keys they are known."""
        self.standings.clear()
        self.wake.soon([STANDINGS])

    def expect_turn(self, at: datetime | None) -> None:
        """To be called after the commit that gave a relationship the moment at which it begins or ends by itself."""
        if at is not None:
            self.validity.expect(at)
            self.wake.soon([TURNS])

    async def keep_validity(self) -> None:
        """Carries out what trust has begun or ended by now, before anybody reads."""
        now = self.clock.now()
        if self.validity.is_due(now):
            await self.validity.turn(now)

    def look(self, streams: Collection[str] | None) -> None:
        """What a wake-up says: there may be news in these streams; None: in any."""
        if streams is None or STANDINGS in streams:
            self.standings.clear()
        if streams is None or TURNS in streams:
            self.validity.look()
        self.hub.look(streams)


@dataclass
class Key:
    """Good for one door: a second one under the same key would be told the first one's answer."""

    key: str
    fingerprint: str
    spent: bool = False


@dataclass
class Asked:
    """What a door has said about the part of a request that is being answered. `action`: what its root is marked
    with, for refusals that come before any door to data was tried."""

    action: Action | None = None
    read: Read | None = None  # what the access log will say of the request


_open: ContextVar[str | None] = ContextVar("open_door", default=None)


class Door:
    """The open write door: a Unit that can also enqueue durable work."""

    def __init__(self, unit: Unit, jobs: Jobs) -> None:
        self.unit = unit
        self._jobs = jobs
        self.session = unit.session
        self.now = unit.now
        self.add = unit.add
        self.announce = unit.announce
        self.answer = unit.answer
        self.audit = unit.audit

    def enqueue(self, job: Job) -> None:
        self.unit.within(lambda transaction: self._jobs.enqueue_within(transaction, job))

    def about(self, target: str, **details: Any) -> None:
        """What the audit line of this write names, and what else it tells (JSON values, never a secret)."""
        self.unit.target = target
        self.unit.details.update(details)

    def refused(self, code: str) -> None:
        """The audit line of this write says that it was a refusal. The caller raises after the door has closed."""
        self.unit.outcome = "refused"
        self.unit.details["code"] = code


@dataclass(frozen=True)
class Operation:
    """One request, one subscription event or one durable step."""

    house: House
    viewer: Viewer
    request_id: str = ""
    client: str = ""  # address of the caller, for limits and the audit trail
    user_agent: str = ""  # what the caller's program calls itself, for its owner's lists of sessions and devices
    door: str = ""  # by which the request came, for the access log
    key: Key | None = field(default=None, compare=False)
    asked: Asked = field(default_factory=Asked, compare=False, repr=False)

    @property
    def clock(self) -> Clock:
        return self.house.clock

    @property
    def settings(self) -> Settings:
        return self.house.settings

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Under which ids this viewer knows what it may not know by its own."""
        return pseudonyms_of(self.house.sharing_secret, self.viewer.organization_id)

    def as_viewer(self, viewer: Viewer) -> "Operation":
        return replace(self, viewer=viewer)

    def check(self, action: Action) -> None:
        """Raises Unauthenticated or Forbidden where role or scope do not allow the action, and what has to be done
        first where only that is in the way."""
        if may(self.viewer, action):
            return
        if self.viewer.is_anonymous:
            raise Unauthenticated
        if self.viewer.duties and may(replace(self.viewer, duties=frozenset()), action):
            raise duty_refusal(self.viewer.duties)
        raise Forbidden(action=str(action))

    async def spend(self, budget: Budget, amount: int = 1) -> Receipt | None:
        """Uses up what this caller may; None where nothing limits it. Raises BudgetSpent."""
        return await self.house.budgets.spend(budget, self.viewer, self.client, amount)

    async def permit(self, action: Action) -> None:
        """`check`, and a refusal is written down: for doors that ask before they read what was sent."""
        try:
            self.check(action)
        except Refusal as refusal:
            await self.note_refusal(action, refusal)
            raise

    async def begin_read(self, action: Action, **details: Any) -> None:
        """`permit`; and what only administrators may read is written down before it is read (SECURITY R38).

        `details` are JSON values: what is read.
        """
        await self.permit(action)
        await self._keep_validity()
        if is_administrative(action):
            await self._note(self._entry(action, "done", None, details))

    async def _keep_validity(self) -> None:
        try:
            await self.house.keep_validity()
        except Exception as error:
            raise as_refusal(error) from error

    def has_read(self, action: Action, root: str, targets: Iterable[Any], number: int) -> None:
        """A line for the access log, one for all roots of a request: what was read, asked for by which ids, and how
        many things it handed out. Costs next to nothing, and never fails."""
        read = self.asked.read
        if read is None or read.is_taken:
            read = self.asked.read = self.house.access_log.begin(
                self.viewer, door=self.door, request_id=self.request_id, action=action, at=self.clock.now()
            )
        if read is not None:
            note(read, root, targets, number)

    @asynccontextmanager
    async def read(self, action: Action) -> AsyncIterator[Session]:
        """One snapshot. Never await another door inside: with bounded connections that deadlocks, so it is an error."""
        if _open.get() is None:
            await self.begin_read(action)
        with _one_door(action):
            try:
                async with self.house.database.reading(wall_of(self.viewer)) as session:
                    yield session
            except Exception as error:
                raise as_refusal(error) from error

    @asynccontextmanager
    async def write(self, action: Action, *, target: str | None = None, **details: Any) -> AsyncIterator[Door]:
        """Rows, audit, jobs, events and the key's answer: all of them, or nothing. Says "look" after the commit."""
        try:
            self.check(action)
            await self._keep_validity()
            async with (
                self.house.budgets.reserved(action, self.viewer, self.client),
                self._open_write(action, target, details) as door,
            ):
                yield door
        except Refusal as refusal:
            await self.note_refusal(action, refusal, target)
            raise

    @asynccontextmanager
    async def _open_write(self, action: Action, target: str | None, details: dict[str, Any]) -> AsyncIterator[Door]:
        if self.key is not None:
            if self.key.spent:
                raise RuntimeError(f"{action}: a second door under one key")
            self.key.spent = True
        with _one_door(action):
            try:
                async with self.house.database.transaction(wall_of(self.viewer)) as session:
                    unit = Unit(session, self.clock.now())
                    unit.target = target
                    unit.details.update(details)
                    if self.key is not None:
                        await unit.claim(self.key.key, self.key.fingerprint)
                    yield Door(unit, self.house.jobs)
                    await unit.seal(self._entry(action, unit.outcome, unit.target, unit.details))
            except (Refusal, AlreadyAnswered):
                raise
            except Exception as error:
                raise as_refusal(error) from error
        self.house.wake.soon(unit.streams)

    def _entry(self, action: Action, outcome: str, target: str | None, details: dict[str, Any]) -> AuditEntry:
        viewer = self.viewer
        return AuditEntry(
            organization_id=viewer.organization_id,
            actor_id=viewer.user_id,
            actor_name=viewer.name,
            action=str(action),
            outcome=outcome,
            target=target,
            request_id=self.request_id,
            details=details,
        )

    async def note_refusal(self, action: Action, refusal: Refusal, target: str | None = None) -> None:
        """A refusal of someone signed in is part of the trail, once; the write itself left nothing (SECURITY R38).

        Of those for asking too often the first is: who is limited must not be able to fill the trail, at a write a try.
        """
        if self.viewer.is_anonymous or refusal.is_noted or refusal.status >= 500:
            return
        refusal.is_noted = True
        if isinstance(refusal, TooMany) and not (isinstance(refusal, BudgetSpent) and refusal.is_first):
            telemetry.count("refused.too_many")
            return
        try:
            await self._note(self._entry(action, "refused", target, {"code": refusal.code}))
        except Exception as error:  # It stays a refusal: nothing was done.
            log.error("a refusal could not be written down", action=str(action), code=refusal.code, exc_info=error)

    async def _note(self, entry: AuditEntry) -> None:
        """One line of the trail in a short transaction of its own."""
        try:
            async with self.house.database.transaction() as session:
                await Unit(session, self.clock.now()).seal(entry)
        except Exception as error:
            raise as_refusal(error) from error

    async def once(self, key: str, fingerprint: str, act: Callable[["Operation"], Awaitable[Answer]]) -> Answer | Any:
        """Acts under a key, or tells what the same key was answered before; retries what a deadlock undid.

        The only place that knows of AlreadyAnswered. `act` opens at most one write door.
        """
        for attempt in range(1, DEADLOCK_TRIES + 1):
            try:
                return await act(replace(self, key=Key(key, fingerprint)))
            except AlreadyAnswered as earlier:
                return earlier.answer
            except Exception as error:
                if attempt == DEADLOCK_TRIES or not is_deadlock(error):
                    raise
        raise AssertionError("unreachable")


class _one_door:
    def __init__(self, action: Action) -> None:
        self._action = action

    def __enter__(self) -> None:
        if (inside := _open.get()) is not None:
            raise RuntimeError(f"{self._action} inside {inside}: one door at a time")
        self._token = _open.set(str(self._action))

    def __exit__(self, *_: object) -> None:
        _open.reset(self._token)
