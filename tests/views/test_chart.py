"""Charts: the same bytes in every process, texts that have room, and a legend of what occurs."""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest

import vtloop
from scenarios.catalogue import SCENARIOS
from tests.support import timelines
from tests.support.boxes import overlaps

pytest.importorskip("matplotlib")

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Polygon
from matplotlib.textpath import text_to_path

from vtloop import chart
from vtloop.core.options import Options
from vtloop.core.patches.wall_clock import start_of
from vtloop.integrations.cli.scripts import Observation, run_script
from vtloop.sweep import replay
from vtloop.timeline.difference import first_difference
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import START
from vtloop.views.chart.scale import AXES
from vtloop.views.chart.svg import to_bytes
from vtloop.views.style import ARROWS, FONT, MARKS, SIZES, STATES, THEMES

pytestmark = pytest.mark.ends

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
PIXEL = 1.0  # by which renderers and fonts may disagree


async def kitchen():
    """Do most of what a chart can show."""
    stove, ovens, bell = asyncio.Lock(), asyncio.Semaphore(2), asyncio.Event()

    async def cook(dish, seconds):
        async with stove:
            print(f"{dish}: frying")
            await asyncio.sleep(seconds)
        async with ovens, vtloop.section("baking"):
            await asyncio.sleep(2)
        print(f"{dish} served")

    async def chef():
        time.sleep(0.5)
        print("sharpened knives")
        await asyncio.sleep(1)
        raise ValueError("burnt")

    async def waiter():
        try:
            async with asyncio.timeout(1.5):
                await bell.wait()
        except TimeoutError:
            print("gave up")
        await asyncio.sleep(10)

    boss = asyncio.create_task(chef(), name="chef")
    serving = asyncio.create_task(waiter())
    async with asyncio.TaskGroup() as group:
        for dish, seconds in (("soup", 1), ("steak", 2), ("fish", 1.5)):
            group.create_task(cook(dish, seconds), name=dish)
    await asyncio.gather(boss, return_exceptions=True)
    serving.cancel("closing time")
    _guest = asyncio.create_task(asyncio.sleep(100), name="guest")
    await asyncio.sleep(1)


async def nap():
    await asyncio.sleep(1)


async def crowd(tasks=60, naps=3):
    async def member(number):
        for _ in range(naps):
            await asyncio.sleep(1 + number % 3)

    await asyncio.gather(*(member(number) for number in range(tasks)))


def timeline_of(main):
    return vtloop.simulate(main).timeline


@pytest.fixture(scope="module")
def busy_kitchen():
    return timeline_of(kitchen)


def runs_of(scenario):
    """Return the timelines of a scenario's loops that have tasks."""
    recordings = []
    start = scenario.wall_clock or START
    observation = Observation(recordings=recordings)
    run_script(str(scenario.script), [], Options(wall_clock=start), observation)
    header = {"wall_clock": scenario.wall_clock and start_of(start).text}
    timelines = [Timeline(recording.trace(**header)) for recording in recordings]
    return [timeline for timeline in timelines if timeline.lanes]


def shapes_of(figure):
    """Return the tooltips of an SVG's shapes, by id."""
    root = ElementTree.fromstring(to_bytes(figure, "svg"))
    shapes = root.iter()
    return {
        shape.get("id"): title.text
        for shape in shapes
        if shape.get("id") and (title := shape.find(f"{SVG}title")) is not None
    }


def legend_of(figure):
    named = {text.get_gid(): text.get_text() for text in figure.axes[-1].texts}
    return [text for name, text in named.items() if re.fullmatch(r"legend-\d+-words", name or "")]


def places_of(figure):
    """Return the words and the place, in pixels, of everything that is drawn."""
    figure.draw_without_rendering()
    return [
        (artist.get_gid(), str(artist.get_label()), getattr(artist, "get_text", str)(), box.bounds)
        for artist in figure.findobj(Artist)
        if (box := artist.get_window_extent()) is not None
    ]


