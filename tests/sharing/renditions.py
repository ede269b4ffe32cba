"""A random world of shared objects, and what each reader should see of it, worked out from what was sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from formats.stix.indicator import read_indicator
from formats.stix.markings import tlp_of
from formats.stix.masked import masked
from foundation.times import from_text
from models import tables as rows
from models.queries import renditions, rights
from resolvers import sharing
from resolvers.indicators import import_stix
from resolvers.needs import FORMS, Showing
from resolvers.operation import Operation
from resolvers.resharing import share_due
from rules.access.actions import Action
from rules.access.viewer import engine_of
from rules.masking import Assets
from rules.relationships import kind_bit
from rules.trust import LEVEL_OF, OWN, TLP_RANK, Form, Need, Right, TrustLevelName, is_masked, natural_form, visible
from tests.intelligence.objects import bundle
from tests.world import World

MARKINGS = (
    None,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",  # green
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",  # amber
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",  # amber+strict
)
PATTERNS = (
    "[ipv4-addr:value = '198.51.100.7']",
    "[ipv4-addr:value = '10.0.0.5']",
    "[ipv4-addr:value = '203.0.113.9' OR ipv4-addr:value = '198.51.100.8']",
    "[domain-name:value = 'www.evil.test']",
    "[domain-name:value = 'vpn.bank.example']",
    "[url:value = 'http://evil.test/a?b']",
    "[url:value = 'http://203.0.113.9/login']",
    "[email-addr:value = 'ada@bank.example']",
    "[file:hashes.MD5 = '0123456789abcdef0123456789abcdef']",
    "[domain-name:value MATCHES '^evil']",
    "[domain-name:value != 'bank.example']",
)
TEXTS = ("Callback", "Seen at bank.example", "Hit 203.0.113[.]77", "Both", None)
ASSETS: tuple[tuple[list[str], list[str]], ...] = (
    ([], []),
    (["203.0.113.0/24"], ["bank.example"]),
    ([], ["bank.example"]),
)  # fmt: skip
DAY = "2026-{:02}-{:02}T00:00:00Z"


@dataclass
class Sent:
    """The newest version of an object. `key`: of its row; `required` None: withdrawn, when it was `exact` so far."""

    content: Mapping[str, Any]
    required: int | None
    key: str
    exact: int = 0


@dataclass
class Shared:
    """Two producers, one of them a reader of the other, and one more reader."""

    world: World
    draw: Random
    organizations: list[str] = field(default_factory=list)
    sent: dict[tuple[str, str], Sent] = field(default_factory=dict)  # by producer and STIX id
    assets: dict[str, Assets] = field(default_factory=dict)
    granted: dict[tuple[str, str], Right] = field(default_factory=dict)  # (producer, reader)
    versions: int = 0

    async def begin(self) -> None:
        now = self.world.house.clock.now()
        third = rows.Organization(name="Third, Ltd.", created_at=now, updated_at=now)
        async with self.world.house.database.transaction() as session:
            session.add(third)
        self.organizations = [self.world.operator.id, self.world.partner.id, third.id]
        self.assets = dict.fromkeys(self.organizations, Assets())

    async def step(self) -> None:
        kind, producer = self.draw.random(), self.draw.choice(self.organizations[:2])
        if kind < 0.5:
            await self._send(producer)
        elif kind < 0.75:
            await self._trust(producer)
        elif kind < 0.85:
            await self._withdraw(producer)
        else:
            await self._own(producer)
        while await share_due(self.world.house):
            pass

    async def _send(self, producer: str) -> None:
        level = self.draw.choice(list(TrustLevelName))
        objects = [self._object(producer) for _ in range(self.draw.choice((1, 2, 5)))]
        operation = Operation(self.world.house, engine_of(producer))
        results = await import_stix(operation, bundle=bundle(*objects), level=level)
        for content, result in zip(objects, results, strict=True):
            if result["status"] == "unchanged":
                assert self.sent[producer, content["id"]].content == content
                continue
            assert result["status"] in ("created", "updated"), result
            self.sent[producer, content["id"]] = Sent(content, LEVEL_OF[level], result["object_id"])

    def _object(self, producer: str) -> dict[str, Any]:
        draw, self.versions = self.draw, self.versions + 1
        kind = draw.choice(("indicator", "indicator", "indicator", "identity", "malware", "relationship", "ipv4-addr"))
        number = draw.randrange(4)
        content: dict[str, Any] = {"type": kind, "spec_version": "2.1", "id": self._id(producer, kind, number)}
        if kind != "ipv4-addr":
            modified = DAY.format(1 + self.versions // 28, 1 + self.versions % 28)
            content.update(created=DAY.format(1, 1), modified=modified)
        if marking := draw.choice(MARKINGS):
            content["object_marking_refs"] = [marking]
        # Of an identity, one before it: of those that name each other in a circle any order would be as good.
        makers = number if kind == "identity" else 4
        if draw.random() < 0.5 and kind != "ipv4-addr" and makers:
            content["created_by_ref"] = self._id(producer, "identity", draw.randrange(makers))
        name = draw.choice(TEXTS)
        match kind:
            case "indicator":
                content.update(pattern=draw.choice(PATTERNS), pattern_type="stix", valid_from=DAY.format(1, 1))
                content.update({"labels": draw.choice((["c2"], ["bank.example"]))} if draw.random() < 0.3 else {})
                content.update({"name": name} if name else {})
                content.update({"revoked": True} if draw.random() < 0.1 else {})
            case "identity":
                content.update(name=name or "Bank", identity_class="organization")
            case "malware":
                content.update(name=name or "Poison", is_family=False)
            case "relationship":
                content.update(
                    relationship_type="indicates",
                    source_ref=self._id(producer, "indicator", draw.randrange(4)),
                    target_ref=self._id(producer, "malware", draw.randrange(4)),
                )
            case _:
                content["value"] = draw.choice(("198.51.100.7", "10.0.0.5", "203.0.113.9")) + f"{number}"
        return content

    def _id(self, producer: str, kind: str, number: int) -> str:
        return f"{kind}--{UUID(int=(self.organizations.index(producer) << 64) + number, version=4)}"

    async def _withdraw(self, producer: str) -> None:
        mine = sorted(key for key in self.sent if key[0] == producer)
        if not mine:
            return
        chosen = self.draw.choice(mine)
        sent, exact = self.sent[chosen], self.needs(producer)[chosen[1]].exact_form
        viewer = engine_of(producer)
        async with Operation(self.world.house, viewer).write(Action.STIX_IMPORT) as door:
            await sharing.withdraw(door, viewer, [sent.key])
        if sent.required is not None:
            sent.exact, sent.required = exact, None

    async def _own(self, producer: str) -> None:
        networks, names = self.draw.choice(ASSETS)
        self.assets[producer] = Assets(tuple(map(ip_network, networks)), frozenset(names))
        async with self.world.house.database.transaction() as session:
            values = {"networks": networks, "names": names}
            where = col(rows.Organization.id) == producer
            await session.execute(update(rows.Organization).where(where).values(**values))
            await renditions.make_all_due(session, producer)

    async def _trust(self, producer: str) -> None:
        reader = self.draw.choice([one for one in self.organizations if one != producer])
        level, strictest = self.draw.choice((0, 10, 30, 50, 70, 90)), self.draw.choice((0, 0, 1, 2, 4))
        right = Right(level, self.draw.choice((1, 2, 2)), max(natural_form(level), strictest))
        now, said = self.world.house.clock.now(), rows.TrustRelationship
        async with self.world.house.database.transaction() as session:
            await session.execute(delete(said).where(col(said.trustor_id) == producer, col(said.trustee_id) == reader))
            session.add(
                said(
                    trustor_id=producer, trustee_id=reader, level="trusted", valid_from=now, created_at=now,
                    updated_at=now, granted=level, tlp=right.tlp, strictest=strictest, kinds=right.kinds,
                    max_age=right.max_age,
                )
            )  # fmt: skip
            await session.flush()
            await rights.apply(session, rights.of_pair(reader_id=reader, producer_id=producer), now)
        self.granted[producer, reader] = right

    def right(self, producer: str, reader: str) -> Right:
        return OWN if producer == reader else self.granted.get((producer, reader), Right(0, 0, Form.FULL))

    def needs(self, producer: str) -> dict[str, Need]:
        """Of the producer's objects by STIX id, also of withdrawn ones: their names stay hidden."""
        mine = {stix_id: one.content for (whose, stix_id), one in self.sent.items() if whose == producer}
        exact = dict.fromkeys(mine, int(Form.FULL))
        alone: dict[str, tuple[int, int]] = {}
        while True:  # each round takes something away, or is the last
            alone = {stix_id: self._bounds(producer, stix_id, exact) for stix_id in mine}
            found = {stix_id: bounds[0] for stix_id, bounds in alone.items()}
            if found == exact:
                break
            exact = found
        return {stix_id: self._need(producer, content, *alone[stix_id]) for stix_id, content in mine.items()}

    def _need(self, producer: str, content: Mapping[str, Any], exact: int, hidden: int) -> Need:
        kind = content["type"]
        looks_for = read_indicator(content).type if kind == "indicator" else None
        required = self.sent[producer, content["id"]].required
        now = self.world.house.clock.now()
        modified = content.get("modified")
        age = (now - from_text(modified)).days if modified else 0
        return Need(
            101 if required is None else required,
            TLP_RANK[tlp_of(content, ())],
            exact,
            hidden,
            kind_bit(kind, looks_for, is_observable=kind == "ipv4-addr"),
            max(age, 0),
        )  # fmt: skip

    def _bounds(self, producer: str, stix_id: str, exact: Mapping[str, int]) -> tuple[int, int]:
        sent = self.sent[producer, stix_id]
        content = sent.content
        if sent.required is None:  # nobody is shown it, and what names it stays as it was
            return sent.exact, Form.WITHHELD
        if TLP_RANK[tlp_of(content, ())] > 2:
            return Form.FULL, Form.WITHHELD
        shown = {form: self.shown(producer, content, form, exact) for form in FORMS}
        hidden = next((form for form in FORMS if shown[form] is None), Form.WITHHELD)
        changed = next((form for form in FORMS if shown[form] != content), Form.WITHHELD)
        return changed - 1, hidden

    def shown(
        self, producer: str, content: Mapping[str, Any], form: Form, exact: Mapping[str, int]
    ) -> dict[str, Any] | None:
        def id_of(stix_id: str) -> str:
            known = stix_id == content["id"] or form <= exact.get(stix_id, Form.FULL)
            return stix_id if known else _other(stix_id)

        showing = Showing(form, tlp_of(content, ()), self.assets[producer], id_of, _other)
        return masked(content, showing.mask())

    def view(self, reader: str) -> dict[str, tuple[str, bool, dict[str, Any]]]:
        """What a reader sees, by the key of the original: whose it is, whether it is changed, and its members."""
        seen: dict[str, tuple[str, bool, dict[str, Any]]] = {}
        for producer in self.organizations[:2]:
            needs, right = self.needs(producer), self.right(producer, reader)
            exact = {stix_id: need.exact_form for stix_id, need in needs.items()}
            for stix_id, need in needs.items():
                one = self.sent[producer, stix_id]
                if producer == reader:
                    seen[one.key] = producer, False, dict(one.content)
                elif visible(need, right):
                    changed = is_masked(need, right)
                    content = self.shown(producer, one.content, Form(right.form), exact) if changed else one.content
                    assert content is not None
                    seen[one.key] = producer, changed, dict(content)
        return seen


def _other(stix_id: str) -> str:
    return f"{stix_id}?"
