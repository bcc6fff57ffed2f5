"""Mermaid text keeps to Mermaid's grammars, as far as that shows without Mermaid."""

import asyncio
import re

import pytest

import vtloop
from tests.support import timelines
from vtloop.views.mermaid import MOST, escape, gantt, sequence

TEXT = r"(?:[\w .,'()]|#\d+;)+"
TAGS = "(?:(?:(?:done|crit), )?(?:active|crit|done|milestone), )?"
GANTT = re.compile(
    rf"gantt\n    dateFormat x\n    axisFormat %s\.%L s\n"
    rf"(?:    section {TEXT}\n|    {TEXT} :{TAGS}\d+, \d+ms\n)+"
)
SEQUENCE = re.compile(
    rf"sequenceDiagram\n(?:    participant t\d+ as {TEXT}\n)+"
    rf"(?:    Note over t\d+(?:,t\d+)?: {TEXT}\n|    t\d+(?:->>|-->>|-x)t\d+: {TEXT}\n)+"
)

TIMELINES = {
    "of everything": timelines.of_everything,
    "of hostile names": timelines.of_hostile_names,
    "of many tasks": lambda: timelines.of_many(100, 10),
}


@pytest.mark.parametrize("which", TIMELINES)
def test_the_text_keeps_to_the_grammar(which):
    timeline = TIMELINES[which]()
    assert GANTT.fullmatch(gantt(timeline))
    assert SEQUENCE.fullmatch(sequence(timeline))


@pytest.mark.parametrize("name", timelines.HOSTILE)
def test_a_hostile_name_is_shown_as_it_is(name):
    shown = re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), escape(name))
    printable = "".join(char if char.isprintable() else " " for char in name)
    assert shown == (" ".join(printable.split()) or "(nothing)")


def test_a_long_text_is_cut_before_it_is_spelled_so_that_no_entity_is():
    assert escape("#" * 100) == "#35;" * 59 + f"#{ord('…')};"
    assert escape("#" * 60) == "#35;" * 60


@pytest.mark.parametrize("name", ["end", "The End", "section 3", "Loop", "noted", "call", "title"])
def test_no_keyword_stands_where_it_would_be_read_as_one(name):
    assert re.fullmatch(TEXT, escape(name))
    assert not re.search(r"\bend\b", escape(name), re.IGNORECASE)
    assert not escape(name).startswith(name)


def test_a_gantt_chart_has_a_section_for_each_task_and_a_bar_for_each_wait():
    async def main():
        task = asyncio.create_task(asyncio.sleep(1), name="nap: short")
        vtloop.busy(0.5)
        await task

    assert gantt(vtloop.simulate(main).timeline) == (
        "gantt\n"
        "    dateFormat x\n"
        "    axisFormat %s.%L s\n"
        "    section main#35;1\n"
        "    blocks 0.5 s :active, 0, 500ms\n"
        "    nap#58; short :500, 1000ms\n"
        "    returned :milestone, 1500, 0ms\n"
        "    section nap#58; short\n"
        "    ready :done, crit, 0, 500ms\n"
        "    sleep 1 s :done, 500, 1000ms\n"
        "    returned :milestone, 1500, 0ms\n"
    )


def test_what_is_left_out_does_not_draw_the_gantt_chart_of_a_later_loop_to_0():
    async def main():
        for _ in range(2 * MOST):
            await asyncio.sleep(1)

    text = gantt(timelines.of_a_second_loop(main, start=5))
    assert text.splitlines()[-1] == f"    #8230; {MOST + 1} more :milestone, 5000, 0ms"


def test_a_sequence_has_the_messages_between_tasks_in_order():
    async def main():
        task = asyncio.create_task(asyncio.sleep(9), name="nap")
        await asyncio.sleep(1)
        print("wake up; now")
        task.cancel()
        await asyncio.wait([task])

    assert sequence(vtloop.simulate(main).timeline) == (
        "sequenceDiagram\n"
        "    participant t1 as main#35;1\n"
        "    participant t2 as nap\n"
        "    Note over t1,t2: 0 s\n"
        "    t1->>t2: creates\n"
        "    Note over t1,t2: 1 s\n"
        "    Note over t1: wake up#59; now\n"
        "    t1-xt2: cancels\n"
        "    Note over t2: ends cancelled\n"
        "    t2-->>t1: ends, and wakes\n"
    )


def lock_and_timeout():
    async def worker(lock):
        async with lock:
            await asyncio.sleep(2)

    async def main():
        lock = asyncio.Lock()
        try:
            async with asyncio.timeout(3):
                async with asyncio.TaskGroup() as group:
                    group.create_task(worker(lock))
                    group.create_task(worker(lock))
        except TimeoutError:
            print("too late")

    return vtloop.simulate(main).timeline


def test_waits_for_a_lock_stand_out_and_who_holds_it_has_a_section():
    text = gantt(lock_and_timeout())
    assert "    Lock 'lock' :crit, 0, 2000ms\n" in text
    assert "    sleep 2 s, cut after 1 s :done, 2000, 1000ms\n" in text
    assert "    cancelled by a timeout :crit, milestone, 3000, 0ms\n" in text
    assert text.endswith(
        "    section Lock 'lock'\n"
        "    worker#35;2 :active, 0, 2000ms\n"
        "    worker#35;3 :active, 2000, 1000ms\n"
    )


def test_a_timeout_is_told_by_name_and_so_is_what_it_cancels():
    text = sequence(lock_and_timeout())
    assert "callbacks" not in text
    assert "    Note over t1: timeout 3 s\n" in text
    assert "    t1-xt1: timeout 3 s cancels\n" in text
    assert "    t1-xt3: TaskGroup cancels\n" in text


def test_a_callback_that_cancels_is_told_as_one():
    async def main():
        task = asyncio.create_task(asyncio.sleep(9))
        asyncio.get_running_loop().call_later(1, task.cancel)
        await asyncio.wait([task])

    text = sequence(vtloop.simulate(main).timeline)
    assert "    participant t0 as timers and callbacks\n" in text
    assert "    t0-xt2: a callback cancels\n" in text


@pytest.mark.parametrize("view", [gantt, sequence])
def test_it_speaks_the_language_that_is_asked_for(view):
    text = view(lock_and_timeout(), words="ru")
    assert "тайм#45;аут" in text
    assert not re.search("sleep|timeout|cancels|wakes|creates|returned", text)


def test_what_is_beyond_a_bearable_size_is_counted():
    timeline = timelines.of_many(400, 1)
    for text in (gantt(timeline), sequence(timeline)):
        assert re.search(r"#8230; \d+ more", text)
        assert len(text.splitlines()) < 2 * MOST + 410


@pytest.mark.parametrize("view", [gantt, sequence])
def test_two_tasks_never_look_the_same(view):
    async def main():
        for end in (*"ab", "b"):
            await asyncio.create_task(asyncio.sleep(1), name=f"{'download ' * 9}{end}")

    text = view(vtloop.simulate(main).timeline)
    assert len(re.findall(r"download .*download \S*a$", text, re.MULTILINE)) == 1
    assert len(set(re.findall(r"download .*download \S*b \(\d\)$", text, re.MULTILINE))) == 2