def check_texts(figure):
    """Check that no text is cut off, or overlaps a text, a line or a mark."""
    assert not (found := overlaps(figure)), found


@pytest.mark.once
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_text_of_a_scenario_overlaps_another_or_is_cut_off(scenario):
    if sys.version_info < scenario.min_python:
        pytest.skip("it needs a later Python")
    timelines = runs_of(scenario)
    assert timelines
    for timeline in timelines:
        for axis in AXES:
            check_texts(chart.figure(timeline, axis=axis))


@pytest.mark.once
@pytest.mark.parametrize("axis", AXES)
def test_a_dark_chart_has_everything_where_a_light_one_has_it(busy_kitchen, axis):
    light, dark = (places_of(chart.figure(busy_kitchen, axis=axis, theme=name)) for name in THEMES)
    assert light == dark


@pytest.mark.once
@pytest.mark.parametrize("size", [*SIZES, (5, 4)])
@pytest.mark.parametrize("axis", AXES)
def test_texts_have_room_at_every_size(busy_kitchen, axis, size):
    check_texts(chart.figure(busy_kitchen, axis=axis, size=size))


@pytest.mark.once
@pytest.mark.parametrize("axis", AXES)
def test_an_svg_is_the_same_in_every_process(axis, tmp_path):
    code = (
        "import sys\nfrom tests.views import test_chart as t\n"
        f"t.chart.save(t.timeline_of(t.kitchen), sys.argv[1], axis={axis!r})"
    )
    written = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.svg"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(
            [sys.executable, "-c", code, str(path)],
            check=True,
            cwd=ROOT,
            env=environment,
            capture_output=True,
        )
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_pyplot_is_not_imported():
    code = (
        "import asyncio, sys, vtloop\nfrom vtloop import chart\n"
        "chart.draw(vtloop.simulate(lambda: asyncio.sleep(1)).timeline)\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("axis", AXES)
def test_every_shape_has_an_id_of_its_own_and_a_tooltip(busy_kitchen, axis):
    figure = chart.figure(busy_kitchen, axis=axis)
    named = [artist.get_gid() for artist in figure.findobj() if artist.get_gid()]
    assert len(named) == len(set(named))
    shapes = shapes_of(figure)
    assert shapes["task-1-start"] == "kitchen#1 starts at 0 s"
    assert shapes["task-2-end"] == "chef raised at 1.5 s\nValueError('burnt')"
    assert "soup: frying" in shapes["print-1"]
    waits = [tip for name, tip in shapes.items() if name.startswith("task-5-span-")]
    assert any(tip.startswith("steak waits for Lock 'stove'\nfrom 0.5 s to 1.5 s") for tip in waits)
    assert shapes["thing-2-holding-2"].startswith("soup holds Semaphore 'ovens'")
    assert shapes["section-0-holding-0"].startswith("soup is in section baking\nfrom ")
    assert not [child for child in figure.axes[0].patches if not child.get_gid()]


def test_a_legend_lists_only_what_occurs(busy_kitchen):
    assert legend_of(chart.figure(timeline_of(nap))) == ["runs", "sleeps", "starts", "returns"]
    every = legend_of(chart.figure(busy_kitchen))
    of_network = {"message", STATES["network"][0]}
    of_network |= {MARKS[mark][0] for mark in ("lost", "held", "refused", "crashed")}
    assert {words for words, _ in ARROWS.values()} - of_network <= set(every)
    assert {words for words, _ in MARKS.values()} - of_network <= set(every)
    assert not of_network & set(every)
    assert "timeout that has passed" in every
    assert {"holds it", "in the section", "how many wait for it"} <= set(every)
    assert set(every) >= {words for words, _ in STATES.values()} - {
        STATES["other"][0],
        STATES["network"][0],
    }


def test_work_of_no_duration_has_columns_by_step():
    timeline = timeline_of(nap)
    widths = {}
    for axis in AXES:
        ax = chart.draw(timeline, axis=axis)
        runs = [patch for patch in ax.patches if " runs, " in patch.get_label()]
        widths[axis] = [patch.get_width() for patch in runs]
    assert widths == {"time": [0, 0], "steps": [1, 1], "both": [1, 1]}


def test_instants_that_are_rounded_alike_are_told_apart_by_step():
    async def main():
        for seconds in (0.001, 1, 2_592_000):
            await asyncio.sleep(seconds)

    figure = chart.figure(timeline_of(main), axis="steps")
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["0", "0.001 s", "1.001 s", "30"]


def test_the_title_tells_of_a_deadlock_as_that_may_take_no_time():
    async def main():
        lock = asyncio.Lock()
        async with lock:
            await asyncio.sleep(1)
            await lock.acquire()

    assert chart.figure(timeline_of(main)).axes[0].get_title("left") == (
        "main: 1 task, 1 s, then a deadlock"
    )


async def at_once():
    lock = asyncio.Lock()

    async def use():
        async with lock:
            await asyncio.Event().wait()

    await asyncio.gather(*map(asyncio.create_task, [use(), use()]))


def test_a_run_that_takes_no_time_is_drawn_by_steps():
    async def later():
        await asyncio.sleep(1)

    timeline, other = timeline_of(at_once), timeline_of(later)
    by_default, by_steps, by_time = (
        to_bytes(chart.figure(timeline, **how), "svg")
        for how in ({}, {"axis": "steps"}, {"axis": "time"})
    )
    assert by_default == by_steps != by_time
    assert to_bytes(chart.compare(timeline, other), "svg") == to_bytes(
        chart.compare(timeline, other, axis="time"), "svg"
    )


def test_who_is_cancelled_between_two_steps_waits_until_then():
    figure = chart.figure(replay(at_once, "use#2@R0").timeline)
    boxes = {name: box for name, _, _, box in places_of(figure)}
    ends = {name: left + width for name, (left, _, width, _) in boxes.items() if name}
    last = ends["task-3-span-1"]  # the other one has run, and waits for the lock
    assert ends["task-2-span-2"] == pytest.approx(last)
    left, _, wide, _ = boxes["cancel-1"]
    assert left + wide / 2 == pytest.approx(last, abs=PIXEL)


@pytest.mark.parametrize("axis", AXES)
def test_the_chart_of_a_later_loop_begins_where_that_loop_did(axis, busy_kitchen):
    first, second = busy_kitchen, timelines.of_a_second_loop(kitchen, start=100)
    one, other = (chart.figure(timeline, axis=axis).axes[0] for timeline in (first, second))
    assert other.get_title(loc="left") == one.get_title(loc="left") == "kitchen: 7 tasks, 8 s"
    later = 100 if axis == "time" else 0
    assert other.get_xlim() == pytest.approx([x + later for x in one.get_xlim()])
    assert other.get_xticks() == pytest.approx([x + later for x in one.get_xticks()])
    words, moved = ([text.get_text() for text in ax.get_xticklabels()] for ax in (one, other))
    assert moved == [text and f"{float(text) + 100:g}" for text in words]
    check_texts(other.figure)


def test_tasks_left_pending_are_hatched():
    async def main():
        _left = asyncio.create_task(asyncio.sleep(100), name="left")
        await asyncio.sleep(1)

    figure = chart.figure(timeline_of(main))
    assert STATES["left"][0] in legend_of(figure)
    assert "xxxx" in [patch.get_hatch() for patch in figure.axes[0].patches]


def test_states_differ_in_pattern_wherever_they_are_of_a_kind():
    waits = [pattern for state, (_, pattern) in STATES.items() if state not in ("running", "sleep")]
    assert len(set(waits)) == len(waits)
    assert all(set(theme.states) == set(STATES) for theme in THEMES.values())


def test_the_loops_own_tasks_are_left_out():
    async def main():
        await asyncio.to_thread(time.sleep, 1)

        async def numbers():
            yield 1

        async for _ in numbers():
            break

    figure = chart.figure(timeline_of(main))
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert not [label for label in labels if "Executors" in label or "shutdown" in label]


@pytest.mark.parametrize("engine", [None, "constrained", "tight"])
def test_a_chart_stays_within_the_axes_of_the_user(busy_kitchen, engine):
    figure = Figure(figsize=(14, 9), layout=engine)
    axes = figure.subplots(2, 2)
    drawn = [axes[0][0], axes[1][1]]
    for ax in drawn:
        assert chart.draw(busy_kitchen, ax=ax, theme="dark", title="lunch") is ax
        assert ax.get_title(loc="left") == "lunch"
    assert not axes[0][1].patches
    figure.draw_without_rendering()
    wholes = [ax.get_tightbbox() for ax in axes.flat]
    for one, other in combinations(wholes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        down = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= PIXEL or down <= PIXEL
    for whole in wholes:
        assert whole.x0 >= -PIXEL
        assert whole.y1 <= figure.bbox.y1 + PIXEL
    if engine is None:  # others may shrink the axes once the chart is laid out
        check_texts(figure)


def test_x_is_in_seconds_also_where_a_lens_opens_up_an_instant():
    async def main():
        async with asyncio.TaskGroup() as group:
            for seconds in (1, 2, 3):
                task = group.create_task(asyncio.sleep(seconds))
                asyncio.get_running_loop().call_later(2, task.cancel)

    timeline = timeline_of(main)
    ax = chart.draw(timeline)
    boxes = {patch.get_gid(): patch.get_window_extent() for patch in ax.patches}
    opened = boxes["instant-0"]
    assert opened.width > 20
    places = [ax.transData.transform((seconds, 0))[0] for seconds in (0, 1, 1.999, 2, 2.001)]
    assert opened.x0 - PIXEL < places[2] < opened.x0 + PIXEL
    assert places[3] == pytest.approx((opened.x0 + opened.x1) / 2, abs=PIXEL)
    assert opened.x1 - PIXEL < places[4] < opened.x1 + PIXEL
    assert places[1] == pytest.approx((places[0] + opened.x0) / 2, abs=PIXEL)
    assert ax.transData.inverted().transform((places[1], 0))[0] == pytest.approx(1)


def test_a_cancellation_stands_at_its_instant_the_request_before_the_delivery():
    async def main():
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.sleep(1)

    figure = chart.figure(timeline_of(main))
    boxes = {name: box for name, _, _, box in places_of(figure)}
    left, _, wide, _ = boxes["instant-0"]
    marks = [box for name, box in sorted(boxes.items(), key=str) if "cancel-" in str(name)]
    asked, thrown = (mark + size / 2 for mark, _, size, _ in marks)
    assert left < asked < thrown < left + wide
    check_texts(figure)


def test_the_time_of_an_instant_that_opens_up_is_as_exact_as_can_be_seen():
    async def main():
        sleeper = asyncio.create_task(asyncio.sleep(1e9))
        await asyncio.sleep(3600.06)
        sleeper.cancel()
        await asyncio.sleep(3600)

    figure = chart.figure(timeline_of(main))
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert [label for label in labels if label] == ["0", "20", "40", "60", "80", "100", "120"]


def test_an_instant_that_opens_up_has_its_time_on_the_axis_and_is_in_the_legend():
    async def main():
        sleeper = asyncio.create_task(asyncio.sleep(10), name="sleeper")
        await asyncio.sleep(3.9)
        sleeper.cancel()

    figure = chart.figure(timeline_of(main))
    ax = figure.axes[0]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert ax.get_xticks()[labels.index("3.9")] == pytest.approx(3.9)
    assert {"0", "1", "2", "3"} <= {*labels}
    assert "one instant, drawn apart" in [text.get_text() for text in ax.texts]
    check_texts(figure)


def test_the_flag_of_what_is_printed_is_seen_beside_an_arrow():
    async def main():
        bell = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(bell.wait())
            await asyncio.sleep(1)
            print("alone")
            await asyncio.sleep(1)
            bell.set()
            print("rings")
            await asyncio.sleep(1)

    figure = chart.figure(timeline_of(main))
    lines = {line.get_gid(): line.get_xydata()[0][0] for line in figure.axes[0].lines}
    assert lines["print-0"] == 1
    assert 2 < lines["print-1"] < 2.03
    check_texts(figure)


def test_the_exception_that_ends_a_task_stands_beside_its_end():
    async def fail(seconds, error):
        await asyncio.sleep(seconds)
        print("fails")
        raise error

    async def main():
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail(1, ValueError("no stock")), name="south")
        errors = KeyError("x", 3), RuntimeError(), ValueError("too long to stand here " * 9)
        await asyncio.gather(*map(fail, (1, 2, 5), errors), return_exceptions=True)
        raise ExceptionGroup("in main", [OSError("closed")])

    figure = chart.figure(timeline_of(main))
    texts = {text.get_gid(): text.get_text() for text in figure.axes[0].texts}
    assert texts["task-1-error-text"] == "ExceptionGroup: OSError('closed')"
    assert texts["task-2-error-text"] == "ValueError: no stock"
    assert texts["task-3-error-text"] == "KeyError('x', 3)"
    assert texts["task-4-error-text"] == "RuntimeError"
    assert texts["task-5-error-text"].startswith("ValueError: too long")
    assert texts["task-5-error-text"].endswith("…")
    assert shapes_of(figure)["task-5-end"].count("too long to stand here") == 9
    check_texts(figure)


def test_a_timeout_is_a_bracket_with_its_deadline_and_what_it_cuts_is_torn():
    async def main():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(10), 2)
        async with asyncio.timeout(5):
            await asyncio.sleep(1)

    figure = chart.figure(timeline_of(main))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"wait_for 2 s", "timeout 5 s", "sleep 10 s, cut after 2 s", "sleep 1 s"} <= {*texts}
    shapes = shapes_of(figure)
    assert shapes["timeout-0-0"].endswith("the deadline was 2 s, and passed")
    assert shapes["timeout-1-0"].endswith("the deadline was 7 s, and was not reached")
    torn = [patch.get_gid() for patch in figure.axes[0].patches if type(patch) is Polygon]
    # Before 3.12 what is waited for is a task of its own, which is cut as well.
    both = ["task-1-span-2", "task-2-span-2"]
    assert [name for name in torn if "-span-" in name] == both[: 1 + (sys.version_info < (3, 12))]


