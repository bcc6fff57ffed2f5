"""What the interpreter and its library keep to themselves: frames, signals, imports, chance."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _weakrefset
import importlib
import logging
import random
import sys
import warnings
import weakref
from collections.abc import Iterator
from itertools import pairwise
from opcode import EXTENDED_ARG, opmap
from types import CodeType
from typing import Any

getframe = sys._getframe
current_frames = sys._current_frames

# `signal`, with numbers: making enums of them would take longer than a short simulation.
signals: Any = _signal

# Where weak references are tidied up.
WEAKREF_FILES = (weakref.__file__, _weakrefset.__file__)

# What is called with a coroutine that is thrown away without having been awaited.
WARN_UNAWAITED = "_warn_unawaited_coroutine"
warn_unawaited: Any = vars(warnings)[WARN_UNAWAITED]

# From when `LogRecord.relativeCreated` counts.
START_OF_LOGGING = "_startTime"
start_of_logging: Any = vars(logging)[START_OF_LOGGING]

# What imports a module that is not there yet; it is looked up by its name each time.
import_system: Any = vars(importlib)["_bootstrap"]
FIND_AND_LOAD = "_find_and_load"
find_and_load: Any = vars(import_system)[FIND_AND_LOAD]

# Where `weakref.WeakSet` makes the sets that it is built on.
weak_sets: Any = _weakrefset

# The names of `uuid` and `tempfile` by which they get at chance, or at what this machine is.
CANDIDATE_NAMES = "_get_candidate_names"
RANDOM_NAMES = "_RandomNameSequence"

# Where `tempfile` looks, once in a process, for a directory in which it can write.
DEFAULT_DIRECTORY = "_get_default_tempdir"

# The generator of which the functions of `random` are methods.
random_generator: Any = vars(random)["_inst"]


def uses_of_global(code: CodeType, name: str) -> Iterator[bool]:
    """Yield for each time that code looks up a global name whether it calls that, or passes it on.

    It is passed on as the last argument of a call.
    """
    if name in code.co_names:
        for (operation, argument), (following, _) in pairwise(_instructions(code)):
            if operation == opmap["LOAD_GLOBAL"] and code.co_names[argument >> 1] == name:
                yield argument & 1 == 1 or following in _CALLS


_CALLS = {opmap[name] for name in ("PRECALL", "CALL") if name in opmap}  # the first up to 3.11


def _instructions(code: CodeType) -> Iterator[tuple[int, int]]:
    """Yield the instructions of code, each with its argument."""
    extended = 0
    raw = code.co_code
    for operation, argument in zip(raw[::2], raw[1::2], strict=True):
        if operation == EXTENDED_ARG:
            extended = (extended | argument) << 8
        elif operation != opmap["CACHE"]:
            yield operation, extended | argument
            extended = 0


def keep_for_ever(thing: object) -> None:
    """Let nobody ever throw an object away, not even the interpreter at its end."""
    import ctypes  # here, as few runs need it

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
