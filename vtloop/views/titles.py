"""What a view of a run is called that is given no title: who ran, how it ended, and when."""

from __future__ import annotations

from vtloop.timeline.participants import shown
from vtloop.timeline.timeline import Timeline
from vtloop.views.words import Words

_LONGEST = 40  # characters of a name

_ENDS = {
    "DeadlockError": "{title}, then a deadlock",
    "LivelockError": "{title}, then a livelock",
}


def default_title(timeline: Timeline, say: Words) -> str:
    """Return the title of a view that is given none."""
    lanes = shown(timeline)
    if not lanes:
        return say("no tasks")
    header, name = timeline.trace.header, lanes[0].coroutine
    title = say(
        "{name}: {tasks}, {length}",
        name=name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…",
        tasks=say("{count} tasks", count=len(lanes)),
        length=say.seconds(timeline.end - timeline.start),
    )
    end = _ENDS.get((header.get("error") or "").partition("(")[0])
    if end is not None:
        title = say(end, title=title)
    if header.get("sweep"):
        title = say("{title}, in case {case}", title=title, case=header["sweep"])
    return title
