"""Which moves of a case are legal, and what each state permits.

The moves are those of the decided table: a running case may go anywhere but on; what has ended starts again only by a
rerun; phases go forward and only a rerun takes them back, to data collection.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from foundation.errors import InvalidInput
from rules.investigation.words import (
    AnalysisStatus,
    DomainName,
    EntityType,
    InvestigationAction,
    InvestigationPhase,
    InvestigationStatus,
)

_Status, _Phase, _Act = InvestigationStatus, InvestigationPhase, InvestigationAction

MOVES: Mapping[InvestigationStatus, frozenset[InvestigationStatus]] = MappingProxyType(
    {
        _Status.RUNNING: frozenset(
            {
                _Status.PAUSED,
                _Status.WAITING,
                _Status.REVIEW_NEEDED,
                _Status.COMPLETE,
                _Status.FAILED,
                _Status.CANCELLED,
            }
        ),
        _Status.PAUSED: frozenset({_Status.RUNNING, _Status.CANCELLED}),
        _Status.WAITING: frozenset({_Status.RUNNING, _Status.PAUSED, _Status.FAILED, _Status.CANCELLED}),
        _Status.REVIEW_NEEDED: frozenset({_Status.COMPLETE, _Status.RUNNING}),
        _Status.COMPLETE: frozenset(),
        _Status.FAILED: frozenset(),
        _Status.CANCELLED: frozenset(),
    }
)

# A run is live while the engine holds work for it; the others have ended and only a new run moves them.
LIVE = frozenset({_Status.RUNNING, _Status.PAUSED, _Status.WAITING})
ENDED = frozenset(_Status) - LIVE

# Our own analysers may be done long before an outside agent has anything to say, so its word on a domain of its own is
# taken after the end of the run too. What was cancelled or failed is begun anew instead.
TAKES_REPORTS = frozenset({_Status.RUNNING, _Status.WAITING, _Status.REVIEW_NEEDED, _Status.COMPLETE})

# The engine alone says that data is missing, that a domain failed, or that a run came to its end.
_ENGINE_ONLY = frozenset({_Status.WAITING, _Status.REVIEW_NEEDED, _Status.FAILED})


class IllegalMove(InvalidInput):
    """A status or phase that cannot follow the present one. `details.allowed` lists those that can, in their order;
    the message names them too, and a rerun where that is the way on."""

    message = "A case that is {current} cannot become {wanted}. {way_on}"


def allowed(status: InvestigationStatus, *, rerun: bool = False) -> frozenset[InvestigationStatus]:
    """What may follow `status`. With `rerun`, only what a new run makes of it: running, from every ended status."""
    if rerun:
        return frozenset({_Status.RUNNING}) if status in ENDED else frozenset()
    return MOVES[status]


def allowed_by_hand(status: InvestigationStatus) -> frozenset[InvestigationStatus]:
    """What a person or an outside agent may set: pause, resume, cancel, and accept a case that waits for review.

    The run of a case up for review has ended, so it runs again by a rerun, which is a command of its own.
    """
    if status is _Status.REVIEW_NEEDED:
        return frozenset({_Status.COMPLETE})
    return MOVES[status] - _ENGINE_ONLY - {_Status.COMPLETE}


def check_move(
    status: InvestigationStatus,
    wanted: InvestigationStatus,
    *,
    phase: InvestigationPhase,
    by_hand: bool = False,
    rerun: bool = False,
    field: str | None = None,
) -> None:
    """Raises IllegalMove unless `status` may become `wanted`. An archived case does not move at all.

    `field` is where the caller said `wanted`; a command of its own has no such field. Staying where one is is no move
    and is refused too: a second pause tells its sender that somebody was faster.
    """
    if phase is _Phase.ARCHIVED:
        can: frozenset[InvestigationStatus] = frozenset()
    elif by_hand and not rerun:
        can = allowed_by_hand(status)
    else:
        can = allowed(status, rerun=rerun)
    if wanted not in can:
        now = "archived" if phase is _Phase.ARCHIVED else str(status)
        words = [str(word) for word in _Status if word in can]
        raise IllegalMove(
            _rerun_refused(status) if rerun and phase is not _Phase.ARCHIVED else None,
            field=field,
            current=now,
            wanted=str(wanted),
            allowed=words,
            way_on=_way_on(words, can_rerun=status in ENDED and phase is not _Phase.ARCHIVED and not rerun),
        )


def _rerun_refused(status: InvestigationStatus) -> str:
    return f"A case that is {status} has not ended, so it cannot run anew. Cancel it first."


def _way_on(words: list[str], *, can_rerun: bool) -> str:
    ways = [*words, *(["running by a rerun"] if can_rerun else [])]
    return f"It can become: {', '.join(ways)}." if ways else "It changes no more."


def allowed_phases(phase: InvestigationPhase, *, rerun: bool = False) -> frozenset[InvestigationPhase]:
    """Which phases may follow: any later one; by a rerun data collection; from the archive none."""
    if phase is _Phase.ARCHIVED:
        return frozenset()
    order = list(_Phase)
    later = frozenset(order[order.index(phase) + 1 :])
    return frozenset({_Phase.DATA_COLLECTION}) if rerun else later


def check_phase(phase: InvestigationPhase, wanted: InvestigationPhase, *, rerun: bool = False) -> None:
    """Raises IllegalMove unless the case may go from `phase` to `wanted`; skipping a phase is legal."""
    can = allowed_phases(phase, rerun=rerun)
    if wanted not in can:
        raise IllegalMove(
            field="phase",
            current=str(phase),
            wanted=str(wanted),
            allowed=(words := [str(word) for word in _Phase if word in can]),
            way_on=_way_on(words, can_rerun=False),
        )


def status_when_archived(status: InvestigationStatus) -> InvestigationStatus:
    """The status an archived case keeps: its own, but a live run is cancelled first, paused and waiting ones too,
    since nobody could ever resume them."""
    return _Status.CANCELLED if status in LIVE else status


def status_at_end(domains: Iterable[AnalysisStatus]) -> InvestigationStatus:
    """How a run ends: for review when an asked domain failed or timed out, else complete."""
    lost = {AnalysisStatus.FAILED, AnalysisStatus.TIMEOUT}
    return _Status.REVIEW_NEEDED if lost & set(domains) else _Status.COMPLETE


def actions(status: InvestigationStatus, phase: InvestigationPhase) -> frozenset[InvestigationAction]:
    """What the state of a case permits to somebody who may do everything. An archived case can only be exported."""
    if phase is _Phase.ARCHIVED:
        return frozenset({_Act.REQUEST_EXPORT})
    by_hand = allowed_by_hand(status)
    can = {
        _Act.UPDATE,
        _Act.ARCHIVE,
        _Act.ADD_EVIDENCE,
        _Act.VERIFY_EVIDENCE,
        _Act.ADD_NOTE,
        _Act.RECORD_TIMELINE_EVENT,
        _Act.REQUEST_EXPORT,
    }
    if _Status.PAUSED in by_hand:
        can.add(_Act.PAUSE)
    if _Status.CANCELLED in by_hand:
        can.add(_Act.CANCEL)
    if _Status.COMPLETE in by_hand:
        can.add(_Act.COMPLETE)
    if _Status.RUNNING in by_hand and status in LIVE:
        can.add(_Act.RESUME)
    if status in ENDED:
        can.add(_Act.RERUN)
    if status in TAKES_REPORTS:
        can.add(_Act.REPORT_DOMAIN_PROGRESS)
    return frozenset(can)


def viewer_can(
    status: InvestigationStatus, phase: InvestigationPhase, granted: Collection[InvestigationAction]
) -> tuple[InvestigationAction, ...]:
    """What both the state permits and the viewer's rights grant, in the order of the enumeration."""
    can = actions(status, phase)
    return tuple(action for action in InvestigationAction if action in can and action in granted)


