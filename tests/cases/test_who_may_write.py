"""Every operation on a case: foreign and absent alike, role and scope, archived ones, and nothing left by a refusal."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from foundation.errors import Forbidden, NotFound, Refusal, Unauthenticated
from models import tables as rows
from resolvers.commands import cancel_investigation, pause_investigation, rerun_investigation, resume_investigation
from resolvers.domains import report_domain_progress
from resolvers.evidence import add_evidence, verify_evidence
from resolvers.investigations import archive_investigation, update_investigation
from resolvers.notes import add_note
from resolvers.operation import Operation
from resolvers.timeline import record_timeline_event
from rules.access.viewer import ANONYMOUS, Viewer, ViewerKind
from rules.investigation.refusals import InvestigationArchived, InvestigationNotFound
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EventAction,
    InvestigationStatus,
    Priority,
    VerificationStatus,
)
from tests.cases.traces import refused
from tests.world import World, at

Write = Callable[[Operation, int], Awaitable[Any]]

WRITES: dict[str, Write] = {
    "update": lambda op, n: update_investigation(op, investigation_id=n, priority=Priority.HIGH),
    "update status": lambda op, n: update_investigation(op, investigation_id=n, status=InvestigationStatus.PAUSED),
    "archive": lambda op, n: archive_investigation(op, investigation_id=n, reason="Done"),
    "pause": lambda op, n: pause_investigation(op, investigation_id=n),
    "resume": lambda op, n: resume_investigation(op, investigation_id=n),
    "cancel": lambda op, n: cancel_investigation(op, investigation_id=n),
    "rerun": lambda op, n: rerun_investigation(op, investigation_id=n),
    "add evidence": lambda op, n: add_evidence(
        op,
        investigation_id=n,
        domain=DomainName.NETWORK,
        title="Seen",
        description="By hand",
        strength=0.7,
        source="manual_analysis",
    ),
    "add note": lambda op, n: add_note(op, investigation_id=n, body="Look here"),
    "record": lambda op, n: record_timeline_event(
        op, investigation_id=n, action=EventAction.TOOL_CALL, summary="Asked"
    ),
    "report": lambda op, n: report_domain_progress(
        op, investigation_id=n, domain=DomainName.NETWORK, status=AnalysisStatus.RUNNING
    ),
}
VERIFY: Write = lambda op, n: verify_evidence(  # noqa: E731
    op, evidence_id=n, status=VerificationStatus.VERIFIED, reason="Seen myself"
)
PERSONS_ONLY = {"archive"}  # no key may do it, whatever its scopes


async def open_case(world: World, **columns: Any) -> int:
    case = await world.case(domains_to_analyze=["authentication", "network"], **columns)
    for name in case.domains_to_analyze:
        await world.put(
            rows.DomainAnalysis(
                investigation_id=case.id, organization_id=case.organization_id, name=name, updated_at=case.created_at
            )
        )
    return case.id or 0


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_foreign_and_absent_answer_alike(world: World, write: Write) -> None:
    number = await open_case(world)
    own = await world.case(world.stranger)
    op = world.op(world.stranger)
    foreign = await refused(world, InvestigationNotFound, lambda: write(op, number))
    absent = await refused(world, InvestigationNotFound, lambda: write(op, 999))
    for refusal, ref in ((foreign, f"INV-{number}"), (absent, "INV-999")):
        assert (refusal.code, refusal.status, refusal.field) == ("INVESTIGATION_NOT_FOUND", 404, "investigationId")
        assert refusal.text == f"Investigation with ID {ref} not found"
        assert refusal.details == {"investigation_id": ref, "available_investigations": [f"INV-{own.id}"]}


async def test_evidence_of_others_is_absent_too(world: World) -> None:
    case = await world.case()
    piece = await world.evidence(case)
    op = world.op(world.stranger)
    foreign = await refused(world, NotFound, lambda: VERIFY(op, piece.id or 0))
    absent = await refused(world, NotFound, lambda: VERIFY(op, 999))
    assert (foreign.code, foreign.text) == ("EVIDENCE_NOT_FOUND", f"Evidence with ID EV-{piece.id} not found")
    assert (absent.code, absent.text) == ("EVIDENCE_NOT_FOUND", "Evidence with ID EV-999 not found")


async def test_evidence_of_another_case_is_not_found_in_this_one(world: World) -> None:
    this, other = await world.case(), await world.case(entity_value="198.51.100.1")
    piece = await world.evidence(other)
    refusal = await refused(
        world,
        NotFound,
        lambda: verify_evidence(
            world.op(),
            evidence_id=piece.id or 0,
            status=VerificationStatus.VERIFIED,
            reason="x",
            investigation_id=this.id,
        ),
    )
    assert refusal.code == "EVIDENCE_NOT_FOUND"
    refusal = await refused(
        world,
        NotFound,
        lambda: record_timeline_event(
            world.op(),
            investigation_id=this.id or 0,
            action=EventAction.TOOL_RESPONSE,
            summary="x",
            evidence_ids=[piece.id or 0],
        ),
    )
    assert (refusal.code, refusal.field) == ("EVIDENCE_NOT_FOUND", "evidence.0")


@pytest.mark.parametrize("write", [*WRITES.values(), VERIFY], ids=[*WRITES, "verify"])
async def test_role_and_scope(world: World, write: Write, request: pytest.FixtureRequest) -> None:
    number = await open_case(world)
    await refused(world, Forbidden, lambda: write(world.op(world.viewer), number))
    await refused(world, Unauthenticated, lambda: write(world.op(ANONYMOUS), number), audited=False)
    reader = at(world.publisher, kind=ViewerKind.SERVICE, scopes=frozenset({"read", "activity:write"}))
    await refused(world, Forbidden, lambda: write(world.op(reader), number))


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_an_archived_case_is_kept_as_it_is(world: World, write: Write) -> None:
    now = world.house.clock.now()
    number = await open_case(world, phase="archived", archived_at=now, archive_reason="Done")
    refusal: Refusal = await refused(world, Refusal, lambda: write(world.op(), number))
    assert (type(refusal), refusal.field) == (InvestigationArchived, None)


async def called_in(world: World, number: int) -> Viewer:
    now = world.house.clock.now()
    await world.put(
        rows.InvestigationAssignee(investigation_id=number, user_id=world.stranger.user_id, assigned_at=now)
    )
    return world.stranger


async def test_somebody_called_in_works_on_that_case_alone(world: World) -> None:
    number, other = await open_case(world), await open_case(world, entity_value="198.51.100.9")
    op = world.op(await called_in(world, number))
    for name in ("add evidence", "add note", "record", "report", "update", "pause", "resume", "cancel"):
        await WRITES[name](op, number)
        await refused(world, InvestigationNotFound, lambda name=name: WRITES[name](op, other))  # type: ignore[misc]
    piece = (await world.all(rows.Evidence))[0]
    await VERIFY(op, piece.id)
    assert {row.organization_id for row in await world.all(rows.Evidence)} == {world.operator.id}


async def test_somebody_called_in_neither_archives_nor_assigns(world: World) -> None:
    number = await open_case(world)
    op = world.op(await called_in(world, number))
    await refused(world, Forbidden, lambda: archive_investigation(op, investigation_id=number, reason="Done"))
    await refused(world, Forbidden, lambda: update_investigation(op, investigation_id=number, assigned_to=["Sven"]))


async def test_somebody_called_in_who_only_reads_is_forbidden(world: World) -> None:
    number = await open_case(world)
    reader = at(await called_in(world, number), role=world.viewer.role)
    await refused(world, Forbidden, lambda: WRITES["add note"](world.op(reader), number))
