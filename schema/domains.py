"""Lines of analysis inside a case."""

from datetime import datetime

import strawberry

from models import tables as rows
from models.reading.cases import find_risk_indicators
from rules.investigation import indicators
from rules.investigation.words import AnalysisStatus, DomainName, Severity
from schema import ties
from schema.faces import Node, batch, column, face, one
from schema.identity import global_id
from schema.scalars import Score


@face(indicators.RiskIndicator)
class RiskIndicator:
    """A named signal inside a domain. Not a STIX indicator: it was seen here, it is not shared."""

    name: str = column("Its name: the code of the signal, or the type of the evidence where nothing of ours found it.")
    severity: Severity = column("How bad it is: that of its gravest evidence.")
    weight: Score = column("How far its strongest evidence would move an even chance.")
    confidence: Score = column("How reliable its most reliable evidence is.")
    evidence_count: int = column("How many pieces of evidence it has.")
    evidence: ties.Evidence | None = one("Its strongest piece of evidence.", by="evidence_id")


@face(rows.DomainAnalysis)
class DomainAnalysis(Node):
    """One line of analysis inside a case, with a risk and a confidence of its own. Not an internet domain."""

    id: strawberry.ID = global_id("DomainAnalysis")
    investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
    name: DomainName = column("What it looks at.")
    status: AnalysisStatus = column("What it is doing.")
    risk_score: Score = column("The risk of the entity, were this the only domain. 0.0 until something is known.")
    confidence: Score = column("How much that rests on.")
    evidence_count: int = column("How many pieces of evidence count in it.")
    records_seen: int = column("How many activity records it looked at.")
    progress_percent: int = column("How much of it is done: 0 to 100.")
    summary: str | None = column("The result in a sentence, or why there is none.")
    agent: str | None = column("The outside agent that reports it; null where the server analyses it.")
    catalogue_hash: str | None = column(
        "SHA-256 of the catalogue of signals that judged it in this run. Domains of one run differ in it where the "
        "server was changed in its midst. Null before the judgement, and for what an outside agent reports."
    )
    risk_indicators: list[RiskIndicator] = batch(
        find_risk_indicators,
        "The signals found in it, heaviest first.",
        needs=("investigation_id", "name"),
        bound=20,
    )
    run: int = column("The run of the case it belongs to.")
    started_at: datetime | None = column("When it began.")
    finished_at: datetime | None = column("When it ended.")
    updated_at: datetime = column("When it last changed.")
