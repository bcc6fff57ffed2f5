"""The rows of a chart, painted: bars, words, marks, prints, arrows, and who holds what.

- Arrows stand upright: each leaves the task in whose step it happened, behind the bars of others,
  and arrives where the bar of its target changes.
- Marks of a task's start and end stand outside of its bar, so that a life of no length shows both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from vtloop.chart.canvas import BACK, BAND, BAR, MARK, SMALL, TICK, Box, Canvas
from vtloop.chart.facts import deadlines, left_over, told, words_of_arrows
from vtloop.chart.rows import Across, Row
from vtloop.chart.scale import Scale
from vtloop.chart.style import ARROWS, STATES, Look, state_of
from vtloop.chart.words import (
    drawable,
    fitting,
    period,
    span_tooltip,
    span_words,
)
from vtloop.clock import format_seconds
from vtloop.timeline import READY, RUNNING, Arrow, Lane, Span, Timeline
from vtloop.wording import counted

MOST_ARROWS = 80
MOST_SHAPES = 1500  # from which on the spans of a row are one shape for each state
_MANY_PIECES = 60  # of a queue, from which on its length is a height, not a number
_INTEREST = ("cancel", "join", "wake", "spawn")


class Painter:
    """Paints the rows of one timeline on a canvas."""

    def __init__(
        self, timeline: Timeline, canvas: Canvas, scale: Scale, across: Across, rows: list[Row]
    ) -> None:
        self.timeline = timeline
        self.canvas = canvas
        self.scale = scale
        self.across = across
        self.rows = rows
        self.row_of = {lane.number: row for row in rows for lane in row.lanes}
        self.left = left_over(timeline)
        self.told = told(timeline)
        self.caption: list[str] = []
        """What is not drawn, in sentences."""
        self.dense = sum(len(timeline.lanes[number].spans) for number in self.row_of) > MOST_SHAPES

    def paint(self) -> None:
        """Paint everything that stands in rows."""
        self._bands()
        for row in self.rows:
            if row.kind == "lane":
                self._lane(row)
            elif row.kind == "group":
                self._group(row)
            elif row.kind == "thing":
                self._thing(row)
            else:
                self._callbacks(row)
        self._arrows()

    # Bars

    def segments(self, lane: Lane) -> Iterator[tuple[Span, str, float, float]]:
        """Yield the spans of a task with their state, and from where to where they go."""
        scale, steps = self.scale, self.timeline.trace.steps
        following = dict(pairwise([-1, *lane.steps]))
        for span in lane.spans:
            if span.state == RUNNING:
                yield span, "running", scale.left[span.step], scale.right[span.step]
                continue
            start, end = self._birth(lane), scale.end
            if span.step >= 0:
                start = scale.right[span.step]
            after = following.get(span.step, -1)
            if after >= 0:
                end = max(start, scale.left[after])
            state = "left" if self._is_left(lane, span, after) else state_of(span)
            if span.state == READY and span.kind != "turn":
                continue  # is told below, as by step it may be seen where it takes no time
            if span.state == READY or after < 0:
                yield span, state, start, end
                continue
            woken = min(end, max(start, self._woken(span, after)))
            yield span, state, start, woken
            if end > woken:
                ready = span._replace(start=span.end, end=steps[after][0], state=READY, thing=-1)
                yield ready, READY, woken, end

    def _woken(self, span: Span, after: int) -> float:
        """Return where the task becomes ready for the step that follows its wait."""
        woken_by = self.timeline.trace.steps[after][2]
        if self.scale.axis == "time" or woken_by < 0 or woken_by in self.timeline.blocked_in:
            return self.scale.at(span.end)
        return self.scale.right[woken_by]

    def _birth(self, lane: Lane) -> float:
        return self.scale.during(lane.created_in, lane.created)

    def _is_left(self, lane: Lane, span: Span, after: int) -> bool:
        return lane.number in self.left and (after < 0 or after == self.left[lane.number])

    def _lane(self, row: Row) -> None:
        lane = row.lanes[0]
        top, bottom = row.bar, row.bar + row.bar_height
        shapes: dict[str, list[Box]] = defaultdict(list)
        end = self._birth(lane)
        for place, (span, state, left, right) in enumerate(self.segments(lane)):
            end = max(end, right)
            box = left, top, right, bottom
            if left == right and state != "running":
                continue
            if self.dense:
                shapes[state].append(self._at_least_a_pixel(box))
            else:
                tooltip = span_tooltip(self.timeline, lane, span)
                self.canvas.state(box, state, f"task-{lane.number}-span-{place}", tooltip)
            self._span_words(span, state, box)
        self._shapes(shapes, f"task-{lane.number}", lane.label)
        self._marks(lane, row, end)
        self._prints(lane, row)

    def _span_words(self, span: Span, state: str, box: Box) -> None:
        left, top, right, bottom = box
        room = (right - left) * self.across.points - 0.8 * self.across.font
        if room <= self.across.font:
            return
        size = self.across.font * SMALL
        text = fitting(span_words(self.timeline, span), room, size)
        look = self.canvas.theme.states[state]
        if text:
            behind = "" if state in ("running", "sleep") else look.face
            middle = (left + right) / 2, (top + bottom) / 2
            self.canvas.words(*middle, text, colour=look.ink, behind=behind)

    def _at_least_a_pixel(self, box: Box) -> Box:
        left, top, right, bottom = box
        return left, top, max(right, left + 0.7 / self.across.points), bottom

    def _shapes(self, shapes: dict[str, list[Box]], name: str, label: str) -> None:
        for state, boxes in shapes.items():
            self.canvas.seen.setdefault(("state", state))
            look = self.canvas.theme.states[state]
            tooltip = f"{label}: {state}, {counted(len(boxes), 'span')}"
            layer = TICK if state == "running" else BAR
            pattern = "" if name.startswith("group") else STATES[state][1]
            self.canvas.boxes(boxes, look, f"{name}-{state}", tooltip, layer, pattern)

    def _group(self, row: Row) -> None:
        thin = row.bar_height / len(row.lanes)
        shapes: dict[str, list[Box]] = defaultdict(list)
        raised = 0
        for place, lane in enumerate(row.lanes):
            top = row.bar + place * thin
            raised += lane.outcome == "raised"
            for _, state, left, right in self.segments(lane):
                if right > left or state == "running":
                    box = left, top, right, top + thin * 0.92
                    shapes[state].append(self._at_least_a_pixel(box))
        self._shapes(shapes, f"group-{row.lanes[0].number}", row.label)
        if raised:
            self.caption.append(f"{raised} of the tasks of {row.label} raised.")

    # Marks and prints

    def _marks(self, lane: Lane, row: Row, end: float) -> None:
        canvas, name, step = self.canvas, f"task-{lane.number}", 0.42 * self.across.font
        if lane.steps:
            at = format_seconds(self.timeline.trace.steps[lane.steps[0]][0])
            tip = f"{lane.label} starts at {at}"
            canvas.mark(self._birth(lane), row.middle, "start", f"{name}-start", tip, -step)
        if lane.ended is not None:
            tip = f"{lane.label} {lane.outcome} at {format_seconds(lane.ended)}"
            tip += f"\n{lane.error}" if lane.error else ""
            canvas.mark(end, row.middle, lane.outcome, f"{name}-end", tip, step)
        for place, due in enumerate(deadlines(self.timeline, lane, self.told["set", lane.number])):
            left = self.scale.at(due)
            tip = f"{lane.label}: deadline at {format_seconds(due)}"
            ys = [row.bar - 0.25, row.bar + row.bar_height + 0.25]
            canvas.seen.setdefault(("mark", "deadline"))
            alarm = canvas.theme.alarm
            canvas.line(
                [left, left], ys, alarm, f"{name}-deadline-{place}", tip, layer=MARK, thick=1.5
            )
        self._cancellations(lane, row)

    def _cancellations(self, lane: Lane, row: Row) -> None:
        y, aside = row.bar - 0.45, 0.36 * self.across.font
        for index in self.told["task", lane.number]:
            step, at, kind, who, _, detail = self.timeline.trace.events[index]
            x = self.scale.during(step, at)
            if kind == "cancel":
                by = self.timeline.lanes[who].label if who in self.timeline.lanes else "the loop"
                tip = f"{by} requests to cancel {lane.label} at {format_seconds(at)}"
                tip += f", message {detail!r}" if detail else ""
                self.canvas.mark(x, y, "request", f"cancel-{index}", tip, -aside)
            else:
                tip = f"CancelledError is thrown into {lane.label} at {format_seconds(at)}"
                self.canvas.mark(x, y, "delivery", f"cancel-{index}", tip, aside)

    def _prints(self, lane: Lane, row: Row) -> None:
        canvas, size = self.canvas, SMALL
        bottom = row.bar + row.bar_height
        for note in row.notes:
            canvas.seen.setdefault(("mark", "print"))
            printed = self.timeline.trace.printed[note.printed]
            tip = f"{lane.label} prints at {format_seconds(printed.at)}:\n{printed.text}"
            y = bottom + 0.65 + note.line * 1.1
            foot = y + 0.4 if note.text else bottom + 0.3
            name, muted = f"print-{note.printed}", canvas.theme.muted
            canvas.line([note.x, note.x], [bottom, foot], muted, name, tip, layer=BAND, thick=0.9)
            if note.text:
                aside = -0.35 if note.leftward else 0.35
                canvas.words(
                    note.x,
                    y,
                    note.text,
                    size=size,
                    align="right" if note.leftward else "left",
                    halo=True,
                    offset=aside * self.across.font,
                    name=f"{name}-text",
                )

    # Holders, callbacks, and bands over all rows

    def _thing(self, row: Row) -> None:
        thing = str(self.timeline.trace.things[row.thing])
        slots = 1 + max(slot for slot, _, _ in row.holdings)
        each = row.bar_height / slots
        steps = self._steps_of_holdings(row.thing)
        name, looks = f"thing-{row.thing}", self.canvas.theme.holdings
        many = len(row.holdings) > _MANY_PIECES * 4
        boxes: tuple[list[Box], list[Box]] = [], []
        self.canvas.seen.setdefault(("held", "held"))
        for count, (slot, index, holding) in enumerate(row.holdings):
            since, until = next(steps[holding.task], (-1, -1))
            left = self.scale.during(since, holding.start)
            right = self.scale.end if until < 0 else self.scale.during(until, holding.end)
            top = row.bar + slot * each
            box = left, top, right, top + each * 0.94
            boxes[count % 2].append(box)
            if many:
                continue
            holder = self.timeline.lanes.get(holding.task)
            label = holder.label if holder else "nobody"
            tip = f"{label} holds {thing}\n{period(holding.start, holding.end)}"
            look = looks[count % 2]
            self.canvas.box(box, look, "", f"{name}-holding-{index}", tip, BAR)
            room = (right - left) * self.across.points - 0.6 * self.across.font
            text = fitting([drawable(label)], room, self.across.font * SMALL)
            if text and each > 1:
                self.canvas.words((left + right) / 2, top + each * 0.47, text, colour=look.ink)
        if many:
            tip = f"{thing} is held {counted(len(row.holdings), 'time')}"
            self.canvas.boxes(boxes[0], looks[0], f"{name}-holdings-even", tip, BAR)
            self.canvas.boxes(boxes[1], looks[1], f"{name}-holdings-odd", tip, BAR)
        self._queue(row, thing)

    def _steps_of_holdings(self, thing: int) -> dict[int, Iterator[tuple[int, int]]]:
        """Return in which steps each task's holdings of a primitive begin and end, in order."""
        found: dict[int, list[list[int]]] = defaultdict(list)
        held: list[tuple[int, list[int]]] = []
        for index in self.told["thing", thing]:
            step, _, kind, who, _, _ = self.timeline.trace.events[index]
            if kind == "acquire":
                found[who].append([step, -1])
                held.append((who, found[who][-1]))
            elif kind == "release" and held:
                mine = next((one for one in held if one[0] == who), held[0])
                mine[1][1] = step
                held.remove(mine)
        return defaultdict(
            lambda: iter(()),
            {who: iter([(since, until) for since, until in ends]) for who, ends in found.items()},
        )

    def _queue(self, row: Row, thing: str) -> None:
        changes: list[tuple[float, int]] = []
        for number in self.row_of:
            for span, state, left, right in self.segments(self.timeline.lanes[number]):
                if span.thing == row.thing and state != READY and right > left:
                    changes += [(left, 1), (right, -1)]
        changes.sort()
        most = waiting = 0
        pieces: list[tuple[float, float, int]] = []
        for (left, change), (right, _) in pairwise([*changes, (self.scale.end, 0)]):
            waiting += change
            most = max(most, waiting)
            if waiting and right > left:
                pieces.append((left, right, waiting))
        top, look = row.bar + row.bar_height + 0.1, self.canvas.theme.queue
        if len(pieces) > _MANY_PIECES:
            self.canvas.seen.setdefault(("queue", "queue"))
            heights = [
                (left, top, right, top + 0.9 * count / most) for left, right, count in pieces
            ]
            tip = f"up to {counted(most, 'task')} wait for {thing}"
            self.canvas.boxes(heights, look, f"thing-{row.thing}-queue", tip, BAR)
            return
        for place, (left, right, count) in enumerate(pieces):
            self.canvas.seen.setdefault(("queue", "queue"))
            tip = f"{counted(count, 'task')} wait{'s' * (count == 1)} for {thing}"
            box = left, top, right, top + 0.9
            self.canvas.box(box, look, "", f"thing-{row.thing}-queue-{place}", tip, BAR)
            room = (right - left) * self.across.points - 0.4 * self.across.font
            text = fitting([f"{count} waiting", str(count)], room, self.across.font * 0.72)
            if text:
                middle = (left + right) / 2, top + 0.45
                self.canvas.words(*middle, text, size=0.72, colour=look.ink)

    def _callbacks(self, row: Row) -> None:
        top, bottom = row.bar + 0.2, row.bar + row.bar_height - 0.2
        shapes: list[Box] = []
        look = Look(self.canvas.theme.muted, self.canvas.theme.muted, self.canvas.theme.paper)
        for index, (at, who, _, ended, subject, _) in enumerate(self.timeline.trace.steps):
            left, right = self.scale.left[index], self.scale.right[index]
            if who or right <= left:
                continue
            self.canvas.seen.setdefault(("callback", "callback"))
            if self.dense:
                shapes.append((left, top, right, bottom))
            else:
                tip = f"{ended} {subject}\nat {format_seconds(at)}, step {index}"
                box = left, top, right, bottom
                self.canvas.box(box, look, "", f"step-{index}", tip, BAR)
        if shapes:
            tip = counted(len(shapes), "callback")
            self.canvas.boxes(shapes, look, "callbacks", tip, BAR)

    def _bands(self) -> None:
        theme, bottom = self.canvas.theme, self.rows[-1].top + self.rows[-1].height
        look = Look(theme.blocked, theme.blocked, theme.ink)
        for step, _, kind, _, subject, _ in self.timeline.trace.events:
            if kind == "block":
                block = self.timeline.trace.blocked[subject]
                left, right = self.scale.left[step], self.scale.at(block.at + block.duration)
                if self.scale.axis == "time":
                    left = self.scale.at(block.at)
                tip = f"{block.who} blocks the loop: {block.how}\n"
                tip += f"{period(block.at, block.at + block.duration)}\n{block.place}"
                self.canvas.seen.setdefault(("band", "blocked"))
                box = left, self.rows[0].top, right, bottom
                self.canvas.box(box, look, "", f"blocked-{subject}", tip, BACK)

    # Arrows

    def _arrows(self) -> None:
        found = list(self._drawable_arrows())
        alone = [
            (index, arrow)
            for index, arrow in found
            if self.row_of[arrow.source].kind == self.row_of[arrow.target].kind == "lane"
        ]
        alone.sort(key=lambda pair: _INTEREST.index(pair[1].kind))
        drawn = alone[:MOST_ARROWS]
        for index, arrow in drawn:
            self._arrow(index, arrow)
        if len(drawn) < len(found):
            self.caption.append(words_of_arrows(len(drawn), len(found), len(alone)))

    def _drawable_arrows(self) -> Iterator[tuple[int, Arrow]]:
        """Yield the arrows between tasks, without the wake-ups that deliver a cancellation."""
        cancelled = {step for step, _, kind, *_ in self.timeline.trace.events if kind == "deliver"}
        for index, arrow in enumerate(self.timeline.arrows):
            if arrow.source not in self.row_of or arrow.target not in self.row_of:
                continue
            if arrow.source == arrow.target:
                continue
            if arrow.kind != "wake" or arrow.target_step not in cancelled:
                yield index, arrow

    def _arrow(self, index: int, arrow: Arrow) -> None:
        source, target = self.row_of[arrow.source], self.row_of[arrow.target]
        down = target.top > source.top
        start = source.bar + source.bar_height if down else source.bar
        tip = target.bar if down else target.bar + target.bar_height
        x = self.scale.during(arrow.source_step, arrow.start)
        end = self._target_x(arrow, x)
        if self.scale.axis == "time":  # those of one instant, side by side
            aside = _ASIDE.get(arrow.kind, 0) * self.across.font / self.across.points
            x, end = x + aside, end + aside
        colour = self.canvas.theme.arrows[arrow.kind]
        words = ARROWS[arrow.kind][0]
        one, other = (self.timeline.lanes[task].label for task in (arrow.source, arrow.target))
        tooltip = f"{one} {words} {other}\n{period(arrow.start, arrow.end)}"
        if arrow.kind == "join":
            tooltip = f"{one} ends, for which {other} waits\n{period(arrow.start, arrow.end)}"
        length, half = 0.55, 0.27 * self.across.font / self.across.points
        back = tip - length if down else tip + length
        self.canvas.seen.setdefault(("arrow", arrow.kind))
        self.canvas.line(
            [x, end],
            [start, back],
            colour,
            f"arrow-{index}",
            tooltip,
            pattern=ARROWS[arrow.kind][1],
            thick=1.2,
        )
        corners = [(end, tip), (end - half, back), (end + half, back)]
        self.canvas.head(corners, colour, f"arrow-{index}-head", tooltip)

    def _target_x(self, arrow: Arrow, x: float) -> float:
        """Return where an arrow arrives: where its target is made ready."""
        if arrow.kind in ("spawn", "cancel") or arrow.target_step < 0:
            return x
        woken_by = self.timeline.trace.steps[arrow.target_step][2]
        if woken_by < 0 or woken_by == arrow.source_step:
            return x
        return max(x, self.scale.centre(woken_by))


_ASIDE = {"cancel": -0.36, "join": 0.36}  # lines of text; a request to cancel is marked there
