"""What the graph shows of trust that is no plain row: members of groups, and what an organisation learnt of others.

Everything is read as the viewer may see it, so a metric never tells of a relationship between two others.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import distinct, false, func, or_, select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.stored import sql_table
from models.reading.visibility import viewer_organization, visible
from rules.access.viewer import Viewer
from rules.trust import BY_LEVEL, TrustLevelName
from rules.trust_metrics import Outcomes, TrustMetrics, historical_performance, reliability, reputation, trust_metrics

Asking = Generator[Question, list[tuple[Any, ...]], Any]
NEWEST = 200
"""Indicators of a source whose history is looked at, the last ones it shared."""

_trust, _member, _group = (sql_table(t).c for t in (rows.TrustRelationship, rows.TrustMember, rows.TrustGroup))
_indicator, _key = sql_table(rows.Indicator).c, sql_table(rows.IndicatorKey).c
_cited, _evidence, _said = (sql_table(t).c for t in (rows.EvidenceIndicator, rows.Evidence, rows.Verification))


@dataclass(frozen=True, slots=True)
class Membership:
    """An organisation in a group. `id` is the organisation's."""

    id: str
    role: str
    is_active: bool
    agreed_level: TrustLevelName | None
    since: datetime


MEMBERS = Lookup(
    lambda given: (
        select(
            _member.group_id,
            _member.organization_id,
            _member.role,
            _member.is_active,
            _member.agreed,
            _member.created_at,
        )
        .where(given.among(_member.group_id, "groups"))
        .order_by(_member.created_at, _member.organization_id)
    )
)
RELATED = Lookup(
    lambda given: select(_trust.trustor_id, _trust.trustee_id, _trust.granted).where(
        given.among(_trust.trustor_id, "organizations") | given.among(_trust.trustee_id, "organizations")
    )
)
GRANTED = Lookup(
    lambda given: select(_trust.trustee_id, _trust.id).where(
        given.among(_trust.trustee_id, "organizations"), _trust.trustor_id == viewer_organization()
    )
)
# The viewer's own groups: of others nobody sees a member.
TOGETHER = Lookup(
    lambda given: (
        select(_member.group_id, _member.organization_id, _group.granted)
        .join_from(sql_table(rows.TrustMember), sql_table(rows.TrustGroup), _group.id == _member.group_id)
        .where(_member.is_active)
    )
)
OUTCOMES = Lookup(
    lambda given: (
        select(
            _indicator.organization_id,
            _evidence.verification_status,
            func.count(distinct(_evidence.id)),
            func.max(_said.at),
        )
        .join_from(
            sql_table(rows.Indicator), sql_table(rows.EvidenceIndicator), _cited.indicator_id == _indicator.original_id
        )
        .join(sql_table(rows.Evidence), _evidence.id == _cited.evidence_id)
        .join(sql_table(rows.Verification), _said.evidence_id == _evidence.id)
        .where(
            given.among(_indicator.organization_id, "organizations"),
            _evidence.organization_id == viewer_organization(),
            _evidence.superseded == false(),
            or_(_evidence.verification_status == "verified", _evidence.verification_status == "false_positive"),
        )
        .group_by(_indicator.organization_id, _evidence.verification_status)
    ),
    ties=(rows.EvidenceIndicator,),
)


def _newest(given: Any) -> Any:
    place = func.row_number().over(
        partition_by=_indicator.organization_id, order_by=(_indicator.created_at.desc(), _indicator.id)
    )
    shared = (
        select(_indicator.organization_id, _indicator.id, _indicator.created_at, place.label("place"))
        .where(given.among(_indicator.organization_id, "organizations"), visible(rows.Indicator))
        .subquery()
    )
    return (
        select(shared.c.organization_id, shared.c.id, shared.c.created_at, _key.value)
        .join_from(shared, sql_table(rows.IndicatorKey), _key.indicator_id == shared.c.id)
        .where(shared.c.place <= NEWEST)
    )


