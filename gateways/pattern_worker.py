"""The process that matches patterns with observations. Run as a file, by an interpreter that was given nothing.

It imports none of ours, is started without environment, and knows of the product what it is told line by line, JSON
each: `{"load": [bundle, ...], "seconds": 1.0}`, then any number of `{"ask": "[...]"}`. It answers each line with one:
`{}` to what was loaded; `{"met": [0, 3]}`, the places of the observations that the pattern was met by, or
`{"error": "..."}`. A pattern that takes more than its seconds of processor time is ended by the system, and the
process with it: nothing in this process could end a regular expression that runs for ever.
"""

import copy
import json
import resource
import signal
import sys
from typing import Any

from stix2matcher.matcher import MatchListener
from stix2patterns.v21.pattern import Pattern

MOST_BYTES = 512 * 1024 * 1024
LOAD_S = 10.0  # for reading the observations, which are bounded and ours
# A pattern may be met in more ways than anybody can count, each by as many observations as the pattern asks for. Of so
# many observations, ways taken together, those are named that are different, and at most so many.
MOST_LOOKED_AT, MOST_MET = 1_000, 100


def main() -> None:
    _bound()
    listener: Any = None
    seconds = 1.0
    for line in sys.stdin.buffer:
        told = json.loads(line)
        if "load" in told:
            signal.setitimer(signal.ITIMER_PROF, LOAD_S)
            listener, seconds = MatchListener(told["load"], stix_version="2.1"), told["seconds"]
            answer: dict[str, Any] = {}
        else:
            signal.setitimer(signal.ITIMER_PROF, seconds)
            answer = _asked(told["ask"], listener)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _bound() -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for what, most in ((resource.RLIMIT_AS, MOST_BYTES), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # Not every system knows each of them.
            continue


def _asked(pattern: str, loaded: Any) -> dict[str, Any]:
    # Reading the observations costs far more than asking one pattern. The listener keeps what it has worked out on a
    # stack, and has no other way to be used twice than a copy with an empty one.
    listener = copy.copy(loaded)
    listener._MatchListener__compute_stack = []
    try:
        Pattern(pattern).walk(listener)
        met: set[int] = set()
        looked_at = 0
        for way in listener.matched():
            met.update(place for place in way if place is not None)
            looked_at += len(way)
            if len(met) >= MOST_MET or looked_at >= MOST_LOOKED_AT:
                break
        return {"met": sorted(met)[:MOST_MET]}
    except Exception as error:  # The library raises whatever it stumbles over.
        return {"error": type(error).__name__}


if __name__ == "__main__":
    main()
