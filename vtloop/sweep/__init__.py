"""The cancellation sweep: a task is cancelled at every possible moment, and each run is judged.

    >>> import asyncio
    >>> from vtloop.sweep import sweep
    >>> async def main():
    ...     lock = asyncio.Lock()
    ...     await lock.acquire()
    ...     await asyncio.sleep(1)
    ...     lock.release()
    >>> print(sweep(main, classes="AB"))  # doctest: +ELLIPSIS
    4 of 4 moments tried, of main#1:
      A (suspended): 2 of 2 moments
      B (woken, but not yet run): 2 of 2 moments
    left held: in cases 2 of A, 1 of B; the first is main#1@R0
      Lock made at <doctest ... in main: held: nobody will release it

What is tried is a *case*: the program, a task of it, and one or two moments. In other cases all
tasks are cancelled at once, a sibling fails in a TaskGroup, a timeout fires at another instant, or
two timers of one instant change places.
`replay` runs the case of a token again, and records it.

May import: `errors`, `private`, `values`, `core`, `timeline`, `recording`, `views`,
`simulation`, `search`.

A map of the package, from the bottom up:

- `moments`: moments, cases, and tokens for them
- `options`: what the options of a sweep can be
- `calls`: the calls of a step
- `timeouts`: a loop that numbers its timeouts
- `second`, `injection`, `counting`, `disturbances`: policies that count the moments, cancel there,
  or disturb otherwise
- `victims`: whom a sweep cancels
- `cases`: running a case
- `oracles`: the rules by which a run is judged; a new fact for one goes into `outcome`, and is
  filled in by `search.witness` or `injection`
- `judging`: leaves out what the undisturbed run shows too
- `batches`, `ledger`: trying many, also elsewhere, and not twice
- `choosing`: which cases are tried of very many
- `replaying`, `report`, `search`: all cases of a program
"""

from vtloop.search.invariants import conserved
from vtloop.sweep.oracles import ORACLES, Failures, Finding, SlowCleanup
from vtloop.sweep.replaying import Replay
from vtloop.sweep.report import Problem, Report
from vtloop.sweep.search import replay, sweep

__all__ = [
    "ORACLES",
    "Failures",
    "Finding",
    "Problem",
    "Replay",
    "Report",
    "SlowCleanup",
    "conserved",
    "replay",
    "sweep",
]
