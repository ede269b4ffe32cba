"""`casegraph verify-audit`: the audit trail held against its seals and checkpoints; no server is needed for it."""

import argparse
import asyncio
from typing import Any

import orjson

from app import open_house
from cli.migrate import ready
from foundation import telemetry
from foundation.settings import Settings
from resolvers.audit_check import ChainCheck, check_all


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser(
        "verify-audit",
        help="hold the audit trail against its seals; exit code 1 when it is damaged",
        description="Holds every chain of the audit trail against its seals and its last checkpoint, and names the "
        "first bad row of each. Exit code 0: undamaged; 1: damaged.",
    )
    made.add_argument("--json", action="store_true", help="print for machines")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    telemetry.configure(level="WARNING")
    ready(settings)
    checks, waiting = asyncio.run(_run(settings))
    print(as_json(checks, waiting) if arguments.json else as_text(checks, waiting))
    return 0 if all(check.fault is None for check in checks) else 1


async def _run(settings: Settings) -> tuple[list[ChainCheck], int]:
    async with open_house(settings) as house:
        return await check_all(house)


def as_text(checks: list[ChainCheck], waiting: int) -> str:
    lines = []
    for check in checks:
        name = check.organization_id or "(nobody)"
        if (fault := check.fault) is None:
            lines.append(f"{name}: {check.checked:,} rows, whole. Head {check.head.sequence} {check.head.hash}")
        else:
            row = "" if fault.audit_id is None else f", row {fault.audit_id}"
            lines.append(f"{name}: DAMAGED at {fault.sequence}{row}: {fault.damage}. {fault.damage.description}")
        if check.earlier is not None:
            lines.append(
                f"{name}: a checkpoint of {check.earlier.at} is of the history before a restore: "
                f"{check.earlier.head.sequence} {check.earlier.head.hash}. If nobody restored, it was replaced."
            )
    lines.append(f"{sum(check.checked for check in checks):,} rows checked, {waiting:,} not sealed yet.")
    return "\n".join(lines)


def as_json(checks: list[ChainCheck], waiting: int) -> str:
    told = {
        "ok": all(check.fault is None for check in checks),
        "unsealed": waiting,
        "chains": [_chain(check) for check in checks],
    }
    return orjson.dumps(told).decode()


def _chain(check: ChainCheck) -> dict[str, Any]:
    fault, earlier = check.fault, check.earlier
    return {
        "organization": check.organization_id,
        "ok": fault is None,
        "checked": check.checked,
        "head": {"sequence": check.head.sequence, "hash": check.head.hash},
        "firstBad": fault and {"sequence": fault.sequence, "row": fault.audit_id, "damage": str(fault.damage)},
        "earlierCheckpoint": earlier
        and {"sequence": earlier.head.sequence, "hash": earlier.head.hash, "at": earlier.at},
    }