# Judgement: gathering and analysing take nearly all the time of a run, so they get most of the hundred.
_PERCENT_AT = {
    _Phase.INITIATION: 0,
    _Phase.DATA_COLLECTION: 5,
    _Phase.ANALYSIS: 20,
    _Phase.REVIEW: 85,
    _Phase.SUMMARY: 95,
    _Phase.COMPLETE: 100,
    _Phase.ARCHIVED: 100,
}


def progress_percent(phase: InvestigationPhase, *, domains_done: int = 0, domains_asked: int = 0) -> int:
    """0 to 100. Within analysis it moves with the share of asked domains that have ended, however they ended."""
    start = _PERCENT_AT[phase]
    if phase is not _Phase.ANALYSIS or domains_asked <= 0:
        return start
    share = min(max(domains_done, 0), domains_asked) / domains_asked
    return start + int((_PERCENT_AT[_Phase.REVIEW] - start) * share)


def estimated_completion(*, started_at: datetime, now: datetime, percent: int) -> datetime | None:
    """When the run would end if it went on at its pace so far; None when that would be a guess.

    Below 20 percent nothing has been analysed, so there is no pace yet; at 100 nothing is left to estimate.
    """
    if not 20 <= percent < 100 or now <= started_at:
        return None
    return now + (now - started_at) * (100 - percent) / percent


_D = DomainName

# Which domains can say anything about which entity: judgement, by what the records of each domain carry.
_FITTING: Mapping[EntityType, tuple[DomainName, ...]] = MappingProxyType(
    {
        EntityType.IP: (
            _D.AUTHENTICATION,
            _D.DEVICE,
            _D.NETWORK,
            _D.LOGS,
            _D.LOCATION,
            _D.BEHAVIORAL,
            _D.TEMPORAL,
            _D.INTELLIGENCE,
        ),
        EntityType.USER: tuple(_D),
        EntityType.TRANSACTION: (
            _D.DEVICE,
            _D.NETWORK,
            _D.LOCATION,
            _D.BEHAVIORAL,
            _D.FINANCIAL,
            _D.TEMPORAL,
            _D.INTELLIGENCE,
        ),
        EntityType.DEVICE: (
            _D.AUTHENTICATION,
            _D.DEVICE,
            _D.NETWORK,
            _D.LOGS,
            _D.LOCATION,
            _D.BEHAVIORAL,
            _D.FINANCIAL,
            _D.TEMPORAL,
        ),
        EntityType.EMAIL: (
            _D.AUTHENTICATION,
            _D.NETWORK,
            _D.LOGS,
            _D.BEHAVIORAL,
            _D.FINANCIAL,
            _D.TEMPORAL,
            _D.INTELLIGENCE,
        ),
        EntityType.DOMAIN: (_D.NETWORK, _D.LOGS, _D.TEMPORAL, _D.INTELLIGENCE),
    }
)


def fitting_domains(entity_type: EntityType) -> tuple[DomainName, ...]:
    """The domains that can say something about such an entity, in the order of the enumeration."""
    return _FITTING[entity_type]
