"""The Perfetto file keeps the rules of the trace-event format, as its document states them.

tests/viewers/test_perfetto_ui.py opens the file in Perfetto itself.
"""

import asyncio
import json
import math
import re
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

import vtloop
from tests.support import timelines
from vtloop.timeline.participants import shown
from vtloop.views.perfetto import PRIMITIVES, TASKS, microseconds, perfetto, save

# What each kind of event must have, besides its name, process and thread.
REQUIRED = {
    "X": {"cat", "ts", "dur", "args"},
    "b": {"cat", "ts", "id2"},
    "e": {"cat", "ts", "id2"},
    "s": {"cat", "ts", "id"},
    "f": {"cat", "ts", "id", "bp"},
    "i": {"cat", "ts", "s"},
    "C": {"cat", "ts", "args"},
    "M": {"args"},
}
METADATA = {
    "process_name": "name",
    "process_sort_index": "sort_index",
    "thread_name": "name",
    "thread_sort_index": "sort_index",
}

TIMELINES = {
    "of everything": timelines.of_everything,
    "of hostile names": timelines.of_hostile_names,
    "of many tasks": lambda: timelines.of_many(50, 5),
}


@pytest.fixture(scope="module", params=TIMELINES, ids=lambda name: name)
def timeline(request):
    return TIMELINES[request.param]()


@pytest.fixture(scope="module")
def events(timeline):
    return perfetto(timeline)["traceEvents"]


def nanoseconds(event, field="ts"):
    return round(event[field] * 1000)


def test_each_event_has_what_its_kind_requires(events):
    for event in events:
        assert {"name", "pid", "tid"} | REQUIRED[event["ph"]] <= set(event), event
        assert isinstance(event["name"], str), event
        assert event["name"], event
        assert (type(event["pid"]), type(event["tid"])) == (int, int), event
        assert isinstance(event.get("args", {}), dict), event
        for field in {"ts", "dur"} & set(event):
            assert type(event[field]) in {int, float}, event
            assert 0 <= event[field] < math.inf, event


def test_events_are_in_order_of_time(events):
    times = [event["ts"] for event in events if "ts" in event]
    assert times == sorted(times)


def test_metadata_come_first_and_name_every_lane(events):
    kinds = [event["ph"] for event in events]
    assert "M" not in kinds[kinds.count("M") :]
    named = Counter()
    for event in events[: kinds.count("M")]:
        assert list(event["args"]) == [METADATA[event["name"]]]
        named[event["name"], event["pid"], event["tid"]] += 1
    assert set(named.values()) == {1}
    for event in events:
        if event["ph"] == "X":
            assert named["thread_name", event["pid"], event["tid"]]


def test_events_of_a_task_touch_and_never_overlap(events):
    by_thread = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            by_thread[event["tid"]].append(event)
    for spans in by_thread.values():
        for before, after in pairwise(spans):
            assert nanoseconds(before) + nanoseconds(before, "dur") == nanoseconds(after)


def test_each_asynchronous_event_begins_and_ends_once(events):
    pairs = defaultdict(list)
    for event in events:
        if event["ph"] in "be":
            assert list(event["id2"]) == ["local"]  # an id of its process
            pairs[event["cat"], event["pid"], event["id2"]["local"]].append(event)
    for begin, end in pairs.values():
        assert (begin["ph"], end["ph"]) == ("b", "e")
        assert begin["ts"] <= end["ts"]
        assert begin["name"] == end["name"]
        assert begin["pid"] == end["pid"]
        assert begin["pid"] == (TASKS if begin["cat"] == "timeout" else PRIMITIVES)


def test_each_flow_leads_from_one_event_to_another(events):
    flows = defaultdict(list)
    begun_last = {}
    for event in events:
        if event["ph"] == "X":
            begun_last[event["tid"]] = event
        if event["ph"] in "sf":
            flows[event["cat"], event["name"], event["id"]].append(event)
            bound_to = begun_last[event["tid"]]  # as viewers do
            assert bound_to["cat"] == "running"
            assert nanoseconds(bound_to) <= nanoseconds(event)
            until = nanoseconds(bound_to) + nanoseconds(bound_to, "dur")
            assert nanoseconds(event) <= until
    assert flows
    for start, finish in flows.values():
        assert (start["ph"], finish["ph"], finish["bp"]) == ("s", "f", "e")
        assert start["ts"] <= finish["ts"]


