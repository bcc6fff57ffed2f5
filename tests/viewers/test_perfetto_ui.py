"""The Perfetto file in Perfetto itself: nothing in it is refused, and all of it is found again."""

import json
from collections import Counter

import pytest

from vtloop.views.perfetto import TASKS, save


@pytest.fixture(scope="module", params=["everything", "hostile", "many", "instant", "awkward 0"])
def opened(request, runs, perfetto_ui, tmp_path_factory):
    """A run that Perfetto has opened: the events of its file, and how to ask Perfetto."""
    path = tmp_path_factory.mktemp("runs") / "run.json"
    save(runs[request.param], path)
    perfetto_ui.open(path)
    return json.loads(path.read_text("utf-8"))["traceEvents"], perfetto_ui.ask


def test_perfetto_has_nothing_to_complain_of(opened):
    _, ask = opened
    assert ask("select name, value from stats where severity != 'info' and value > 0") == []


def test_perfetto_knows_each_task_by_its_name(opened):
    events, ask = opened
    assert dict(ask("select tid, name from thread where name is not null")) == {
        event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"
    }


def test_perfetto_finds_every_span_and_instant_where_it_is(opened):
    events, ask = opened
    found = ask("""
        select category, slice.name, tid, ts, dur from slice
        join thread_track on track_id = thread_track.id join thread using (utid)
    """)
    assert counted(found) == counted(
        (event["cat"], event["name"], event["tid"], *times(event))
        for event in events
        if event["ph"] == "X" or event.get("s") == "t"
    )


def test_perfetto_finds_what_is_held_and_what_no_task_prints_beside_the_tasks(opened):
    events, ask = opened
    found = ask("""
        select category, slice.name, pid, ts, dur from slice
        join process_track on track_id = process_track.id join process using (upid)
    """)
    ends = [event for event in events if event["ph"] == "e"]
    ended = {(event["cat"], event["id2"]["local"]): times(event)[0] for event in ends}
    held = [
        (
            event["cat"],
            event["name"],
            event["pid"],
            start,
            ended[event["cat"], event["id2"]["local"]] - start,
        )
        for event in events
        if event["ph"] == "b"
        for start in times(event)[:1]
    ]
    printed = [
        (event["cat"], event["name"], TASKS, *times(event))
        for event in events
        if event.get("s") == "p"
    ]
    assert counted(found) == counted(held + printed)


def test_perfetto_binds_each_arrow_to_the_steps_that_it_connects(opened):
    events, ask = opened
    ends = """
        select slice.id, category, ts, tid from slice
        join thread_track on track_id = thread_track.id join thread using (utid)
    """
    found = ask(f"""
        select a.category, a.ts, a.tid, b.category, b.ts, b.tid
        from flow join ({ends}) a on slice_out = a.id join ({ends}) b on slice_in = b.id
    """)
    finishes = {event["id"]: event for event in events if event["ph"] == "f"}
    wanted = [[step(event), step(finishes[event["id"]])] for event in events if event["ph"] == "s"]
    assert counted(found) == counted(start + finish for start, finish in wanted)


def test_perfetto_sums_the_waits_of_a_kind(opened):
    events, ask = opened
    found = ask(
        "select name, count(*), sum(dur) from slice where category = 'waiting' group by name"
    )
    waits = [event for event in events if event.get("cat") == "waiting"]
    count, length = Counter(), Counter()
    for wait in waits:
        count[wait["name"]] += 1
        length[wait["name"]] += times(wait)[1]
    assert counted(found) == counted((name, count[name], length[name]) for name in count)


def test_perfetto_counts_those_who_wait_and_what_is_in_queues(opened):
    events, ask = opened
    found = ask("""
        select name, ts, value from counter join counter_track on track_id = counter_track.id
    """)
    assert counted(found) == counted(
        (f"{event['name']} {unit}", times(event)[0], number)
        for event in events
        if event["ph"] == "C"
        for unit, number in event["args"].items()
    )


def step(event):
    """Return of which step an arrow's end is."""
    return "running", times(event)[0], event["tid"]


def counted(rows):
    """Count equal rows. Perfetto leaves some escaped backslashes as they stand, so two are one."""
    return Counter(
        tuple(field.replace("\\\\", "\\") if isinstance(field, str) else field for field in row)
        for row in rows
    )


def times(event):
    """Return when an event began, and how long it took, in nanoseconds."""
    return round(event["ts"] * 1000), round(event.get("dur", 0) * 1000)
