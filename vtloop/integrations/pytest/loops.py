"""The loops that tests and fixtures live on, in parts: see `tests` for which is whose."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from vtloop.core.options import OF_RUNS
from vtloop.core.patches.time_functions import REAL
from vtloop.core.patches.wall_clock import WallClock, start_of
from vtloop.core.runner import Runner
from vtloop.core.tasks import in_order, label, number_of
from vtloop.core.waits import await_stack
from vtloop.integrations.pytest import leaks
from vtloop.private.events import TASKS, get_running_loop
from vtloop.simulation.account import Account
from vtloop.simulation.run import Run
from vtloop.simulation.segments import PartLoop, PartRecording
from vtloop.values.clock import START, Seconds
from vtloop.values.options import FLAG, Option, one_of, refusal
from vtloop.values.source import is_library

if TYPE_CHECKING:
    from vtloop.integrations.pytest.one_test import Test

_OUTCOMES = pytest.fail.Exception, pytest.skip.Exception, pytest.exit.Exception


def given_by(marks: Iterable[pytest.Mark], options: Sequence[str]) -> dict[str, Any]:
    """Return what markers of one name give, of which those before take precedence.

    The test fails if that is none of the options.
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


class Options(NamedTuple):
    """What a test's markers say."""

    seed: int | str | None = 0
    wall_clock: WallClock = START
    until: Seconds | None = None
    leaks: str = "fail"
    audit: bool = False

    @classmethod
    def of(cls, marks: Iterable[pytest.Mark]) -> Options:
        """Return the options of markers, of which those before take precedence."""
        given = given_by(marks, cls._fields)
        for name, value in given.items():
            refuse(_OPTIONS, name, value, "vtloop")
        return cls(**given)


def refuse(options: Mapping[str, Option], name: str, value: Any, marker: str) -> None:
    """Let the test fail unless an option of a marker can be what is given."""
    if (refused := refusal(options, name, value)) is not None:
        pytest.fail(f"The marker {marker} cannot be used: {refused}", pytrace=False)


_OPTIONS = {
    **{name: OF_RUNS[name] for name in ("seed", "wall_clock", "until")},
    "leaks": Option(one_of("fail", "allow"), "'fail' or 'allow'"),
    "audit": FLAG,
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


class Ground:
    """A loop that tests and fixtures live on."""

    def __init__(self, **options: Any) -> None:
        self.loop = PartLoop(TestRecording, **options)
        self.account: Account | None = None
        """Of the last part."""
        self.fixtures = 0
        """How many async fixtures live on it."""
        self._reports: list[tuple[str, BaseException]] = []
        self._failed: list[weakref.ref[asyncio.Future[Any]]] = []

    def complete(
        self, main: Any, test: Test, name: str | None = None, context: Context | None = None
    ) -> Any:
        """Run a coroutine as a part of its own, in a task of that name; return what it returns."""
        __tracebackhide__ = True
        loop = self.loop
        self._note_failures()
        loop.begin(test.options.until)
        recording: Any = loop.recording
        self.account = account = Account(loop, recording)
        started = REAL["perf_counter_ns"]()
        failure: BaseException | None = None
        try:
            with test.surroundings(loop), test.origins, account:
                try:
                    account.complete(Runner(loop, None), main, name=name, context=context)
                except BaseException as error:
                    failure = error
                outcome, recording.outcome = recording.outcome, None
                if failure is not None or outcome is not None:
                    recording.mend()
                    raise _as_seen(failure, outcome, main)
            if account.raised is not None:
                raise account.raised
        except BaseException as error:
            if not isinstance(error, pytest.skip.Exception):
                test.failed = None
                test.note_failed(self)
            raise
        finally:
            loop.rest()
            if account.raised is not None:
                left = asyncio.all_tasks(loop)
                self.cancel([task for task in left if task.get_coro() is main], test)
            took = loop.virtual_time() - account.began
            test.note_times(took, REAL["perf_counter_ns"]() - started)
        return account.value

    def run(self, options: Options) -> Run[Any]:
        """Return the last part so far."""
        assert self.account is not None
        me = asyncio.current_task() if get_running_loop() is self.loop else None
        pending = in_order(task for task in asyncio.all_tasks(self.loop) if task is not me)
        labels = tuple(map(label, pending))
        record = self.loop.recording.so_far
        start = start_of(options.wall_clock)
        return self.account.told(record, labels, options.seed, start and start.text)

    def started_by_part(self) -> list[asyncio.Task[Any]]:
        """Return the pending tasks that the last part has started, itself or through others."""
        tasks = asyncio.all_tasks(self.loop)
        if not tasks:
            return []
        recording = self.loop.recording
        numbers = recording.descendants(recording.start.tasks + 1)
        return in_order(task for task in tasks if number_of(task) in numbers)

    def cancel(self, tasks: list[asyncio.Task[Any]], test: Test) -> None:
        """Cancel tasks and let them clean up."""
        for task in tasks:
            task.cancel()
        if tasks:
            with test.surroundings(self.loop), Account(self.loop, self.loop.recording):
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

    def close(self, test: Test) -> None:
        """Cancel what is left, let it clean up, and close the loop."""
        loop = self.loop
        if asyncio.all_tasks(loop) or loop._asyncgens or loop._default_executor is not None:
            with test.surroundings(loop), Account(loop, loop.recording), Runner(loop, None):
                pass
        else:
            loop.close()


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