def test_instants_have_a_scope_and_counters_have_numbers(events):
    for event in events:
        if event["ph"] == "i":
            assert event["s"] in {"g", "p", "t"}
        if event["ph"] == "C":
            assert all(isinstance(value, int) for value in event["args"].values())


def test_all_that_happened_is_there(timeline, events):
    count = Counter(event["ph"] for event in events)
    steps = sum(
        len(lane.steps) for lane in timeline.lanes.values() if lane.parent or lane.number == 1
    )
    running = [event for event in events if event["ph"] == "X" and event["cat"] == "running"]
    assert len(running) == steps
    kinds = Counter(event[2] for event in timeline.trace.events)
    assert count["i"] == kinds["print"] + kinds["cancel"] + kinds["deliver"]
    there = {lane.number for lane in shown(timeline)}
    timeouts = [one for one in timeline.timeouts if one.task in there]
    assert count["b"] == len(timeline.holdings) + len(timeline.visits) + len(timeouts)


def test_flows_tell_what_one_task_does_to_another():
    events = perfetto(timelines.of_everything())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "s"} == {
        "creates",
        "wakes",
        "ends, and wakes",
        "cancels",
    }


def test_waits_say_for_what_and_where():
    async def main():
        await asyncio.sleep(1.000000001)

    (wait,) = (
        event
        for event in perfetto(vtloop.simulate(main).timeline)["traceEvents"]
        if event.get("cat") == "waiting"
    )
    assert wait["name"] == "sleep"
    assert wait["args"]["waits for"] == "a sleep of 1.000000001 s"
    assert wait["dur"] == 1000000.001
    assert "await asyncio.sleep(1.000000001)" in wait["args"]["at"][-1]


def test_waits_of_a_kind_have_one_name_so_that_perfetto_can_sum_them():
    events = perfetto(timelines.of_everything())["traceEvents"]
    names = {event["name"] for event in events if event.get("cat") == "waiting"}
    semaphore = "Semaphore 'semaphore'"
    assert names == {"sleep", "TaskGroup", "a task", semaphore, "Queue 'queue'", "thread"} - {
        "thread"
    }


def test_what_differs_among_events_of_a_name_is_in_their_arguments():
    events = perfetto(timelines.of_everything())["traceEvents"]
    by_name = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            by_name[event["name"]].append(event["args"])
    assert [told["error"] for told in by_name["raises"]] == ["ValueError('no')"]
    (busy,) = by_name["busy"]
    assert "vtloop.busy(0.3)" in busy["blocks the loop"]
    assert {told["waits for"] for told in by_name["sleep"]} >= {"a sleep of 100 s"}


def test_timeouts_and_the_depths_of_queues_are_told():
    events = perfetto(timelines.of_everything())["traceEvents"]
    (begin,) = (
        event["args"] for event in events if (event["name"], event["ph"]) == ("timeout", "b")
    )
    assert begin == {"task": "main#1", "deadline": "timeout 3 s", "cancels": False}
    counters = {event["name"] for event in events if event["ph"] == "C"}
    assert counters >= {"waiting for Queue 'queue'", "in Queue 'queue'"}


def test_perfetto_speaks_the_language_that_is_asked_for():
    events = perfetto(timelines.of_everything(), words="ru")["traceEvents"]
    names = {event["name"] for event in events}
    assert {"спит", "выполняется", "создаёт", "отмена запрошена"} <= names
    assert not {"sleep", "runs", "creates", "ready"} & names


@pytest.mark.parametrize("at", [0, 1, 999, 1000, 10**9 + 1, 50 * 86400 * 10**9 + 1])
def test_nanoseconds_survive_as_microseconds_in_a_file(at):
    assert round(json.loads(json.dumps(microseconds(at))) * 1000) == at


def test_the_file_is_the_same_object_for_equal_runs(tmp_path):
    for name in ("one", "other"):
        save(timelines.of_everything(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert json.loads((tmp_path / "one").read_text("utf-8")) == perfetto(timelines.of_everything())


def test_the_file_has_only_such_escapes_as_perfetto_reads(tmp_path):
    save(
        timelines.of_hostile_names(["🐢", "\x1b[1mbold", "half of a pair: \udc80"]),
        tmp_path / "file",
    )
    text = (tmp_path / "file").read_text("utf-8")
    for name in ("🐢", "␛[1mbold", "half of a pair: ?"):
        assert f'"{name} (speaks)"' in text
    assert not re.search(r"[^\\]\\u", text)
