"""A state machine with async rules has one virtual loop for all steps of an example."""

# mypy: disable-error-code="arg-type"
# To type checkers, the rules of Hypothesis return None.

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.examples import QUICKLY
from vtloop.strategies import AsyncStateMachine, delays

quickly = settings(QUICKLY, max_examples=15, stateful_step_count=10)


def run(machine):
    run_state_machine_as_test(machine, settings=quickly)


def failure_of(machine):
    """Return what a machine fails with, and what Hypothesis tells of the last example."""
    with pytest.raises(Exception, match=r"\S") as caught:
        run(machine)
    return caught.value, "\n".join(caught.value.__notes__)


class Cache(AsyncStateMachine):
    """A cache whose entries live for ten seconds; kept by a task of its own for each."""

    keys = Bundle("keys")

    def __init__(self):
        super().__init__()
        self.entries = {}
        self.until = {}
        self.begun = False

    @initialize()
    async def begin(self):
        await asyncio.sleep(1)
        self.begun = True

    @rule(target=keys, key=st.integers(0, 3))
    async def put(self, key):
        if key in self.entries:
            self.entries[key].cancel()
        self.entries[key] = asyncio.create_task(asyncio.sleep(10))
        self.until[key] = self.loop.time() + 10
        return key

    @rule(key=keys)
    async def get(self, key):
        await asyncio.sleep(0)
        assert self.entries[key].done() == (self.until[key] <= self.loop.time())

    @precondition(lambda self: self.entries)
    @rule(seconds=delays(12))
    async def wait(self, seconds):
        await asyncio.sleep(seconds)

    @rule()
    async def wait_and_get_all(self):
        await asyncio.sleep(1)
        for key in self.entries:
            await self.get(key)

    @rule()
    def not_async(self):
        assert self.complete(asyncio.sleep(1, "rested")) == "rested"

    @invariant()
    async def has_begun(self):
        assert self.begun
        assert asyncio.get_running_loop() is self.loop

    async def teardown(self):
        for task in self.entries.values():
            task.cancel()
        await asyncio.sleep(3600)


def test_rules_invariants_and_the_teardown_may_be_async():
    ended = []

    class Watched(Cache):
        async def teardown(self):
            await super().teardown()
            assert all(task.done() for task in self.entries.values())
            ended.append(self)

    run(Watched)
    assert len(ended) >= 15
    assert all(machine.loop.is_closed() for machine in ended)
    assert any(machine.loop.time() > 3601 for machine in ended)


def test_a_machine_without_a_teardown_lets_go_of_its_loop_too():
    made = []

    class Plain(AsyncStateMachine):
        @rule()
        async def leave(self):
            made.append(self)
            self.task = asyncio.create_task(asyncio.Event().wait())

    run(Plain)
    assert all(machine.loop.is_closed() for machine in made)


@pytest.mark.ends
def test_a_failure_shrinks_and_shows_the_marbles_of_the_whole_example():
    class Short(Cache):
        @rule()
        async def hurry(self):
            assert self.loop.time() < 3, "it is late"

    error, told = failure_of(Short)
    assert str(error).startswith("it is late")
    assert "state.begin()" in told
    assert "state.hurry()" in told
    assert "Cache.begin#1" in told
    assert "hurry#" in told
    assert "! AssertionError(" in told
    assert "3600s" not in told, "marbles end where the example does"


def test_an_exception_that_nobody_retrieves_fails_the_example():
    class Careless(AsyncStateMachine):
        @rule()
        async def start(self):
            self.task = asyncio.create_task(self.explode())

        async def explode(self):
            await asyncio.sleep(1)
            raise ValueError("boom")

        async def teardown(self):
            await asyncio.sleep(2)

    error, told = failure_of(Careless)
    assert repr(error) == "ValueError('boom')"
    assert "! ValueError('boom')" in told


def test_a_step_that_waits_for_ever_is_a_deadlock():
    class Stuck(AsyncStateMachine):
        @rule()
        async def wait(self):
            await asyncio.Event().wait()

    error, _ = failure_of(Stuck)
    assert "waits for Event #1 to be set" in str(error)
