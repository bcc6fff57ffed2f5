"""Claims about when things happen in a run, exact to the nanosecond and to the step.

    >>> import asyncio, vtloop
    >>> from vtloop.claims import at_most, in_parallel, printed, takes, task
    >>> async def fetch(gate, seconds):
    ...     async with gate:
    ...         await asyncio.sleep(seconds)
    >>> async def main():
    ...     gate = asyncio.Semaphore(2)
    ...     await asyncio.gather(*(fetch(gate, seconds) for seconds in (1, 2, 3)))
    ...     print("done")
    >>> run = vtloop.simulate(main)
    done
    >>> assert takes(4).of(run)
    >>> assert at_most(2, "gate").of(run)
    >>> task("fetch#4").waits(1, on="gate").check(run)
    >>> (printed("done").at(4) & in_parallel("fetch#2", "fetch#3")).check(run)

What does not hold says why:

    >>> task("fetch#2").finishes.at(2).of(run)
    <refuted: fetch#2 finishes at 2 s; in fact fetch#2 finished at 1 s, 1 s earlier>

- `claim.of(run)` is true or false, and its `repr` says why. `claim.check(run)` raises a ClaimError
  (an AssertionError) with the part of the schedule that decides. A run may also be a `Timeline` or
  a `Trace`, so claims can be checked on a recorded run, and on each run of a search.
- `a & b`, `a | b` and `~a` are claims.
- Times are seconds since the start of the run: an int, a float, a `Fraction`, a `Decimal` or a
  `timedelta`. They are compared as whole nanoseconds. Within an instant, the steps have an order.
- Tasks are called by their label ("worker#2", or the name they were given), by their coroutine's
  name where there is one such task only, or by their number. A name that no task has is no claim
  that fails but a LookupError, which says what there is.

The claims:

- about a run: `takes`, `never_blocks`, `nothing_unfinished`
- about one task: `task(name)` and then `takes`, `waits`, `overlaps`, `is_cancelled`
- about several: `at_most`, `in_sequence`, `in_parallel`; about who gets a lock: `fair`
- about a moment: `task(name)` and then `starts`, `finishes`, `raises`, `ends`; `printed(text)`.
  Each is itself the claim that it happens, and has `at`, `within`, `before`, `after`,
  `together_with`.
- about the network, moments as well: `sent(to)`, `received(from)`, `connected(to)`, each with
  `by=` a task

May import: `errors`, `values`, `core`, `timeline`, `views`.

A map of the package, from the bottom up:

- `claim`: what a claim is, and a verdict, and how claims combine
- `words`: times, lists and places in words
- `events`, `messages`, `subject`, `whole`, `duration`: the claims
"""

from vtloop.claims.claim import Claim, Verdict
from vtloop.claims.duration import takes
from vtloop.claims.events import Happening as Moment
from vtloop.claims.events import printed
from vtloop.claims.messages import connected, received, sent
from vtloop.claims.subject import Subject, task
from vtloop.claims.whole import (
    at_most,
    fair,
    in_parallel,
    in_sequence,
    never_blocks,
    nothing_unfinished,
)
from vtloop.errors import ClaimError

__all__ = [
    "Claim",
    "ClaimError",
    "Moment",
    "Subject",
    "Verdict",
    "at_most",
    "connected",
    "fair",
    "in_parallel",
    "in_sequence",
    "never_blocks",
    "nothing_unfinished",
    "printed",
    "received",
    "sent",
    "takes",
    "task",
]
