"""Of each object: up to which form it is shown as it was sent, and from which on not at all."""

from ipaddress import ip_network
from typing import Any

import pytest

from formats.stix.from_stix import StixDraft, read_object
from formats.stix.masked import masked
from resolvers.needs import FORMS, Showing, share_of
from rules.masking import Assets
from rules.trust import Form, Need

UUID = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
IDENTITY = f"identity--{UUID}"
TIMES = {"created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z"}
OURS = Assets((ip_network("203.0.113.0/24"),), frozenset({"bank.example"}))
AMBER = {"object_marking_refs": ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"]}


def _indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{UUID}",
        **TIMES,
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-02T03:04:05Z",
        "name": "Callback",
        **more,
    }


def _malware(**more: Any) -> dict[str, Any]:
    fixed = {"type": "malware", "spec_version": "2.1", "id": f"malware--{UUID}", **TIMES, "is_family": False}
    return {**fixed, "name": "Poison", **more}


def _need(content: dict[str, Any], **exact_forms: int) -> tuple[Form, Form]:
    draft = read_object(content)
    assert isinstance(draft, StixDraft)
    forms = {key.replace("__", "--").replace("_", "-"): form for key, form in exact_forms.items()}
    need = share_of(draft, required=50, age_days=0, assets=OURS, exact_forms=forms).need
    return Form(need.exact_form), Form(need.hide_form)


@pytest.mark.parametrize(
    ("content", "exact", "hidden"),
    [
        # An adversary's address: near at HIGH, wide at FULL.
        (_indicator("[ipv4-addr:value = '198.51.100.7']", **AMBER), Form.MEDIUM, Form.WITHHELD),
        # For everybody: nothing but a victim's values is ever changed.
        (_indicator("[ipv4-addr:value = '198.51.100.7']", created_by_ref=IDENTITY), Form.FULL, Form.WITHHELD),
        # Whoever stands behind it is not named from LOW on.
        (
            _indicator("[ipv4-addr:value = '198.51.100.7']", **AMBER, created_by_ref=IDENTITY),
            Form.LOW_NAMED,
            Form.WITHHELD,
        ),
        # A domain has nothing wider than near.
        (_indicator("[domain-name:value = 'a.evil.test']", **AMBER), Form.MEDIUM, Form.FULL),
        # Our own address: near at LOW, wide at MEDIUM, then nothing.
        (_indicator("[ipv4-addr:value = '203.0.113.9']", **AMBER), Form.NONE, Form.HIGH),
        (_indicator("[ipv4-addr:value = '203.0.113.9']"), Form.NONE, Form.HIGH),
        # A digest is the malware's, whole or not at all.
        (_indicator(f"[file:hashes.MD5 = '{'a' * 32}']", **AMBER), Form.HIGH, Form.FULL),
        # Another language is not read: shown whole while nothing needs changing.
        (_indicator("rule x {}", pattern_type="yara", **AMBER), Form.MEDIUM, Form.HIGH),
        # What describes the adversary is for everyone who may have it.
        (_malware(**AMBER), Form.FULL, Form.WITHHELD),
        # ... unless its words name us: then they are left out.
        (_malware(**AMBER, description="Seen at www.bank.example"), Form.NONE, Form.WITHHELD),
        (_malware(**AMBER) | {"name": "Poison of bank.example"}, Form.NONE, Form.LOW_NAMED),
    ],
)  # fmt: skip
def test_how_far_an_object_goes(content: dict[str, Any], exact: Form, hidden: Form) -> None:
    assert _need(content) == (exact, hidden)


def test_a_reference_to_what_bears_another_name_changes_the_object() -> None:
    relationship = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{UUID}",
        **TIMES,
        **AMBER,
        "relationship_type": "indicates",
        "source_ref": f"indicator--{UUID}",
        "target_ref": f"malware--{UUID}",
    }
    draft = read_object(relationship)
    need = share_of(draft, required=50, age_days=3, assets=OURS, exact_forms={f"indicator--{UUID}": Form.MEDIUM}).need
    assert need == Need(50, 2, Form.MEDIUM, Form.WITHHELD, need.kind, 3)


def _renamed(stix_id: str) -> str:
    return stix_id.replace("8e2e", "ffff")


def test_a_form_never_shows_what_a_milder_one_hid() -> None:
    """In every form: no word of ours, the pattern one that is taken, and the id the reader's."""
    content = _indicator(
        "[ipv4-addr:value = '203.0.113.9' OR domain-name:value IN ('mail.bank.example', 'evil.test')]",
        **AMBER,
        created_by_ref=IDENTITY,
        description="Sent to ada@bank.example",
        labels=["bank.example"],
        external_references=[{"source_name": "bank.example tickets", "external_id": "17"}],
    )
    draft = read_object(content)
    for form in FORMS[1:]:
        shown = masked(content, Showing(form, draft.tlp, OURS, _renamed, _renamed).mask())
        if form > Form.LOW:
            assert shown is None  # a name of ours has nothing wide
            continue
        assert shown is not None
        assert shown["id"] == f"indicator--{_renamed(UUID)}"
        assert shown["pattern"] == (
            "[ipv4-addr:value ISSUBSET '203.0.113.0/24' OR (domain-name:value LIKE '%.bank.example' "
            "OR domain-name:value = 'bank.example' OR domain-name:value = 'evil.test')]"
        )
        assert set(shown) <= {*content, "id"} - {"description", "labels", "external_references", "name"}
        read_object(shown)
