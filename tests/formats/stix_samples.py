"""A sound object of every type of STIX 2.1, with members of every kind, to be broken in one place."""

from typing import Any

U = "00000000-0000-4000-8000-000000000001"
T, LATER = "2026-01-02T03:04:05.678Z", "2026-01-03T00:00:00Z"
SHA, MALWARE, FILE, IDENTITY = {"SHA-256": "a" * 64}, f"malware--{U}", f"file--{U}", f"identity--{U}"
PHASES = [{"kill_chain_name": "k", "phase_name": "p"}]


def _domain(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{U}", "created": T, "modified": T, **members}


def _observable(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{U}", **members}


_INDICATOR = {
    "pattern": "[file:name = 'x']", "pattern_type": "stix", "valid_from": T, "valid_until": LATER, "name": "n",
    "confidence": 5, "lang": "en", "labels": ["a"], "revoked": False, "created_by_ref": IDENTITY,
    "object_marking_refs": [f"marking-definition--{U}"], "kill_chain_phases": PHASES,
    "granular_markings": [{"marking_ref": f"marking-definition--{U}", "selectors": ["name"]}],
    "external_references": [{"source_name": "s", "url": "http://x/", "hashes": SHA}],
}  # fmt: skip
_SEEN = {"first_seen": T, "last_seen": LATER}

SAMPLES = [
    _domain("attack-pattern", name="n", aliases=["a"], kill_chain_phases=PHASES),
    _domain("campaign", name="n", aliases=["a"], objective="o", **_SEEN),
    _domain("course-of-action", name="n", description="d"),
    _domain("grouping", name="n", context="c", object_refs=[MALWARE]),
    _domain("identity", name="n", identity_class="individual", roles=["r"], sectors=["s"], contact_information="c"),
    _domain("incident", name="n"),
    _domain("indicator", **_INDICATOR),
    _domain("infrastructure", name="n", infrastructure_types=["x"], kill_chain_phases=PHASES, **_SEEN),
    _domain("intrusion-set", name="n", goals=["g"], resource_level="x", primary_motivation="m", **_SEEN),
    _domain("location", latitude=1.5, longitude=2.5, precision=1.0, region="r"),
    _domain("malware", is_family=True, name="n", operating_system_refs=[f"software--{U}"], sample_refs=[FILE], **_SEEN),
    _domain("malware-analysis", product="p", result="r", submitted=T, analysis_started=T, sample_ref=FILE),
    _domain("note", content="c", object_refs=[MALWARE], authors=["a"]),
    _domain("observed-data", first_observed=T, last_observed=T, number_observed=1, object_refs=[FILE]),
    _domain("opinion", opinion="agree", object_refs=[MALWARE]),
    _domain("report", name="n", published=T, object_refs=[MALWARE], report_types=["x"]),
    _domain("threat-actor", name="n", roles=["r"], threat_actor_types=["x"], **_SEEN),
    _domain("tool", name="n", tool_version="1", kill_chain_phases=PHASES),
    _domain("vulnerability", name="n", external_references=[{"source_name": "cve", "external_id": "CVE-2020-1234"}]),
    _domain("relationship", source_ref=MALWARE, target_ref=f"tool--{U}", relationship_type="uses", start_time=T),
    _domain("sighting", sighting_of_ref=MALWARE, count=3, where_sighted_refs=[IDENTITY], summary=False, **_SEEN),
    _domain("language-content", object_ref=MALWARE, contents={"de": {"name": "x"}}, object_modified=T),
    _domain(
        "extension-definition", name="n", schema="http://x/", version="1.0.0", extension_types=["new-sdo"],
        created_by_ref=IDENTITY,
    ),
    _domain("x-custom-thing", name="n", x_own=[1, {"a": 2.5}]),
    _observable("artifact", mime_type="text/plain", url="http://x/", hashes=SHA),
    _observable("autonomous-system", number=5, name="n", rir="r"),
    _observable("directory", path="/x", ctime=T, contains_refs=[FILE]),
    _observable("domain-name", value="x.example", resolves_to_refs=[f"ipv4-addr--{U}"]),
    _observable("email-addr", value="a@b.example", display_name="d", belongs_to_ref=f"user-account--{U}"),
    _observable("email-message", is_multipart=False, body="b", from_ref=f"email-addr--{U}", subject="s", date=T),
    _observable("file", name="n", hashes=SHA, size=5, atime=T, extensions={"ntfs-ext": {"sid": "x"}}),
    _observable("ipv4-addr", value="192.0.2.4", resolves_to_refs=[f"mac-addr--{U}"]),
    _observable("ipv6-addr", value="2001:db8::1"),
    _observable("mac-addr", value="aa:bb:cc:dd:ee:ff"),
    _observable("mutex", name="n"),
    _observable(
        "network-traffic", protocols=["tcp"], src_ref=f"ipv4-addr--{U}", src_port=5, start=T, end=LATER, is_active=False
    ),
    _observable("process", pid=5, cwd="/", created_time=T, image_ref=FILE, environment_variables={"a": "b"}),
    _observable("software", name="n", cpe="cpe:2.3:a:x:y:1:*:*:*:*:*:*:*", languages=["eng"], version="1"),
    _observable("url", value="http://x.example/"),
    _observable("user-account", user_id="u", account_type="unix", is_privileged=True, account_created=T),
    _observable("windows-registry-key", key="k", values=[{"name": "n", "data_type": "REG_SZ"}], modified_time=T),
    _observable("x509-certificate", serial_number="s", hashes=SHA, is_self_signed=True, validity_not_after=T),
    {
        "type": "marking-definition", "spec_version": "2.1", "id": f"marking-definition--{U}", "created": T,
        "definition_type": "statement", "definition": {"statement": "s"},
    },
]  # fmt: skip
