"""Network and sign-ins against labelled records of real systems, where these are at hand (CASEGRAPH_TEST_DATA)."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from formats.activity.azure_ad import read
from formats.activity.records import ActivityDraft, from_mapping
from foundation.times import to_text
from rules.investigation.findings import Facts
from rules.investigation.words import EntityType
from tests.rules.judging import codes, fact, facts_of, judged

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CASEGRAPH_TEST_DATA", REPOSITORY / ".." / "shared" / "data"))
NETWORK, SIGNINS = FOLDER / "network", FOLDER / "auth" / "signins"

needs_network = pytest.mark.skipif(
    not (NETWORK / "truth.json").exists(),
    reason="the labelled connections are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds network",
)
needs_signins = pytest.mark.skipif(
    not (SIGNINS / "truth.json").exists(),
    reason="the labelled sign-ins are not at hand: set CASEGRAPH_TEST_DATA to the folder that holds auth/signins",
)
# A connection that was refused, or that nobody answered: the states of Zeek's conn.log.
FAILED = frozenset({"REJ", "S0", "RSTOS0", "RSTRH", "SH"})


@cache
def connections() -> tuple[ActivityDraft, ...]:
    with gzip.open(NETWORK / "apt29_day1_zeek.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    signed = {row["uid"] for row in rows if row.get("validation_status") == "self signed certificate"}
    return tuple(from_mapping(end) for row in rows if row["@stream"] == "conn" for end in ends(row, signed))


def ends(row: dict[str, Any], signed: set[str]) -> Iterator[dict[str, Any]]:
    """A connection as each of its ends has it."""
    for own, peer, role, received, sent in (
        ("id_orig_h", "id_resp_h", "client", "resp_bytes", "orig_bytes"),
        ("id_resp_h", "id_orig_h", "server", "orig_bytes", "resp_bytes"),
    ):
        yield {
            "kind": "connection",
            "time": to_text(datetime.fromtimestamp(row["ts"], UTC)),
            "source": "zeek",
            "externalId": f"{row['uid']}/{role}",
            "outcome": "failure" if row["conn_state"] in FAILED else "success",
            "ip": row[own],
            "bytesIn": row.get(received),
            "bytesOut": row.get(sent),
            "durationMs": int(row.get("duration", 0.0) * 1_000),
            "details": {
                "peer": row[peer],
                "port": row["id_resp_p"],
                "protocol": row["proto"],
                "role": role,
                "self_signed": row["uid"] in signed,
            },
        }


def facts_about(entity_type: EntityType, value: str, every: tuple[ActivityDraft, ...]) -> Facts:
    own = [fact(number, draft) for number, draft in enumerate(every) if getattr(draft, entity_type) == value]
    times = [draft.time for draft in every]
    return facts_of(own, entity_type, value, start=min(times), end=max(times) + timedelta(seconds=1))


@needs_network
def test_the_command_servers_rank_above_the_busy_and_benign() -> None:
    truth = json.loads((NETWORK / "truth.json").read_text())
    verdicts = {
        address: judged(facts_about(EntityType.IP, address, connections()))
        for address in (*truth["c2"], *truth["victims"], truth["domain_controller"])
    }
    risks = {address: assessment.risk for address, (assessment, _) in verdicts.items()}
    first, second = truth["c2"]
    assert codes(verdicts[first][1]) == ["uniform_sessions", "rapid_sessions", "self_signed"]
    assert codes(verdicts[second][1]) == ["long_connection", "self_signed"]
    assert risks[first] >= 0.7
    assert 0.05 < risks[second] < 0.3
    assert codes(verdicts[truth["domain_controller"]][1]) == []
    assert risks[truth["domain_controller"]] == pytest.approx(0.0474, abs=1e-4)
    for _, findings in verdicts.values():
        assert all(finding.record_ids for finding in findings)


@needs_signins
def test_sign_ins_of_one_place_say_nothing_against_an_account() -> None:
    truth = json.loads((SIGNINS / "truth.json").read_text())["aad_signins.jsonl"]
    with (SIGNINS / "aad_signins.jsonl").open("rb") as lines:
        every = tuple(draft for draft in read(lines) if isinstance(draft, ActivityDraft))
    for user, label in truth.items():
        facts = facts_about(EntityType.USER, user, every)
        assert len(facts.records) == label["signins"]
        assessment, findings = judged(facts)
        assert (codes(findings), round(assessment.risk, 4), assessment.confidence) == ([], 0.0474, 0.0)
