"""`casegraph demo`: the product at work on a made-up day, in one process and one SQLite file; needs nothing."""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from app import make_app, open_house
from cli.client import Client, client
from cli.ingest import Outcome, ingest
from cli.migrate import prepare
from cli.sample import Sample, make_sample
from cli.serve import listening, uvicorn_server
from formats.activity import sshd
from formats.activity.records import from_mapping
from foundation import telemetry
from foundation.errors import CommandRefused
from foundation.settings import Mode, Settings
from models.queries.credentials import Account
from resolvers.api_keys import create_api_key
from resolvers.identities import viewer_of
from resolvers.operation import House, Operation
from resolvers.people import OPERATOR, NewPerson, create_person
from resolvers.sign_in import login
from rules.access.actions import Scope
from rules.access.passwords import one_time_password
from rules.access.viewer import ANONYMOUS, Role

ADMIN, ANALYST = "admin", "analyst"
OUT = Console(highlight=False, soft_wrap=True)

CREATE = """
mutation Open($input: CreateInvestigationInput!) {
  createInvestigation(input: $input) { investigation { id ref } userErrors { field message } }
}"""

TOLD = """
fragment Told on InvestigationEvent {
  __typename sequence occurredAt
  ... on InvestigationProgressed { currentPhase progressPercent }
  ... on InvestigationStatusChanged { newStatus }
  ... on EvidenceFound { title }
  ... on RiskUpdated { oldScore newScore riskReason }
  ... on RiskThresholdBreached { thresholdType }
  ... on TimelineEventRecorded { actor action }
}"""

SO_FAR = (
    """
query SoFar($case: ID!) {
  events(investigationId: $case, first: 100) { edges { node { ...Told } } pageInfo { endCursor } }
}"""
    + TOLD
)

FROM_THERE = (
    """
subscription FromThere($case: ID!, $after: Cursor) {
  investigationEvents(investigationId: $case, after: $after) { ...Told }
}"""
    + TOLD
)

SUMMARY = """
query Summary($case: ID!) {
  investigation(id: $case) {
    ref status riskScore confidence entity { type value }
    riskExplanation { prior terms { impact without evidence { ref title } } }
    evidence(first: 20) { edges { node { ref title description activity { totalCount } } } }
  }
}"""

