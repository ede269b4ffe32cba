"""Who says so: what several sources report alike, each told once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One indicator of one source; `form_from` and `tlp` are what decides how its reader may know that one."""

    indicator_id: str
    organization_id: str
    created_by_ref: str | None
    form_from: int
    tlp: str
    confidence: int | None
    required: int
    modified: datetime
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What one source says: the newest of its indicators (`id`), and the stretch of time that all of them speak of."""

    id: str
    organization_id: str
    created_by_ref: str | None
    form_from: int
    tlp: str
    confidence: int | None
    required: int
    first_seen: datetime
    last_seen: datetime


def assertions(reports: Iterable[Report]) -> list[Assertion]:
    """One for each source, that is whoever shares it and whoever that one says made it; first reported first."""
    by_source: dict[tuple[str, str | None], list[Report]] = {}
    for report in reports:
        by_source.setdefault((report.organization_id, report.created_by_ref), []).append(report)
    return sorted(map(_assertion, by_source.values()), key=lambda one: (one.first_seen, one.id))


def _assertion(reports: list[Report]) -> Assertion:
    newest = max(reports, key=lambda report: (report.modified, report.indicator_id))
    return Assertion(
        id=newest.indicator_id,
        organization_id=newest.organization_id,
        created_by_ref=newest.created_by_ref,
        form_from=newest.form_from,
        tlp=newest.tlp,
        confidence=newest.confidence,
        required=newest.required,
        first_seen=min(report.first_seen for report in reports),
        last_seen=max(report.last_seen for report in reports),
    )
