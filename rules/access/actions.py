"""What can be done, and who may do it: one table, deny by default."""

from enum import StrEnum

from rules.access.viewer import Role, Viewer, ViewerKind


class Action(StrEnum):
    """Named `<word>.<verb>`; the word is also the scope of an API key (`investigation:write`)."""

    SIGN_IN = "session.sign_in"
    SESSION_REFRESH = "session.refresh"
    SESSION_END = "session.end"
    SESSION_READ = "session.read"
    SESSION_REVOKE = "session.revoke"
    USER_REGISTER = "user.register"
    PASSWORD_CHANGE = "password.change"  # noqa: S105
    PASSWORD_FORGET = "password.forget"  # noqa: S105
    PASSWORD_RESET = "password.reset"  # noqa: S105
    PASSWORD_RESET_SEND = "password.reset_send"  # noqa: S105
    PASSWORD_RESET_OF = "password.reset_of"  # noqa: S105 - somebody else's
    VIEWER_READ = "viewer.read"  # who one is oneself, and no more
    TOTP_ENROL = "totp.enrol"
    TOTP_REMOVE = "totp.remove"
    TOTP_RECOVER = "totp.recover"  # new recovery codes
    TOTP_REMOVE_OF = "totp.remove_of"  # somebody else's
    DEVICE_REVOKE = "device.revoke"
    GRAPH_READ = "graph.read"
    EVENT_READ = "event.read"
    ACTIVITY_READ = "activity.read"
    ACTIVITY_INGEST = "activity.ingest"
    STIX_IMPORT = "indicator.import"
    INDICATOR_CREATE = "indicator.create"
    INDICATOR_UPDATE = "indicator.update"
    INDICATOR_WITHDRAW = "indicator.withdraw"
    SIGHTING_RECORD = "indicator.sight"
    COLLECTION_READ = "collection.read"
    COLLECTION_DELETE = "collection.delete"
    LIST_READ = "list.read"  # values for firewalls
    WARNING_LIST_LOAD = "warning_list.load"
    FEED_ADD = "feed.add"
    FEED_UPDATE = "feed.update"
    FEED_PAUSE = "feed.pause"
    FEED_RESUME = "feed.resume"
    FEED_POLL = "feed.poll"  # now, instead of when it is due
    FEED_REMOVE = "feed.remove"
    FEED_RUN = "feed.run"  # what the engine records
    INVESTIGATION_CREATE = "investigation.create"
    INVESTIGATION_UPDATE = "investigation.update"
    INVESTIGATION_ARCHIVE = "investigation.archive"
    INVESTIGATION_COMMAND = "investigation.command"  # pause, resume, cancel, rerun
    INVESTIGATION_RUN = "investigation.run"  # what the engine records
    EVIDENCE_ADD = "evidence.add"
    EVIDENCE_VERIFY = "evidence.verify"
    TIMELINE_RECORD = "timeline.record"
    NOTE_ADD = "note.add"
    DOMAIN_REPORT = "domain.report"
    API_KEY_CREATE = "api_key.create"
    API_KEY_REVOKE = "api_key.revoke"
    API_KEY_ROTATE = "api_key.rotate"
    USER_CREATE = "user.create"
    USER_UPDATE = "user.update"
    USER_DEACTIVATE = "user.deactivate"
    USER_REACTIVATE = "user.reactivate"
    MEMBERSHIP_ANSWER = "membership.answer"
    ORGANIZATION_CREATE = "organization.create"
    ORGANIZATION_DECLARE = "organization.declare"  # what is its own
    ORGANIZATION_UPDATE = "organization.update"
    ORGANIZATION_DEACTIVATE = "organization.deactivate"
    ORGANIZATION_REACTIVATE = "organization.reactivate"
    TRUST_PROPOSE = "trust.propose"
    TRUST_ANSWER = "trust.answer"
    TRUST_CHANGE = "trust.change"
    TRUST_REVOKE = "trust.revoke"
    TRUST_TURN = "trust.turn"  # what begins or ends by itself
    TRUST_GROUP_CREATE = "trust_group.create"
    TRUST_GROUP_CHANGE = "trust_group.change"
    TRUST_GROUP_INVITE = "trust_group.invite"
    TRUST_GROUP_JOIN = "trust_group.join"
    TRUST_GROUP_LEAVE = "trust_group.leave"
    AUDIT_READ = "audit.read"
    KEYS_ROTATE = "keys.rotate"