TO_PASTE = """\
query Case {
  investigation(id: "%s") {
    ref status riskScore confidence
    entity { type value investigations(first: 5) { edges { node { ref riskScore } } } }
    riskExplanation { prior terms { impact without evidence { title } } }
    evidence(first: 10) { totalCount edges { node { title strength activity(first: 3) { totalCount edges { node { time user outcome } } } } } }
    timeline(first: 20) { edges { node { timestamp actorName action riskDelta } } }
    graph { nodes { key label riskScore } edges { sourceId targetId type } }
  }
}"""  # noqa: E501 - it is pasted as it stands


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("demo", help="the product at work on a made-up day; needs nothing")
    made.add_argument("--exit", action="store_true", help="end when the case is complete")
    made.add_argument("--port", type=int, help="port to listen on (CASEGRAPH_PORT)")
    made.add_argument("--data", type=Path, help="keep the data in this new folder (default: thrown away at the end)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    folder: Path | None = arguments.data
    if folder is not None and folder.exists() and any(folder.iterdir()):
        raise CommandRefused(f"{folder} is not empty: the demonstration wants a folder of its own.")
    place = nullcontext(str(folder)) if folder else tempfile.TemporaryDirectory(prefix="casegraph-demo-")
    with place as data:
        chosen = Settings(
            _env_file=None,
            mode=Mode.DEVELOPMENT,
            data_dir=Path(data),
            database_url="",
            redis_url="",
            documents=None,
            host="127.0.0.1",
            port=settings.port if arguments.port is None else arguments.port,
            log_level="ERROR",
        )
        telemetry.configure(level=chosen.log_level)
        prepare(chosen)
        uvloop.run(_demonstrate(chosen, stay=not arguments.exit))
    return 0


async def _demonstrate(settings: Settings, *, stay: bool) -> None:
    async with open_house(settings) as house, _serving(house, settings) as address:
        sample = make_sample((house.clock.now() - timedelta(days=1)).date())
        admin, token = await _people(house, sample)
        await _records(house, sample, admin)
        async with client(address, token) as graph:
            case = await _run_case(graph, sample)
            await _tell(graph, case)
        await _hand_over(house, admin, address, case)
        if stay:
            OUT.print("\n[dim]Serving until Ctrl-C.[/dim]")
            await asyncio.Event().wait()


@asynccontextmanager
async def _serving(house: House, settings: Settings) -> AsyncIterator[str]:
    """The real server, in this process; its address."""
    with listening(settings) as listener:
        server = uvicorn_server(make_app(house, working=True), settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.02)
            if serving.done():
                serving.result()
        try:
            yield f"http://{settings.host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def _people(house: House, sample: Sample) -> tuple[NewPerson, str]:
    """The administrator, with a one-time password to hand over, and the token of the analyst who runs the case."""
    op = Operation(house, OPERATOR, request_id="casegraph demo")
    OUT.print(f"[bold]{sample.operator.name}[/bold] and its partner [bold]{sample.partner.name}[/bold]")
    admin = await create_person(
        op, name=ADMIN, organization=sample.operator.name, email=f"admin@{sample.operator.domain}", role=Role.ADMIN
    )
    await create_person(op, name="partner", organization=sample.partner.name, role=Role.PUBLISHER)
    password = one_time_password()  # a lasting one, which nobody needs to know
    await create_person(op, name=ANALYST, organization=sample.operator.name, role=Role.PUBLISHER, password=password)
    signed_in = await login(op.as_viewer(ANONYMOUS), name_or_email=ANALYST, password=password)
    return admin, signed_in.access_token


async def _records(house: House, sample: Sample, admin: NewPerson) -> None:
    """The day of sshd lines and of DNS and connection records, by way of the reader of real logs."""
    outcome = Outcome()
    lines = sshd.read(sample.sshd_lines, year=sample.start.year, zone=UTC, now=house.clock.now(), tally=outcome.tally)
    await ingest(house, admin.organization.id, lines, outcome)
    await ingest(house, admin.organization.id, map(from_mapping, sample.activity), outcome)
    OUT.print(f"{outcome.created} records of {sample.start:%d %B %Y}: sshd, DNS and connections\n")


async def _run_case(graph: Client, sample: Sample) -> str:
    """Opens the first case of the sample and prints its events as they happen, until it is complete; its ref."""
    wanted = sample.cases[0]
    opened = await graph.execute(
        CREATE,
        input={
            "entity": {"type": wanted.entity_type.name, "value": wanted.entity_value},
            "timeWindow": {"start": sample.start.isoformat(), "end": sample.end.isoformat()},
            "triggerReason": wanted.reason,
        },
    )
    case = opened["createInvestigation"]["investigation"]
    OUT.print(f"[bold]{case['ref']}[/bold] {wanted.entity_value}: {wanted.reason}")
    async for event in _events(graph, case["id"]):
        OUT.print(_line(event))
        if event.get("newStatus") in ("COMPLETE", "REVIEW_NEEDED", "FAILED"):
            break
    return str(case["ref"])


async def _events(graph: Client, case: str) -> AsyncIterator[Mapping[str, Any]]:
    """Every event of a case from the first on: what has happened as a list, then what happens, without a gap."""
    so_far = (await graph.execute(SO_FAR, case=case))["events"]
    for edge in so_far["edges"]:
        yield edge["node"]
    async for data in graph.subscribe(FROM_THERE, case=case, after=so_far["pageInfo"]["endCursor"]):
        yield data["investigationEvents"]


def _line(event: Mapping[str, Any]) -> str:
    """One event as one line: its number, its time, what happened."""
    match event["__typename"]:
        case "InvestigationProgressed":
            what = f"{event['progressPercent']:>3} % {_words(event['currentPhase'])}"
        case "InvestigationStatusChanged":
            what = f"[bold]{_words(event['newStatus'])}[/bold]"
        case "EvidenceFound":
            what = f"[yellow]evidence[/yellow] {event['title']}"
        case "RiskUpdated":
            what = f"[red]risk {event['oldScore']:.2f} -> {event['newScore']:.2f}[/red] {event['riskReason']}"
        case "RiskThresholdBreached":
            what = f"[red]{_words(event['thresholdType'])}[/red]"
        case "TimelineEventRecorded":
            what = f"{event['actor']}: {_words(event['action'])}"
        case other:
            what = other
    return f"  {event['sequence']:>3}  {event['occurredAt'][11:23]}  {what}"


def _words(name: str) -> str:
    return name.lower().replace("_", " ")


async def _tell(graph: Client, ref: str) -> None:
    case = (await graph.execute(SUMMARY, case=ref))["investigation"]
    entity, explanation = case["entity"], case["riskExplanation"]
    OUT.print(
        f"\n[bold]{ref} {_words(case['status'])}: {entity['value']} scores "
        f"{case['riskScore']:.2f}[/bold] at confidence {case['confidence']:.2f}"
    )
    OUT.print(f"  {explanation['prior']:+.3f}  the prior of an address nobody has looked at")
    for term in explanation["terms"]:
        OUT.print(
            f"  {term['impact']:+.3f}  {term['evidence']['ref']} {term['evidence']['title']} "
            f"[dim](without it: {term['without']:.2f})[/dim]"
        )


async def _hand_over(house: House, admin: NewPerson, address: str, ref: str) -> None:
    # Who has the shell may make the key before the administrator has chosen a password.
    viewer = replace(viewer_of(Account(admin.user, admin.organization)), duties=frozenset())
    key = await create_api_key(
        Operation(house, viewer, request_id="casegraph demo"), name="demo", scopes=[Scope.READ], expires_in_days=1
    )
    OUT.print(f"\naddress    {address}/graphql   (a console in the browser; API, subscriptions, /health)")
    OUT.print(f"sign in    {ADMIN}   one-time password {admin.one_time_password}   (then changePassword)")
    OUT.print(f"key        {key.secret}   (read-only, for one day)")
    OUT.print("\n[bold]A query to paste[/bold]\n")
    OUT.print(TO_PASTE % ref, markup=False)
