"""Marbles: what a run looks like in text."""

import asyncio
import doctest
import random
import sys
from textwrap import dedent

import pytest

import vtloop
from tests.support import timelines
from vtloop.timeline.participants import shown
from vtloop.values.columns import columns
from vtloop.views.marbles import marbles


def drawn(main, **options):
    return marbles(vtloop.simulate(main).timeline, **options)


def looks_like(text):
    return dedent(text).strip("\n")


def test_a_sleep_is_a_line_between_two_bars():
    async def main():
        await asyncio.sleep(2)

    assert drawn(main) == looks_like(
        """
        seconds  0    2
        main#1   |-2s-|
        """
    )


def test_the_text_of_a_later_loop_begins_where_that_loop_did():
    timeline = timelines.of_a_second_loop(lambda: asyncio.sleep(2), start=5)
    assert marbles(timeline) == looks_like(
        """
        seconds  5    7
        sleep#1  |-2s-|
        """
    )


def test_the_example_in_the_head_of_the_module_is_true():
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(1), name="hare")
            group.create_task(asyncio.sleep(2), name="tortoise")

    example = (marbles.__globals__["__doc__"] or "").partition("RxJS:\n\n")[2].partition("\n\n")[0]
    assert drawn(main) == dedent(example)


def test_work_of_no_duration_is_visible():
    async def main():
        for _ in range(3):
            await asyncio.sleep(0)

    assert drawn(main) == looks_like(
        """
        seconds  0
        main#1   |oo|
        o ran and went on
        """
    )


def test_many_equal_marks_are_counted():
    async def main():
        for _ in range(97):
            await asyncio.sleep(0)

    assert "main#1   |o(96)|\n" in drawn(main)


def test_a_lock_its_holder_and_those_who_wait_are_told_apart():
    async def hold(lock):
        async with lock:
            await asyncio.sleep(1)

    async def main():
        lock = asyncio.Lock()
        await asyncio.gather(hold(lock), hold(lock))

    assert drawn(main) == looks_like(
        """
        seconds   0              1              2
        main#1    |--gather() of hold#2, hold#3-|
          hold#2  |======1s======|
          hold#3  |-Lock 'lock'--o======1s======|
        o ran and went on   = waiting, holds a lock or permit
        """
    )


def test_each_way_to_end_has_its_mark():
    async def fails():
        raise ValueError("no")

    async def main():
        asyncio.create_task(fails(), name="fails")
        asleep = asyncio.create_task(asyncio.sleep(9), name="asleep")
        asyncio.create_task(asyncio.sleep(7), name="left")
        await asyncio.sleep(1)
        asleep.cancel("enough")
        await asyncio.wait([asleep])

    text = drawn(main)
    assert "  fails   |! ValueError('no')\n" in text
    assert "  asleep  |-9s, cut short-/x\n" in text
    assert "/ 1 s  main#1 cancels asleep: enough\n" in text
    assert "/ 1 s  the run cancels left" in text
    assert "  0 s  asleep sleeps until 9 s, not reached\n" in text
    assert "! raised" in text
    assert "x cancelled" in text


def test_what_blocks_the_loop_and_who_is_kept_waiting_is_visible():
    async def computes():
        await asyncio.sleep(1)
        vtloop.busy(2)

    async def main():
        task = asyncio.create_task(computes())
        await asyncio.sleep(2)
        await task

    assert drawn(main) == looks_like(
        """
        seconds       0    1    2    3
        main#1        |----2s---.....|
          computes#2  |-1s-o#########|
        o ran and went on   # blocks the loop   . ready
          0 s  main#1 sleeps until 2 s, met late
        """
    )


def test_a_task_that_starts_late_is_ready_until_then():
    async def main():
        asyncio.create_task(asyncio.sleep(1), name="other")
        vtloop.busy(2)

    assert "  other  |.o/x\n" in drawn(main)


def test_lines_printed_have_letters_which_the_notes_explain():
    async def main():
        print("first")
        await asyncio.sleep(1)
        print("tab\there")

    assert drawn(main) == looks_like(
        r"""
        seconds  0     1
        main#1   |a-1s-b|
        a 0 s  main#1  first
        b 1 s  main#1  tab\there
        """
    )


def test_tasks_and_a_window_of_time_can_be_chosen():
    async def main():
        async with asyncio.TaskGroup() as group:
            for seconds in range(1, 5):
                group.create_task(asyncio.sleep(seconds), name=f"sleeper {seconds}")

    run = vtloop.simulate(main)
    assert marbles(run.timeline, tasks=["sleeper 2", 4], start=0.5, end=3) == looks_like(
        """
        seconds      0.5 2 3
          sleeper 2  -2s-|
          sleeper 3  --3s--|
        """
    )
    with pytest.raises(LookupError, match="'sleeper 9' was asked for"):
        marbles(run.timeline, tasks=["sleeper 9"])


def test_what_does_not_fit_goes_on_below_its_own_ruler():
    async def main():
        for second in range(30):
            await asyncio.sleep(1 + second / 1000)

    text = drawn(main, width=60)
    assert text.count("seconds") > 1
    assert text.count("main#1") == text.count("seconds")
    assert max(map(len, text.splitlines())) <= 60
    assert len([mark for mark in text if mark == "o"]) >= 29


def test_what_is_left_out_is_said():
    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(asyncio.sleep(number))
        for _ in range(1000):
            await asyncio.sleep(1)

    text = drawn(main)
    assert "left out: 51 of 101 tasks: choose some with tasks=" in text
    assert "moments, from " in text
    assert len(text.splitlines()) < 250