def test_a_timeout_has_a_mark_at_the_deadline_it_went_on_after_and_is_open_if_left_early():
    async def blocked():
        async with asyncio.timeout(2):
            await asyncio.sleep(1)
            time.sleep(3)
            await asyncio.sleep(1)

    async def main():
        early = asyncio.timeout(9)
        async with early:
            await asyncio.gather(blocked(), return_exceptions=True)
        async with asyncio.timeout(1) as moved:
            moved.reschedule(asyncio.get_running_loop().time() + 2)
            await asyncio.sleep(1)

    figure = chart.figure(timeline_of(main))
    lines = {line.get_gid(): line.get_xydata() for line in figure.axes[0].lines}
    (due,) = (name for name in lines if name and name.endswith("-due"))
    assert shapes_of(figure)[due].endswith("the deadline was 2 s, and passed")
    assert lines[due][:, 0] == pytest.approx([2, 2])
    lasts = {name.rpartition("-")[0]: points for name, points in lines.items() if "timeout" in name}
    closed = [len({y for _, y in lasts[f"timeout-{number}"][-2:]}) > 1 for number in range(3)]
    assert sorted(closed) == [False, False, True]
    check_texts(figure)


def test_queues_events_conditions_and_barriers_have_rows_that_tell_who_does_what():
    async def main():
        queue, bell, news, gate = (
            asyncio.Queue(),
            asyncio.Event(),
            asyncio.Condition(),
            asyncio.Barrier(2),
        )

        async def reader():
            await queue.get()
            await bell.wait()
            async with news:
                await news.wait()
            await gate.wait()

        task = asyncio.create_task(reader(), name="reader")
        await asyncio.sleep(1)
        queue.put_nowait(1)
        await asyncio.sleep(1)
        bell.set()
        await asyncio.sleep(1)
        async with news:
            news.notify()
        await asyncio.sleep(1)
        await gate.wait()
        await task

    figure = chart.figure(timeline_of(main))
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    told = "main#1 puts", "reader takes", "main#1 sets", "main#1 notifies", "main#1 arrives"
    assert all(words in texts for words in told)
    assert all(name in texts for name in ("queue", "bell", "news", "gate"))
    assert "_lock" not in texts
    check_texts(figure)


