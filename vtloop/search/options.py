"""What the options of any search can be, wherever they are given: see `vtloop.values.options`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from vtloop.core.options import WALL_CLOCK
from vtloop.net.network import Network
from vtloop.values.options import FLAG, SEED, Option, function, of_type, or_none, real_seconds


def _function_or_name(value: Any) -> bool:
    return isinstance(value, str) or function(value)


def oracles(value: Any) -> bool:
    """Take a list of oracles."""
    return of_type(Sequence)(value) and all(hasattr(oracle, "judge") for oracle in value)


def _executor(value: Any) -> bool:
    return function(getattr(value, "submit", None))


_NAME = "or the name of one, such as 'module:main' or 'file.py:main'"

OF_SEARCHES = {
    "program": Option(
        _function_or_name, f"a function that returns a coroutine (main, not main()), {_NAME}"
    ),
    "check": Option(or_none(_function_or_name), f"a function of an outcome, {_NAME}, or None"),
    "always": Option(or_none(_function_or_name), f"a function, {_NAME}, or None"),
    "seed": SEED,
    "wall_clock": WALL_CLOCK,
    "network": Option(
        or_none(of_type(Network, str)), "a vtloop.net.Network, the name of one, or None for none"
    ),
    "executor": Option(or_none(_executor), "an executor, such as a ProcessPoolExecutor, or None"),
    "max_seconds": Option(or_none(real_seconds), "a number of real seconds from 0 on, or None"),
    "resume": Option(or_none(of_type(str, os.PathLike)), "the path of a file, or None"),
    "progress": FLAG,
}
