"""Matching whole STIX patterns, beside the product: in one worker process that may be ended at any moment.

A pattern is a stranger's. Its regular expressions are matched by an engine that may run for ever, and its repetitions
and sequences may be met in more ways than can be counted. So the process that matches them has none of our memory, no
environment, little room, and a limit of processor time for each pattern that the system itself keeps.
"""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from foundation.errors import Unavailable
from foundation.telemetry import logger
from gateways.ports import Matched, Verdict

MOST_WAITING = 16  # askings, each of one analysis; whoever comes after that comes again
MOST_LOST = 5  # patterns of one asking that end their worker; by then it has held up the others for long enough
TRIES = 2  # a worker that dies without having used up its time is not the pattern's fault, the first time
# The worker's own time is that of the processor, so that a busy machine condemns no pattern. By the clock it gets this
# many times as much, and so many seconds at least: whoever does not answer then has been stopped or hangs.
PATIENCE, LEAST_PATIENCE_S = 20.0, 15.0
_ANSWER_BYTES = 65_536

WORKER = Path(__file__).with_name("pattern_worker.py")

log = logger("gateways.patterns")


class PatternMatcher:
    """The worker and the queue before it. Nothing is started before the first pattern is asked."""

    def __init__(self, seconds: float, *, worker: Path = WORKER) -> None:
        self._seconds = seconds
        self._worker = worker
        self._patience_s = max(LEAST_PATIENCE_S, PATIENCE * seconds)
        self._turn = asyncio.Lock()
        self._inside = 0
        self._process: Process | None = None

    @property
    def seconds(self) -> float:
        return self._seconds

    async def match(self, patterns: Sequence[str], observations: Sequence[Mapping[str, Any]]) -> list[Matched]:
        """What each pattern comes to, in their order; one asking at a time. Raises Unavailable when too many wait."""
        if not patterns or not observations:
            return [Matched(Verdict.DECIDED) for _ in patterns]
        if self._inside > MOST_WAITING:
            raise Unavailable("Too many analyses wait for patterns to be matched. Try again in a moment.")
        self._inside += 1
        try:
            async with self._turn:
                return await self._all(patterns, observations)
        finally:
            self._inside -= 1

    async def close(self) -> None:
        """Ends the worker. The next pattern that is asked starts another."""
        process, self._process = self._process, None
        if process is not None:
            await _end(process)

    async def _all(self, patterns: Sequence[str], observations: Sequence[Mapping[str, Any]]) -> list[Matched]:
        load = orjson.dumps({"load": observations, "seconds": self._seconds})
        found: list[Matched] = []
        try:
            is_able, lost = await self._load(load), 0
            for pattern in patterns:
                if is_able and lost < MOST_LOST:
                    found.append(await self._ask(pattern, load))
                    is_able = found[-1].verdict is not Verdict.LEFT_OUT
                    lost += found[-1].verdict in (Verdict.OVERRUN, Verdict.FAILED)
                else:
                    found.append(Matched(Verdict.LEFT_OUT))
        except BaseException:
            # Whoever asked has gone away. The worker may be in the midst of an answer that is nobody's.
            await self.close()
            raise
        return found

    async def _ask(self, pattern: str, load: bytes) -> Matched:
        answer = Matched(Verdict.LEFT_OUT)
        for _ in range(TRIES):
            if self._process is None and not await self._load(load):
                return Matched(Verdict.LEFT_OUT)
            answer = await self._decide(pattern)
            if answer.verdict is not Verdict.FAILED:
                break
        return answer

    async def _load(self, load: bytes) -> bool:
        """Whether there is a worker that has read the observations."""
        for _ in range(TRIES):
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", str(self._worker)),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    env={},
                    cwd="/",
                    limit=_ANSWER_BYTES,
                    start_new_session=True,  # An interrupt typed at the terminal is ours to act on.
                )
            if await self._say(load) is not None:
                return True
            await self._lose()
        log.error("the matcher of patterns does not start")
        return False

    async def _decide(self, pattern: str) -> Matched:
        answer = await self._say(orjson.dumps({"ask": pattern}))
        if answer is None:
            status = await self._lose()
            return Matched(Verdict.OVERRUN if status == -signal.SIGPROF else Verdict.FAILED)
        if "error" in answer:
            if answer["error"] == MemoryError.__name__:
                await self._lose()
                return Matched(Verdict.OVERRUN)
            return Matched(Verdict.UNDECIDED)
        return Matched(Verdict.DECIDED, tuple(answer["met"]))

    async def _say(self, line: bytes) -> dict[str, Any] | None:
        """The worker's answer; None where it died or is silent."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(self._patience_s):
                process.stdin.write(line + b"\n")
                await process.stdin.drain()
                answer = await process.stdout.readline()
            return dict(orjson.loads(answer)) if answer.endswith(b"\n") else None
        except (OSError, ValueError, TimeoutError):
            return None

    async def _lose(self) -> int | None:
        """Lets the worker go; how it ended, where it ended by itself."""
        process, self._process = self._process, None
        assert process is not None
        with contextlib.suppress(TimeoutError):
            # Its end of the pipe closes a moment before the system says how it died.
            async with asyncio.timeout(0.5):
                await process.wait()
        status = process.returncode
        await _end(process)
        return status


async def _end(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.communicate()
