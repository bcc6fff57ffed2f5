"""What the options of a sweep can be, wherever they are given: see `vtloop.values.options`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from vtloop.core.options import WALL_CLOCK
from vtloop.sweep.moments import CLASSES
from vtloop.values.options import (
    FLAG,
    SEED,
    Option,
    count,
    function,
    of_type,
    or_none,
    real_seconds,
)


def _function_or_name(value: Any) -> bool:
    return isinstance(value, str) or function(value)


def _victim(value: Any) -> bool:
    return isinstance(value, int | str) or function(value)


def _classes(value: Any) -> bool:
    if not of_type(str)(value) or not set(value) <= set(CLASSES):
        return False
    return bool(set(value) & set("ABC" if "D" in value else CLASSES))


def _oracles(value: Any) -> bool:
    return of_type(Sequence)(value) and all(hasattr(oracle, "judge") for oracle in value)


def _executor(value: Any) -> bool:
    return function(getattr(value, "submit", None))


_NAME = "or the name of one, such as 'module:main' or 'file.py:main'"

OF_SWEEPS = {
    "program": Option(
        _function_or_name, f"a function that returns a coroutine (main, not main()), {_NAME}"
    ),
    "victim": Option(
        or_none(_victim), "the name of a task, its number, a coroutine function, or None for all"
    ),
    "classes": Option(
        _classes, f"some of '{''.join(CLASSES)}', of which D comes after one of A, B and C"
    ),
    "budget": Option(count, "a number of pairs, from 0 on"),
    "check": Option(or_none(_function_or_name), f"a function of an outcome, {_NAME}, or None"),
    "always": Option(or_none(_function_or_name), f"a function, {_NAME}, or None"),
    "oracles": Option(_oracles, "a list of oracles, such as vtloop.sweep.ORACLES"),
    "seed": SEED,
    "wall_clock": WALL_CLOCK,
    "executor": Option(or_none(_executor), "an executor, such as a ProcessPoolExecutor, or None"),
    "max_seconds": Option(or_none(real_seconds), "a number of real seconds from 0 on, or None"),
    "resume": Option(or_none(of_type(str, os.PathLike)), "the path of a file, or None"),
    "progress": FLAG,
    "token": Option(of_type(str), "a token that a report has printed, such as 'main#1@A2'"),
}
