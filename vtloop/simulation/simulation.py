"""One run of a program: `run`, a drop-in for `asyncio.run`, and `simulate`, which tells all."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from vtloop.core.loop import VirtualLoop
from vtloop.core.nested import no_loop_running
from vtloop.core.options import OF_RUNS
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.runner import Runner
from vtloop.core.threads.actor import PATIENCE
from vtloop.recording.recording import Recording
from vtloop.values.clock import START, Seconds
from vtloop.values.options import check

if TYPE_CHECKING:
    pass

from vtloop.simulation.account import Account
from vtloop.simulation.run import Run
from vtloop.simulation.runnable import coroutine_of, refuse_unless_runnable

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
    check(OF_RUNS, settle=settle, debug=debug)
    refuse_unless_runnable(main)
    no_other = no_loop_running()
    loop = VirtualLoop(
        until=until, seed=seed, wall_clock=wall_clock, timer_slack=timer_slack, patience=patience
    )
    with no_other, Runner(loop, debug) as runner:
        value: T = runner.run(coroutine_of(main))
        if settle:
            loop.settle()
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
    check(OF_RUNS, settle=settle, debug=debug, audit=audit)
    refuse_unless_runnable(main)
    if audit:
        _audit(
            main,
            debug=debug,
            settle=settle,
            until=until,
            seed=seed,
            wall_clock=wall_clock,
            timer_slack=timer_slack,
            patience=patience,
        )
    no_other = no_loop_running()
    recording = Recording()
    loop = VirtualLoop(
        until=until,
        seed=seed,
        wall_clock=wall_clock,
        timer_slack=timer_slack,
        patience=patience,
        recorder=recording,
    )
    account = Account(loop, recording)
    with no_other, Runner(loop, debug) as runner, account:
        try:
            account.complete(runner, coroutine_of(main), settle)
        finally:
            runner.finish()
    if account.finished is None and account.raised is not None:
        raise account.raised
    return account.told(recording.trace, runner.unfinished, seed, loop.world.time.start)


def _audit(main: Any, **options: Any) -> None:
    from vtloop.audit import audit, is_audited  # here, as it is slow to import

    if not is_audited():
        audit(main, **options).assert_same()
