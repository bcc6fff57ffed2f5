"""How long something takes, and whether it fails."""

from __future__ import annotations

from functools import lru_cache
from math import inf, isfinite
from typing import Any

from hypothesis import strategies as st

from vtloop.values.options import Option, check, real_seconds


def _are_errors(value: Any) -> bool:
    return all(issubclass(error, BaseException) for error in value)  # TypeError for what is none


_OPTIONS = {
    "max_value": Option(
        lambda value: real_seconds(value) and isfinite(value), "a finite number from 0 on"
    ),
    "step": Option(lambda value: real_seconds(value) and 0 < value < inf, "a number above 0"),
    "errors": Option(_are_errors, "classes of exceptions"),
}


def delays(max_value: float = 3, *, step: float = 0.5) -> st.SearchStrategy[float]:
    """Return a strategy for whole multiples of `step` seconds, from 0 up to `max_value`.

    There are few of them, so that things often happen at one instant. They shrink to 0.
    """
    check(_OPTIONS, max_value=max_value, step=step)
    return _multiples(int(max_value / step), step)


def faults(*errors: type[BaseException]) -> st.SearchStrategy[type[BaseException] | None]:
    """Return a strategy for what goes wrong: one of some classes of errors, or nothing.

    It shrinks to None. A class is drawn and no error, as each run of an example raises a new one.
    """
    check(_OPTIONS, errors=errors)
    return _one_of((None, *errors))


# Hypothesis is quicker with a strategy that it has seen. What is cached has no types for checkers.


@lru_cache
def _multiples(most: int, step: float) -> st.SearchStrategy[float]:
    return st.integers(0, most).map(lambda times: times * step)


@lru_cache
def _one_of(
    values: tuple[type[BaseException] | None, ...],
) -> st.SearchStrategy[type[BaseException] | None]:
    return st.sampled_from(values)
