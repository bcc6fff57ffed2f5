"""A run while it goes on, of which something is to be known in the end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from vtloop.core.loop import VirtualLoop
from vtloop.core.runner import Runner
from vtloop.errors import DeadlockError, UntilReached
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDOUT
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import LineOutput
from vtloop.values.clock import to_seconds
from vtloop.values.text import without_addresses
from vtloop.values.trace import Trace

if TYPE_CHECKING:
    pass
from vtloop.simulation.run import Run

T = TypeVar("T")

replaces(
    __name__, During.RECORDED, "lines are recorded, with their time and their task", "sys.stdout"
)


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

    def __enter__(self) -> Account:
        STDOUT.enter(self._output)
        return self

    def __exit__(self, kind: object, raised: BaseException | None, traceback: object) -> bool:
        STDOUT.leave(self._output)
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