class Grant(StrEnum):
    """The least that an action asks for."""

    ANYONE = "anyone"
    VIEWER = "viewer"
    PUBLISHER = "publisher"
    ADMIN = "admin"
    PLATFORM_ADMIN = "platform_admin"
    ENGINE = "engine"


class Scope(StrEnum):
    """What an API key may be given."""

    READ = "read"
    INVESTIGATION_WRITE = "investigation:write"
    ACTIVITY_WRITE = "activity:write"
    INDICATOR_WRITE = "indicator:write"


# (who may, which scope a key needs; None: no key may)
TABLE: dict[Action, tuple[Grant, Scope | None]] = {
    Action.SIGN_IN: (Grant.ANYONE, None),
    Action.SESSION_REFRESH: (Grant.ANYONE, None),
    Action.SESSION_END: (Grant.VIEWER, None),
    Action.SESSION_READ: (Grant.VIEWER, None),
    Action.SESSION_REVOKE: (Grant.VIEWER, None),
    Action.USER_REGISTER: (Grant.ANYONE, None),
    Action.PASSWORD_CHANGE: (Grant.VIEWER, None),
    Action.PASSWORD_FORGET: (Grant.ANYONE, None),
    Action.PASSWORD_RESET: (Grant.ANYONE, None),
    Action.PASSWORD_RESET_SEND: (Grant.ENGINE, None),
    Action.PASSWORD_RESET_OF: (Grant.PLATFORM_ADMIN, None),
    Action.VIEWER_READ: (Grant.VIEWER, Scope.READ),
    Action.TOTP_ENROL: (Grant.VIEWER, None),
    Action.TOTP_REMOVE: (Grant.VIEWER, None),
    Action.TOTP_RECOVER: (Grant.VIEWER, None),
    Action.TOTP_REMOVE_OF: (Grant.PLATFORM_ADMIN, None),
    Action.DEVICE_REVOKE: (Grant.VIEWER, None),
    Action.GRAPH_READ: (Grant.VIEWER, Scope.READ),
    Action.EVENT_READ: (Grant.VIEWER, Scope.READ),
    Action.ACTIVITY_READ: (Grant.VIEWER, Scope.READ),
    Action.ACTIVITY_INGEST: (Grant.PUBLISHER, Scope.ACTIVITY_WRITE),
    Action.STIX_IMPORT: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.INDICATOR_CREATE: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.INDICATOR_UPDATE: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.INDICATOR_WITHDRAW: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.SIGHTING_RECORD: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.COLLECTION_READ: (Grant.VIEWER, Scope.READ),
    Action.COLLECTION_DELETE: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.LIST_READ: (Grant.VIEWER, Scope.READ),
    Action.WARNING_LIST_LOAD: (Grant.PLATFORM_ADMIN, None),
    Action.FEED_ADD: (Grant.ADMIN, None),
    Action.FEED_UPDATE: (Grant.ADMIN, None),
    Action.FEED_PAUSE: (Grant.PUBLISHER, None),
    Action.FEED_RESUME: (Grant.PUBLISHER, None),
    Action.FEED_POLL: (Grant.PUBLISHER, Scope.INDICATOR_WRITE),
    Action.FEED_REMOVE: (Grant.ADMIN, None),
    Action.FEED_RUN: (Grant.ENGINE, None),
    Action.INVESTIGATION_CREATE: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.INVESTIGATION_UPDATE: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.INVESTIGATION_ARCHIVE: (Grant.PUBLISHER, None),
    Action.INVESTIGATION_COMMAND: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.INVESTIGATION_RUN: (Grant.ENGINE, None),
    Action.EVIDENCE_ADD: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.EVIDENCE_VERIFY: (Grant.PUBLISHER, None),
    Action.TIMELINE_RECORD: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.NOTE_ADD: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.DOMAIN_REPORT: (Grant.PUBLISHER, Scope.INVESTIGATION_WRITE),
    Action.API_KEY_CREATE: (Grant.ADMIN, None),
    Action.API_KEY_REVOKE: (Grant.ADMIN, None),
    Action.API_KEY_ROTATE: (Grant.ADMIN, None),
    Action.USER_CREATE: (Grant.ADMIN, None),
    Action.USER_UPDATE: (Grant.ADMIN, None),
    Action.USER_DEACTIVATE: (Grant.ADMIN, None),
    Action.USER_REACTIVATE: (Grant.ADMIN, None),
    Action.MEMBERSHIP_ANSWER: (Grant.ADMIN, None),
    Action.ORGANIZATION_CREATE: (Grant.PLATFORM_ADMIN, None),
    Action.ORGANIZATION_DECLARE: (Grant.ADMIN, None),
    Action.ORGANIZATION_UPDATE: (Grant.ADMIN, None),
    Action.ORGANIZATION_DEACTIVATE: (Grant.ADMIN, None),
    Action.ORGANIZATION_REACTIVATE: (Grant.PLATFORM_ADMIN, None),
    Action.TRUST_PROPOSE: (Grant.PUBLISHER, None),
    Action.TRUST_ANSWER: (Grant.PUBLISHER, None),
    Action.TRUST_CHANGE: (Grant.PUBLISHER, None),
    Action.TRUST_REVOKE: (Grant.PUBLISHER, None),
    Action.TRUST_TURN: (Grant.ENGINE, None),
    Action.TRUST_GROUP_CREATE: (Grant.PUBLISHER, None),
    Action.TRUST_GROUP_CHANGE: (Grant.PUBLISHER, None),
    Action.TRUST_GROUP_INVITE: (Grant.PUBLISHER, None),
    Action.TRUST_GROUP_JOIN: (Grant.PUBLISHER, None),
    Action.TRUST_GROUP_LEAVE: (Grant.PUBLISHER, None),
    Action.AUDIT_READ: (Grant.ADMIN, None),
    Action.KEYS_ROTATE: (Grant.PLATFORM_ADMIN, None),
}


