"""A race between two awaits of a real program is found by its history, and its repair is not."""

import asyncio

import pytest
from hypothesis import Phase, given, settings

import vtloop
from vtloop.errors import ClaimError
from vtloop.histories import Dictionary, History, Model
from vtloop.strategies import delays, fates


class Accounts(Model):
    """What accounts do for one client at a time: no money is lost."""

    initial = 0

    def part_of(self, operation):
        return operation.argument(0, "name")

    def pay_in(self, balance, name, amount):
        return balance + amount, balance + amount


class Bank:
    """Reads a balance, asks somebody else, and writes it: whoever comes between is lost."""

    def __init__(self, ask, lock=None):
        self._balances = {}
        self._ask = ask
        self._lock = lock

    async def pay_in(self, name, amount):
        if self._lock is not None:
            async with self._lock:
                return await self._pay_in(name, amount)
        return await self._pay_in(name, amount)

    async def _pay_in(self, name, amount):
        balance = self._balances.get(name, 0)
        await self._ask()
        self._balances[name] = balance + amount
        return self._balances[name]


async def business(ask, lock=None):
    """Pay into two accounts; raise ClaimError unless each client has seen what one alone would."""
    history = History()
    bank = history.of(Bank(ask, lock))

    async def client(pause, name):
        await asyncio.sleep(pause)
        for amount in (1, 10):
            await bank.pay_in(name, amount)

    async with asyncio.TaskGroup() as group:
        group.create_task(client(0, "a"), name="Ann")
        group.create_task(client(1, "a"), name="Bob")
        group.create_task(client(0, "b"), name="Cy")
    verdict = vtloop.linearizable(history, Accounts)
    verdict.assert_ok()
    return verdict


def test_a_lost_update_is_an_error_of_the_run_and_says_who_lost_what():
    run = vtloop.simulate(lambda: business(lambda: asyncio.sleep(2)))
    assert isinstance(run.error, ClaimError)
    assert str(run.error) == (
        "not linearizable as Accounts at 'a': 2 of 6 operations contradict each other:\n"
        "  Ann  pay_in('a', 1) -> 1  0 s to 2 s\n"
        "  Bob  pay_in('a', 1) -> 1  1 s to 3 s  fits nowhere\n"
        "The furthest that any order comes: pay_in('a', 1). The state is then 1, and\n"
        "  Bob: pay_in('a', 1) returned 1, where it returns 2\n"
        "The other 4 operations do not change that."
    )


def test_with_a_lock_nothing_is_lost():
    run = vtloop.simulate(lambda: business(lambda: asyncio.sleep(2), asyncio.Lock()))
    assert run.result().ok


@pytest.mark.parametrize("is_safe", [True, False])
def test_whatever_it_takes_a_lock_is_safe_and_without_one_a_loss_is_found(is_safe):
    @settings(max_examples=30, deadline=None, database=None, phases=[Phase.generate])
    @given(fates())
    def paid(fate):
        fate.explore(
            lambda: business(
                lambda: asyncio.sleep(fate.draw(delays())), asyncio.Lock() if is_safe else None
            )
        )

    if is_safe:
        paid()
    else:
        with pytest.raises(ClaimError, match=r"pay_in\('a', .*fits nowhere"):
            paid()


def test_a_cache_that_is_filled_too_late_is_stale():
    class Cached:
        """Reads through a cache, which a write empties; but who was reading fills it again."""

        def __init__(self):
            self._values, self._cache = {}, {}

        async def put(self, key, value):
            self._values[key] = value
            self._cache.pop(key, None)

        async def get(self, key):
            if key not in self._cache:
                value = self._values.get(key)
                await asyncio.sleep(1)
                self._cache[key] = value
            return self._cache[key]

    async def main():
        history = History()
        store = history.of(Cached())
        reading = asyncio.create_task(store.get("x"), name="Ann")
        await asyncio.sleep(0.5)
        await store.put("x", 1)
        await reading
        await store.get("x")
        return vtloop.linearizable(history, Dictionary)

    verdict = vtloop.run(main)
    assert [str(one) for one in verdict.contradiction.operations] == [
        "put('x', 1) -> None",
        "get('x') -> None",
    ]
