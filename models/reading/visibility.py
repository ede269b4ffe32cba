"""Who may see which row: the one place that says so, as a condition every statement carries (SECURITY R14).

A table without an entry here cannot be read by a door. The conditions name the viewer by bind parameters, so a compiled
statement serves everyone; `viewer_parameters` fills them in.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Table, and_, bindparam, exists, false, literal_column, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Subquery
from sqlmodel import SQLModel

from models import tables as rows
from rules.access.viewer import Role, Viewer

_ORGANIZATION = bindparam("viewer_organization_id", type_=rows.Organization.__table__.c.id.type)  # type: ignore[attr-defined]
_READER = bindparam("viewer_reader_id", type_=rows.Organization.__table__.c.id.type)  # type: ignore[attr-defined]
_USER = bindparam("viewer_user_id", type_=rows.User.__table__.c.id.type)  # type: ignore[attr-defined]
_ADMIN = bindparam("viewer_is_admin", type_=Boolean())
_PLATFORM = bindparam("viewer_is_platform_admin", type_=Boolean())

_ZERO: ColumnElement[int] = literal_column("0")  # no parameter: conditions are also written into statements by hand


def viewer_parameters(viewer: Viewer, *, reader_id: str | None = None) -> dict[str, Any]:
    """`reader_id`: another organisation, through whose eyes the viewer looks at what its own organisation shares."""
    return {
        "viewer_organization_id": viewer.organization_id,
        "viewer_reader_id": reader_id or viewer.organization_id,
        "viewer_user_id": viewer.user_id,
        "viewer_is_admin": viewer.role is Role.ADMIN,
        "viewer_is_platform_admin": viewer.is_platform_admin,
    }


def viewer_organization() -> ColumnElement[str]:
    """The viewer's own organisation, for conditions that are more than whether a row may be seen."""
    return _ORGANIZATION


def reader_organization() -> ColumnElement[str]:
    """The organisation that intelligence is read by: the viewer's own, but where it looks through another's eyes."""
    return _READER


