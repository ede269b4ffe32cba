"""What is read of STIX objects beside their columns: their text, their versions, and what showing them takes."""

from collections import defaultdict
from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, select

from models import tables as rows
from models.reading.lookup import Lookup, Question
from models.reading.parts import Call
from models.reading.stored import sql_table
from models.reading.visibility import reader_organization

_version = sql_table(rows.StixVersion).c
_held, _access, _owner, _granted = (
    sql_table(table) for table in (rows.StixObject, rows.Access, rows.Organization, rows.TrustRelationship)
)
_seen, _cited = sql_table(rows.Indicator), sql_table(rows.EvidenceIndicator).c

Asking = Generator[Question | Call, Any, Any]

CONTENTS: Final = Lookup(
    lambda given: (
        select(
            *(_held.c[name] for name in ("id", "original_id", "organization_id", "type", "form_from", "tlp")),
            _access.c.form,
            _version.content,
        )
        .select_from(_held)
        .join(sql_table(rows.StixVersion), _version.id == _held.c.version_id)
        .outerjoin(
            _access,
            and_(_access.c.reader_id == reader_organization(), _access.c.producer_id == _held.c.organization_id),
        )
        .where(given.among(_held.c.id, "objects"))
    ),
    ties=(rows.StixVersion, rows.Access),
)
"""Objects as far as they are visible, by key, in the row that is: (key, key of the original, owner, type, from which
form on the row is shown, TLP, the reader's form, the text as it was sent). What of that text may be shown is decided by
whoever asks."""

KNOWN: Final = Lookup(
    lambda given: select(_held.c.organization_id, _held.c.stix_id, _held.c.id, _held.c.form_to).where(
        _held.c.form_from == 0, given.among(_held.c.stix_id, "ids"), given.among(_held.c.organization_id, "owners")
    ),
    ties=(rows.StixObject,),
)
"""Whether they are visible or not: (owner, STIX id, key, strictest form in which it goes by that id)."""

OWN_THINGS: Final = Lookup(
    lambda given: select(_owner.c.id, _owner.c.domain, _owner.c.networks, _owner.c.names).where(
        given.among(_owner.c.id, "owners")
    ),
    ties=(rows.Organization,),
)
"""What organisations say is their own, to be taken out of what others see of them."""

RIGHTS: Final = Lookup(
    lambda given: select(_access.c.producer_id, _access.c.level, _access.c.form).where(
        given.among(_access.c.producer_id, "producers")
    )
)
"""How far producers let the reader see: (producer, level, form)."""

STANDINGS: Final = Lookup(
    lambda given: (
        select(_owner.c.id, _owner.c.name, func.coalesce(_granted.c.granted, func.nullif(_access.c.level, 0)))
        .select_from(_owner)
        .outerjoin(_granted, and_(_granted.c.trustor_id == reader_organization(), _granted.c.trustee_id == _owner.c.id))
        .outerjoin(_access, and_(_access.c.producer_id == reader_organization(), _access.c.reader_id == _owner.c.id))
        .where(given.among(_owner.c.id, "owners"))
    ),
    ties=(rows.Organization, rows.TrustRelationship, rows.Access),
)
"""(organisation, its name, the level that the reader grants it, by a relationship or in a group; none where it has said
nothing)."""

CITED: Final = Lookup(
    lambda given: (
        select(_cited.evidence_id, _seen.c.organization_id, _seen.c.tlp, func.max(_seen.c.required))
        .join_from(sql_table(rows.EvidenceIndicator), _seen, _seen.c.original_id == _cited.indicator_id)
        .where(given.among(_cited.evidence_id, "evidence"))
        .group_by(_cited.evidence_id, _seen.c.organization_id, _seen.c.tlp)
        .order_by(_cited.evidence_id, _seen.c.organization_id, _seen.c.tlp)
    ),
    ties=(rows.EvidenceIndicator,),
)
"""Of evidence the indicators it rests on, as far as they are visible: (evidence, owner, TLP, trust asked for)."""

VERSIONS: Final = Lookup(
    lambda given: (
        select(_version.object_id, _version.version)
        .where(given.among(_version.object_id, "objects"))
        .order_by(_version.version, _version.id)
    )
)


def list_versions(rows: Sequence[tuple[str, int, datetime | None, datetime]]) -> Asking:
    """(id, form_from, modified, updated_at) of objects -> the times of their versions, oldest first. One statement.

    Of what is shown changed there is the newest.
    """
    versions: dict[str, list[datetime]] = defaultdict(list)
    for key, version in (yield VERSIONS.of(objects=list(dict.fromkeys(key for key, *_ in rows)))):
        versions[key].append(version)
    return [[modified or seen] if form else versions[key] for key, form, modified, seen in rows]
