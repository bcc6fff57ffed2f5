"""Context shared by everything that paints rows: the canvases, the rows and the scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from vtloop.timeline.spans import READY, RUNNING, Lane, Span
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.canvas import SMALL, Box, Canvas
from vtloop.views.chart.facts import ends_of_left, told
from vtloop.views.chart.notes import MARGIN
from vtloop.views.chart.row import Across
from vtloop.views.chart.rows import Plan
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.words import fitting
from vtloop.views.style import state_of

MOST_SHAPES = 1500  # from which on the spans of a row are one shape for each state


class Sheet:
    """The rows of one timeline on a canvas."""

    def __init__(
        self, timeline: Timeline, canvas: Canvas, scale: Scale, across: Across, plan: Plan
    ) -> None:
        self.timeline = timeline
        self.canvas = canvas
        self.scale = scale
        self.across = across
        self.rows = plan.rows
        self.routes = plan.routes
        self.stubs = plan.stubs
        self.row_of = {lane.number: row for row in plan.rows for lane in row.lanes}
        self.told = told(timeline)
        self.caption = list(plan.left_out)
        """What is not drawn, in sentences."""
        self.dense = sum(len(timeline.lanes[number].spans) for number in self.row_of) > MOST_SHAPES
        self._left = ends_of_left(timeline)

    def segments(self, lane: Lane) -> Iterator[tuple[Span, str, float, float]]:
        """Yield the spans of a task with their state, and from where to where they go."""
        scale = self.scale
        following = dict(pairwise([-1, *lane.steps]))
        for span in lane.spans:
            if span.state == RUNNING:
                yield span, "running", scale.left[span.step], scale.right[span.step]
                continue
            start, end = self.birth(lane), self._death(lane)
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
            woken = min(end, max(start, self._woken(lane, span, after)))
            yield span, state, start, woken
            if end > woken:
                began = self.timeline.trace.step(after).at
                ready = span._replace(start=span.end, end=began, state=READY, primitive=-1)
                yield ready, READY, woken, end

    def birth(self, lane: Lane) -> float:
        """Return where a task is created."""
        return self.scale.during(lane.created_in, lane.created)

    def _death(self, lane: Lane) -> float:
        """Return up to where a task is there that no step of its own has ended."""
        if lane.ended is None:
            return self.scale.end
        return self.scale.during(lane.ended_in, lane.ended)

    def at_least_a_pixel(self, box: Box) -> Box:
        """Return a box that is wide enough to be seen."""
        left, top, right, bottom = box
        return left, top, max(right, left + 0.7 / self.across.points), bottom

    def write_within(
        self,
        left: float,
        right: float,
        y: float,
        texts: Iterable[str],
        colour: str,
        size: float = SMALL,
        aside: float = 0.6,
    ) -> None:
        """Write the first text that fits between two places, in their middle; if one does.

        `size` is in sizes of the font, and `aside` is how many lines of text are to be left free.
        """
        font = self.across.font
        room = (right - left) * self.across.points - aside * font
        if text := fitting(texts, room / MARGIN, font * size):
            self.canvas.words((left + right) / 2, y, text, size=size, colour=colour)

    def _woken(self, lane: Lane, span: Span, after: int) -> float:
        """Return where the task becomes ready for the step that follows its wait."""
        woken_by = self.timeline.trace.step(after).woken_by
        if woken_by < 0:
            woken_by = self._cancelled_after(lane, span.step, after)
        if woken_by < 0 or woken_by in self.timeline.blocked_in:
            return self.scale.at(span.end)
        if self.scale.axis == "time" and self.timeline.trace.step(woken_by).at != span.end:
            return self.scale.at(span.end)
        return self.scale.right[woken_by]

    def _cancelled_after(self, lane: Lane, first: int, last: int) -> int:
        """Return the step after which the loop has cancelled a task between two of its steps.

        It is -1 if the loop has not.
        """
        for index in self.told["task", lane.number]:
            step, _, kind, *_ = self.timeline.trace.events[index]
            if kind == "cancel" and first <= step < last:
                return step
        return -1

    def _is_left(self, lane: Lane, span: Span, after: int) -> bool:
        return lane.number in self._left and (after < 0 or after == self._left[lane.number])
