"""What the options of a sweep can be, wherever they are given: see `vtloop.values.options`."""

from __future__ import annotations

from typing import Any

from vtloop.search.options import OF_SEARCHES, oracles
from vtloop.sweep.moments import CLASSES
from vtloop.values.choices import Choices
from vtloop.values.options import Option, count, function, of_type, or_none


def _victim(value: Any) -> bool:
    return isinstance(value, int | str) or function(value)


def _classes(value: Any) -> bool:
    if not of_type(str)(value) or not set(value) <= set(CLASSES):
        return False
    return bool(set(value) & set("ABC" if "D" in value else CLASSES))


OF_SWEEPS = {
    **OF_SEARCHES,
    "victim": Option(
        or_none(_victim), "the name of a task, its number, a coroutine function, or None for all"
    ),
    "classes": Option(
        _classes, f"some of '{''.join(CLASSES)}', of which D comes after one of A, B and C"
    ),
    "budget": Option(count, "a number of pairs, from 0 on"),
    "oracles": Option(oracles, "a list of oracles, such as vtloop.sweep.ORACLES"),
    "token": Option(
        of_type(str, Choices),
        "a token that a report has printed, such as 'main#1@A2', or choices of a run",
    ),
}
