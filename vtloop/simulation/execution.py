"""Running a program once, whoever does it: entered, completed, settled, told.

An `Execution` is what `vtloop.run` needs, and no more; a case of a search is one that writes down
how it ends. Of a `RecordedExecution` all is known in the end; it is what `simulate` needs, a
notebook's cell and a test. Each of them gives a loop, what is entered around its run, and an
output. Each step is a method, which subclasses may override.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from vtloop.core.left_open import left_open, unclosed
from vtloop.core.loop import VirtualLoop
from vtloop.core.runner import Runner
from vtloop.errors import DeadlockError, UntilReached
from vtloop.patching.replaced import During, replaces
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import LineOutput, StandardOutput
from vtloop.simulation.run import Run
from vtloop.values.choices import Choices
from vtloop.values.clock import to_seconds
from vtloop.values.text import without_addresses
from vtloop.values.trace import Trace

replaces(
    __name__, During.RECORDED, "lines are recorded, with their time and their task", "sys.stdout"
)

NOTHING: AbstractContextManager[Any] = nullcontext()
"""What is entered where there is nothing to do before a program runs, nor after it."""


def recorded_output(loop: VirtualLoop, recording: Recording) -> LineOutput:
    """Return a standard output that tells a recording of each line, and writes it as usual."""
    return LineOutput(sys.stdout, loop.clock, ended=recording.printed_line)


class Execution:
    """A program that is run on a loop, and what has come of it.

    `around` is entered first, see `vtloop.core.nested`, then the surroundings. For a loop of its
    own these are its runner, which in the end cancels what is left, lets that clean up, and closes
    the loop; of one that goes on they are given.
    """

    def __init__(
        self,
        runner: Runner,
        around: AbstractContextManager[Any] = NOTHING,
        surroundings: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.loop = runner.loop
        self.runner = runner
        self.value: Any = None
        """What the main coroutine has returned."""
        self.finished: int | None = None
        """When that had ended, in nanoseconds; None while it has not."""
        self._around = around
        self._surroundings = runner if surroundings is None else surroundings

    def execute(self, make_main: Callable[[], Any], settle: bool = False) -> Any:
        """Run the coroutine that a function makes, and return what it returns.

        The function is called when all is entered. With `settle` the loop goes on after the
        coroutine until nothing is left to do.
        """
        __tracebackhide__ = True
        with self._around, self._surroundings, self.taken_down():
            main = make_main()
            try:
                try:
                    self.value = self.complete(main)
                finally:
                    self.finished = self.loop.virtual_time()
                if settle:
                    self.loop.settle()
            finally:
                self.see_off(main)
        return self.value

    def taken_down(self) -> AbstractContextManager[Any]:
        """Return what is entered last: what takes down what the program says, if anything does."""
        return NOTHING

    def complete(self, main: Any) -> Any:
        """Run the main coroutine, which Ctrl-C cancels; return what it returns."""
        __tracebackhide__ = True
        return self.runner.run(main)

    def see_off(self, main: Any) -> None:
        """See to what the main coroutine has left, as far as its runner does not in the end."""


class RecordedExecution(Execution):
    """An execution on a loop with a recording: in the end all is known of the run.

    What the program prints while it runs goes through `output`. What it raises is taken down, and
    goes no further.
    """

    def __init__(
        self,
        runner: Runner,
        recording: Recording,
        around: AbstractContextManager[Any] = NOTHING,
        surroundings: AbstractContextManager[Any] | None = None,
        output: LineOutput | None = None,
    ) -> None:
        super().__init__(runner, around, surroundings)
        self.raised: BaseException | None = None
        """What ended the run, a reached `until` included."""
        self.began = self.loop.virtual_time()
        """When it began, in nanoseconds."""
        self._recording = recording
        self._unclosed: tuple[str, ...] = ()
        self._output = output

    def taken_down(self) -> AbstractContextManager[Any]:
        """Return what lets the output be standard output, and takes down what is raised."""
        return _TakenDown(self._output or recorded_output(self.loop, self._recording), self)

    def see_off(self, main: Any) -> None:
        """Cancel what is left, and let it clean up, while it is still taken down."""
        first = unclosed(self.loop)

        def see_unclosed() -> None:
            self._unclosed = tuple(map(str, left_open(self.loop, first)))

        self.runner.finish(see_unclosed)

    def to_run(
        self,
        record: Callable[..., Trace],
        unfinished: tuple[str, ...],
        seed: int | str | None,
        wall_clock: str | None,
    ) -> Run[Any]:
        """Return the run, with the trace that `record` makes of a header.

        `unfinished` are the labels of the tasks that are left, and `wall_clock` is where that
        started, as an ISO datetime.
        """
        loop, recording, began = self.loop, self._recording, self.began
        kernel = loop.clock.kernel
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
            unclosed=self._unclosed,
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
            choices=Choices() if kernel is None else kernel.chooser.choices,
        )


class _TakenDown(StandardOutput):
    """While it is entered, an execution is taken down."""

    def __init__(self, output: LineOutput, execution: RecordedExecution) -> None:
        super().__init__(output)
        self._execution = execution

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        super().__exit__(kind, error, traceback)
        self._execution.raised = error
        # What is raised before there is a main coroutine is nobody's run.
        begun = self._execution.finished is not None
        return begun and isinstance(error, Exception | asyncio.CancelledError)
