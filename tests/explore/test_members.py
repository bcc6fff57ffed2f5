"""Each member draws schedules as it says: uniformly, exhaustively, by its bound."""

import asyncio
from collections import Counter
from itertools import permutations
from math import comb

import pytest

from vtloop.explore import explore
from vtloop.explore.members.exhaustive import Exhaustive
from vtloop.explore.members.holds import Holds
from vtloop.explore.members.lates import Lates
from vtloop.explore.members.meet import Meet
from vtloop.explore.members.pct import PCT
from vtloop.explore.members.pos import POS
from vtloop.explore.members.random_walk import RandomWalk
from vtloop.explore.members.urw import URW


def seen(program, members, budget):
    """Return how often each value was what a program returned."""
    values = Counter()
    explore(program, members=members, budget=budget, check=lambda value: values.update([value]))
    return values


async def interleaved(*lengths):
    """Return in which order tasks of so many steps have taken them."""
    steps = []

    async def take(name, count):
        for number in range(count):
            if number:
                await asyncio.sleep(0)
            steps.append(name)

    tasks = [asyncio.create_task(take(*one)) for one in zip("abc", lengths, strict=False)]
    for task in tasks:
        await task
    return "".join(steps)


def interleavings(*lengths):
    """Return all orders there are of so many steps of each task."""
    letters = "".join(letter * count for letter, count in zip("abc", lengths, strict=False))
    return {"".join(one) for one in permutations(letters)}


@pytest.mark.parametrize("lengths", [(1, 1), (2, 2), (1, 2, 3), (2, 2, 2)])
def test_exhaustive_search_sees_all_interleavings_and_no_others(lengths):
    assert set(seen(lambda: interleaved(*lengths), [Exhaustive()], 10_000)) == interleavings(
        *lengths
    )


def test_exhaustive_search_ends():
    report = explore(lambda: interleaved(2, 2), members=[Exhaustive()], budget=10_000)
    assert report.complete


@pytest.mark.parametrize("passes", [0, 1, 2])
def test_exhaustive_search_with_few_passes_is_a_part_of_that_with_more(passes):
    few, more = (
        set(seen(lambda: interleaved(3, 3), [Exhaustive(most)], 10_000))
        for most in (passes, passes + 1)
    )
    assert few < more


def test_a_uniform_walk_takes_each_interleaving_equally_often():
    lengths, runs = (3, 3), 4_000
    found = seen(lambda: interleaved(*lengths), [URW()], runs)
    assert set(found) == interleavings(*lengths)
    expected = runs / comb(6, 3)
    chi_square = sum((count - expected) ** 2 / expected for count in found.values())
    assert chi_square < 60  # of 19 degrees of freedom: by chance, once in 400,000 times


def test_a_random_walk_does_not():
    found = seen(lambda: interleaved(1, 6), [RandomWalk()], 1_000)
    assert found["abbbbbb"] > 5 * found["bbbbbba"] > 0


@pytest.mark.parametrize("member", [POS, RandomWalk, URW, PCT])
def test_members_of_order_come_to_all_interleavings_in_time(member):
    depth = {"depth": 4} if member is PCT else {}
    found = seen(lambda: interleaved(2, 2), [member(**depth)], 500)
    assert set(found) == interleavings(2, 2)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_pct_finds_a_bug_of_its_depth_as_often_as_it_says(depth):
    """The bug: `depth` steps in one order, of two tasks that take turns."""
    wanted = {1: "b", 2: "abb", 3: "abba"}[depth]

    async def program():
        return (await interleaved(3, 3)).startswith(wanted)

    runs = 2_000
    found = seen(program, [PCT(depth)], runs)[True]
    tasks, steps = 3, 14  # the main task as well, and callbacks
    assert found / runs >= 1 / (tasks * steps ** (depth - 1))


def test_pct_refuses_a_depth_of_nothing():
    with pytest.raises(ValueError, match="pass a number from 1 on"):
        PCT(0)


def test_single_holds_are_all_that_deviate_by_one_hold():
    """As many as an exhaustive search finds, of those whose schedule is one hold."""
    schedules = set()

    def program():
        return interleaved(2, 3)

    report = explore(program, members=[Holds()], check=schedules.add, budget=10_000)
    assert report.complete
    # One step of a is late, or one of b: the order without it is asyncio's.
    assert {"babab", "bbaba", "bbbaa", "abbab", "abbba", "aabbb"} <= schedules | {"aabbb"}
    assert schedules < interleavings(2, 3)


def test_single_late_timers_meet_each_instant_before_at_and_after():
    ends = set()

    async def program():
        begin = asyncio.get_running_loop().time()
        await asyncio.gather(nap(1), nap(2), nap(3))
        return begin

    async def nap(seconds):
        await asyncio.sleep(seconds)
        if seconds == 1:
            ends.add(round(asyncio.get_running_loop().time(), 7))

    report = explore(program, members=[Lates()], budget=1_000)
    assert report.complete
    near = {instant + beside for instant in (2.0, 3.0) for beside in (-1e-6, 0.0, 1e-6)}
    assert {round(one, 7) for one in near} | {1.0, 1.000001} == ends


def test_meeting_an_instant_finds_what_a_random_delay_would_not():
    async def program():
        order = []

        async def note(name, seconds):
            await asyncio.sleep(seconds)
            order.append(name)

        await asyncio.gather(note("a", 1), note("b", 1_000), note("c", 1_000.000_001))
        assert order != ["b", "a", "c"]

    assert not explore(program, members=[Meet()], budget=200).ok
