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
`replay` runs the case of a token again, or other choices of a run, and records it.

May import: `private`, `values`, `net`, `core`, `recording`, `search`.

A map of the package, from the bottom up:

- `moments`: moments, cases, and tokens for them
- `options`: what the options of a sweep can be
- `outcome`: what is known of a run, and of the task that was cancelled
- `timeouts`: a loop that numbers its timeouts
- `second`, `injection`, `counting`, `disturbances`: policies that count the moments, cancel there,
  or disturb otherwise
- `oracles`: the rules by which a victim is judged; a new fact for one goes into `outcome`, and is
  filled in by `injection` and `disturbances`
- `victims`: whom a sweep cancels
- `cases`: running a case, and counting moments
- `choosing`: which cases are tried of very many
- `ties`: choices of a run besides its case, of timers and of the network, made again
- `replay`, `report`: what is told of a case, and of each class
- `cancellations`: what the engine of `search` asks: which cases there are, and how each is run
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from vtloop.core.patches.wall_clock import WallClock
from vtloop.net.network import EVERYWHERE, Network
from vtloop.search.bench import Check, Program
from vtloop.search.engine import Means, Search, run_case_again
from vtloop.search.invariants import Always, conserved
from vtloop.search.judge import Judge
from vtloop.search.oracles import Failures, Finding, Oracle
from vtloop.search.report import Problem
from vtloop.search.setting import Setting
from vtloop.sweep.cancellations import Cancellations
from vtloop.sweep.moments import CLASSES, case_and_ties_of
from vtloop.sweep.options import OF_SWEEPS
from vtloop.sweep.oracles import ORACLES, SlowCleanup
from vtloop.sweep.outcome import SweptOutcome
from vtloop.sweep.replay import SweepReplay as Replay
from vtloop.sweep.report import SweepReport as Report
from vtloop.sweep.ties import TiesAgain
from vtloop.sweep.victims import Victim, Victims
from vtloop.values.choices import Choices
from vtloop.values.clock import START
from vtloop.values.files import check_file
from vtloop.values.options import check as check_options

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


def sweep(
    program: Program | str,
    *,
    victim: Victim = None,
    classes: str = "".join(CLASSES),
    budget: int = 10_000,
    check: Check | str | None = None,
    always: Always | str | None = None,
    oracles: Sequence[Oracle[SweptOutcome]] = ORACLES,
    seed: int | str = 0,
    wall_clock: WallClock = START,
    network: Network | str | None = EVERYWHERE,
    executor: Executor | None = None,
    max_seconds: float | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Report:
    """Run a program once for each moment at which its tasks could be cancelled.

    - `program` is a function that returns a coroutine, or the name of one, such as 'module:main' or
      'file.py:main'; what it prints goes nowhere
    - `victim` is whom to cancel: tasks of this name or of this coroutine function, the task of this
      number (1 is the main one), or all of them
    - `classes` are the kinds of moments, see `moments`; of S and O there are none for a chosen
      victim, of F and T those of its groups and timeouts
    - `budget` bounds the runs with two cancellations of a task, those with two timers of one
      instant, and twenty times those with cancellations of two tasks; of more, a sample is taken,
      always the same
    - `check` is called with the outcome of each run, and raises what is wrong, or returns False
    - `always` is called before each handle of each run, and does the same; these two may be given
      by name as well
    - `oracles` judge each run
    - `seed` is that of all chance, `wall_clock` the date and time of day, `network` what there is
      to talk to, for each run anew; see `vtloop.VirtualLoop`. For other processes a network is
      given by its name
    - `executor` runs the cases in batches, in other processes or on other machines: any of
      `concurrent.futures`, or one with that interface; what it is given has to be importable there
    - `max_seconds` of real time are spent at most; the report says what was not tried
    - `resume` is the path of a file to which what was tried is written, and from which another
      sweep of the same program goes on
    - `progress` shows a bar on a terminal, if tqdm is installed

    The report is the same however the work is done. LookupError if there is no such victim,
    TypeError or ValueError, before anything runs, for an option that is none of this.
    """
    check_options(OF_SWEEPS, **locals())
    if resume is not None:
        check_file(resume)
    experiment = Cancellations(Victims.meant_by(victim), classes, budget, seed)
    setting = Setting(program, check, always, seed, wall_clock, network)
    means = Means(executor, max_seconds, resume, progress)
    return Report.of(Search(experiment, setting, oracles, means).run(), Replay)


def replay(
    program: Program | str,
    token: str | Choices,
    *,
    check: Check | str | None = None,
    always: Always | str | None = None,
    oracles: Sequence[Oracle[SweptOutcome]] = ORACLES,
    seed: int | str = 0,
    wall_clock: WallClock = START,
    network: Network | str | None = EVERYWHERE,
) -> Replay:
    """Run the case of a token again, recorded; options as for `sweep`.

    Or the choices of a run, such as `fate.choices` of `vtloop.strategies`, or a token of choices:
    ties, what the network does, and whom to cancel and when.

    ValueError if it is no token, LookupError if the program has no such moment, or no such ties.
    """
    check_options(OF_SWEEPS, **locals())
    setting = Setting(program, check, always, seed, wall_clock, network)
    case, chosen = case_and_ties_of(token)
    ties = TiesAgain(chosen)
    judge = Judge(tuple(oracles))
    again = run_case_again(Cancellations(), setting, judge, case, Replay, ties.policies)
    ties.check()
    return replace(again, ties=chosen, ties_in_words=ties.in_words)
