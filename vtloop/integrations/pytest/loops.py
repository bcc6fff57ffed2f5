"""The loops that tests and fixtures live on, in parts: see `one_test` for which is whose."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from vtloop.core.await_stacks import await_stack
from vtloop.core.left_open import close_all, has_sockets, left_open, unclosed
from vtloop.core.options import OF_RUNS, USUAL, Options
from vtloop.core.patches.wall_clock import start_of
from vtloop.core.runner import Runner
from vtloop.core.tasks import in_order, label, number_of
from vtloop.integrations.pytest import leaks
from vtloop.integrations.pytest.networks import NetworkOfTest
from vtloop.net.network import EVERYWHERE, Network
from vtloop.private.events import TASKS, get_running_loop
from vtloop.recording.stdout import StandardOutput
from vtloop.simulation.execution import RecordedExecution, recorded_output
from vtloop.simulation.run import Run
from vtloop.simulation.segments import PartLoop, PartRecording
from vtloop.values.clock import Seconds
from vtloop.values.options import FLAG, Option, one_of, refusal
from vtloop.values.source import is_library

if TYPE_CHECKING:
    from vtloop.net.unclosed import Unclosed

_OUTCOMES = pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception


def given_by(marks: Iterable[pytest.Mark], options: Sequence[str]) -> dict[str, Any]:
    """Return the options that markers of one name give; of an option given twice, the first wins.

    The test fails if something is given that is none of the options.
    """
    given: dict[str, Any] = {}
    for mark in marks:
        unknown = [*map(repr, mark.args), *(mark.kwargs.keys() - set(options))]
        if unknown:
            pytest.fail(
                f"The marker {mark.name} was given {', '.join(unknown)}, while its options are "
                f"{', '.join(f'{name}=' for name in options)}",
                pytrace=False,
            )
        given = {**mark.kwargs, **given}
    return given


class Marked(NamedTuple):
    """What a test's markers `vtloop` say."""

    options: Options = USUAL
    leaks: str = "fail"
    audit: bool = False
    network: Network | Callable[[], Network] | None = EVERYWHERE

    @classmethod
    def by(cls, marks: Iterable[pytest.Mark], **usual: Any) -> Marked:
        """Return what markers say; the first one wins. Options in none of them are as usual."""
        given = usual | given_by(marks, [*_OF_MARKER])
        for name, value in given.items():
            refuse(_OF_MARKER, name, value, "vtloop")
        own = {name: given.pop(name) for name in cls._fields if name in given}
        return cls(Options(**given), **own)


def refuse(options: Mapping[str, Option], name: str, value: Any, marker: str) -> None:
    """Let the test fail unless an option of a marker can be what is given."""
    if (refused := refusal(options, name, value)) is not None:
        pytest.fail(f"The marker {marker} cannot be used: {refused}", pytrace=False)


_OF_MARKER = {
    **{name: OF_RUNS[name] for name in ("seed", "wall_clock", "until")},
    "leaks": Option(one_of("fail", "allow"), "'fail' or 'allow'"),
    "audit": FLAG,
    "network": Option(
        lambda value: callable(value) or OF_RUNS["network"].takes(value),
        "a vtloop.net.Network, a function that returns one, or None for no network",
        EVERYWHERE,
    ),
}


class TestRecording(PartRecording):
    """A recording of tests, which ends a part when `pytest.fail` and the like are called in it.

    In a task that nobody awaits, asyncio would keep the exception for ever, and in a callback it
    would log it. pytest-timeout raises one of these in whatever runs.
    """

    outcome: BaseException | None = None

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[tuple[str, BaseException]] = []
        """What the loop's exception handler was called with: the task, if it is known, and what."""

    def reported(self, context: dict[str, Any]) -> None:
        super().reported(context)
        error = context.get("exception")
        if isinstance(error, _OUTCOMES):
            self._end_with(error)
        elif error is not None:
            task: Any = context.get("task") or context.get("future")
            known = isinstance(task, TASKS)
            self.reports.append((self.label(number_of(task)) if known else "a callback", error))

    def _outcome(self, task: Any) -> tuple[str, Any]:
        ended = super()._outcome(task)
        if ended[0] == "raised" and isinstance(task._exception, _OUTCOMES):
            self._end_with(task._exception)
        return ended

    def _end_with(self, outcome: BaseException) -> None:
        self.outcome = outcome
        asyncio.get_running_loop().stop()


class _PartExecution(RecordedExecution):
    """An execution of a part, in a task of a name and a context."""

    def __init__(
        self,
        loop: PartLoop,
        surroundings: AbstractContextManager[Any],
        origins: AbstractContextManager[Any],
        name: str | None,
        context: Context | None,
    ) -> None:
        # The runner is not entered, as it would close the loop, which goes on.
        super().__init__(
            Runner(loop, None), loop.recording, around=surroundings, surroundings=origins
        )
        self._of_task: dict[str, Any] = {"name": name, "context": context}

    def complete(self, main: Any) -> Any:
        """Run the coroutine; raise what it failed with as the users' code has it."""
        __tracebackhide__ = True
        value, failure, recording = None, None, self._recording
        assert isinstance(recording, TestRecording)
        try:
            value = self.runner.run(main, **self._of_task)
        except BaseException as error:
            failure = error
        outcome, recording.outcome = recording.outcome, None
        if failure is not None or outcome is not None:
            recording.mend()
            raise _as_seen(failure, outcome, main)
        return value

    def see_off(self, main: Any) -> None:
        """Leave its tasks alone: they go on in the next part."""