def test_the_run_s_own_cleaning_up_is_no_lane():
    async def main():
        await asyncio.to_thread(int)

    timeline = vtloop.simulate(main).timeline
    assert [lane.label for lane in shown(timeline)] == ["main#1"]
    assert len(timeline.lanes) > 1


def test_names_of_any_language_stand_as_they_are_in_rows_of_one_width():
    async def работа(lock):
        async with lock:
            await asyncio.sleep(1)
        print("готово ✅")

    async def main():
        lock = asyncio.Lock()
        tasks = [asyncio.create_task(работа(lock)), asyncio.create_task(работа(lock), name="任务")]
        await asyncio.gather(*tasks)
        raise ValueError("конец")

    assert drawn(main) == looks_like(
        """
        seconds     0              1              2
        main#1      |--gather() of работа#2, 任务-! ValueError('конец')
          работа#2  |======1s======a|
          任务      |-Lock 'lock'--o======1s======b|
        o ran and went on   = waiting, holds a lock or permit   ! raised
        a 1 s  работа#2  готово ✅
        b 2 s  任务  готово ✅
        """
    )


def test_what_would_garble_a_terminal_is_escaped_in_every_part():
    async def main():
        print("one\rtwo \u202e")
        await asyncio.create_task(asyncio.sleep(1), name="größe\n\x1b[31m\udcff")
        raise ValueError("\u202e")

    text = drawn(main)
    assert "  größe\\n\\x1b[31m\\udcff  |--" in text
    assert r"a 0 s  main#1  one\rtwo \u202e" in text
    assert text.replace("\n", "").isprintable()


def test_a_mark_in_the_middle_of_a_word_replaces_all_of_what_it_would_cut_in_two():
    async def cleans_up():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(3)

    async def main():
        asyncio.get_running_loop().call_later(2, asyncio.current_task().cancel)
        await asyncio.create_task(cleans_up(), name=name)

    for length in range(4, 12):
        name = "务" * length
        ruler, lane, *_ = drawn(main).splitlines()
        assert lane.endswith("x")
        assert columns(lane) == len(ruler)


def names_in(text, parent="main#1"):
    """Return the names before the lanes of all tasks but one."""
    names = [line.partition("  |")[0].strip() for line in text.splitlines() if "  |" in line]
    return [name for name in names if name != parent]


@pytest.mark.parametrize(
    "names",
    [
        ["download https://example.com/files/1.txt", "download https://example.com/files/2.txt"],
        [f"{'x' * 30}{number}{'y' * 30}" for number in range(12)],
        [f"скачать файл номер {number} с далёкого сервера" for number in range(3)],
        [f"{'非常' * 10}{number}" for number in range(3)],
        ["worker", "worker"],
        ["worker" * 9, "worker" * 9],
    ],
)
def test_two_tasks_never_look_the_same(names):
    async def main():
        await asyncio.gather(*(asyncio.create_task(asyncio.sleep(1), name=name) for name in names))

    shown = names_in(drawn(main))
    assert len(set(shown)) == len(names)
    assert max(map(columns, shown)) <= 26


def test_the_number_of_a_task_with_a_long_name_is_seen():
    async def downloads_a_file_and_checks_what_is_in_it():
        await asyncio.sleep(1)

    async def main():
        await asyncio.gather(*(downloads_a_file_and_checks_what_is_in_it() for _ in range(2)))

    assert names_in(drawn(main)) == ["downloads_a..at_is_in_it#2", "downloads_a..at_is_in_it#3"]


@pytest.mark.parametrize("seed", range(60))
def test_a_nanosecond_in_any_deadline_makes_another_text(seed):
    def program(longer):
        choice = random.Random(seed)
        delays = [choice.randrange(1, 50) * 10**7 for _ in range(12)]
        delays[seed % 12] += longer
        timers = iter(delays)
        kinds = [choice.choice(["sleep", "timeout", "cancel", "call", "busy"]) for _ in delays]

        async def one(kind):
            delay = next(timers) / 1e9
            if kind == "sleep":
                await asyncio.sleep(delay)
            elif kind == "timeout":
                async with asyncio.timeout(delay + 100):
                    await asyncio.sleep(0)
            elif kind == "cancel":
                task = asyncio.create_task(asyncio.sleep(delay))
                await asyncio.sleep(0)
                task.cancel()
            elif kind == "call":
                asyncio.get_running_loop().call_later(delay, int)
            else:
                asyncio.get_running_loop().call_later(delay, int)
                vtloop.busy(1)

        async def main():
            for at in range(0, 12, 3):
                await asyncio.gather(*map(one, kinds[at : at + 3]))

        return main

    once, again, other = drawn(program(0)), drawn(program(0)), drawn(program(1))
    assert once == again
    assert once != other


@pytest.mark.skipif(sys.version_info < (3, 12), reason="since Python 3.12")
def test_lines_have_letters_in_the_order_in_which_they_were_printed_by_eager_tasks_too():
    async def child():
        print("within a step of another task")

    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        print("before")
        eager = asyncio.create_task(child())
        print("between")
        asyncio.current_task().cancel()
        print("after")
        await eager

    assert drawn(main) == looks_like(
        """
        seconds    0
        main#1     |ac/dx
          child#2  |b|
        / cancellation requested   x cancelled
        a 0 s  main#1  before
        b 0 s  child#2  within a step of another task
        c 0 s  main#1  between
        / 0 s  main#1 cancels main#1
        d 0 s  main#1  after
        """
    )


def test_an_empty_window_says_that_it_is_empty():
    async def main():
        await asyncio.sleep(1)

    assert drawn(main, start=5, end=6) == "no task is there from 5 s to 6 s"


def test_the_docstrings_examples_hold():
    assert doctest.testmod(__import__("vtloop.marbles").marbles).failed == 0
