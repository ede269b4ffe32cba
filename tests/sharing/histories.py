"""Random histories of sharing: versions come and go, trust changes, pollers read a bit at a time.

What a reader may see is worked out here from the facts, in plain Python; the tables that the product keeps for it are
not looked at. A poller keeps what a STIX consumer keeps: of each id the version with the largest `modified`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from foundation.clock import FixedClock
from foundation.times import microseconds, whole_millisecond
from models import tables as rows
from models.database import Database, Session
from models.queries import pages, positions, rights
from models.queries.positions import Published
from rules.trust import ANY_AGE, EVERY_KIND, GROUP_TLP, OWN, Form, Need, Right, is_masked, natural_form, visible

LEVELS = (10, 50, 90)
KINDS = (1, 2, 4)
OBJECTS_EACH = 5
Item = tuple[str, bool]  # object, masked: what the reader knows by one id


class Wrong(AssertionError):
    """A reader was told something else than it may know."""


@dataclass
class Facts:
    """The truth: relationships that say something, groups, and the newest version of each object in a collection."""

    granted: dict[tuple[str, str], Right | None] = field(default_factory=dict)  # (producer, reader)
    groups: dict[str, int] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    live: dict[tuple[str, str], tuple[str, int, Need]] = field(default_factory=dict)  # by collection and object

    def right(self, producer: str, reader: str) -> Right:
        if producer == reader:
            return OWN
        if (said := self.granted.get((producer, reader))) is not None:
            return said
        common = [self.groups[key] for key, who in self.members.items() if {producer, reader} <= who]
        level = max(common, default=0)
        return Right(level, GROUP_TLP, natural_form(level))

    @classmethod
    async def read(cls, session: Session) -> "Facts":
        """As the tables say, where several wrote at once."""
        facts = cls()
        for said in await session.scalars(select(rows.TrustRelationship)):
            facts.granted[said.trustor_id, said.trustee_id] = (
                None
                if said.granted is None
                else Right(
                    said.granted, said.tlp, max(natural_form(said.granted), said.strictest), said.kinds, said.max_age
                )
            )
        facts.groups = {one.id: one.granted for one in await session.scalars(select(rows.TrustGroup))}
        for member in await session.scalars(select(rows.TrustMember)):
            if member.is_active:
                facts.members.setdefault(member.group_id, set()).add(member.organization_id)
        for one in await session.scalars(select(rows.CollectionEntry).where(col(rows.CollectionEntry.is_live))):
            need = Need(one.required, one.tlp, one.exact_form, one.hide_form, one.kind, one.age)
            facts.live[one.collection_id, one.object_id] = (one.producer_id, one.id, need)
        return facts

    def view(self, collection: str, reader: str) -> dict[Item, tuple[int, int]]:
        """What a reader holds when it has everything: the version of each item, and its form where it is changed."""
        seen: dict[Item, tuple[int, int]] = {}
        for (where, object_id), (producer, version, need) in self.live.items():
            right = self.right(producer, reader)
            if where == collection and visible(need, right):
                masked = is_masked(need, right)
                seen[object_id, masked] = (version, int(right.form) if masked else 0)
        return seen


@dataclass
class Sharing:
    """Three producers, three readers (one of them a producer too), two collections, two groups, on real tables."""

    database: Database
    clock: FixedClock
    draw: Random
    is_alone: bool = True  # nobody else writes, so that `facts` are the truth
    producers: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    objects: dict[str, list[str]] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)

    async def begin(self) -> None:
        now = self.clock.now()
        dates: dict[str, Any] = {"created_at": now, "updated_at": now}
        async with self.database.transaction() as session:
            everybody = [rows.Organization(name=f"Organisation {n}", **dates) for n in range(5)]
            shelves = [rows.Collection(title=f"Shelf {n}", alias=f"shelf-{n}", **dates) for n in range(2)]
            session.add_all([*everybody, *shelves])
            await session.flush()
            names = [one.id for one in everybody]
            self.producers, self.readers = names[:3], [*names[3:], names[0]]
            self.collections = [one.id for one in shelves]
            for number in range(2):
                group = rows.TrustGroup(
                    name=f"Group {number}", level="trusted", granted=50, created_by=names[0], **dates
                )
                session.add(group)
                await session.flush()
                self.groups.append(group.id)
                self.facts.groups[group.id], self.facts.members[group.id] = 50, set()
            for producer in self.producers:
                version = rows.StixVersion(
                    object_id=producer,
                    organization_id=producer,
                    version=now,
                    digest="",
                    content="{}",
                    tlp="clear",
                    added_at=now,
                )
                session.add(version)
                await session.flush()
                things = [
                    rows.StixObject(
                        organization_id=producer, stix_id=f"malware--{n}", type="malware", version_id=version.id,
                        tlp="clear", **dates,
                    )
                    for n in range(OBJECTS_EACH)
                ]  # fmt: skip
                session.add_all(things)
                await session.flush()
                self.objects[producer] = [thing.id for thing in things]
                self.latest.update((thing.id, 0) for thing in things)

    async def step(self, producers: list[str] | None = None) -> None:
        """One transaction of one writer."""
        self.clock.at += timedelta(microseconds=self.draw.choice((1, 700, 5_000, 900_000)))
        kind = self.draw.random()
        async with self.database.transaction() as session:
            if kind < 0.45:
                await self._publish(session, self.draw.choice(producers or self.producers))
            elif kind < 0.52:
                await self._withdraw(session, self.draw.choice(producers or self.producers))
            elif kind < 0.80:
                await self._relate(session, self.draw.choice(producers or self.producers))
            elif kind < 0.95:
                # Of several writers each speaks for itself: nobody else makes the same row at the same time.
                await self._regroup(session, self.draw.choice(producers or sorted({*self.producers, *self.readers})))
            else:
                await self._raise(session)

    async def _publish(self, session: Session, producer: str) -> None:
        chosen = self.draw.sample(self.objects[producer], self.draw.choice((1, 1, 2, 4)))
        chosen += chosen[: self.draw.choice((0, 0, 0, 1))]  # two versions of one object at once
        number = await session.scalar(
            select(col(rows.StixVersion.id)).where(col(rows.StixVersion.organization_id) == producer)
        )
        assert number is not None
        for collection in sorted(self.draw.sample(self.collections, self.draw.choice((1, 1, 2)))):
            versions = []
            for object_id in chosen:
                at = microseconds(self.clock.now()) + self.draw.choice((-(10**10), -(10**10), -500, 200, 10**6))
                is_late = self.draw.random() < 0.1 and (collection, object_id) in self.facts.live
                self.latest[object_id] = at = max(at, self.latest[object_id] + 1)
                need = Need(
                    self.draw.choice((1, 10, 50, 90)),
                    self.draw.randint(0, 4),
                    self.draw.choice((0, 1, 2, 3, 5)),
                    self.draw.choice((4, 5, 6, 6)),
                    self.draw.choice(KINDS),
                    self.draw.choice((0, 0, 40)),
                )
                if is_late:
                    at = 1 + self.draw.randrange(10**9)
                versions.append(Published(object_id, number, "malware", need, at, is_newest=not is_late))
            places = await positions.publish(session, collection, producer, versions, self.clock.now())
            if places != sorted(set(places)) or places[-1] % 1000:
                raise Wrong("places do not rise, or the last of a transaction is no whole millisecond")
            entry = rows.CollectionEntry
            found = await session.execute(
                select(col(entry.position), col(entry.id)).where(
                    col(entry.collection_id) == collection, col(entry.position).in_(places)
                )
            )
            entries = {row[0]: row[1] for row in found}
            for version, place in zip(versions, places, strict=True):
                if version.is_newest:
                    self.facts.live[collection, version.object_id] = (producer, entries[place], version.need)

    async def _withdraw(self, session: Session, producer: str) -> None:
        collection, object_id = self.draw.choice(self.collections), self.draw.choice(self.objects[producer])
        gone = await positions.withdraw(session, collection, [object_id], self.clock.now())
        if self.is_alone and gone != [key for key in [object_id] if (collection, key) in self.facts.live]:
            raise Wrong("a withdrawal took something else")
        self.facts.live.pop((collection, object_id), None)

    async def _relate(self, session: Session, producer: str) -> None:
        reader = self.draw.choice(self.readers)
        if producer == reader:
            return
        silent = self.draw.random() < 0.15
        level = self.draw.choice((0, 0, 10, 30, 50, 70, 90))
        strictest = Form(self.draw.choice((0, 0, 0, 1, 2, 4)))
        right = Right(
            level,
            self.draw.choice((1, 3, 4, 4)),
            max(natural_form(level), strictest),
            self.draw.choice((EVERY_KIND, EVERY_KIND, 3)),
            self.draw.choice((ANY_AGE, ANY_AGE, 30)),
        )
        values: dict[str, Any] = {
            "granted": None if silent else level,
            "tlp": right.tlp,
            "strictest": int(strictest),
            "kinds": right.kinds,
            "max_age": right.max_age,
        }
        where = (
            col(rows.TrustRelationship.trustor_id) == producer,
            col(rows.TrustRelationship.trustee_id) == reader,
        )
        key = col(rows.TrustRelationship.id)
        changed = await session.scalars(update(rows.TrustRelationship).where(*where).values(**values).returning(key))
        if not changed.all():
            now = self.clock.now()
            session.add(
                rows.TrustRelationship(
                    trustor_id=producer, trustee_id=reader, level="trusted", valid_from=now, created_at=now,
                    updated_at=now, **values,
                )
            )  # fmt: skip
            await session.flush()
        self.facts.granted[producer, reader] = None if silent else right
        await rights.apply(session, rights.of_pair(reader_id=reader, producer_id=producer), self.clock.now())

    async def _regroup(self, session: Session, who: str) -> None:
        group = self.draw.choice(self.groups)
        where = (col(rows.TrustMember.group_id) == group, col(rows.TrustMember.organization_id) == who)
        await session.execute(delete(rows.TrustMember).where(*where))
        self.facts.members[group].discard(who)
        if self.draw.random() < 0.6:
            now = self.clock.now()
            is_active = self.draw.random() < 0.8
            session.add(
                rows.TrustMember(
                    group_id=group, organization_id=who, is_active=is_active, created_at=now, updated_at=now
                )
            )
            await session.flush()
            if is_active:
                self.facts.members[group].add(who)
        await rights.apply(session, rights.of_member(group_id=group, organization_id=who), self.clock.now())

    async def _raise(self, session: Session) -> None:
        group, level = self.draw.choice(self.groups), self.draw.choice(LEVELS)
        await session.execute(update(rows.TrustGroup).where(col(rows.TrustGroup.id) == group).values(granted=level))
        self.facts.groups[group] = level
        await rights.apply(session, rights.of_group(group_id=group), self.clock.now())


@dataclass
class Poller:
    """Follows `next`, or, `by_date`, the date of the last object it was given, cut to milliseconds."""

    sharing: Sharing
    collection: str
    reader: str
    by_date: bool
    position: int = 0
    held: dict[Item, tuple[int, tuple[int, int, bool]]] = field(default_factory=dict)
    mentioned: set[Item] = field(default_factory=set)
    revoked: Counter[Item] = field(default_factory=Counter)

    async def _page(self, limit: int) -> tuple[list[pages.Placed], bool]:
        async with self.sharing.database.reading() as session:
            return await pages.page(session, self.collection, self.reader, after=self.position, limit=limit)

    async def read(self, view: dict[Item, tuple[int, int]] | None = None) -> tuple[bool, int]:
        """One request. `view`: what it may see now, where nobody writes meanwhile."""
        limit = self.sharing.draw.choice((1, 2, 3, 7, 1000))
        found, more = await self._page(limit)
        if more and not found:
            raise Wrong("an empty page, and more to come")
        if view is not None and (found, more) != await self._page(limit):
            raise Wrong("the same place gave another page")
        last = self.position
        for one in found:
            if one.position <= last:
                raise Wrong("places do not rise")
            last = one.position
            item = (one.object_id, one.is_masked)
            self.mentioned.add(item)
            self.revoked[item] += one.is_revoked
            content = (one.entry, one.form, one.is_revoked)
            if view is not None and not one.is_revoked and view.get(item) != content[:2]:
                raise Wrong(f"given what it may not see: {item}")
            had = self.held.get(item)
            if had and one.modified == had[0] and content != had[1]:
                raise Wrong("two contents under one id and modified")
            if had is None or one.modified > had[0]:
                self.held[item] = (one.modified, content)
        if found:
            self.position = last if not self.by_date or more else whole_millisecond(last) // 1000 * 1000
        return more, len(found)

    async def finish(self) -> dict[Item, tuple[int, int]]:
        while (await self.read())[0]:
            pass
        return {item: content[:2] for item, (_, content) in self.held.items() if not content[2]}