SHARED = Lookup(_newest, ties=(rows.Indicator, rows.IndicatorKey))  # it asks for the viewer where it chooses the newest
SHARED_BY = Lookup(
    lambda given: (
        select(_key.value, _indicator.organization_id, func.min(_indicator.created_at))
        .join_from(sql_table(rows.Indicator), sql_table(rows.IndicatorKey), _key.indicator_id == _indicator.id)
        .where(given.among(_key.value, "values"))
        .group_by(_key.value, _indicator.organization_id)
    ),
    ties=(rows.IndicatorKey,),
)


def members(rows: Sequence[tuple[str]]) -> Asking:
    """(id) of groups -> who is in each or was asked, longest there first. One statement."""
    found: dict[str, list[Membership]] = defaultdict(list)
    for group, organization, role, is_active, agreed, since in (yield MEMBERS.of(groups=[key for (key,) in rows])):
        level = BY_LEVEL[agreed].name if agreed in BY_LEVEL else None
        found[group].append(Membership(organization, role, is_active, level, since))
    return [found[key] for (key,) in rows]


def granted_by_viewer(rows: Sequence[tuple[str]]) -> Asking:
    """(id) of organisations -> the key of the relationship by which the viewer's grants it something. One statement."""
    found: dict[str, str] = dict((yield GRANTED.of(organizations=[key for (key,) in rows])))
    return [found.get(key) for (key,) in rows]


def metrics(rows: Sequence[tuple[str]], *, viewer: Viewer, now: datetime) -> Asking:
    """(id) of organisations -> what the viewer's own learnt of each; None for one it has nothing to do with (SECURITY
    R17). Five statements."""
    own, asked = viewer.organization_id, [key for (key,) in rows]
    related, granted = {own}, defaultdict[str, dict[str, int]](dict)  # whom -> by whom: how much
    together: dict[str, dict[str, int]] = defaultdict(dict)
    for group, organization, level in (yield TOGETHER.of()):
        together[group][organization] = level
    for places in together.values():
        if own in places:
            related |= places.keys()
            for one, level in places.items():
                for other in places.keys() - {one}:
                    granted[one][other] = max(level, granted[one].get(other, 0))
    for trustor, trustee, level in (yield RELATED.of(organizations=asked)):
        related |= {trustor, trustee}
        if level is not None:  # it says something, and groups count no more
            granted[trustee][trustor] = level
    subjects = [key for key in asked if key in related]
    grantors = {one for key in subjects for one, level in granted[key].items() if level}
    outcomes = yield from _outcomes(sorted({*subjects, *grantors}))
    performance = yield from _performances(subjects)

    def said_of(key: str) -> TrustMetrics | None:
        if key not in related:
            return None
        levels = [
            (level, 1.0 if by == own else reliability(outcomes[by])) for by, level in granted[key].items() if level
        ]
        return trust_metrics(
            key, outcomes=outcomes[key], reputation=reputation(levels), performance=performance[key], now=now
        )

    return [said_of(key) for key in asked]


def _outcomes(organizations: list[str]) -> Asking:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    last: dict[str, datetime] = {}
    for organization, status, count, at in (yield OUTCOMES.of(organizations=organizations)):
        counts[organization][status] = count
        last[organization] = max(at, last.get(organization, at))
    return {
        key: Outcomes(counts[key].get("verified", 0), counts[key].get("false_positive", 0), last.get(key))
        for key in organizations
    }


def _performances(organizations: list[str]) -> Asking:
    shared: dict[str, dict[str, datetime]] = {key: {} for key in organizations}
    values: dict[str, set[str]] = defaultdict(set)
    for organization, indicator, at, value in (yield SHARED.of(organizations=organizations)):
        shared[organization][indicator] = at
        values[value].add(indicator)
    by_value: dict[str, dict[str, datetime]] = defaultdict(dict)
    for value, organization, at in (yield SHARED_BY.of(values=list(values))):
        by_value[value][organization] = at
    whose = {indicator: key for key, mine in shared.items() for indicator in mine}
    others: dict[str, datetime] = {}
    for value, indicators in values.items():
        for indicator in indicators:
            seen = [at for by, at in by_value[value].items() if by != whose[indicator]]
            if seen:
                others[indicator] = min(*seen, others.get(indicator, seen[0]), seen[0])
    return {key: historical_performance(mine, others) for key, mine in shared.items()}
