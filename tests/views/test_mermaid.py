"""Mermaid text keeps to Mermaid's grammars, as far as that shows without Mermaid."""

import asyncio
import re

import pytest

import vtloop
from tests.support import timelines
from vtloop.views.mermaid import MOST, escape, gantt, sequence

TEXT = r"(?:[\w .,'()]|#\d+;)+"
GANTT = re.compile(
    rf"gantt\n    dateFormat x\n    axisFormat %s\.%L s\n"
    rf"(?:    section {TEXT}\n|    {TEXT} :(?:done|active|crit|milestone), \d+, \d+ms\n)+"
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
        "    running :crit, 0, 500ms\n"
        "    nap#58; short :done, 500, 1000ms\n"
        "    returned :milestone, 1500, 0ms\n"
        "    section nap#58; short\n"
        "    ready :active, 0, 500ms\n"
        "    a sleep until 1.5 s :done, 500, 1000ms\n"
        "    returned :milestone, 1500, 0ms\n"
    )


def test_what_is_left_out_does_not_draw_the_gantt_chart_of_a_later_loop_to_0():
    async def main():
        for _ in range(2 * MOST):
            await asyncio.sleep(1)

    text = gantt(timelines.of_a_second_loop(main, start=5))
    assert text.splitlines()[-1] == f"    {MOST + 1} more :milestone, 5000, 0ms"


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
        "    t1->>t2: spawns\n"
        "    Note over t1,t2: 1 s\n"
        "    Note over t1: wake up#59; now\n"
        "    t1-xt2: cancels\n"
        "    Note over t2: cancelled\n"
        "    t2-->>t1: is done\n"
    )


def test_what_is_beyond_a_bearable_size_is_counted():
    timeline = timelines.of_many(400, 1)
    for text in (gantt(timeline), sequence(timeline)):
        assert re.search(r"\d+ more ", text)
        assert len(text.splitlines()) < 2 * MOST + 410


@pytest.mark.parametrize("view", [gantt, sequence])
def test_two_tasks_never_look_the_same(view):
    async def main():
        for end in (*"ab", "b"):
            await asyncio.create_task(asyncio.sleep(1), name=f"{'download ' * 9}{end}")

    text = view(vtloop.simulate(main).timeline)
    assert len(re.findall(r"download .*download \S*a$", text, re.MULTILINE)) == 1
    assert len(set(re.findall(r"download .*download \S*b \(\d\)$", text, re.MULTILINE))) == 2
