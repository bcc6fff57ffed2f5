"""A deterministic virtual-time simulator for asyncio.

    >>> import asyncio, vtloop
    >>> async def main():
    ...     await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
    >>> vtloop.simulate(main).elapsed
    2.0

Glossary:

- *run*: one execution of a program on a virtual loop
- *handle*: what asyncio puts into a loop: a callback, or the next step of a task
- *step*: one handle that the loop runs: a stretch of a task between two suspensions, or a callback
- *instant*: a point of virtual time; many steps may share it, in an order
- *idle moment*: nothing is ready, and the clock is about to move to the next instant
- *primitive*: a lock, semaphore, event, queue, condition or barrier that tasks wait for
- *policy*: what decides before each step of a loop: cancels somebody, or changes an order
- *choice*: which of several things a run does, made by a *chooser*; 0 is what stock asyncio does,
  all else is a *deviation*. A run is a function of its choices
- *trace*: what a run recorded
- *timeline*: a trace as a schedule, with a *lane* for each task and *spans* in it
- *segment*: a part of a loop's life with a trace of its own, such as a test on a shared loop
- *claim*: something said of a run, which the run bears out or refutes
- *experiment*: a kind of search, such as the sweep: which cases there are, and how each is run
- *case*: what a search does to one run, such as to cancel a task at a moment; its *token* names it
- *bench*: where a search runs the program once for each case, in a clean process
- *oracle*: a rule by which the run of a case is judged
- *finding*: what an oracle says is wrong with a run

The rooms of the house, from the bottom up. Each says in its `__init__` what it is for, which rooms
it may import (only such as are named before it here; a room and its sub-rooms import each other),
and what is in each of its files:

- `errors`: what can be raised
- `private`: what the standard library keeps to itself
- `values`: plain values that every room speaks of
- `patching`: the means to replace functions of the process for a while
- `net`: a network in memory: what sockets of a run are, and all that is between them
- `core`: asyncio's event loop on a clock that jumps, its threads, and what a run replaces
- `timeline`: a trace as a schedule
- `recording`: turns what a loop tells into a trace
- `views`: a timeline, drawn or written
- `claims`: assertions about when things happen
- `histories`: whether what clients did at once could have been done one after the other
- `audit`: whether a program does the same in every process
- `simulation`: one run: `run` and `simulate`
- `search`: many runs of one program: tried, judged, remembered and replayed
- `sweep`: a run for every moment at which a task could be cancelled
- `explore`: a run for every order and duration that a program could meet
- `strategies`: what is left to chance in a run, drawn by Hypothesis
- `integrations`: the command line, notebooks, pytest

Besides there are doors, modules of a few lines by which users know what is in a room: `trace`,
`choices`, `chart`, `marbles`, `mermaid`, `perfetto`, `words`, `pytest_plugin`, `__main__`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import vtloop.patching.originals  # noqa: F401 at once, before somebody replaces what it takes note of

if TYPE_CHECKING:
    from vtloop import audit as audit
    from vtloop import chart as chart
    from vtloop import choices as choices
    from vtloop import claims as claims
    from vtloop import explore as explore
    from vtloop import histories as histories
    from vtloop import marbles as marbles
    from vtloop import mermaid as mermaid
    from vtloop import net as net
    from vtloop import perfetto as perfetto
    from vtloop import strategies as strategies
    from vtloop import sweep as sweep
    from vtloop import trace as trace
    from vtloop import words as words
    from vtloop.claims import takes as takes
    from vtloop.core.loop import VirtualLoop as VirtualLoop
    from vtloop.core.patches.wall_clock import shift_wall_clock as shift_wall_clock
    from vtloop.core.probes import now as now
    from vtloop.core.probes import section as section
    from vtloop.core.threads.actor import busy as busy
    from vtloop.errors import DeadlockError as DeadlockError
    from vtloop.errors import LivelockError as LivelockError
    from vtloop.errors import NotSimulated as NotSimulated
    from vtloop.errors import SimulationError as SimulationError
    from vtloop.errors import SimulationWarning as SimulationWarning
    from vtloop.errors import SpinWarning as SpinWarning
    from vtloop.errors import UntilReached as UntilReached
    from vtloop.histories.verdict import linearizable as linearizable
    from vtloop.integrations.pytest.vt import VirtualTime as VirtualTime
    from vtloop.simulation.growth import check_growth as check_growth
    from vtloop.simulation.run import Run as Run
    from vtloop.simulation.simulation import run as run
    from vtloop.simulation.simulation import simulate as simulate
    from vtloop.values.clock import Clock as Clock
    from vtloop.values.trace import Trace as Trace

__version__ = "0.1.0"

# Where the other public names are from. Each is imported when somebody asks for it, as are the
# modules below: a test runner that finds this package's plugin pays nothing until it is used.
_HOMES = {
    "busy": "core.threads.actor",
    "Clock": "values.clock",
    "DeadlockError": "errors",
    "LivelockError": "errors",
    "NotSimulated": "errors",
    "SimulationError": "errors",
    "SimulationWarning": "errors",
    "SpinWarning": "errors",
    "UntilReached": "errors",
    "VirtualLoop": "core.loop",
    "check_growth": "simulation.growth",
    "linearizable": "histories.verdict",
    "now": "core.probes",
    "section": "core.probes",
    "shift_wall_clock": "core.patches.wall_clock",
    "Run": "simulation.run",
    "run": "simulation.simulation",
    "simulate": "simulation.simulation",
    "Trace": "values.trace",
    "takes": "claims",
    "VirtualTime": "integrations.pytest.vt",
}
__all__ = [*_HOMES]
_MODULES = {
    "audit",
    "chart",
    "choices",
    "claims",
    "explore",
    "histories",
    "marbles",
    "mermaid",
    "net",
    "perfetto",
    "strategies",
    "sweep",
    "trace",
    "words",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Make the cell magic `%%vtloop` known to a notebook; called by `%load_ext vtloop`."""
    from vtloop.integrations.notebook.magic import load_ipython_extension

    load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Cancel what cells have left behind; called by `%unload_ext vtloop`."""
    from vtloop.integrations.notebook.magic import unload_ipython_extension

    unload_ipython_extension(shell)