class TestLoop:
    """A loop that tests and fixtures live on."""

    def __init__(self, network: NetworkOfTest | None, **options: Any) -> None:
        self.network = network
        self.loop = PartLoop(TestRecording, network=network, **options)
        self.part: RecordedExecution | None = None
        """The last part, which may still go on."""
        self.fixtures = 0
        """How many async fixtures live on it."""
        self._reports: list[tuple[str, BaseException]] = []
        self._failed: list[weakref.ref[asyncio.Future[Any]]] = []

    def execute(
        self,
        main: Any,
        until: Seconds | None,
        surroundings: AbstractContextManager[Any],
        origins: AbstractContextManager[Any],
        name: str | None = None,
        context: Context | None = None,
    ) -> tuple[RecordedExecution, BaseException | None]:
        """Run a coroutine as a part of its own; return the part, and what it failed with.

        It is in a task of that name and context. In the part, `origins` lets coroutines know where
        they were made. What it leaves goes on: the task of a part that failed is to be cancelled
        (see `cancel_main`).
        """
        __tracebackhide__ = True
        self._note_failures()
        self.loop.begin(until)
        self.part = part = _PartExecution(self.loop, surroundings, origins, name, context)
        failure: BaseException | None = None
        try:
            part.execute(lambda: main)
        except BaseException as error:
            failure = error
        self.loop.rest()
        return part, failure or part.raised

    def cancel_main(self, main: Any, surroundings: AbstractContextManager[Any]) -> None:
        """Cancel the task of a coroutine that was stopped, if it goes on, and let it clean up."""
        left = asyncio.all_tasks(self.loop)
        self.cancel([task for task in left if task.get_coro() is main], surroundings)

    def to_run(self, options: Options) -> Run[Any]:
        """Return the last part so far."""
        assert self.part is not None
        me = asyncio.current_task() if get_running_loop() is self.loop else None
        pending = in_order(task for task in asyncio.all_tasks(self.loop) if task is not me)
        labels = tuple(map(label, pending))
        record = self.loop.recording.so_far
        start = start_of(options.wall_clock)
        return self.part.to_run(record, labels, options.seed, start and start.text)

    def started_by_part(self) -> list[asyncio.Task[Any]]:
        """Return the pending tasks that the last part has started, itself or through others."""
        tasks = asyncio.all_tasks(self.loop)
        if not tasks:
            return []
        recording = self.loop.recording
        numbers = recording.descendants(recording.start.tasks + 1)
        return in_order(task for task in tasks if number_of(task) in numbers)

    def cancel(
        self, tasks: list[asyncio.Task[Any]], surroundings: AbstractContextManager[Any]
    ) -> None:
        """Cancel tasks and let them clean up."""
        for task in tasks:
            task.cancel()
        if tasks:
            with surroundings, self._cleaning_up(), _NO_ERRORS:
                self.loop.run_until_complete(asyncio.wait(tasks))

    def leaks_of(self, tasks: Iterable[asyncio.Task[Any]]) -> list[str]:
        """Describe tasks that are left, and exceptions nobody retrieved since the last time."""
        self._note_failures()
        recording = self.loop.recording
        failed: list[Any] = [task for ref in self._failed if (task := ref()) is not None]
        found = [
            *leaks.unfinished(tasks, recording),
            *leaks.unretrieved(failed, self._reports, recording),
        ]
        self._failed.clear()
        self._reports.clear()
        return found

    def _note_failures(self) -> None:
        """Keep what the recording knows of exceptions, as it forgets it when a part begins."""
        recording: Any = self.loop.recording
        self._reports += recording.reports
        self._failed += recording.failed
        recording.reports.clear()
        recording.failed.clear()

    def finish_instant(self, surroundings: AbstractContextManager[Any]) -> None:
        """Let those hear of it whose peers have closed connections just now, if there are any."""
        if has_sockets(self.loop):
            with surroundings, self._cleaning_up():
                self.loop.finish_instant()

    def close(self, surroundings: AbstractContextManager[Any]) -> list[str]:
        """Cancel what is left, let it clean up, and close the loop; describe what was left open."""
        loop = self.loop
        left: list[Unclosed] = []
        first = unclosed(loop)

        def close_rest() -> None:
            left[:] = left_open(loop, first)
            close_all(loop)

        if (
            asyncio.all_tasks(loop)
            or loop._asyncgens
            or loop._default_executor is not None
            or has_sockets(loop)
        ):
            with surroundings, self._cleaning_up(), _NO_ERRORS, Runner(loop, None) as runner:
                runner.finish(close_rest)
        else:
            loop.close()
        if self.network is not None:
            self.network.end()
        return [*leaks.unclosed(left)]

    def _cleaning_up(self) -> StandardOutput:
        """Return what records the lines that tasks print while they clean up."""
        return StandardOutput(recorded_output(self.loop, self.loop.recording))


_NO_ERRORS = suppress(Exception, asyncio.CancelledError)
"""Where tasks clean up that nobody waits for: what they raise is told of as a leak, if at all."""


def _as_seen(
    failure: BaseException | None, outcome: BaseException | None, main: Any
) -> BaseException:
    """Return what a part failed with, with a traceback that begins in the users' code.

    That is the outcome that a task has called for, if there is one. A failure that was not raised
    in the coroutine, as that still waits, is shown where it waits.
    """
    error: Any = outcome or failure
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None and is_library(traceback.tb_frame):
        traceback = traceback.tb_next
    if outcome is None and main.cr_await is not None:
        traceback = None
        for frame in reversed(await_stack(main)[0]):
            if not is_library(frame):
                traceback = TracebackType(traceback, frame, frame.f_lasti, frame.f_lineno)
    return error if traceback is None else error.with_traceback(traceback)  # type: ignore[no-any-return]