def test_the_row_of_a_condition_tells_who_has_its_lock_and_who_notifies():
    class Flag(asyncio.Event):
        """A class of the program's own."""

    async def main():
        news, flag = asyncio.Condition(), Flag()

        async def reader():
            async with news:
                await news.wait()
                await asyncio.sleep(1)

        task = asyncio.create_task(reader(), name="reader")
        await asyncio.sleep(1)
        async with news:
            await asyncio.sleep(1)
            news.notify()
        flag.set()
        await task

    figure = chart.figure(timeline_of(main))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"main#1 notifies", "set"} <= {*texts}
    tips = shapes_of(figure).values()
    for who, when in (("main#1", "from 1 s to 2 s"), ("reader", "from 2 s to 3 s")):
        assert any(tip.startswith(f"{who} holds Condition 'news'\n{when}") for tip in tips)
    check_texts(figure)


def test_permits_that_are_held_together_stand_apart_also_at_one_instant():
    async def main():
        permits = asyncio.Semaphore(2)
        async with permits:
            await asyncio.sleep(0)
            async with permits:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        lock = asyncio.Lock()
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(hold(lock))

    async def hold(lock):
        async with lock:
            await asyncio.sleep(0)

    figure = chart.figure(timeline_of(main), axis="steps")
    held = {
        name: (top, height)
        for name, _, _, (_, top, _, height) in places_of(figure)
        if name and "-holding-" in name
    }
    assert len({*held.values()}) == 3  # two rows for the permits, one for the lock
    check_texts(figure)


