"""A virtual loop for the cells of a notebook, which is run while another loop runs the notebook.

- One loop serves all cells, and moves only while a cell runs. Its clock goes on from cell to cell,
  and so do the tasks that a cell leaves behind. Times of a cell count from the cell's start.
- A cell that finds nothing left of earlier ones numbers its tasks from 1, as any run does. So it
  tells the same when it is run again.
- What is printed while a cell runs is handed on outside of the simulation, and in the context of
  that cell (see `kernel`).
- Threads that come up between cells are the kernel's, or of no concern to a cell: none waits for
  them.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from vtloop.clock import NEVER, Seconds, to_nanoseconds, to_seconds
from vtloop.errors import SimulationError, UntilReached
from vtloop.kernel import KernelStream, no_loop_running
from vtloop.loop import VirtualLoop
from vtloop.ordering import without_addresses
from vtloop.output import LineOutput, timestamp
from vtloop.parts import Start, cut
from vtloop.recording import Recording
from vtloop.runner import Runner
from vtloop.simulation import Run
from vtloop.tasks import in_order, label
from vtloop.trace import Trace
from vtloop.world import World

if TYPE_CHECKING:
    from datetime import datetime


class CellRecording(Recording):
    """A recording that goes on from cell to cell, and gives a trace of each."""

    def begin(self, tasks: int) -> None:
        """Begin a cell, with the loop at rest, when so many tasks have been numbered."""
        self.errors.clear()
        self._failed.clear()
        self._eager.clear()
        self.attach(self._ready, self._clock)
        self.start = Start(
            self._clock.now,
            tasks,
            len(self._steps),
            len(self._events),
            len(self.printed),
            len(self._blocks),
            len(self._notices),
        )

    def trace(self, **header: Any) -> Trace:
        """Return what was recorded of the cell, with a header; the cell is over."""
        return cut(super().trace(**header), self.start)


class CellLoop(VirtualLoop):
    """A loop that is run for one cell after another."""

    def __init__(self) -> None:
        self.recording = CellRecording()
        self.rest()
        super().__init__(recorder=self.recording)

    def begin(self, until: Seconds | None) -> None:
        """Begin a cell of at most `until` seconds; number tasks from 1 on if nothing is left."""
        timers: Any = self._timers
        if not (asyncio.all_tasks(self) or self._ready or timers):
            self._tasks_created = 0
            self.recording = CellRecording()
            self.recording.attach(self._ready, self._clock)
            self._recorder = timers.watcher = self.recording
        new = set(threading.enumerate()).difference(self._known)
        self._threads.outsiders.leave_out(*new)
        self._until = NEVER if until is None else self._clock.now + to_nanoseconds(until)
        self.recording.begin(self._tasks_created)

    def rest(self) -> None:
        """End a cell: threads that come up from now on are none of the cells'."""
        self._known = WeakSet(threading.enumerate())


class Notebook:
    """Runs the cells of a notebook, one after another, on one virtual loop."""

    def __init__(self) -> None:
        self.loop = CellLoop()
        self.last: Run[Any] | None = None
        """The run of the last cell."""

    def run(
        self,
        main: Callable[[], Coroutine[Any, Any, Any]],
        *,
        settle: bool = False,
        until: Seconds | None = None,
        seed: int | str | None = 0,
        wall_clock: datetime | None = None,
    ) -> Run[Any]:
        """Run a cell and return what happened; options as for `vtloop.simulate`, for this cell.

        Lines are printed with their time, in seconds since the cell's start, and their task.
        """
        no_other = no_loop_running()
        loop, began = self.loop, self.loop.virtual_time()
        loop.begin(until)
        recording = loop.recording
        value: Any = None
        error: BaseException | None = None
        stopped = False
        finished = began
        context = copy_context()

        async def cell() -> Any:
            nonlocal context
            try:
                return await main()
            finally:
                context = copy_context()

        with no_other, World(loop.clock, False, wall_clock, seed), self._output(began):
            coroutine = cell()
            try:
                try:
                    value = Runner(loop, None).run(coroutine)
                finally:
                    finished = loop.virtual_time()
                if settle:
                    loop.settle()
            except UntilReached:
                stopped = True
            except (Exception, asyncio.CancelledError) as raised:
                error = raised
            finally:
                _end(loop, coroutine)
                loop.rest()
        _keep(context)
        self.last = Run(
            value=value,
            error=error,
            stopped=stopped,
            elapsed=to_seconds(finished - began),
            ended=to_seconds(loop.virtual_time() - began),
            unfinished=tuple(map(label, in_order(asyncio.all_tasks(loop)))),
            unretrieved=tuple(dict.fromkeys([*recording.errors, *recording.unretrieved()])),
            reproducible=loop.reproducible,
            trace=recording.trace(
                seed=seed,
                wall_clock=None if wall_clock is None else wall_clock.isoformat(),
                finished=finished - began,
                ended=loop.virtual_time() - began,
                error=None if error is None else without_addresses(repr(error)),
                stopped=stopped,
            ),
        )
        return self.last

    def close(self) -> None:
        """Cancel the tasks that were left behind, so that they can clean up, and close the loop."""
        if not self.loop.is_closed():
            no_other = no_loop_running()
            self.loop.begin(None)
            with no_other, self._output(self.loop.virtual_time()), Runner(self.loop, None):
                pass

    @contextmanager
    def _output(self, began: int) -> Iterator[None]:
        """Let what is printed be written with times since `began`, in nanoseconds."""
        output = LineOutput(
            KernelStream(sys.stdout),
            self.loop.clock,
            begun=lambda at, who: timestamp(at - began, who),
            ended=self.loop.recording.printed_line,
        )
        streams: Any = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = output, KernelStream(sys.stderr)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams
            output.end_line()


def _end(loop: VirtualLoop, coroutine: Any) -> None:
    """Cancel the task of a cell that was stopped, so that it cleans up now."""
    for task in asyncio.all_tasks(loop):
        if task.get_coro() is coroutine:
            task.cancel()
            try:
                loop.run_until_complete(task)
            except (asyncio.CancelledError, SimulationError):
                pass
    coroutine.close()


def _keep(context: Context) -> None:
    """Let context variables keep the values that the cell has given them."""
    for variable, value in context.items():
        if variable.get(None) is not value:
            variable.set(value)
