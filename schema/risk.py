"""The risk score of a case: how it came about, and why it is what it is."""

from datetime import datetime

import strawberry

from models import tables as rows
from rules.investigation import explained, explanation
from rules.investigation.words import DomainName
from schema import ties
from schema.faces import Node, column, face, one
from schema.identity import global_id
from schema.scalars import Score


@face(rows.RiskPoint)
class RiskPoint(Node):
    """One step of the risk score, with its cause. It is never changed."""

    id: strawberry.ID = global_id("RiskPoint")
    timestamp: datetime = column("When the step was taken.")
    score: Score = column("The risk score after it.")
    delta: float = column("By how much it moved the score: all deltas of a case sum to its score.")
    confidence: Score = column("The confidence after it.")
    source: str = column("What moved it: the name of an analyser, `manual`, or `prior` for what is assumed at first.")
    reason: str = column("Why, in a sentence.")
    run: int = column("The run of the case it belongs to.")


@face(explanation.ExplainedTerm)
class RiskTerm:
    """What one piece of evidence does to the risk score."""

    evidence: ties.Evidence | None = one("The piece of evidence.", by="key")
    domain: DomainName = column("The line of analysis it belongs to.")
    code: str = column("The signal that found it, or its source where nothing of ours found it.")
    reliability: Score = column("How far it is relied on, after people had their say.")
    log_odds: float = column("What it adds to the log-odds, after reliability, damping among alike signals and caps.")
    impact: float = column("Its part of the risk score: the prior and all impacts sum to the score.")
    without: Score = column("What the risk score would be without it.")


@face(explained.RiskExplanation)
class RiskExplanation:
    """A risk score taken apart: `prior` and the impacts of all terms sum to it."""

    prior: Score = column("What is assumed of such an entity before anything is known; 0.0 for a case nobody analysed.")
    risk_score: Score = column("The score that is explained.")
    confidence: Score = column("How much the score rests on.")
    terms: list[RiskTerm] = column("What each piece of evidence does, heaviest first.", bound=100)
    notes: list[str] = column("Rules that had a part in the score, in sentences.")
    records_seen: int = column("How many activity records the present run looked at.")
