"""What a page is given, as plain values. Times are nanoseconds.

- `start`, `end`: when the first and the last thing happened; `steps`: how many there are
- `rows`, `looks`: see the modules of these names
- `blocked`: while the loop was blocked: from, for how long; flat
- `arrows`: when it begins, the step, the kind, the rows from and to which it leads, and how much
  later it arrives; in turn, as `rows` says
- `carried`: what arrows of messages carry, by their places among the arrows
- `states`, `kinds`: of spans and arrows: in words, and as what they are drawn
- `stacks`: the places in the code, as lists of lines
- `themes`: the colours; `theme`: which is chosen, null for that of the reader's system
- `say`: what the page says itself, by what it says in English; `decimal`: the mark in numbers
"""

from __future__ import annotations

import re
from typing import Any

from vtloop.timeline.spans import Arrow
from vtloop.timeline.timeline import Timeline
from vtloop.views.html.looks import Looks
from vtloop.views.html.rows import Rows, in_turn
from vtloop.views.message_words import summary
from vtloop.views.style import ARROWS, STATES, THEMES
from vtloop.views.words import Words

_KINDS = list(ARROWS)

# What the scripts say themselves.
SAID = (
    "{number} s",
    "step {step}",
    "at {time}",
    "from {start} to {end}",
    "from {start} to {end}, {length}",
    "prints {text}",
    "{one} creates {other}",
    "{one} wakes {other}",
    "{one} cancels {other}",
    "{one} ends, for which {other} waits",
    "{one} sends {what} to {other}",
    "waiting: {number}",
    "starts",
    "returns",
    "raises",
    "ends cancelled",
    "crashes with its host",
    "cancel is requested",
    "CancelledError is delivered",
    "message is lost",
    "message is held",
    "connection is refused",
    "timeout that was kept",
    "timeout that has passed",
    "prints",
    "holds it",
    "in the section",
    "how many wait for it",
    "items, or who has come",
    "is set",
    "the loop is blocked",
    "cut short",
    "Zoom in",
    "Zoom out",
    "All",
    "Show all of it",
    "Overview",
    "All rows, as thin lines",
    "Find",
    "task, primitive or coroutine",
    "{found} of {all} rows",
    "Schedule of the run",
    "The schedule in words",
    "What happens {period}, in order",
    "from",
    "to",
    "who",
    "what",
    "The first {number} lines. Zoom in, or find a task, for the others.",
    "The overview leaves out arrows, words and what is printed: press o, or find a task, to see "
    "them.",
    "Too many arrows to be followed: zoom in, or choose a task, to see its own.",
    "Spans narrower than a pixel are drawn together: zoom in to tell them apart.",
    "Up and down choose a row, left and right what is in it; with Shift they move the view. Plus "
    "and minus zoom, Enter zooms to what is chosen, 0 shows all of the time, o all rows, / finds, "
    "Escape lets go.",
)


def contents(timeline: Timeline, say: Words, theme: str | None) -> dict[str, Any]:
    """Return all that a page is given."""
    looks = Looks(timeline, say)
    rows = Rows(timeline, say, looks)
    arrows = _arrows(timeline, rows.places)
    return {
        "start": timeline.start,
        "end": timeline.end,
        "steps": len(timeline.trace.steps),
        "theme": theme,
        "themes": {name: _colours(name) for name in THEMES},
        "states": [[name, say(words), hatch] for name, (words, hatch) in STATES.items()],
        "kinds": [[name, say(words), _dashes(line)] for name, (words, line) in ARROWS.items()],
        "say": {phrase: _pattern(say, phrase) for phrase in SAID},
        "decimal": say.number("."),
        "rows": rows.all(),
        "looks": looks.table(),
        "arrows": _flat(timeline, rows.places, arrows),
        "carried": {
            place: summary(say, (timeline.messages[index] for index in arrow.messages))
            for place, arrow in enumerate(arrows)
            if arrow.messages
        },
        "blocked": _blocked(timeline),
        "stacks": [[str(place) for place in stack] for stack in timeline.trace.stacks],
    }


def _pattern(say: Words, phrase: str) -> str:
    """Return a phrase with what is to be filled in still in braces."""
    return say(phrase, **{name: f"{{{name}}}" for name in re.findall(r"\{(\w+)\}", phrase)})


def _colours(name: str) -> dict[str, Any]:
    theme = THEMES[name]
    return {
        "paper": theme.paper,
        "ink": theme.ink,
        "muted": theme.muted,
        "grid": theme.grid,
        "shade": theme.shade,
        "blocked": theme.blocked,
        "alarm": theme.alarm,
        "focus": theme.states["running"].face,
        "states": [theme.states[state] for state in STATES],
        "arrows": [theme.arrows[kind] for kind in ARROWS],
        "primitive": theme.holdings,
        "section": theme.sections,
        "queue": theme.queue,
        "level": theme.level,
    }


def _dashes(line: Any) -> list[float]:
    """Return the dashes of a line and the gaps between them, as matplotlib has them."""
    return [] if line == "-" else list(line[1])


def _arrows(timeline: Timeline, places: dict[int, int]) -> list[Arrow]:
    """Return the arrows between tasks, without the wake-ups that deliver a cancellation."""
    delivered = {step for step, _, kind, *_ in timeline.trace.events if kind == "deliver"}
    found = sorted(
        (_begin(timeline, arrow), arrow.source_step, _KINDS.index(arrow.kind), arrow)
        for arrow in timeline.arrows
        if arrow.source in places
        and arrow.target in places
        and arrow.source != arrow.target
        and not (arrow.kind == "wake" and arrow.target_step in delivered)
    )
    return [arrow for *_, arrow in found]


def _begin(timeline: Timeline, arrow: Arrow) -> int:
    """Return when an arrow begins: that of a message which was held, where it is let go."""
    released = timeline.released(arrow)
    return arrow.start if released is None else released


def _flat(timeline: Timeline, places: dict[int, int], arrows: list[Arrow]) -> list[int]:
    records: list[tuple[int, ...]] = []
    for arrow in arrows:
        start = arrives = _begin(timeline, arrow)
        if arrow.kind == "message":
            arrives = arrow.end
        elif arrow.kind in ("wake", "join") and arrow.target_step >= 0:
            arrives = max(start, timeline.ready_at(arrow.target_step))
        rows = places[arrow.source], places[arrow.target]
        kind = _KINDS.index(arrow.kind)
        records.append((start, arrow.source_step, kind, *rows, arrives - start))
    return list(in_turn(records, 2))


def _blocked(timeline: Timeline) -> list[int]:
    return [
        number
        for step, length in timeline.blocked_in.items()
        for number in (timeline.trace.step(step).at, length)
    ]
