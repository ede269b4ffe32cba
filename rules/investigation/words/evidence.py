"""Words of evidence and of the timeline."""

from foundation.words import Word


class EvidenceType(Word):
    """What evidence is made of."""

    LOGIN_PATTERN = "login_pattern", "Attempts to sign in and how they ended."
    DEVICE_FINGERPRINT = "device_fingerprint", "Marks of a device."
    IP_GEOLOCATION = "ip_geolocation", "Where an address is."
    TRANSACTION_DATA = "transaction_data", "Payments."
    USER_BEHAVIOR = "user_behavior", "What a person usually does."
    NETWORK_TRAFFIC = "network_traffic", "Connections and look-ups."
    AUDIT_LOG = "audit_log", "Entries of an audit log."
    EXTERNAL_INTEL = "external_intel", "Shared intelligence."
    POLICY_VIOLATION = "policy_violation", "A rule that was broken."
    ANOMALY_DETECTION = "anomaly_detection", "A departure from what is usual."
    MANUAL_OBSERVATION = "manual_observation", "What a person saw."


class VerificationStatus(Word):
    """What people made of a piece of evidence."""

    UNVERIFIED = "unverified", "Nobody has looked at it."
    VERIFIED = "verified", "Confirmed: it counts in full."
    DISPUTED = "disputed", "Contested: it counts by half until it is settled."
    FALSE_POSITIVE = "false_positive", "Refuted: it counts for nothing and stays visible."
    PENDING_REVIEW = "pending_review", "Somebody is looking; it counts as before."


class ActorType(Word):
    """Who did what the timeline says."""

    ORCHESTRATOR = "orchestrator", "The engine that runs the case."
    AGENT = "agent", "An analyser, ours or from outside."
    TOOL = "tool", "A tool an agent used."
    USER = "user", "A person."
    SYSTEM = "system", "The server itself."
    EXTERNAL = "external", "Somebody or something outside."


class EventAction(Word):
    """What was done."""

    INVESTIGATION_STARTED = "investigation_started", "A run began."
    INVESTIGATION_COMPLETED = "investigation_completed", "A run ended."
    TOOL_CALL = "tool_call", "A tool was asked."
    TOOL_RESPONSE = "tool_response", "A tool answered."
    RISK_UPDATE = "risk_update", "The risk score moved."
    EVIDENCE_FOUND = "evidence_found", "Evidence was added."
    ANALYSIS_COMPLETED = "analysis_completed", "The analysis of a domain ended."
    DECISION_MADE = "decision_made", "A person or agent decided something."
    USER_ACTION = "user_action", "A person did something else."
    ERROR_OCCURRED = "error_occurred", "Something failed."
    DATA_RECEIVED = "data_received", "Data arrived."
    EXPORT_GENERATED = "export_generated", "A report was written."
