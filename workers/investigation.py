"""A case, run to its end: gathering, analysis by domains that work side by side, review, summary.

The job of a case is `INV-7:1`, its ref and its run; the analyses are jobs of their own, `INV-7:1:authentication`, so
that they spread over workers. What has happened is said by the case's rows, not by the engine: the run waits for the
rows of its domains, so a pause, a crash or a lost job leaves nothing recorded that would have to be taken back.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from dbos import DBOS, SetWorkflowID, SetWorkflowTimeout

from foundation.telemetry import logger
from foundation.times import from_text
from gateways.jobs import ACTIVE, ANALYSE, ANALYSIS, CANCELLED, INVESTIGATE
from models.queries.runs import DomainState
from resolvers.operation import Operation
from resolvers.running import domains, phases
from resolvers.running.facts import gather_facts
from resolvers.running.patterns import Asked, ask_patterns
from resolvers.running.step import UNFINISHED, Answer, RunRef, RunStopped, run_state
from rules.investigation.analysers import analyser_for
from rules.investigation.words import AnalysisStatus, DomainName
from workers import steps

FIRST_LOOK_S, LAST_LOOK_S = 0.1, 1.0  # how often a run looks what its domains have become: one indexed read
ASK_ENGINE_EVERY_S = 5.0  # a lost analysis is noticed within that time
# An analysis reads at most 50,000 records and judges them in seconds; what takes this long hangs.
ANALYSIS_LIMIT_S = 900.0
# A job that took its process down this often is not handed out again; the reconciler then fails its case. Far more
# than a machine's own restarts within one run, which last minutes, not days.
MOST_RECOVERIES = 50

log = logger("workers.investigation")


@DBOS.workflow(name=INVESTIGATE, max_recovery_attempts=MOST_RECOVERIES)
async def investigate(ref: str) -> str:
    """One run of a case. Returns the status it ended in."""
    async with steps.running():
        job = DBOS.workflow_id or ""
        of = steps.run_of(ref, job)
        op = await steps.operation_for(steps.house(), of.investigation_id, job)
        try:
            return await _run(op, of)
        except RunStopped as stop:
            return str(stop)
        except Exception as error:
            if getattr(error, "code", None) == RunStopped.code:  # a recorded one comes back as another class
                return str(error)
            log.error("a run failed", job=job, exc_info=error)
            return await _give_up(op, of)


async def _run(op: Operation, of: RunRef) -> str:
    begun = await steps.take(op, "begin", partial(phases.begin_run, of=of))
    of = RunRef(of.investigation_id, of.run, from_text(begun["began_at"]))
    await steps.breathe()
    collected = await steps.take(op, "collect", partial(phases.collect_data, of=of))
    jobs = {}
    for name in collected["domains"]:
        with SetWorkflowID(f"{DBOS.workflow_id}:{name}"), SetWorkflowTimeout(ANALYSIS_LIMIT_S):
            child = await DBOS.enqueue_workflow_async(ANALYSIS, analyse, of.ref, name, begun["began_at"])
        jobs[name] = child.workflow_id
    await _wait_for(op, of, jobs)
    await steps.breathe()
    await steps.take(op, "review", partial(phases.review_findings, of=of))
    await steps.breathe()
    await steps.take(op, "summary", partial(phases.summarise, of=of))
    await steps.breathe()
    finished = await steps.take(op, "finish", partial(phases.finish_run, of=of))
    return str(finished["status"])


async def _wait_for(op: Operation, of: RunRef, jobs: Mapping[str, str]) -> None:
    """Until every domain has ended, ours and those that outside agents took. Those that got lost are ended here."""
    passing = asyncio.get_running_loop().time  # not the clock of the records: this only spaces out questions
    pause_s, asked = FIRST_LOOK_S, passing()
    while True:
        states = await steps.look(lambda: run_state(op, of=of))
        waiting = [state for state in states.values() if state.status in UNFINISHED]
        if not waiting:
            return
        if passing() - asked >= ASK_ENGINE_EVERY_S:
            asked = passing()
            for name, (status, why) in (await _lost(waiting, jobs, op.clock.now())).items():
                await steps.look(partial(_lose, op, of, name, status, why))
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LAST_LOOK_S)


async def _lost(
    waiting: Sequence[DomainState], jobs: Mapping[str, str], now: datetime
) -> dict[DomainName, tuple[AnalysisStatus, str]]:
    """Domains from which nothing more will come, with the word and the sentence for it."""
    own = DBOS.workflow_id or ""
    known = await steps.engine().statuses([own, *jobs.values()])
    if known.get(own) not in ACTIVE:
        raise steps.no_longer_ours()
    lost = {}
    for state in waiting:
        job = known.get(jobs.get(state.name, ""))
        if job in ACTIVE:
            continue
        name = DomainName(state.name)
        if state.agent is not None:
            if domains.is_silent(state, now):
                lost[name] = AnalysisStatus.TIMEOUT, f"Nothing was heard of {state.agent} for too long."
        elif job == CANCELLED:
            lost[name] = AnalysisStatus.TIMEOUT, f"The analysis of {state.name} took too long."
        else:
            lost[name] = AnalysisStatus.FAILED, f"The analysis of {state.name} ended without a result."
    return lost


async def _lose(op: Operation, of: RunRef, name: DomainName, status: AnalysisStatus, why: str) -> Answer:
    # No step of the workflow, since which round of waiting notices it is chance; the key makes it happen once.
    act = partial(domains.lose_domain, of=of, name=name, status=status, why=why)
    answer: Answer = await op.once(f"step:{DBOS.workflow_id}#lost:{name}", "lost", act)
    return answer


async def _give_up(op: Operation, of: RunRef) -> str:
    try:
        failed = await steps.take(op, "fail", partial(phases.fail_run, of=of, why="The run ended by an error."))
    except RunStopped as stop:
        return str(stop)
    return str(failed["status"])


@DBOS.workflow(name=ANALYSE, max_recovery_attempts=MOST_RECOVERIES)
async def analyse(ref: str, name: str, began_at: str) -> str:
    """The analysis of one domain of a run. Returns the status the domain ended in."""
    async with steps.running():
        job = DBOS.workflow_id or ""
        of, domain = steps.run_of(ref, job, began_at), DomainName(name)
        op = await steps.operation_for(steps.house(), of.investigation_id, job)
        try:
            await steps.take(op, "begin", partial(domains.begin_domain, of=of, name=domain))
            await steps.breathe()
            await steps.take(op, "record", partial(_judge, of=of, name=domain))
        except RunStopped as stop:
            return str(stop)
        except Exception as error:
            if getattr(error, "code", None) == RunStopped.code:
                return str(error)
            log.error("an analysis failed", job=job, exc_info=error)
            why = f"The analysis of {name} ended by an error."
            await steps.take(op, "lose", partial(domains.lose_domain, of=of, name=domain, why=why))
            return str(AnalysisStatus.FAILED)
    return str(AnalysisStatus.COMPLETE)


async def _judge(op: Operation, *, of: RunRef, name: DomainName) -> Answer:
    """Facts in, findings out, all of it written in one door. Judging may take a while, so it leaves the loop."""
    facts = await gather_facts(op, of=of)
    asked = Asked()
    if name is DomainName.INTELLIGENCE:
        facts, asked = await ask_patterns(op, facts)
    analyser = analyser_for(name, facts.entity_type)
    if analyser is None:
        raise LookupError(f"No analyser for {name} of {facts.entity_type}.")
    findings = await asyncio.to_thread(analyser.analyse, facts)
    had_data = analyser.had_data(facts)
    return await domains.record_findings(
        op, of=of, name=name, facts=facts, findings=findings, had_data=had_data, asked=asked
    )