def test_what_callbacks_print_has_a_row():
    async def main():
        asyncio.get_running_loop().call_later(1, print, "from a callback")
        await asyncio.sleep(2)

    for axis in AXES:
        figure = chart.figure(timeline_of(main), axis=axis)
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert {"event loop", "from a callback"} <= {*texts}


def test_a_legend_takes_few_lines_and_none_has_a_single_entry(busy_kitchen):
    lines = {}
    for text in chart.figure(busy_kitchen).axes[0].texts:
        if (text.get_gid() or "").startswith("legend-"):
            lines.setdefault(text.get_position()[1], []).append(text.get_text())
    assert len(lines) <= 3
    assert min(map(len, lines.values())) > 3
    compact = legend_of(chart.figure(busy_kitchen, legend="compact"))
    assert set(compact) < set(legend_of(chart.figure(busy_kitchen)))
    assert "sleeps" not in compact, "bars say that they are sleeps"
    assert not legend_of(chart.figure(busy_kitchen, legend=False))


def test_rows_of_more_spans_than_can_be_seen_tell_shares():
    figure = chart.figure(timeline_of(lambda: crowd(tasks=50, naps=400)))
    shapes = shapes_of(figure)
    assert shapes["group-2-sleep"] == "member: sleeps, 20,000 spans"
    assert len(to_bytes(figure, "svg")) < 100_000
    check_texts(figure)


