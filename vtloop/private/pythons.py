"""The interpreters whose inside is not the one that is known: told as soon as it is needed.

- What it is built on is CPython's: its frames, the lists of its garbage collector, which C code of
  asyncio calls what. And its global lock: between two looks at a thread nothing may change.
- Where the collector keeps no list of the youngest objects in order of creation, a set of bare
  coroutines or futures has no order that is the same in every process (see `sets`).
"""

from __future__ import annotations

import sys
import sysconfig
import warnings
from collections.abc import Callable

from vtloop.errors import SimulationWarning

# Whether the global lock is there: always, before there were free-threaded builds.
gil_is_enabled: Callable[[], bool] = getattr(sys, "_is_gil_enabled", lambda: True)  # since 3.13

_FIRST = (3, 11)
_INCREMENTAL = ((3, 14, 0), (3, 14, 5))  # since when, and before which version


def check() -> None:
    """Raise ImportError on a Python that a loop cannot run on; warn of one that changes runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.implementation.name != "cpython" or sys.version_info < _FIRST:
        raise ImportError(
            f"vtloop was imported by {sys.implementation.name}, as Python {version}, while it is "
            "built on the inside of CPython 3.11 and later; run it with one of these"
        )
    if not gil_is_enabled():
        raise ImportError(
            "vtloop was imported by a free-threaded Python that runs without its global lock, on "
            "which its threads count; run it with PYTHON_GIL=1 in the environment, or with a "
            "Python that is not free-threaded"
        )
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        _warn("free-threaded", "a Python that is not")
    elif _INCREMENTAL[0] <= sys.version_info[:3] < _INCREMENTAL[1]:
        _warn(f"{version}, whose garbage collector is incremental", "3.14.5 or later")


def _warn(what: str, instead: str) -> None:
    warnings.warn(
        f"vtloop was imported by a Python that is {what}, on which it was never tested: when "
        "garbage is collected, and how sets of bare coroutines and futures are ordered, may "
        f"differ from run to run; use {instead}",
        SimulationWarning,
        stacklevel=3,
    )
