"""What a program asks and says of itself: `now`, `section`, and `takes` around a body."""

import asyncio
import time
from itertools import pairwise

import pytest

import vtloop
from vtloop import now, section, takes
from vtloop.claims import at_most
from vtloop.errors import ClaimError
from vtloop.views.formats import FORMATS, write
from vtloop.views.marbles import marbles

SECOND = 1_000_000_000

# The time


def test_now_is_the_time_of_the_loop_in_tasks_callbacks_and_threads():
    seen = []

    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(1)
        seen.append(now())
        loop.call_later(1, lambda: seen.append(now()))
        await asyncio.sleep(2)
        await asyncio.to_thread(lambda: (time.sleep(1), seen.append(now())))
        time.sleep(0.5)
        seen.append(now())

    vtloop.run(main())
    assert seen == [1, 2, 4, 4.5]


def test_outside_of_a_run_there_is_no_time():
    with pytest.raises(vtloop.SimulationError, match="while no loop in virtual time runs in this"):
        now()

    async def main():
        return now()

    with pytest.raises(vtloop.SimulationError, match=r"do so in a task, callback or worker thread"):
        asyncio.run(main())


# Sections


def visits(main):
    run = vtloop.simulate(main)
    return [
        (visit.section, run.timeline.lanes[visit.task].label, visit.start, visit.end)
        for visit in run.timeline.visits
    ]


def test_a_section_is_recorded_with_who_is_in_it_from_when_to_when():
    async def upload(seconds):
        async with section("upload"):
            await asyncio.sleep(seconds)
        with section("check"):
            await asyncio.sleep(1)

    async def main():
        await asyncio.gather(upload(1), upload(2))

    assert visits(main) == [
        ("upload", "upload#2", 0, SECOND),
        ("upload", "upload#3", 0, 2 * SECOND),
        ("check", "upload#2", SECOND, 2 * SECOND),
        ("check", "upload#3", 2 * SECOND, 3 * SECOND),
    ]


def test_a_section_is_left_by_an_error_and_by_a_cancellation_too():
    async def main():
        with pytest.raises(ValueError, match="no"), section("a"):
            raise ValueError("no")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), section("b"):
                await asyncio.sleep(2)

    assert visits(main) == [("a", "main#1", 0, 0), ("b", "main#1", 0, SECOND)]


def test_one_section_may_be_entered_again_while_it_is_occupied():
    shared = section("shared")

    async def main():
        with shared, shared:
            await asyncio.sleep(1)

    assert len(visits(main)) == 2
    assert not at_most(1, shared).of(vtloop.simulate(main))


def test_a_section_that_nobody_leaves_goes_on_to_the_end():
    async def main():
        section("open").__enter__()
        await asyncio.sleep(1)

    assert visits(main) == [("open", "main#1", 0, SECOND)]


def test_a_section_does_nothing_where_nothing_is_recorded():
    async def main():
        async with section("quiet"):
            await asyncio.sleep(0)

    vtloop.run(main())
    asyncio.run(main())
    with section("quiet"):
        pass
    assert repr(section("quiet")) == "section('quiet')"


def test_every_view_can_show_a_run_with_sections(tmp_path):
    async def main():
        async with section("in"):
            await asyncio.sleep(1)
        await asyncio.sleep(1)

    run = vtloop.simulate(main)
    assert "~1s~" in marbles(run.timeline)
    for format, (suffix, _) in FORMATS.items():
        path = tmp_path / f"{format}{suffix}"
        write(run.timeline, path, format)
        assert path.stat().st_size


# How long a body takes


def body(claimed, actual):
    async def main():
        await asyncio.sleep(10)
        async with takes(claimed):
            await asyncio.sleep(actual)

    return vtloop.simulate(main)


def test_a_body_that_takes_its_time_is_all_right():
    assert body(2, 2).result() is None


@pytest.mark.parametrize(
    ("actual", "told"),
    [
        (2 + 1e-9, "2.000000001 s, from 10 s to 12.000000001 s, 1 ns more"),
        (2 - 1e-9, "1.999999999 s, from 10 s to 11.999999999 s, 1 ns less"),
    ],
)
def test_a_body_that_takes_another_time_is_an_error_with_its_place(actual, told):
    with pytest.raises(ClaimError) as caught:
        body(2, actual).result()
    first, place, *schedule = str(caught.value).splitlines()
    assert any(line.startswith("main#1") for line in schedule)
    assert first == f"Claimed: this takes 2 s; in fact it took {told}"
    assert place.strip().startswith("tests/core/test_probes.py:")
    assert place.endswith("in main: async with takes(claimed):")


def test_the_schedule_of_a_body_has_what_decided_how_long_it_took():
    async def main():
        await asyncio.sleep(1)
        async with takes(2):
            await asyncio.gather(asyncio.sleep(1), asyncio.sleep(3))

    [_, _, *schedule] = str(vtloop.simulate(main).error).splitlines()
    assert schedule == [
        "seconds    1                            4",
        "main#1     o----gather() of 2 tasks-----o>",
        "  sleep#3  |-------------3s-------------|",
        "o ran and went on   > left pending",
    ]
    with pytest.raises(ClaimError) as caught:
        vtloop.run(main)
    assert len(str(caught.value).splitlines()) == 2, "nothing was recorded"


def test_a_body_without_await_takes_the_time_for_which_it_blocks():
    async def main():
        with takes(1.5):
            time.sleep(1)
            vtloop.busy(0.5)
        with takes(1):
            time.sleep(2)

    with pytest.raises(
        ClaimError, match=r"this takes 1 s; in fact it took 2 s, from 1\.5 s to 3\.5"
    ):
        vtloop.run(main())


def test_what_a_body_raises_comes_out_of_it():
    async def main():
        async with takes(5):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        vtloop.run(main())


def test_one_claim_may_be_made_of_several_bodies_at_once():
    two = takes(2)

    async def work(delay):
        await asyncio.sleep(delay)
        async with two, two:
            await asyncio.sleep(2)

    async def main():
        await asyncio.gather(work(0), work(1), work(2))
        async with two:
            await asyncio.sleep(2)

    assert vtloop.simulate(main).result() is None


def test_a_body_may_end_in_another_task_than_it_began_in():
    two = takes(2)

    async def main():
        await asyncio.create_task(two.__aenter__())
        await asyncio.sleep(2)
        await asyncio.create_task(two.__aexit__(None, None, None))

    assert vtloop.simulate(main).result() is None


def test_a_thread_may_claim_as_well():
    def work():
        with takes(1):
            time.sleep(1)
        with takes(1):
            time.sleep(2)

    with pytest.raises(ClaimError, match="it took 2 s, from 1 s to 3 s"):
        vtloop.run(asyncio.to_thread(work))


def test_outside_of_a_run_nothing_can_be_claimed_of_a_body():
    claim = takes(1)
    with pytest.raises(vtloop.SimulationError, match=r"A claim of 1 s was made while no loop in"):
        claim.__enter__()


def test_times_of_bodies_add_up():
    times = []

    async def main():
        for delay in (0.1, 0.2, 0.3):
            times.append(now())
            async with takes(delay):
                await asyncio.sleep(delay)
        times.append(now())

    vtloop.run(main())
    assert times == [0, 0.1, 0.3, 0.6]
    assert all(before < after for before, after in pairwise(times))