def test_many_tasks_share_rows_and_shapes():
    figure = chart.figure(timeline_of(crowd))
    ax = figure.axes[0]
    assert "60 tasks" in [text.get_text() for text in ax.texts]
    assert len(ax.patches) < 10
    assert len(ax.collections) >= 2
    check_texts(figure)
    captions = [text.get_text() for text in ax.texts if (text.get_gid() or "").startswith("capt")]
    assert "Not drawn: 61 arrows to or from tasks that share a row." in captions


def test_boxes_with_gaps_too_fine_to_be_seen_become_one():
    timeline = timeline_of(lambda: crowd(tasks=60, naps=40))
    figure = chart.figure(timeline, axis="steps")
    shapes = [shape for shape in figure.axes[0].collections if shape.get_gid() == "callbacks"]
    (path,) = shapes[0].get_paths()
    callbacks = sum(not step[1] for step in timeline.trace.steps)
    assert len(path.vertices) / 5 < callbacks / 4


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_all_digits_of_the_font_are_equally_wide(weight):
    font = FontProperties(family=FONT, size=100, weight=weight)
    texts = [f"task{digit}, {digit}.{digit}7 s" for digit in range(10)]
    assert len({text_to_path.get_text_width_height_descent(t, font, False) for t in texts}) == 1


