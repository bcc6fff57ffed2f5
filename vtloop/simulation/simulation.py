"""One run of a program: `run`, a drop-in for `asyncio.run`, and `simulate`, which tells all."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vtloop.core.loop import VirtualLoop
from vtloop.core.nested import no_loop_running
from vtloop.core.options import OF_RUNS
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.runner import Runner
from vtloop.core.threads.actor import PATIENCE
from vtloop.errors import DeadlockError, UntilReached
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import LineOutput, Timestamps
from vtloop.values.allowed import check
from vtloop.values.clock import START, Seconds, exactly, to_seconds
from vtloop.values.columns import cut, plain
from vtloop.values.text import counted, without_addresses
from vtloop.values.trace import Blocked, Printed, Trace

if TYPE_CHECKING:
    from vtloop.timeline.task_facts import TaskFacts
    from vtloop.timeline.timeline import Timeline

T = TypeVar("T")
_VALUE = 200  # columns of what was returned, in the `repr` of a run
if sys.version_info >= (3, 14):  # what asyncio.run takes, or a function that returns that
    Main = Awaitable[T] | Callable[[], Awaitable[T]]
else:
    Main = Coroutine[Any, Any, T] | Callable[[], Coroutine[Any, Any, T]]


class Run(Generic[T]):
    """What came of one run. Times and durations are virtual seconds since its start."""

    def __init__(
        self,
        value: T | None,
        error: BaseException | None,
        stopped: bool,
        elapsed: float,
        ended: float,
        unfinished: tuple[str, ...],
        unretrieved: tuple[BaseException, ...],
        reproducible: bool,
        trace: Trace,
    ) -> None:
        self.value = value
        """What the main coroutine returned."""
        self.error = error
        """What it raised instead, or the DeadlockError or LivelockError that ended the run.

        SystemExit and KeyboardInterrupt are no errors of a run; `simulate` raises them.
        """
        self.stopped = stopped
        """Whether it was stopped at its `until`, or earlier, as nothing could happen before."""
        self.elapsed = elapsed
        """How long the main coroutine took."""
        self.ended = ended
        """When the last thing happened, cleanup included."""
        self.unfinished = unfinished
        """The tasks that were left pending when the run was over, by label; they were cancelled."""
        self.unretrieved = unretrieved
        """Exceptions that nobody retrieved, of tasks and of callbacks."""
        self.reproducible = reproducible
        """False if something outside the simulation had a say: the notices tell what, and where."""
        self.trace = trace
        """What was recorded."""
        self._timeline: Timeline | None = None

    def __repr__(self) -> str:
        if self.error is not None:
            outcome = f"raised {type(self.error).__name__}"
        elif self.stopped:
            outcome = "stopped"
        else:
            outcome = f"returned {cut(repr(self.value), _VALUE)}"
        return f"<Run {outcome} after {exactly(self.elapsed)}>"

    def __getitem__(self, task: str | int) -> TaskFacts:
        """Return what became of a task, by its label, its coroutine's name or its number.

        Raises LookupError if no task is called so, or several.
        """
        from vtloop.timeline.task_facts import TaskFacts  # here, as it is slow to import

        return TaskFacts(self.timeline, task)

    @property
    def printed(self) -> tuple[Printed, ...]:
        """The lines printed: when (in nanoseconds), by which task, the text."""
        return self.trace.printed

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """The calls that blocked the loop: when, how long (in nanoseconds), who, how, where."""
        return self.trace.blocked

    @property
    def notices(self) -> tuple[str, ...]:
        """What else the user of this run should know."""
        return self.trace.notices

    def result(self) -> T:
        """Return the value, or raise the error; UntilReached if the run was stopped."""
        if self.error is not None:
            raise self.error
        if self.stopped:
            raise UntilReached(
                f"The result of a run was asked for, while the run was stopped at its until, after "
                f"{exactly(self.elapsed)}; give it a later until, or none"
            )
        return self.value  # type: ignore[return-value]

    @property  # not a cached one, which for type checkers is no property of a protocol
    def timeline(self) -> Timeline:
        """The trace as a schedule."""
        if self._timeline is None:
            from vtloop.timeline.timeline import Timeline  # here, as it is slow to import

            self._timeline = Timeline(self.trace)
        return self._timeline

    def chart(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Draw its schedule to a file: SVG, PNG or PDF; options as for `vtloop.views.chart.figure`.

        Other suffixes write other views, see `vtloop.views.formats`.
        """
        from vtloop.views.formats import write

        write(self.timeline, path, **options)

    def marbles(self, **options: Any) -> str:
        """Return its schedule as text; options as for `vtloop.views.marbles.marbles`."""
        from vtloop.views.marbles import marbles

        return marbles(self.timeline, **options)

    def transcript(self) -> str:
        """Return the printed lines, each with its time in seconds and its task."""
        timestamp = Timestamps(line.who for line in self.printed)
        return "".join(
            f"{timestamp(at, who)}{plain(text.expandtabs())}\n" for at, who, text in self.printed
        )

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        return self.trace.digest()

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: the chart, and folded up the printed lines.

        Those stand above it as well, but without their times and tasks.
        """
        from vtloop.views.formats import picture, preformatted  # here, as this is slow to import

        parts = [preformatted(repr(self))]
        if self.printed:
            summary = f"<summary>{counted(len(self.printed), 'line')} printed</summary>"
            parts.append(f"<details>{summary}{preformatted(self.transcript())}</details>")
        return "\n".join([*parts, picture(self.timeline) or preformatted(self.marbles())])


class Account:
    """Takes down what becomes of a run, and makes the `Run` of it.

    Its loop has a recording. While the account is entered, `output` is standard output; what the
    program raises is noted then, and goes no further.
    """

    def __init__(
        self, loop: VirtualLoop, recording: Recording, output: LineOutput | None = None
    ) -> None:
        self.raised: BaseException | None = None
        """What ended the run, a reached `until` included."""
        self.began = loop.virtual_time()
        """When it began, in nanoseconds."""
        self.finished: int | None = None
        """When the main coroutine had ended, in nanoseconds; None while it has not."""
        self.value: Any = None
        """What the main coroutine has returned."""
        self._loop = loop
        self._recording = recording
        self._output = output or LineOutput(sys.stdout, loop.clock, ended=recording.printed_line)
        self._stdout: Any = None

    def __enter__(self) -> Account:
        self._stdout, sys.stdout = sys.stdout, self._output
        return self

    def __exit__(self, kind: object, raised: BaseException | None, traceback: object) -> bool:
        sys.stdout = self._stdout
        self._output.end_line()
        self.raised = raised
        return isinstance(raised, Exception | asyncio.CancelledError)

    def complete(self, runner: Runner, main: Any, settle: bool = False, **options: Any) -> None:
        """Run the main coroutine, and with `settle` whatever it leaves; options as of the runner's
        `run`.
        """
        try:
            self.value = runner.run(main, **options)
        finally:
            self.finished = self._loop.virtual_time()
        if settle:
            self._loop.settle()

    def told(
        self,
        record: Callable[..., Trace],
        unfinished: tuple[str, ...],
        seed: int | str | None,
        wall_clock: str | None,
    ) -> Run[Any]:
        """Return the run, with the trace that `record` makes of a header.

        `wall_clock` is where that started, as an ISO datetime.
        """
        loop, recording, began = self._loop, self._recording, self.began
        stopped = isinstance(self.raised, UntilReached)
        error = self.raised if isinstance(self.raised, DeadlockError) or not stopped else None
        ended = loop.virtual_time() - began
        finished = ended if self.finished is None else self.finished - began
        return Run(
            value=self.value,
            error=error,
            stopped=stopped,
            elapsed=to_seconds(finished),
            ended=to_seconds(ended),
            unfinished=unfinished,
            unretrieved=tuple(dict.fromkeys([*recording.errors, *recording.unretrieved()])),
            reproducible=loop.reproducible,
            trace=record(
                seed=seed,
                wall_clock=wall_clock,
                finished=finished,
                ended=ended,
                error=None if error is None else without_addresses(repr(error)),
                stopped=stopped,
                going_on=self.finished is None and self.raised is None,
            ),
        )


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


# What can be run

_TAKES_AWAITABLES = sys.version_info >= (3, 14)  # as asyncio.run does


def refuse_unless_runnable(main: Any) -> None:
    """Raise what `asyncio.run` would for what can neither be run nor called, before anything is."""
    if not callable(main) or inspect.isawaitable(main):
        _refuse_unless_new(main, f"{main!r} was given")


def coroutine_of(main: Any) -> Any:
    """Return the coroutine of what a run was given, which is refused as by `asyncio.run`."""
    given = f"{main!r} was given"
    if callable(main) and not inspect.isawaitable(main):
        main, function = called(main), main
        given = f"{function!r} returned {main!r}"
    _refuse_unless_new(main, given)
    return main if asyncio.iscoroutine(main) else _awaiting(main)


def called(main: Callable[[], Any]) -> Any:
    """Return what a function returns that is called without arguments; TypeError if it has some."""
    try:
        return main()
    except TypeError as error:
        here = error.__traceback__
        if here is not None and here.tb_next is None:  # it was not even entered
            raise TypeError(
                f"{main!r} was to be called without arguments, while that cannot be done: {error}; "
                "pass main(…), with its arguments, of an `async def main(…)`"
            ) from None
        raise


def _refuse_unless_new(main: Any, given: str) -> None:
    """Raise unless something can be awaited, and nobody has done so yet."""
    if inspect.iscoroutine(main):
        state = inspect.getcoroutinestate(main)
        if state in _USED:
            error, was = _USED[state]
            raise error(
                f"{given}, while {was}; pass a new one, or the function, which makes one for each "
                "run"
            )
    elif not (asyncio.iscoroutine(main) or (_TAKES_AWAITABLES and inspect.isawaitable(main))):
        expected = "An awaitable" if _TAKES_AWAITABLES else "A coroutine"
        no_generator = " without `yield`" if inspect.isasyncgen(main) else ""
        raise (TypeError if _TAKES_AWAITABLES else ValueError)(
            f"{expected} was expected, while {given}; pass main() or main, of an "
            f"`async def main()`{no_generator}"
        )


_USED: dict[str, tuple[type[Exception], str]] = {
    inspect.CORO_CLOSED: (RuntimeError, "that has been awaited, or closed, already"),
    inspect.CORO_RUNNING: (ValueError, "that is being run"),
    inspect.CORO_SUSPENDED: (RuntimeError, "that has begun to run, and waits for something"),
}


async def _awaiting(awaitable: Any) -> Any:
    return await awaitable
