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

- `errors`, `clock`, `places`, `wording`, `tasks`: what everything speaks of
- `handles`, `timers`: the timer queue
- `boundary`, `ordering`, `stock`: what is refused, what is put in order, what asyncio lends
- `blocking`, `locks`, `pools`, `outsiders`, `workers`, `threads`, `executors`: threads, and what
  blocks them
- `recorder`, `waits`, `trace`, `sites`, `recording`, `hazards`, `holders`, `loop_thread`: what is
  told of a run, and written down
- `collector`, `wallclock`, `world`: what a run changes in the process around it
- `loop`: the event loop
- `timeline`, `actors`: the schedule of a run, read from its trace, and who is in it
- `chart`: its picture; a package, with a map of its own
- `marble_rows`, `marbles`, `perfetto`, `mermaid`, `page`: its other views
- `views`: all of them, by format
- `output`, `runner`, `simulation`: one run
- `scripts`, `progress`, `__main__`: the command line
"""

from vtloop.blocking import busy
from vtloop.clock import Clock
from vtloop.errors import (
    DeadlockError,
    LivelockError,
    NotSimulated,
    SimulationError,
    SimulationWarning,
    SpinWarning,
    UntilReached,
)
from vtloop.loop import VirtualLoop
from vtloop.simulation import Run, run, simulate
from vtloop.trace import Trace

__version__ = "0.1.0"

__all__ = [
    "Clock",
    "DeadlockError",
    "LivelockError",
    "NotSimulated",
    "Run",
    "SimulationError",
    "SimulationWarning",
    "SpinWarning",
    "Trace",
    "UntilReached",
    "VirtualLoop",
    "busy",
    "run",
    "simulate",
]
