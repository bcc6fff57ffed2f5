"""What tests need that leave much behind, of which nothing is to reach the tests after them."""

import gc

import pytest


@pytest.fixture(autouse=True)
def nothing_is_left_to_later_tests():
    """Collect what a test has left behind.

    What is alive then is never looked at again: to walk through all that pytest and Hypothesis have
    in memory would take longer than most tests.
    """
    yield
    gc.collect()
    gc.freeze()
