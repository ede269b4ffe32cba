"""Random STIX objects and indicators, some of equal ids in several hands, and the evidence that rests on them."""

from datetime import timedelta
from typing import Any


def intelligence(maker: Any, organizations: list[str], evidence: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Rows by table. `maker` is random_world's: it draws values, and faults."""
    out: dict[str, list[dict[str, Any]]] = {
        name: []
        for name in ("stix_version", "stix_object", "stix_edge", "indicator", "indicator_index", "evidence_indicator")
    }
    # Each organisation holds an object once; two may hold the same.
    held = [(o, n) for o in organizations for n in range(1, maker.size + 1) if maker.random.random() < 0.5]
    for number, (organization, n) in enumerate(held, 1):
        one = _object(maker, organization, n, number)
        out["stix_object"].append(one)
        for version in range(maker.of(1, 1, 2)):
            out["stix_version"].append(
                {
                    "id": number + 1000 * version,
                    "object_id": one["id"],
                    "organization_id": organization,
                    "version": maker.when() + timedelta(seconds=version),
                    "digest": "abc",
                    "content": maker.of('{"type": "x"}', '{"a":[1,2.5,null,"é"],\n"type":"indicator"}'),
                    "revoked": one["revoked"],
                    "tlp": one["tlp"],
                    "added_at": maker.when(),
                }
            )
        if one["type"] == "indicator":
            out["indicator"].append(_indicator(maker, one))
    out["stix_edge"] = _edges(maker, out["stix_object"])
    for one in out["indicator"]:
        for value in ("evil.example", "203.0.113.7"):
            if maker.flag():
                out["indicator_index"].append(
                    {"type": "domain-name", "path": "value", "value": value, "indicator_id": one["id"]}
                )
        out["evidence_indicator"] += [
            {"evidence_id": e, "indicator_id": one["id"]} for e in evidence if maker.random.random() < 0.15
        ]
    return out


def _edges(maker: Any, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Said by anybody of anything, held or not; some of it twice."""
    made = {}
    for _ in range(3 * len(objects)):
        via, near, far = (maker.of(*objects) for _ in range(3))
        ends = maker.of(near["id"], near["id"], near["stix_id"]), maker.of(far["id"], far["id"], far["stix_id"])
        edge = *ends, maker.of("indicates", "indicates", "uses", "object_refs"), maker.flag(), via["id"]
        made[edge] = dict(
            zip(("near", "far", "relationship", "outward", "via_id"), edge, strict=True),
            organization_id=via["organization_id"],
        )
    return list(made.values())


def _object(maker: Any, organization: str, n: int, number: int) -> dict[str, Any]:
    kind = "indicator" if n % 3 else "malware"
    return {
        "id": f"00000000-0000-4000-9000-{number:012d}",
        "organization_id": organization,
        "stix_id": f"{kind}--00000000-0000-4000-8000-{n:012d}",
        "type": kind,
        "name": maker.maybe(maker.of("Evil", "evil.example")),
        "version_id": number,
        "modified": maker.maybe(maker.when()),
        "revoked": maker.random.random() < 0.2,
        "tlp": maker.fault(maker.of("clear", "amber+strict"), "odd"),
        "created_at": maker.when(),
        "updated_at": maker.when(),
    }


def _indicator(maker: Any, one: dict[str, Any]) -> dict[str, Any]:
    shared = ("id", "organization_id", "stix_id", "name", "version_id", "revoked", "tlp", "created_at", "updated_at")
    return {
        **{name: one[name] for name in shared},
        "description": maker.maybe("words"),
        "type": maker.maybe(maker.fault(maker.of("ip", "domain"), "odd")),
        "value": maker.maybe("evil.example"),
        "pattern": "[domain-name:value = 'Evil.example']",
        "pattern_type": maker.of("stix", "yara"),
        "is_indexed": maker.flag(),
        "not_indexed_because": maker.maybe("It compares by LIKE."),
        "labels": maker.of([], ["apt"], ["apt", "x"]),
        "indicator_types": maker.of([], ["malicious-activity"]),
        "confidence": maker.maybe(maker.fault(maker.of(0, 50, 100), 500)),
        "valid_from": maker.when(),
        "valid_until": maker.maybe(maker.when()),
        "created_by_ref": maker.maybe("identity--x"),
        "created": maker.when(),
        "modified": maker.when(),
    }
