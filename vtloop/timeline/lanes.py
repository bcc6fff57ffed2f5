"""In which order the lanes of a timeline are: that of the tree of tasks, host by host."""

from __future__ import annotations

from vtloop.timeline.spans import Lane
from vtloop.values.trace import TaskMade, Trace


def lanes_of(trace: Trace) -> dict[int, Lane]:
    """Return the lanes by number, each parent before its children, these in order of creation.

    Those of one host are together, the machine of the program first. There a task that another host
    has begun stands as if nobody had.
    """
    hosts: dict[int, str] = {
        subject: detail for _, _, kind, _, subject, detail in trace.events if kind == "host"
    }
    children: dict[int, list[TaskMade]] = {}
    known = {made.number: hosts.get(made.number, "") for made in trace.tasks}
    for made in trace.tasks:
        near = known.get(made.parent) == known[made.number]
        children.setdefault(made.parent if near else 0, []).append(made)
    places = {host: place for place, host in enumerate(dict.fromkeys(["", *hosts.values()]))}
    roots = sorted(children.get(0, ()), key=lambda made: places[known[made.number]])
    lanes: dict[int, Lane] = {}
    todo = [(made, 0) for made in reversed(roots)]
    while todo:
        made, depth = todo.pop()
        lanes[made.number] = Lane(made, depth, known[made.number])
        todo += [(child, depth + 1) for child in reversed(children.get(made.number, ()))]
    for step, at, kind, who, subject, detail in trace.events:
        if kind == "cancel":
            lanes[subject].cancels.append((at, max(who, 0), detail or ""))
        elif kind == "deliver":
            lanes[subject].deliveries.append(at)
        elif kind == "crash":
            lanes[subject].end(at, step, "crashed")
    return lanes
