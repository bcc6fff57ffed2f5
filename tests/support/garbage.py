"""What tests need that leave much behind, or that are about what a sweep makes of that."""

import gc
from gc import unfreeze

import pytest


@pytest.fixture
def a_sweep_thaws_what_is_frozen(monkeypatch):
    """Let it do what it does in any process but that of our tests, of which nothing is frozen."""
    monkeypatch.setattr(gc, "unfreeze", unfreeze)
    unfreeze()


@pytest.fixture(autouse=True)
def nothing_is_left_to_later_tests():
    """Collect what a test has left behind.

    What is alive then is never looked at again: to walk through all that pytest and Hypothesis have
    in memory would take longer than most tests.
    """
    yield
    gc.collect()
    gc.freeze()
