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
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Any

from vtloop.core.loop import VirtualLoop
from vtloop.core.nested import KernelStream, no_loop_running
from vtloop.core.patches.environment import World
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.runner import Runner
from vtloop.core.tasks import label
from vtloop.errors import SimulationError
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDERR
from vtloop.recording.stdout import LineOutput, Timestamps
from vtloop.simulation.account import Account
from vtloop.simulation.run import Run
from vtloop.simulation.segments import PartLoop, adopt
from vtloop.values.clock import START, Seconds


class Notebook:
    """Runs the cells of a notebook, one after another, on one virtual loop."""

    def __init__(self) -> None:
        self.loop = PartLoop()
        self._cells = 0  # that have been run
        self.last: Run[Any] | None = None
        """The run of the last cell."""

    def run(
        self,
        main: Callable[[], Coroutine[Any, Any, Any]],
        *,
        settle: bool = False,
        until: Seconds | None = None,
        seed: int | str | None = 0,
        wall_clock: WallClock = START,
    ) -> Run[Any]:
        """Run a cell and return what happened; options as for `vtloop.simulate`, for this cell.

        Lines are printed with their time, in seconds since the cell's start, and their task.
        """
        no_other = no_loop_running()
        loop, began = self.loop, self.loop.virtual_time()
        loop.begin(until)
        account = Account(loop, loop.recording, self._output(began))
        context = copy_context()

        async def cell() -> Any:
            nonlocal context
            try:
                return await main()
            finally:
                context = copy_context()

        self._cells += 1
        world = World(loop.clock, False, wall_clock, seed, f"cell {self._cells}")
        with no_other, world, _errors_to_kernel(), account:
            coroutine = cell()
            try:
                account.complete(Runner(loop, None), coroutine, settle)
            finally:
                _end(loop, coroutine)
                loop.rest()
        adopt(context)
        unfinished = tuple(map(label, loop.pending_tasks()))
        self.last = account.told(loop.recording.trace, unfinished, seed, world.time.start)
        return self.last

    def close(self) -> None:
        """Cancel the tasks that were left behind, so that they can clean up, and close the loop."""
        if not self.loop.is_closed():
            no_other = no_loop_running()
            self.loop.begin(None)
            output = self._output(self.loop.virtual_time())
            account = Account(self.loop, self.loop.recording, output)
            with no_other, _errors_to_kernel(), account, Runner(self.loop, None):
                pass
            if account.raised is not None:
                raise account.raised

    def _output(self, began: int) -> LineOutput:
        """Return an output that writes times since `began`, in nanoseconds, before its lines."""
        timestamp = Timestamps()
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


def _errors_to_kernel() -> AbstractContextManager[None]:
    return STDERR.by(KernelStream(sys.stderr))


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
