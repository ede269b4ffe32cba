"""What the graph shows beyond columns: rules, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.access.actions import Scope
from rules.access.keyring import KeyRing
from rules.access.person import seal_column
from rules.access.personal_data import CannotOpen
from rules.access.shown import (
    given_scopes,
    is_current_session,
    shown_email,
    shown_first_name,
    shown_last_name,
    viewer_scopes,
)
from rules.access.viewer import ANONYMOUS, Role, Viewer, ViewerKind
from rules.investigation.indicators import RiskIndicator, Sign, risk_indicators
from rules.investigation.shown import hours, hours_if_closed, viewer_actions
from rules.investigation.words import InvestigationAction, Severity, VerificationStatus

RING = KeyRing("k1", {"k1": b"k" * 32})
START = datetime(2026, 1, 1, tzinfo=UTC)


def viewer(role: Role, **more) -> Viewer:
    return Viewer(ViewerKind.USER, "u", "o", role, "Ada", **more)


def test_hours():
    assert hours(START, START + timedelta(minutes=90)) == 1.5
    assert hours_if_closed(START, START) == 0.0
    assert hours_if_closed(START, None) is None


@pytest.mark.parametrize(
    ("role", "scopes", "archive", "add"),
    [
        (Role.VIEWER, None, False, False),
        (Role.PUBLISHER, None, True, True),
        (Role.ADMIN, None, True, True),
        (Role.ADMIN, frozenset({"read"}), False, False),
        # No key may archive: that is for people.
        (Role.ADMIN, frozenset({"investigation:write"}), False, True),
    ],
)
def test_what_a_viewer_can(role, scopes, archive, add):
    can = viewer_actions("running", "analysis", viewer=viewer(role, scopes=scopes))
    assert (InvestigationAction.ARCHIVE in can, InvestigationAction.ADD_EVIDENCE in can) == (archive, add)
    assert can == [action for action in InvestigationAction if action in can]


def test_an_archived_case_can_nothing_but_be_read():
    assert viewer_actions("complete", "archived", viewer=viewer(Role.ADMIN)) == []


def test_mail_addresses_stay_inside():
    sealed = seal_column(RING, "u-1", "email", "a@example.org")
    assert shown_email("u-1", sealed, "o", viewer=viewer(Role.VIEWER), ring=RING) == "a@example.org"
    assert shown_email("u-1", sealed, "other", viewer=viewer(Role.ADMIN), ring=RING) is None
    assert shown_email("u-1", sealed, "o", viewer=ANONYMOUS, ring=RING) is None
    assert shown_email("u-1", None, "o", viewer=viewer(Role.VIEWER), ring=RING) is None
    assert shown_first_name("u-1", "", "o", viewer=viewer(Role.VIEWER), ring=RING) == ""
    with pytest.raises(CannotOpen):
        shown_last_name("u-1", sealed, "o", viewer=viewer(Role.VIEWER), ring=RING)


def test_scopes_come_in_one_order():
    assert given_scopes(["activity:write", "gone", "read"]) == [Scope.READ, Scope.ACTIVITY_WRITE]
    assert viewer_scopes(viewer=viewer(Role.ADMIN)) is None
    assert viewer_scopes(viewer=viewer(Role.ADMIN, scopes=frozenset())) == []


def test_the_current_session():
    assert is_current_session("s", viewer=viewer(Role.VIEWER, session_id="s"))
    assert not is_current_session("t", viewer=viewer(Role.VIEWER, session_id="s"))


def sign(key: int, name: str, **changes) -> Sign:
    values = {
        "severity": Severity.LOW,
        "strength": 0.5,
        "reliability": 0.5,
        "supports": True,
        "verification": VerificationStatus.UNVERIFIED,
        **changes,
    }
    return Sign(key, name, **values)


def test_risk_indicators():
    signs = [
        sign(1, "b", strength=0.7, severity=Severity.MEDIUM),
        sign(2, "b", strength=0.7, severity=Severity.CRITICAL, reliability=0.9),
        sign(3, "a", strength=0.7),
        sign(4, "c", strength=0.9),
        sign(5, "against", supports=False),
        sign(6, "refuted", verification=VerificationStatus.FALSE_POSITIVE),
        sign(7, "disputed", strength=0.1, verification=VerificationStatus.DISPUTED),
    ]
    expected = [
        RiskIndicator("c", Severity.LOW, 0.9, 0.5, 1, 4),
        RiskIndicator("a", Severity.LOW, 0.7, 0.5, 1, 3),
        RiskIndicator("b", Severity.CRITICAL, 0.7, 0.9, 2, 1),
        RiskIndicator("disputed", Severity.LOW, 0.1, 0.5, 1, 7),
    ]
    assert risk_indicators(signs) == expected == risk_indicators(reversed(signs))
    assert risk_indicators([]) == []