def is_administrative(action: Action) -> bool:
    """Whether only administrators may: what they read by it is written down like a write (SECURITY R38)."""
    return TABLE[action][0] in (Grant.ADMIN, Grant.PLATFORM_ADMIN)


MEANWHILE = frozenset({Action.SESSION_END, Action.PASSWORD_CHANGE, Action.TOTP_ENROL, Action.VIEWER_READ})
"""What is open to somebody who has a duty, beside what is open to anyone: doing it, looking who he is, and leaving."""

_RANK = {Role.VIEWER: 1, Role.PUBLISHER: 2, Role.ADMIN: 3}
_NEEDED = {Grant.VIEWER: 1, Grant.PUBLISHER: 2, Grant.ADMIN: 3}


def may(viewer: Viewer, action: Action) -> bool:
    """Whether this viewer's role and, for a key, its scopes allow the action at all. Whose rows is another question."""
    grant, scope = TABLE[action]
    if grant is Grant.ANYONE:
        return True
    if viewer.is_anonymous:
        return False
    if viewer.duties and action not in MEANWHILE:
        return False
    if viewer.kind is ViewerKind.ENGINE or grant is Grant.ENGINE:
        return viewer.kind is ViewerKind.ENGINE and grant is not Grant.PLATFORM_ADMIN
    if viewer.scopes is not None and (scope is None or scope not in viewer.scopes):
        return False
    if grant is Grant.PLATFORM_ADMIN:
        return viewer.is_platform_admin
    return _RANK[viewer.role] >= _NEEDED[grant]
