"""Running a program many times, each time by another schedule, as fast as can be.

What surrounds a run is entered once for all of them. Each run has a loop of its own, as libraries
keep state by loop, and nothing is recorded: a run that fails is run again for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vtloop.core.options import Options
from vtloop.core.policy import Policy, PolicyOf, Several
from vtloop.core.runner import Runner
from vtloop.errors import DeadlockError, LivelockError, SimulationError
from vtloop.explore.loop import ExploredLoop
from vtloop.explore.schedule import Schedule
from vtloop.explore.steering import Steering
from vtloop.recording.recording import Recording
from vtloop.search.bench import main_of
from vtloop.search.conduct import Endless
from vtloop.search.invariants import Watch, uphold
from vtloop.search.location import line_that_raised
from vtloop.search.outcome import text_of
from vtloop.search.setting import Setting
from vtloop.search.surroundings import surroundings
from vtloop.simulation.execution import RecordedExecution
from vtloop.simulation.run import Run
from vtloop.values.text import without_addresses

_COLLECTED_TOGETHER = 100  # runs


@dataclass(frozen=True)
class Failure:
    """What is wrong with a run: its kind, and the same in words."""

    kind: str
    """'raised', 'deadlock', 'livelock', 'unretrieved', 'always' or 'check'."""
    detail: str
    where: str = field(default="", compare=False)
    """The line of the program at which an error was raised; '' if there is none."""

    @classmethod
    def of(cls, kind: str, error: BaseException) -> Failure:
        """Return the failure that an error is."""
        return cls(kind, text_of(error), line_that_raised(error))

    def __str__(self) -> str:
        words = f"{_IN_WORDS[self.kind]}{self.detail}"
        return f"{words}\n  at {self.where}" if self.where else words


_IN_WORDS = {
    "raised": "the program raises ",
    "deadlock": "",
    "livelock": "",
    "unretrieved": "a task ends with an error that nobody looks at: ",
    "always": "what is always to be true is not: ",
    "check": "what is to be true in the end is not: ",
}


@dataclass(frozen=True)
class Ran:
    """What came of one run."""

    schedule: Schedule
    failures: tuple[Failure, ...] = ()
    is_cut: bool = False
    """Whether it went on and on, and was ended."""


class Runs:
    """The runs of a program, which can be made while this is entered."""

    def __init__(self, setting: Setting) -> None:
        loaded: Any = setting.loaded()
        self._program, self._check, self._always = loaded.program, loaded.check, loaded.always
        self._options = Options(
            seed=loaded.seed, wall_clock=loaded.wall_clock, network=loaded.network
        )
        self._count = 0
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Runs:
        self._exits.enter_context(surroundings(self._options.wall_clock, _nobody_minds))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._exits.close()

    def run(self, steering: Steering) -> Ran:
        """Run the program once."""
        self._count += 1
        watch = None if self._always is None else Watch(self._always)
        loop = self._loop(steering, watch)
        runner = Runner(loop, None)
        found: list[Failure] = []
        value, is_cut = None, False
        with runner:
            main = self._main()
            try:
                value = loop.run_until_complete(loop.create_task(main))
            except Endless:
                is_cut = True
            except (DeadlockError, LivelockError) as error:
                kind = "deadlock" if isinstance(error, DeadlockError) else "livelock"
                found.append(Failure(kind, without_addresses(str(error))))
            except (Exception, asyncio.CancelledError) as error:
                found.append(Failure.of("raised", error))
            if watch is not None:
                watch.stop()
            with contextlib.suppress(SimulationError, Endless):
                runner.finish()  # of what is left, nothing more is to be learnt
        found += _unretrieved(loop.tasks)
        if watch is not None and watch.broken:
            found.append(Failure("always", watch.broken))
        if self._check is not None and not is_cut and not found:
            try:
                uphold(self._check(value))
            except Exception as error:
                found.append(Failure.of("check", error))
        loop.tasks.clear()
        steering.end()
        if self._count % _COLLECTED_TOGETHER == 0:
            gc.collect(1)
        return Ran(steering.schedule, tuple(found), is_cut)

    def recorded(self, steering: Steering) -> Run[Any]:
        """Run the program once, recorded."""
        recording = Recording()
        loop = self._loop(steering, None, recording)
        execution = RecordedExecution(Runner(loop, None), recording)
        execution.execute(self._main)
        unfinished = execution.runner.unfinished
        start = loop.environment.time.start
        record = partial(recording.trace, explore=str(steering.schedule.choices))
        return execution.to_run(record, unfinished, self._options.seed, start)

    def _loop(
        self, steering: Steering, watch: Watch | None, recording: Recording | None = None
    ) -> ExploredLoop:
        policy: PolicyOf[Any] = steering
        if watch is not None:
            several: list[Policy] = [watch, steering]
            policy = Several(several)
        loop = ExploredLoop(self._options, steering, policy, recording)
        loop.threads.outsiders.expects_main = False  # it knows nothing of the program
        return loop

    def _main(self) -> Any:
        return main_of(self._program, "explore()")


def _nobody_minds(coroutine: object) -> bool:
    """Take a coroutine that nobody has awaited for one's own: it is no failure of a schedule."""
    return True


def _unretrieved(tasks: list[asyncio.Task[Any]]) -> list[Failure]:
    """Return the errors of tasks that nobody has looked at."""
    found = []
    for task in tasks:
        if task.done() and getattr(task, "_log_traceback", False):
            error = task.exception()  # so nobody hears of it again
            if error is not None and not isinstance(error, SimulationError):
                found.append(Failure.of("unretrieved", error))
    return found
