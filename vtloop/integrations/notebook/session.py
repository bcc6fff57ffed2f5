"""A virtual loop for the cells of a notebook, which is run while another loop runs the notebook.

- One loop serves all cells, and moves only while a cell runs. Its clock goes on from cell to cell,
  and so do the tasks that a cell leaves behind. Times of a cell count from the cell's start.
- A cell that finds nothing left of earlier ones numbers its tasks from 1, as any run does. So it
  tells the same when it is run again.
- What is printed while a cell runs is handed on outside of the simulation, and in the context of
  that cell (see `nested`).
- Threads that come up between cells are the kernel's, or of no concern to a cell: none waits for
  them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from typing import Any

from vtloop.core.nested import KernelStream, no_loop_running
from vtloop.core.options import USUAL, Options
from vtloop.core.patches.environment import Environment
from vtloop.core.runner import Runner
from vtloop.core.tasks import label
from vtloop.errors import SimulationError
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDERR
from vtloop.recording.stdout import LineOutput, StandardOutput, Timestamps
from vtloop.simulation.execution import NOTHING, RecordedExecution
from vtloop.simulation.run import Run
from vtloop.simulation.segments import PartLoop, adopt


class Notebook:
    """Runs the cells of a notebook, one after another, on one virtual loop."""

    def __init__(self) -> None:
        self.loop = PartLoop()
        self._cells = 0  # that have been run
        self.last: Run[Any] | None = None
        """The run of the last cell."""

    def run(
        self, main: Callable[[], Coroutine[Any, Any, Any]], options: Options = USUAL
    ) -> Run[Any]:
        """Run a cell and return what happened.

        Of the options `until`, `seed`, `wall_clock` and `settle` are a cell's, the others are as
        usual. Lines are printed with their time, in seconds since the cell's start, and their task.
        """
        around = no_loop_running()
        loop, context = self.loop, copy_context()
        loop.begin(options.until)

        async def cell() -> Any:
            nonlocal context
            try:
                return await main()
            finally:
                context = copy_context()

        self._cells += 1
        scope = f"cell {self._cells}"
        environment = Environment(loop.clock, False, options.wall_clock, options.seed, scope)
        execution = _CellExecution(
            Runner(loop, None), loop.recording, around, _with_stderr(environment), self._output()
        )
        try:
            execution.execute(cell, options.settle)
        finally:
            loop.rest()
        adopt(context)
        unfinished = tuple(map(label, loop.pending_tasks()))
        start = environment.time.start
        self.last = execution.to_run(loop.recording.trace, unfinished, options.seed, start)
        return self.last

    def close(self) -> None:
        """Cancel the tasks that were left behind, so that they can clean up, and close the loop."""
        if not self.loop.is_closed():
            around = no_loop_running()
            self.loop.begin(None)
            runner, output = Runner(self.loop, None), StandardOutput(self._output())
            with around, _with_stderr(NOTHING), output, runner:
                pass

    def _output(self) -> LineOutput:
        """Return an output that writes the time since now, and the task, before its lines."""
        timestamp, began = Timestamps(), self.loop.virtual_time()
        return LineOutput(
            KernelStream(sys.stdout),
            self.loop.clock,
            begun=lambda at, who: timestamp(at - began, who),
            ended=self.loop.recording.printed_line,
        )


replaces(
    __name__,
    During.CELL,
    "what is printed is written outside of the simulation, for the cell that it belongs to",
    "sys.stdout",
    "sys.stderr",
)


class _CellExecution(RecordedExecution):
    """An execution of a cell, of which the tasks go on that it has made."""

    def see_off(self, main: Any) -> None:
        """Cancel the task of a cell that was stopped, so that it cleans up now."""
        for task in asyncio.all_tasks(self.loop):
            if task.get_coro() is main:
                task.cancel()
                try:
                    self.loop.run_until_complete(task)
                except (asyncio.CancelledError, SimulationError):
                    pass
        main.close()


@contextmanager
def _with_stderr(surroundings: AbstractContextManager[Any]) -> Iterator[None]:
    """Enter surroundings, in which what goes to standard error is handed on to the kernel."""
    with surroundings, STDERR.by(KernelStream(sys.stderr)):
        yield