def test_a_comparison_marks_the_first_difference():
    async def slower():
        await asyncio.sleep(1)
        await asyncio.sleep(1)

    one, other = timeline_of(slower), timeline_of(nap)
    assert first_difference(one, one) is None
    found = first_difference(timeline_of(nap), timeline_of(lambda: asyncio.sleep(2)))
    assert found is not None
    assert found.ats == (0, 0)
    figure = chart.compare(one, other)
    marks = [line for ax in figure.axes for line in ax.lines if "difference" in str(line.get_gid())]
    assert [line.get_gid() for line in marks] == ["run-1-difference", "run-2-difference"]
    check_texts(figure)


def test_the_clock_on_the_wall_is_below_the_time_when_there_is_one():
    from datetime import datetime

    timeline = vtloop.simulate(nap, wall_clock=datetime(2024, 1, 1, 9, 24)).timeline
    figure = chart.figure(timeline)
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert "0\n09:24:00" in labels
    assert "0.5\n" in labels, "no clock shows half a second"
    check_texts(figure)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_chart_is_saved_by_the_suffix_of_its_path(suffix, tmp_path):
    path = tmp_path / f"nap.{suffix}"
    chart.save(timeline_of(nap), path)
    again = tmp_path / f"again.{suffix}"
    chart.save(timeline_of(nap), again)
    assert path.read_bytes() == again.read_bytes()


def test_errors_tell_what_to_do_instead(tmp_path):
    timeline = timeline_of(nap)
    with pytest.raises(ValueError, match="let the name end in one of these"):
        chart.save(timeline, tmp_path / "nap.gif")
    for wrong in ({"axis": "sideways"}, {"theme": "pink"}, {"size": "poster"}):
        with pytest.raises(ValueError, match="pass one"):
            chart.figure(timeline, **wrong)


def test_a_run_without_tasks_has_a_chart():
    assert chart.draw(timeline_of(lambda: asyncio.sleep(0))) is not None


def test_two_tasks_never_look_the_same():
    async def main():
        for end in (*"ab", "b"):
            await asyncio.create_task(asyncio.sleep(1), name=f"{'download ' * 9}{end}")

    texts = [text.get_text() for text in chart.figure(timeline_of(main)).axes[0].texts]
    named = [text for text in texts if text.startswith("download") and "download " in text]
    assert [name.rpartition(" ")[2] for name in named] == ["a", "(3)", "(4)"]
