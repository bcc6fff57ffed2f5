"""A deterministic virtual-time simulator for asyncio.

    >>> import asyncio, vtloop
    >>> async def main():
    ...     await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
    >>> vtloop.simulate(main).elapsed
    2.0

Glossary:

- *run*: one execution of a program on a virtual loop
- *step*: one handle that the loop runs: a stretch of a task between two suspensions, or a callback
- *instant*: a point of virtual time; many steps may share it, in an order
- *trace*: what a run recorded
- *timeline*: a trace as a schedule, with a *lane* for each task and *spans* in it
- *claim*: something said of a run, which the run bears out or refutes

A map of the package, from the bottom up; a module imports only from those named before it:

- `originals`, `errors`: the functions of the module time as they are, and what can go wrong
- `private`: what the standard library keeps to itself; a package, with a map of its own
- `clock`, `files`, `places`, `wording`, `columns`, `tasks`: what everything speaks of
- `memory`, `redirect`, `replacements`: functions that do something else for a while
- `callers`, `polling`: whose code looks at a clock, and programs that do so until it has moved
- `handles`, `timers`: the timer queue
- `boundary`, `ordering`, `stock`: what is refused, what is put in order, what asyncio lends
- `blocking`, `probing`, `locks`, `pools`, `baton`, `workers`, `program_threads`, `outsiders`,
  `foreign`, `threads`, `executors`: threads, and what blocks them
- `recorder`, `waits`, `trace`, `sites`, `steps`, `recording`, `hazards`, `holders`, `loop_thread`:
  what is told of a run, and written down
- `marks`: what a program asks and says of itself
- `collector`, `chance`, `randomness`, `default_names`, `library_sets`, `real_things`, `wallclock`,
  `time_functions`, `idle_thread`, `inner_loops`, `other_processes`, `world`: what a run changes in
  the process around it
- `allowed`: what options can be
- `policies`, `scheduling`, `loop`, `kernel`: the event loop, who acts between its steps, and where
  another one runs
- `timeline`, `actors`, `periods`, `facts`, `difference`: the schedule of a run, read from its
  trace, who is in it, what became of them, and where two runs part
- `chart`: its picture; a package, with a map of its own
- `marble_rows`, `marbles`, `perfetto`, `mermaid`, `page`: its other views
- `views`: all of them, by format
- `claims`: what is to be true of a schedule; a package, with a map of its own
- `explanations`: what Hypothesis tells of the examples that fail
- `progress`: how far long work is
- `programs`: functions by name
- `audit`: whether a program does the same in every process; a package, with a map of its own
- `output`, `runner`, `simulation`: one run
- `sweep`: a run for every moment at which a task could be cancelled; a package, with a map of its
  own
- `strategies`: what is left to chance in a run, drawn by Hypothesis; a package, with a map of its
  own
- `growth`: several, of growing size
- `parts`: a loop that is run in parts, and the trace of each
- `options`, `loop_makers`, `scripts`, `sweep_command`, `audit_command`, `__main__`: the command
  line
- `cells`, `notebook`: the cells of a notebook
- `leaks`, `grounds`, `vt`, `testing`, `failures`, `durations`, `sweeps`, `swept`, `audited_tests`,
  `pytest_plugin`: tests in virtual time, for pytest
- `outside`, `audited`: a process of an audit
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import vtloop.originals  # noqa: F401 at once, before somebody replaces what it takes note of

if TYPE_CHECKING:
    from vtloop import chart as chart
    from vtloop import claims as claims
    from vtloop import marbles as marbles
    from vtloop import mermaid as mermaid
    from vtloop import perfetto as perfetto
    from vtloop.blocking import busy as busy
    from vtloop.claims import takes as takes
    from vtloop.clock import Clock as Clock
    from vtloop.errors import DeadlockError as DeadlockError
    from vtloop.errors import LivelockError as LivelockError
    from vtloop.errors import NotSimulated as NotSimulated
    from vtloop.errors import SimulationError as SimulationError
    from vtloop.errors import SimulationWarning as SimulationWarning
    from vtloop.errors import SpinWarning as SpinWarning
    from vtloop.errors import UntilReached as UntilReached
    from vtloop.growth import check_growth as check_growth
    from vtloop.loop import VirtualLoop as VirtualLoop
    from vtloop.marks import now as now
    from vtloop.marks import section as section
    from vtloop.simulation import Run as Run
    from vtloop.simulation import run as run
    from vtloop.simulation import simulate as simulate
    from vtloop.trace import Trace as Trace
    from vtloop.vt import VirtualTime as VirtualTime
    from vtloop.wallclock import shift_wall_clock as shift_wall_clock

__version__ = "0.1.0"

# Where the other public names are from. Each is imported when somebody asks for it, as are the
# modules below: a test runner that finds this package's plugin pays nothing until it is used.
_HOMES = {
    "busy": "blocking",
    "Clock": "clock",
    "DeadlockError": "errors",
    "LivelockError": "errors",
    "NotSimulated": "errors",
    "SimulationError": "errors",
    "SimulationWarning": "errors",
    "SpinWarning": "errors",
    "UntilReached": "errors",
    "VirtualLoop": "loop",
    "check_growth": "growth",
    "now": "marks",
    "section": "marks",
    "shift_wall_clock": "wallclock",
    "Run": "simulation",
    "run": "simulation",
    "simulate": "simulation",
    "Trace": "trace",
    "takes": "claims",
    "VirtualTime": "vt",
}
__all__ = [*_HOMES]
_MODULES = {"chart", "claims", "marbles", "mermaid", "perfetto"}


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
    from vtloop.notebook import load_ipython_extension

    load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Cancel what cells have left behind; called by `%unload_ext vtloop`."""
    from vtloop.notebook import unload_ipython_extension

    unload_ipython_extension(shell)
