"""How long something takes, and whether it fails."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st


@lru_cache
def delays(max_value: float = 3, *, step: float = 0.5) -> st.SearchStrategy[float]:
    """Return a strategy for whole multiples of `step` seconds, from 0 up to `max_value`.

    There are few of them, so that things often happen at one instant. They shrink to 0.
    """
    return st.integers(0, int(max_value / step)).map(lambda times: times * step)


@lru_cache
def faults(*errors: type[BaseException]) -> st.SearchStrategy[type[BaseException] | None]:
    """Return a strategy for what goes wrong: one of some classes of errors, or nothing.

    It shrinks to None. A class is drawn and no error, as each run of an example raises a new one.
    """
    return st.sampled_from((None, *errors))
