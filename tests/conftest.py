"""What holds for all tests: they depend neither on a busy machine nor on what is in memory."""

import gc

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture(autouse=True, scope="session")
def hypothesis_has_begun():
    """Let Hypothesis make its generator of chance: it looks who refers to that, among all objects
    but those that are frozen.
    """

    @settings(max_examples=1, database=None)
    @given(none())
    def begins(_):
        pass

    begins()


@pytest.fixture(autouse=True)
def what_is_in_memory_is_not_looked_at(monkeypatch):
    """Let collections of garbage walk through what the test itself makes.

    All that was imported, and what other tests have left, would take longer than most tests. A
    sweep would let all of that be looked at again (see `support.garbage`).
    """
    gc.freeze()
    monkeypatch.setattr(gc, "unfreeze", bool)


def pytest_sessionfinish():
    """Let pytest find what is left behind, as it does in the end."""
    gc.unfreeze()
