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

A map of the package, from the bottom up; a module imports only from those named before it:

- `errors`, `clock`, `places`, `tasks`: what everything speaks of
- `handles`, `timers`: the timer queue
- `boundary`, `ordering`, `stock`: what is refused, what is put in order, what asyncio lends
- `blocking`, `locks`, `pools`, `outsiders`, `workers`, `threads`, `executors`: threads, and what
  blocks them
- `recorder`, `waits`, `trace`, `sites`, `recording`, `hazards`, `holders`, `loop_thread`: what is
  told of a run, and written down
- `collector`, `wallclock`, `world`: what a run changes in the process around it
- `policies`, `scheduling`, `loop`, `kernel`: the event loop, who acts between its steps, and where
  another one runs
- `timeline`, `actors`: the schedule of a run, read from its trace, and who is in it
- `chart`: its picture; a package, with a map of its own
- `marble_rows`, `marbles`, `perfetto`, `mermaid`, `page`: its other views
- `views`: all of them, by format
- `output`, `runner`, `simulation`: one run
- `sweep`: a run for every moment at which a task could be cancelled; a package, with a map of its
  own
- `scripts`, `__main__`: the command line
- `parts`, `cells`, `notebook`: the cells of a notebook
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vtloop.blocking import busy  # at once, as it notes the real clock and the real sleep

if TYPE_CHECKING:
    from vtloop.clock import Clock as Clock
    from vtloop.errors import DeadlockError as DeadlockError
    from vtloop.errors import LivelockError as LivelockError
    from vtloop.errors import NotSimulated as NotSimulated
    from vtloop.errors import SimulationError as SimulationError
    from vtloop.errors import SimulationWarning as SimulationWarning
    from vtloop.errors import SpinWarning as SpinWarning
    from vtloop.errors import UntilReached as UntilReached
    from vtloop.loop import VirtualLoop as VirtualLoop
    from vtloop.simulation import Run as Run
    from vtloop.simulation import run as run
    from vtloop.simulation import simulate as simulate
    from vtloop.trace import Trace as Trace

__version__ = "0.1.0"

# Where the other public names are from. Each is imported when somebody asks for it: a test runner
# that finds this package's plugin pays nothing until it is used.
_HOMES = {
    "Clock": "clock",
    "DeadlockError": "errors",
    "LivelockError": "errors",
    "NotSimulated": "errors",
    "SimulationError": "errors",
    "SimulationWarning": "errors",
    "SpinWarning": "errors",
    "UntilReached": "errors",
    "VirtualLoop": "loop",
    "Run": "simulation",
    "run": "simulation",
    "simulate": "simulation",
    "Trace": "trace",
}
__all__ = ["busy", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
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