def table_of(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


class among(FunctionElement[bool]):
    """`key IN (subquery)`, in the form that lets each database use its indexes beside an OR.

    On PostgreSQL an EXISTS or IN beside an OR hides the index of the other branch; an array that is made once does
    not. SQLite materialises the subquery once and then looks up each branch by its own index.
    """

    type = Boolean()
    inherit_cache = True


@compiles(among)
def _among(element: among, compiler: Any, **options: Any) -> str:
    key, subquery = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{key} IN {subquery}"


@compiles(among, "postgresql")
def _among_array(element: among, compiler: Any, **options: Any) -> str:
    key, subquery = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{key} = ANY (ARRAY {subquery})"


def _assigned(investigation_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The one case that a person of another organisation was asked to help with (CONTRACTS row 28)."""
    assignee = table_of(rows.InvestigationAssignee).alias("assigned")
    return among(
        investigation_id, select(assignee.c.investigation_id).where(assignee.c.user_id == _USER).scalar_subquery()
    )


def _part_of_case(model: type[SQLModel]) -> ColumnElement[bool]:
    part = table_of(model)
    return or_(part.c.organization_id == _ORGANIZATION, _assigned(part.c.investigation_id))


def _own(model: type[SQLModel]) -> ColumnElement[bool]:
    return table_of(model).c.organization_id == _ORGANIZATION


def granted(access: Any, shared: Any) -> ColumnElement[bool]:
    """`rules.trust.visible`, of columns: what this right lets its reader see of that producer's objects, and in which
    row of each."""
    return and_(
        access.reader_id == _READER,
        access.producer_id == shared.organization_id,
        access.level > _ZERO,
        access.level >= shared.required,
        access.tlp >= shared.tlp_rank,
        access.kinds.bitwise_and(shared.kind) != _ZERO,
        access.max_age >= shared.age,
        access.form.between(shared.form_from, shared.form_to),
    )


def _shared(shared: Any) -> ColumnElement[bool]:
    """Of the own the row as it was sent; of others the one that the own right leads to. Who looks through another's
    eyes sees nothing but what the own organisation shares with it."""
    access = table_of(rows.Access).alias("granted")
    own = and_(shared.organization_id == _READER, shared.form_from == _ZERO)
    seen = or_(own, exists(select(access.c.level).where(granted(access.c, shared))))
    return and_(seen, or_(_READER == _ORGANIZATION, shared.organization_id == _ORGANIZATION))


SHARED: frozenset[Table] = frozenset((table_of(rows.Indicator), table_of(rows.StixObject)))
"""Tables of which one sees rows of many organisations: those of `sources`."""


def sources() -> Subquery:
    """The organisations whose intelligence may be seen at all, in `organization_id`: a list reads the top of each by
    its index. The condition of the table still stands; beside an OR it has no index."""
    access = table_of(rows.Access).alias("source")
    own = select(_READER.label("organization_id"))
    others = select(access.c.producer_id).where(access.c.reader_id == _READER, access.c.level > _ZERO)
    return own.union_all(others).subquery("sources")


def _version() -> ColumnElement[bool]:
    """Every version of the own; of others the newest, where it is shown as it was sent."""
    version, shared = table_of(rows.StixVersion), table_of(rows.StixObject).alias("shown")
    as_sent = select(shared.c.id).where(
        shared.c.id == version.c.object_id,
        shared.c.version_id == version.c.id,
        shared.c.form_from == _ZERO,
        _shared(shared.c),
    )
    own = and_(version.c.organization_id == _READER, version.c.organization_id == _ORGANIZATION)
    return or_(own, exists(as_sent))


def _case() -> ColumnElement[bool]:
    case = table_of(rows.Investigation)
    return or_(case.c.organization_id == _ORGANIZATION, _assigned(case.c.id))


def _note() -> ColumnElement[bool]:
    note = table_of(rows.Note)
    return or_(
        note.c.author_id == _USER,
        and_(note.c.visibility == "team", note.c.organization_id == _ORGANIZATION),
        and_(note.c.visibility == "all", _part_of_case(rows.Note)),
    )


def _record() -> ColumnElement[bool]:
    """Own records; and, to someone called into a case, the records that evidence of that case rests on."""
    record = table_of(rows.ActivityRecord)
    link, evidence = table_of(rows.EvidenceActivity).alias("link"), table_of(rows.Evidence).alias("cited")
    assignee = table_of(rows.InvestigationAssignee).alias("called_in")
    # Cases of the own organisation are left out: their records are seen anyway, and there may be very many of them.
    cited = (
        select(link.c.record_id)
        .join(evidence, evidence.c.id == link.c.evidence_id)
        .join(assignee, assignee.c.investigation_id == evidence.c.investigation_id)
        .where(assignee.c.user_id == _USER, evidence.c.organization_id != _ORGANIZATION)
    )
    return or_(record.c.organization_id == _ORGANIZATION, among(record.c.id, cited.scalar_subquery()))


def _person() -> ColumnElement[bool]:
    """The own organisation's people, and those one meets in a case: who made it or is assigned to it. Who looks after
    the whole installation sees everybody; who asked to join and was not answered yet is seen by those who answer.

    Three conditions of the case, each found by the person's key; written as one with an OR they would read every case.
    """
    person, case = table_of(rows.User), table_of(rows.Investigation).alias("met_in")
    mine = table_of(rows.InvestigationAssignee).alias("mine")
    theirs = table_of(rows.InvestigationAssignee).alias("theirs")
    helps_us = (
        select(case.c.id)
        .join(theirs, theirs.c.investigation_id == case.c.id)
        .where(theirs.c.user_id == person.c.id, case.c.organization_id == _ORGANIZATION)
    )
    helps_with_me = (
        select(mine.c.user_id)
        .join(theirs, theirs.c.investigation_id == mine.c.investigation_id)
        .where(theirs.c.user_id == person.c.id, mine.c.user_id == _USER)
    )
    called_me = (
        select(case.c.id)
        .join(mine, mine.c.investigation_id == case.c.id)
        .where(case.c.created_by == person.c.id, mine.c.user_id == _USER)
    )
    own = and_(person.c.organization_id == _ORGANIZATION, or_(person.c.is_pending == false(), true() == _ADMIN))
    return or_(own, true() == _PLATFORM, exists(helps_us), exists(helps_with_me), exists(called_me))


def _own_keys() -> ColumnElement[bool]:
    key = table_of(rows.ApiKey)
    return and_(key.c.organization_id == _ORGANIZATION, or_(true() == _ADMIN, key.c.created_by == _USER))


def _own_sessions() -> ColumnElement[bool]:
    return table_of(rows.LoginSession).c.user_id == _USER


def _told_of() -> ColumnElement[bool]:
    """Who met an indicator is a victim of what it names: that is for the one who says so, and for the one he says it
    to. Others see what all words on it come to (models/reading/standings.py)."""
    word = table_of(rows.Sighting)
    told = or_(word.c.organization_id == _READER, word.c.holder_id == _READER)
    return and_(told, or_(_READER == _ORGANIZATION, word.c.holder_id == _ORGANIZATION))


def _administered(model: type[SQLModel]) -> ColumnElement[bool]:
    table = table_of(model)
    return or_(and_(true() == _ADMIN, table.c.organization_id == _ORGANIZATION), true() == _PLATFORM)


def _side() -> ColumnElement[bool]:
    """A relationship is its two sides' business."""
    trust = table_of(rows.TrustRelationship)
    return or_(trust.c.trustor_id == _ORGANIZATION, trust.c.trustee_id == _ORGANIZATION)


def _in_group(group_id: ColumnElement[str]) -> ColumnElement[bool]:
    """A group is its members', and of those it asked to join."""
    mine = table_of(rows.TrustMember).alias("mine")
    return group_id.in_(select(mine.c.group_id).where(mine.c.organization_id == _ORGANIZATION))


def _trust_event() -> ColumnElement[bool]:
    event, trust = table_of(rows.TrustEvent), table_of(rows.TrustRelationship).alias("told_of")
    sides = or_(trust.c.trustor_id == _ORGANIZATION, trust.c.trustee_id == _ORGANIZATION)
    return or_(event.c.relationship_id.in_(select(trust.c.id).where(sides)), _in_group(event.c.group_id))


VISIBLE: dict[Table, ColumnElement[bool]] = {
    # Organisations are named to everyone who is signed in: trust is proposed to those one can find.
    table_of(rows.Organization): or_(
        table_of(rows.Organization).c.is_active == true(),
        table_of(rows.Organization).c.id == _ORGANIZATION,
        true() == _PLATFORM,
    ),
    table_of(rows.TrustRelationship): _side(),
    table_of(rows.TrustGroup): _in_group(table_of(rows.TrustGroup).c.id),
    table_of(rows.TrustMember): _in_group(table_of(rows.TrustMember).c.group_id),
    table_of(rows.TrustEvent): _trust_event(),
    table_of(rows.User): _person(),
    table_of(rows.LoginSession): _own_sessions(),
    table_of(rows.ApiKey): _own_keys(),
    table_of(rows.Investigation): _case(),
    table_of(rows.DomainAnalysis): _part_of_case(rows.DomainAnalysis),
    table_of(rows.RiskPoint): _part_of_case(rows.RiskPoint),
    table_of(rows.CaseHistory): _part_of_case(rows.CaseHistory),
    table_of(rows.Evidence): _part_of_case(rows.Evidence),
    table_of(rows.Verification): _part_of_case(rows.Verification),
    table_of(rows.TimelineEvent): _part_of_case(rows.TimelineEvent),
    table_of(rows.Note): _note(),
    table_of(rows.ActivityRecord): _record(),
    # The installation's and the own one. What partners share is read in the former: by the title of one of theirs its
    # readers would know whose objects those are that are shown without a name.
    table_of(rows.Collection): or_(
        table_of(rows.Collection).c.organization_id.is_(None),
        table_of(rows.Collection).c.organization_id == _ORGANIZATION,
    ),
    table_of(rows.TaxiiStatus): _own(rows.TaxiiStatus),
    table_of(rows.Indicator): _shared(table_of(rows.Indicator).c),
    table_of(rows.StixObject): _shared(table_of(rows.StixObject).c),
    table_of(rows.StixVersion): _version(),
    table_of(rows.Sighting): _told_of(),
    # What the own organisation may see of others; what others may see of it is told by relationships and groups.
    table_of(rows.Access): table_of(rows.Access).c.reader_id == _READER,
    table_of(rows.Feed): _own(rows.Feed),
    # Facts of the installation: the same for everybody.
    table_of(rows.WarningList): table_of(rows.WarningList).c.is_active == true(),
    table_of(rows.Audit): _administered(rows.Audit),
    table_of(rows.AuditSeal): _administered(rows.AuditSeal),
    table_of(rows.AccessLog): _administered(rows.AccessLog),
    table_of(rows.Device): table_of(rows.Device).c.user_id == _USER,
    # Counted for their owner; no face shows one.
    table_of(rows.RecoveryCode): table_of(rows.RecoveryCode).c.user_id == _USER,
    table_of(rows.TotpSeed): false(),
    table_of(rows.RefreshToken): false(),
    table_of(rows.FailedSignIn): false(),
    table_of(rows.PasswordReset): false(),
}


def visible(model: type[SQLModel]) -> ColumnElement[bool]:
    """The condition of one table. Raises KeyError where nobody has decided who may see it: nothing is public."""
    return VISIBLE[table_of(model)]
