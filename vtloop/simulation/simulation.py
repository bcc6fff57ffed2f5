"""One run of a program: `run`, a drop-in for `asyncio.run`, and `simulate`, which tells all."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from vtloop.core.loop import loop_of
from vtloop.core.nested import no_loop_running
from vtloop.core.options import OF_RUNS, Options
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.runner import Runner
from vtloop.core.threads.actor import PATIENCE
from vtloop.net.network import EVERYWHERE, Network
from vtloop.recording.recording import Recording
from vtloop.simulation.execution import Execution, RecordedExecution
from vtloop.simulation.run import Run
from vtloop.simulation.runnable import coroutine_of, refuse_unless_runnable
from vtloop.values.clock import START, Seconds
from vtloop.values.options import check

T = TypeVar("T")
if sys.version_info >= (3, 14):  # what asyncio.run takes, or a function that returns that
    Main = Awaitable[T] | Callable[[], Awaitable[T]]
else:
    Main = Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]]


def run(
    main: Main[T],
    *,
    debug: bool | None = None,
    settle: bool = False,
    until: Seconds | None = None,
    seed: int | str | None = 0,
    wall_clock: WallClock = START,
    timer_slack: Seconds = 0,
    patience: float = PATIENCE,
    network: Network | None = EVERYWHERE,
) -> T:
    """Run a coroutine in virtual time and return its result: a drop-in for `asyncio.run`.

    `main` is a coroutine, or a function that returns one; on Python 3.14 and later, as for
    `asyncio.run`, it may be any awaitable. `settle` lets the loop go on after it
    until nothing is left to do, as in a notebook, instead of cancelling what is left. The other
    options are those of `VirtualLoop`; the seed is 0 unless `seed` says otherwise.

    Unlike `asyncio.run` it may be called while a loop runs in this thread, such as a notebook's:
    that one stands still, as for any call that computes. A virtual loop it may not.

    Raises what the coroutine raises, DeadlockError, LivelockError, or UntilReached; and TypeError,
    ValueError or RuntimeError, before anything runs, for what is no coroutine or no such option.
    """
    options = Options(until, seed, wall_clock, timer_slack, patience, debug, settle, network)
    refuse_unless_runnable(main)
    around = no_loop_running()
    execution = Execution(Runner(loop_of(options), options.debug), around)
    value: T = execution.execute(partial(coroutine_of, main), options.settle)
    return value


def simulate(
    main: Main[T],
    *,
    debug: bool | None = None,
    settle: bool = False,
    until: Seconds | None = None,
    seed: int | str | None = 0,
    wall_clock: WallClock = START,
    timer_slack: Seconds = 0,
    patience: float = PATIENCE,
    network: Network | None = EVERYWHERE,
    audit: bool = False,
) -> Run[T]:
    """Run a coroutine in virtual time and return what happened; options as for `run`.

    Errors of the program are in the result, not raised. What it prints is recorded and goes to
    standard output as usual. What is raised before there is a main coroutine is nobody's run, and
    is raised here.

    With `audit` the program is run in new processes as well, see `vtloop.audit`, and AuditError is
    raised if they do not do the same. `main` is a function at the top level of a module then.

    >>> import asyncio
    >>> async def nap() -> str:
    ...     await asyncio.sleep(3600)
    ...     return "rested"
    >>> simulate(nap).elapsed
    3600.0
    """
    check(OF_RUNS, audit=audit)
    options = Options(until, seed, wall_clock, timer_slack, patience, debug, settle, network)
    refuse_unless_runnable(main)
    if audit:
        _audit(main, options)
    return simulate_with(main, options)


def simulate_with(main: Main[T], options: Options) -> Run[T]:
    """Run what is runnable in virtual time and return what happened; see `simulate`."""
    around = no_loop_running()
    recording = Recording()
    loop = loop_of(options, recording)
    execution = RecordedExecution(Runner(loop, options.debug), recording, around)
    execution.execute(partial(coroutine_of, main), options.settle)
    unfinished = execution.runner.unfinished
    return execution.to_run(recording.trace, unfinished, options.seed, loop.environment.time.start)


def _audit(main: Any, options: Options) -> None:
    from vtloop.audit import audit_program, is_audited, program_of  # here, as it is slow to import

    if not is_audited():
        audit_program(program_of(main, options)).assert_same()
