"""The reader and the analyser against labelled logs of real servers, where these are at hand.

`CASEGRAPH_TEST_DATA` names the folder with the developers' data; by default `../shared/data` beside the repository.
"""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from formats.activity.lines import Tally
from formats.activity.records import ActivityDraft
from formats.activity.sshd import read
from rules.investigation.analysers import analyser_for
from rules.investigation.catalogue import DEFAULT_PRIOR, OWN_TELEMETRY_RELIABILITY
from rules.investigation.findings import ActivityFact, Facts, Finding
from rules.investigation.risk import Coverage, Weighed, assess
from rules.investigation.words import DomainName, EntityType

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data")) / "auth" / "ssh"
pytestmark = pytest.mark.skipif(
    not (FOLDER / "truth.json").exists(),
    reason="the labelled logs are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds auth/ssh",
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AUTHENTICATION = frozenset({DomainName.AUTHENTICATION})
LOGS = ["openssh_2k.log", "ec2_auth.log"]


@cache
def drafts(log: str) -> tuple[list[ActivityDraft], Tally]:
    packed = FOLDER / f"{log}.gz"
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else (FOLDER / log).read_bytes()
    tally = Tally()
    found = list(read(content.splitlines(keepends=True), zone=UTC, now=NOW, tally=tally))
    return [draft for draft in found if isinstance(draft, ActivityDraft)], tally


def truth(log: str) -> dict[str, dict[str, Any]]:
    labels: dict[str, dict[str, Any]] = json.loads((FOLDER / "truth.json").read_text())[log]
    return labels


def judged(log: str, address: str) -> tuple[float, list[Finding], list[ActivityDraft]]:
    every, _ = drafts(log)
    own = [(number, draft) for number, draft in enumerate(every) if draft.ip == address]
    facts = Facts.gather(
        entity_type=EntityType.IP,
        entity_value=address,
        start=every[0].time,
        end=every[-1].time + timedelta(seconds=1),
        as_of=NOW,
        records=[
            ActivityFact(
                id=number,
                time=draft.time,
                kind=draft.kind,
                source=draft.source,
                outcome=draft.outcome,
                user=draft.user,
                ip=draft.ip,
                count=draft.count,
                details=draft.details,
            )
            for number, draft in own
        ],
    )
    analyser = analyser_for(DomainName.AUTHENTICATION, EntityType.IP)
    assert analyser is not None
    findings = analyser.analyse(facts)
    evidence = [
        Weighed(number, found.domain, found.code, found.weight, OWN_TELEMETRY_RELIABILITY, found.group)
        for number, found in enumerate(findings)
    ]
    risk = assess(DEFAULT_PRIOR, evidence, Coverage(AUTHENTICATION, AUTHENTICATION, AUTHENTICATION)).risk
    return risk, findings, [draft for _, draft in own]


@pytest.mark.parametrize("log", LOGS)
def test_every_labelled_address_is_ranked_as_labelled(log: str) -> None:
    scores: dict[str, list[float]] = {}
    for address, label in truth(log).items():
        risk, findings, _ = judged(log, address)
        scores.setdefault(label["label"], []).append(risk)
        if label["label"] == "brute_force":
            assert findings
            for found in findings:
                assert found.record_ids
                assert str(int(found.value)) in found.sentence
    assert min(scores["brute_force"]) >= 0.7
    assert max(scores["guessing"]) < 0.3
    assert max(scores["probe"]) < 0.3
    assert max(scores["probe"]) < min(scores["guessing"])
    assert max(scores.get("legitimate", [0.0])) < 0.3


@pytest.mark.parametrize("log", LOGS)
def test_the_reader_counts_what_the_labels_count(log: str) -> None:
    for address, label in truth(log).items():
        own = [draft for draft in drafts(log)[0] if draft.ip == address]
        failed = sum(draft.count for draft in own if (draft.kind, draft.outcome) == ("login", "failure"))
        accepted = sum(draft.count for draft in own if (draft.kind, draft.outcome) == ("login", "success"))
        assert (address, failed, accepted) == (address, label["attempts"], label["accepted"])


def test_every_line_is_accounted_for() -> None:
    assert drafts("openssh_2k.log")[1] == Tally(lines=2_000, records=545, skipped=1_455, malformed=0)
    # The last line of this log is cut in the middle of its time.
    assert drafts("ec2_auth.log")[1] == Tally(lines=10_567, records=7_205, skipped=3_361, malformed=1)
