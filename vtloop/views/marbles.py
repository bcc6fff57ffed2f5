"""A timeline as text, for terminals, doctests and bug reports: one line for each task.

Time goes to the right, as in the marble diagrams of RxJS:

    seconds     0             1             2
    main#1      |-TaskGroup: hare, tortoise-|
      hare      |------1s-----|
      tortoise  |-------------2s------------|

Each task stands below the one that created it. The ruler tells, in exact seconds, each moment at
which something happens; that begins below its first digit. Marks side by side take no time: `|oo|`
is a task that is created, runs three times and returns, all at one moment. Distances are in
proportion to time as far as everything fits; what does not fit goes on below, under its own ruler.

- `|` created, and run for the first time if that comes at once; at the end: returned
- `o` ran, and went on; a letter instead: it printed what the notes tell
- `!` raised, `x` ended as cancelled, `%` crashed with its host, `>` was left pending when the run
  was over
- `/` its cancellation was requested
- `^` sent something over the network that takes time to arrive, or is lost: see the notes; `*` was
  woken by what it received
- `-` waiting; in words for what, where they fit: `2s` is a sleep of two seconds
- `=` waiting, while it holds a lock or a permit; `~` waiting in a `vtloop.section`
- `#` running: it blocks the loop; `.` ready to run, while the loop is blocked
- `o(97)` stands for 97 times `o`

Two runs whose deadlines differ by a nanosecond differ in text: the ruler has the deadlines that
were met, the notes have the others.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import ceil
from typing import Any

from vtloop.timeline.participants import shown
from vtloop.timeline.spans import Lane
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Seconds, plain_seconds, to_nanoseconds
from vtloop.values.columns import cells, columns, cut, padded
from vtloop.values.options import check
from vtloop.views.marble_rows import (
    MORE_PRINTS,
    RECEIVES,
    SENDS,
    Note,
    Row,
    Stretch,
    letters_of,
    names_of_rows,
    notes_of,
)
from vtloop.views.options import OF_MARBLES
from vtloop.views.words import Words, words_of

_KEY = {
    "o": "ran and went on",
    "=": "waiting, holds a lock or permit",
    "~": "waiting, in a section",
    "#": "blocks the loop",
    ".": "ready",
    "/": "cancellation requested",
    SENDS: "sent",
    RECEIVES: "received",
    "x": "cancelled",
    "!": "raised",
    "%": "crashed",
    ">": "left pending",
    MORE_PRINTS: "printed",
}

# As much as a reader can take in. What is beyond is counted in the text, and can be asked for.
_LANES = 50
_LINES = 150
_NOTES = 40
_WORDS = 26  # columns that room is made for


def marbles(
    timeline: Timeline,
    *,
    width: int = 100,
    tasks: Iterable[str | int] | None = None,
    start: Seconds | None = None,
    end: Seconds | None = None,
    words: str | Mapping[str, Any] = "en",
) -> str:
    """Return a timeline as text, to be printed; the head of the module has the notation.

    `width` is in columns. `tasks` chooses some, by number, label or name of their coroutine;
    `start` and `end`, in seconds of the run's clock, choose a window of time. `words` is 'en', 'ru'
    or a mapping of phrases, as `vtloop.words.phrases` returns.
    Raises LookupError for a task that there is none of, TypeError or ValueError for what is no
    such option.
    """
    check(
        OF_MARBLES, timeline=timeline, width=width, tasks=tasks, start=start, end=end, words=words
    )
    say = words_of(words)
    window = (
        timeline.start if start is None else to_nanoseconds(start),
        timeline.end if end is None else to_nanoseconds(end),
    )
    chosen = _chosen(timeline, tasks)
    alive = [lane for lane in chosen if _is_alive(timeline, lane, window)]
    lanes = alive if tasks is not None else alive[:_LANES]
    if not lanes:
        first, last = map(say.seconds, window)
        return say("no task is there from {start} to {end}", start=first, end=last)
    numbers = {lane.number for lane in lanes}
    if tasks is None and len(lanes) == len(alive):
        numbers.add(0)  # callbacks as well
    notes = notes_of(timeline, numbers, window, say)
    letters = letters_of(notes)
    rows = [
        Row(timeline, lane, name, notes, letters, window, say)
        for lane, name in zip(lanes, names_of_rows(lanes), strict=True)
    ]
    moments = _moments(timeline, rows, numbers, window)
    lines, drawn = _drawn(rows, moments, width, say)
    left_out = []
    if drawn < len(moments):
        since = moments[drawn]
        phrase = "{left} of {all} moments, from {time} on: choose a window with start= and end="
        left, whole = len(moments) - drawn, len(moments)
        left_out.append(say(phrase, left=left, all=whole, time=say.seconds(since)))
        notes = [note for note in notes if note.at < since]
    if len(lanes) < len(alive):
        phrase = "{left} of {all} tasks: choose some with tasks="
        left_out.append(say(phrase, left=len(alive) - len(lanes), all=len(alive)))
    lines += _key(rows, width, say)
    lines += _noted(notes, letters, width, say)
    lines += [say("left out: {what}", what=what) for what in left_out]
    return "\n".join(line.rstrip() for line in lines)


def _chosen(timeline: Timeline, tasks: Iterable[str | int] | None) -> list[Lane]:
    if tasks is None:
        return shown(timeline)
    numbers = {lane.number for task in tasks for lane in timeline.named(task) or [timeline[task]]}
    return [lane for lane in timeline.lanes.values() if lane.number in numbers]


def _is_alive(timeline: Timeline, lane: Lane, window: tuple[int, int]) -> bool:
    ended = timeline.end if lane.ended is None else lane.ended
    return lane.created <= window[1] and ended >= window[0]


def _noted(notes: list[Note], letters: dict[Note, str], width: int, say: Words) -> Iterator[str]:
    ats = [say.seconds(note.at) for note in notes[:_NOTES]]
    room = max(map(len, ats), default=0)
    for at, note in zip(ats, notes, strict=False):
        sign = letters.get(note, MORE_PRINTS) if note.sign == "'" else note.sign
        yield cut(
            f"{sign:1} {at:>{room}}  {'  '.join(padded(text, 0) for text in note.texts)}", width
        )
    if len(notes) > _NOTES:
        notes_left = say("{left} of {all} notes", left=len(notes) - _NOTES, all=len(notes))
        yield say("left out: {what}", what=notes_left)


def _key(rows: list[Row], width: int, say: Words) -> Iterator[str]:
    """Yield what the marks that occur mean, but for the plainest."""
    drawn = {mark for row in rows for marks in row.marks.values() for mark in marks}
    drawn.update(stretch.fill for row in rows for stretch in row.stretches)
    parts = [f"{mark} {say(means)}" for mark, means in _KEY.items() if mark in drawn]
    line = ""
    for part in parts:
        if line and columns(line) + columns(part) + 3 > width:
            yield line
            line = ""
        line += f"{'   ' * bool(line)}{part}"
    if line:
        yield line


def _moments(
    timeline: Timeline, rows: list[Row], numbers: Collection[int], window: tuple[int, int]
) -> list[int]:
    """Return when something happens that is drawn, in order."""
    moments = {moment for row in rows for moment in row.moments()}
    if 0 in numbers:  # timers that nobody sleeps for
        moments.update(at for at, _, _, ended, _, _ in timeline.trace.steps if ended == "timer")
    inside = {moment for moment in moments if window[0] <= moment <= window[1]}
    if len(inside) < len(moments) or not inside:  # something goes on beyond the window
        inside.update(at for at in window if min(moments) <= at <= max(moments))
    return sorted(inside)


# Layout


def _drawn(rows: list[Row], moments: list[int], width: int, say: Words) -> tuple[list[str], int]:
    """Return the lines, in systems as of a score, and how many moments they draw."""
    names = max(map(columns, [say("seconds"), *(row.name for row in rows)]))
    room = max(width - names - 2, 20)
    least = _least_widths(rows, moments, say)
    lines: list[str] = []
    first = 0
    while first < len(moments) and len(lines) < _LINES:
        last, taken = first + 1, least[first]
        while last < len(moments) and taken + least[last] <= room:
            taken += least[last]
            last += 1
        if lines:
            lines.append("")
        lines += _system(rows, moments, first, last, least[first:last], names, room, say)
        first = last
    return lines, first


def _least_widths(rows: list[Row], moments: list[int], say: Words) -> list[int]:
    """Return how many columns there must be from each moment to the next."""
    place = {moment: index for index, moment in enumerate(moments)}
    least = [columns(say.number(plain_seconds(moment))) + 1 for moment in moments]
    for row in rows:
        for at, marks in row.marks.items():
            least[place[at]] = max(least[place[at]], len(marks) + (at < row.end))
        for stretch in row.stretches:
            index = place.get(stretch.start, -1)
            if stretch.words and index >= 0 and place.get(stretch.end) == index + 1:
                marks = row.marks.get(stretch.start, "")
                need = len(marks) + min(columns(stretch.words[-1]), _WORDS) + 2
                least[index] = max(least[index], need)
    return least


def _system(
    rows: list[Row],
    moments: list[int],
    first: int,
    last: int,
    least: list[int],
    names: int,
    room: int,
    say: Words,
) -> Iterator[str]:
    """Yield a ruler and the lanes below it, for the moments from `first` to before `last`."""
    there = moments[first:last]
    goes_on = last < len(moments)
    until = moments[last] if goes_on else there[-1]
    lengths = [after - at for at, after in zip(there, [*there[1:], until], strict=True)]
    begins = [0]
    for gap in _widths(least, lengths, _natural(rows, there, until), room):
        begins.append(begins[-1] + gap)
    ruler = "".join(
        padded(say.number(plain_seconds(at)), after - column)
        for at, column, after in zip(there, begins, begins[1:], strict=False)
    )
    yield f"{padded(say('seconds'), names)}  {ruler}"
    for row in rows:
        if row.start <= (until - 1 if goes_on else until) and row.end >= there[0]:
            yield f"{padded(row.name, names)}  {_line(row, there, begins, until, room)}"


def _natural(rows: list[Row], there: list[int], until: int) -> float:
    """Return how many columns a nanosecond takes, for the words of all waits to fit."""
    return max(
        (
            (min(columns(stretch.words[0]), _WORDS) + 3) / (stretch.end - stretch.start)
            for row in rows
            for stretch in row.stretches
            if stretch.words and stretch.start >= there[0] and stretch.end <= until
        ),
        default=0.0,
    )


def _widths(least: list[int], lengths: list[int], scale: float, room: int) -> list[int]:
    """Return widths in proportion to lengths of time, none below its least, that fit the room."""
    natural = [max(width, ceil(time * scale)) for width, time in zip(least, lengths, strict=True)]
    if sum(natural) <= room:
        return natural
    widths = list(least)
    free = {index for index, time in enumerate(lengths) if time}
    while free:
        left = room - sum(width for index, width in enumerate(widths) if index not in free)
        time = sum(lengths[index] for index in free)
        shares = {index: left * lengths[index] // time for index in free}
        small = {index for index in free if shares[index] < least[index]}
        if not small:
            for index, share in shares.items():
                widths[index] = share
            break
        free -= small
    return widths


def _line(row: Row, there: list[int], begins: list[int], until: int, room: int) -> str:
    """Return what a lane looks like in one system, of which each moment begins at a column."""
    total = begins[-1]
    drawn = [" "] * total
    first = bisect_right(row.stretches, there[0], key=lambda stretch: stretch.end)
    for stretch in row.stretches[first:]:
        if stretch.start >= until:
            break
        left = 0
        if stretch.start >= there[0]:
            left = begins[bisect_left(there, stretch.start)]
            left += len(row.marks.get(stretch.start, ""))
        right = begins[bisect_left(there, stretch.end)] if stretch.end <= there[-1] else total
        drawn[left:right] = _filled(stretch, right - left)
    for index in range(bisect_left(there, row.start), len(there)):
        marks = row.marks.get(there[index], "")
        _overwrite(drawn, begins[index], marks)
    while drawn and drawn[-1] == " ":
        drawn.pop()
    line = "".join(drawn)
    left = room - len(drawn) - 1
    if row.error and there[0] <= row.end <= there[-1] and left >= 8:
        line += f" {cut(row.error, left)}"
    return line


def _overwrite(drawn: list[str], first: int, marks: str) -> None:
    """Put marks into a line, in place of all of each cluster that they would cut in two."""
    if not marks:
        return
    last = first + len(marks)
    while not drawn[first]:
        first, marks = first - 1, f".{marks}"
    while last < len(drawn) and not drawn[last]:
        last, marks = last + 1, f"{marks}."
    drawn[first:last] = marks


def _filled(stretch: Stretch, width: int) -> list[str]:
    """Return a stretch of so many columns, with words in it if they fit."""
    words = next((words for words in stretch.words if columns(words) + 2 <= width), "")
    if not words and stretch.words and width >= 8:
        words = cut(stretch.words[-1], width - 2)
    within = cells(words)
    around = width - len(within)
    left = around // 2 + (around & width & 1)  # as str.center does
    return [*stretch.fill * left, *within, *stretch.fill * (width - left - len(within))]
