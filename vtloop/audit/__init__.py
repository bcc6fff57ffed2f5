"""The audit: does a program do the same in every process? If not, in which step, and why?

    >>> from vtloop.audit import audit
    >>> print(audit("package.module:main"))  # doctest: +SKIP
    package.module:main does the same every time: 11 processes, one schedule of 42 steps.

A run depends on its program, and on its options, such as `seed`. Whether it depends on anything
else is found out by running it in new processes, where everything else is another thing.

May import: `errors`, `values`, `net`, `core`, `timeline`.

A map of the package, from the bottom up:

- `requests`: what a process is asked, and what it tells
- `processes`: running one
- `parting`: where two of them part
- `causes`: why that can be
- `comparison`: running many, and finding out why they are not the same
- `report`: what is told of it

The process itself is in `vtloop.integrations.audited.process`.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from typing import Any

from vtloop.audit.causes import Cause
from vtloop.audit.comparison import Comparison
from vtloop.audit.parting import Parting
from vtloop.audit.processes import is_audited, own_path
from vtloop.audit.report import Audit
from vtloop.audit.requests import FUNCTION, Program
from vtloop.core.options import Options
from vtloop.core.patches.wall_clock import WallClock
from vtloop.core.threads.actor import PATIENCE
from vtloop.net.network import EVERYWHERE, Network
from vtloop.values.clock import START, Seconds
from vtloop.values.options import Option, check, count, of_type
from vtloop.values.programs import called, name_of

__all__ = [
    "Audit",
    "Cause",
    "Parting",
    "audit",
    "audit_program",
    "is_audited",
    "own_path",
    "program_of",
]

RUNS = 8
_OPTIONS = {
    "runs": Option(lambda value: count(value) and value > 0, "a whole number from 1 on"),
    "pythons": Option(of_type(list, tuple), "a list of the paths of interpreters"),
    "keep": Option(of_type(list, tuple), "a list of the names of environment variables"),
}


def audit(
    main: Callable[[], Any] | str,
    *,
    runs: int = RUNS,
    pythons: Sequence[str] = (),
    keep: Sequence[str] = (),
    debug: bool | None = None,
    settle: bool = False,
    until: Seconds | None = None,
    seed: int | str | None = 0,
    wall_clock: WallClock = START,
    timer_slack: Seconds = 0,
    patience: float = PATIENCE,
    network: Network | None = EVERYWHERE,
) -> Audit:
    """Run a program in new processes, and return whether it does the same in all of them.

    `main` is a function that returns a coroutine, or its name, such as 'package.module:main'. Each
    process imports it, so it has to be at the top level of a module. `runs` processes have other
    surroundings: hash seeds, memory layouts, environments, machines; `pythons` are the paths of
    other interpreters to run it with. Environment variables in `keep` are inputs, and stay as they
    are. The other options are those of `simulate`.

    Raises TypeError or ValueError for an option that cannot be, TypeError for a function that
    another process cannot import, and SimulationError if a process or the program could not begin.
    """
    check(_OPTIONS, runs=runs, pythons=pythons, keep=keep)
    options = Options(until, seed, wall_clock, timer_slack, patience, debug, settle, network)
    return audit_program(program_of(main, options), runs, pythons, keep)


def program_of(main: Callable[[], Any] | str, options: Options) -> Program:
    """Return how another process finds a function that returns a coroutine, or its name.

    TypeError if it cannot.
    """
    return Program(FUNCTION, _sendable(main), options=options, path=own_path())


def audit_program(
    program: Program, runs: int = RUNS, pythons: Sequence[str] = (), keep: Sequence[str] = ()
) -> Audit:
    """Audit what is run in any way; options as for `audit`."""
    return Audit(program.name, Comparison(program, runs, pythons, keep).run())


def _sendable(main: Callable[[], Any] | str) -> str:
    """Return the name of a function by which another process finds it."""
    name = name_of(main) if callable(main) or isinstance(main, str) else ""
    try:
        pickle.dumps(main)
    except (pickle.PicklingError, AttributeError, TypeError):
        name = ""
    if not name:
        raise TypeError(
            f"An audit was given {called(main)}, while another process cannot import that; pass a "
            "function at the top level of a module, and not what it returns"
        )
    where, _, function = name.rpartition(":")
    return f"{os.path.abspath(where)}:{function}" if where.endswith(".py") else name
