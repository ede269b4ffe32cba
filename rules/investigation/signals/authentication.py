"""The signals of the authentication domain, each with the reason for its numbers."""

from rules.investigation.signals.signal import Signal
from rules.investigation.words import DomainName, EvidenceType


def _authentication(
    word: str,
    title: str,
    technique: str | None,
    curve: tuple[tuple[float, float], ...],
    *,
    group: str = "guessing",
    evidence_type: EvidenceType = EvidenceType.LOGIN_PATTERN,
    version: int = 1,
) -> Signal:
    domain = DomainName.AUTHENTICATION
    return Signal(f"{domain}.{word}", version, domain, curve, group, evidence_type, title, technique)


# Techniques are ATT&CK's. Everything that measures the same guessing is one group, so that it is not counted twice.
# What only describes the failures more closely is light beside them, so that room is left below the domain's cap.
AUTHENTICATION = (
    # Failures within a day. Fewer than three are everyday mistyping. Ten without a success are no mistyping: with
    # OpenSSH's three prompts a connection they are a fourth attempt at getting in, by somebody who does not know the
    # password; hence the step between nine and ten, which by itself takes the default prior past the high-risk line.
    _authentication(
        "failures",
        "Failed sign-ins",
        "T1110.001",
        ((3, 0.8), (5, 1.4), (9, 2.2), (10, 4.2), (100, 4.4), (1_000, 4.5)),
    ),
    # Spread over days the same ten are as telling; they only take longer to come together.
    _authentication("slow_guessing", "Slow guessing", "T1110.001", ((10, 4.1), (100, 4.3))),
    # Ten within ten minutes is faster than a person types and thinks again; a hundred is a program.
    _authentication("burst", "Burst of failed sign-ins", "T1110.001", ((10, 0.3), (100, 0.7))),
    # One person has one or two accounts on a machine, so five names are not one person's.
    _authentication("many_names", "Many user names tried", "T1110", ((5, 0.2), (15, 0.4), (50, 0.7))),
    # One password on many accounts, so that no account is locked: ten accounts are beyond any person's own.
    _authentication("password_spraying", "Password spraying", "T1110.003", ((10, 0.4), (50, 0.7))),
    # Accounts that do not exist: somebody works through a list of names.
    _authentication("unknown_names", "Names that do not exist", "T1589.001", ((3, 0.3), (30, 0.6))),
    # A server that takes keys only logs nothing of a refused password but the connection's end. A few such ends are
    # scanners and monitors; hundreds from one address are somebody trying one valid name again and again.
    _authentication(
        "unfinished_connections",
        "Connections without a sign-in",
        "T1595",
        ((3, 0.2), (30, 0.6), (300, 1.6), (1_000, 2.4)),
        evidence_type=EvidenceType.NETWORK_TRAFFIC,
    ),
    # Accepted right after ten unexplained failures: the guess was right.
    _authentication(
        "success_after_burst", "Sign-in after a burst of failures", "T1078", ((10, 3.0), (100, 4.0)), group="break_in"
    ),
    # Accepted on several days without guessing around it: somebody who belongs here, at the latest after a fortnight.
    _authentication(
        "steady_success", "Accepted sign-ins of long standing", None, ((2, -0.5), (14, -2.0)), group="standing"
    ),
    # What follows is seen from the account's side. Being guessed at is not the account's doing, so pressure on it is
    # light: it only says that somebody wants in. Break-ins are what counts.
    # A hundred failures in a day are no person's; a device with an old password makes them too.
    _authentication(
        "account_flood", "Flood of failures against the account", "T1110", ((100, 0.3), (10_000, 0.7)), group="pressure"
    ),
    # One or two tries a day from addresses the account never came from: spraying, or guessing spread over many
    # machines. Five such visits, on other days or from other addresses, are more than mistyping on the road explains.
    _authentication(
        "account_sprayed",
        "Account among those sprayed",
        "T1110.003",
        ((5, 0.4), (50, 0.8)),
        group="pressure",
    ),
    # Accepted from an address that had only failed before, at least three times: the guess was right, though it was
    # slower than the burst above. One group with it, since the same success may show both.
    _authentication(
        "guessed_in", "Accepted where only failures came from", "T1078", ((3, 1.6), (10, 2.8)), group="break_in"
    ),
    # Accepted from a country it was never accepted from before, after five sign-ins on two days or more from others.
    # People travel, so one is worth a look only; three are no journey.
    _authentication("new_country", "Accepted from a new country", "T1078", ((1, 0.7), (3, 1.4)), group="place"),
)
