"""Words of the analysis of a case."""

from foundation.words import Word


class DomainName(Word):
    """A line of analysis inside a case. Not an internet domain."""

    AUTHENTICATION = "authentication", "Who signed in, who tried to, how often and in what order."
    DEVICE = "device", "Machines, browsers and their owners."
    NETWORK = "network", "Connections, addresses and names."
    LOGS = "logs", "What audit logs and programming interfaces recorded."
    LOCATION = "location", "Where it came from, and how fast that changed."
    BEHAVIORAL = "behavioral", "How it differs from what was usual."
    FINANCIAL = "financial", "Payments, amounts and counterparties."
    TEMPORAL = "temporal", "Times of day, intervals and bursts."
    INTELLIGENCE = "intelligence", "What shared indicators say about it."


class AnalysisStatus(Word):
    """What the analysis of one domain is doing."""

    PENDING = "pending", "Not begun."
    RUNNING = "running", "Under way."
    COMPLETE = "complete", "Done."
    FAILED = "failed", "Ended by an error."
    TIMEOUT = "timeout", "Its time was up."
    CANCELLED = "cancelled", "Cancelled with its run."
    WAITING_DATA = "waiting_data", "Stopped until data arrives."


class Severity(Word):
    """How bad a risk indicator is."""

    LOW = "low", "Worth knowing."
    MEDIUM = "medium", "Worth a look."
    HIGH = "high", "Worth acting on."
    CRITICAL = "critical", "Worth acting on now."


class ThresholdType(Word):
    """A line of risk whose first crossing in a run is announced."""

    HIGH_RISK = "high_risk", "Risk reached 0.7."
    ESCALATION_REQUIRED = "escalation_required", "Risk reached 0.8."
    CRITICAL_RISK = "critical_risk", "Risk reached 0.9."


class RecommendationType(Word):
    """What a case recommends."""

    BLOCK_ENTITY = "block_entity", "Block it."
    STEP_UP_AUTH = "step_up_auth", "Ask for a stronger proof of identity."
    MONITOR_CLOSELY = "monitor_closely", "Watch it."
    MANUAL_REVIEW = "manual_review", "Let a person decide."
    WHITELIST_ENTITY = "whitelist_entity", "Leave it alone from now on."
    UPDATE_POLICY = "update_policy", "Change a rule."
    INVESTIGATE_FURTHER = "investigate_further", "Look at more data."


class AgentStatus(Word):
    """What an analyser or an outside agent is doing."""

    IDLE = "idle", "Nothing."
    RUNNING = "running", "Working."
    COMPLETE = "complete", "Done."
    ERROR = "error", "Stopped by an error."
    TIMEOUT = "timeout", "Out of time."


class ToolType(Word):
    """What a tool is for."""

    DATA = "data", "Fetches records."
    INTEL = "intel", "Asks for intelligence."
    ANALYSIS = "analysis", "Analyses."
    DECISION = "decision", "Decides."
    NOTIFICATION = "notification", "Tells people."
    EXPORT = "export", "Writes reports."


class HealthStatus(Word):
    """How a tool or source is."""

    HEALTHY = "healthy", "It works."
    DEGRADED = "degraded", "It works in part."
    FAILED = "failed", "It does not work."
    MAINTENANCE = "maintenance", "It is switched off for a while."
