"""What became of one task, in seconds: plain values for plain asserts."""

from __future__ import annotations

from vtloop.timeline.participants import name_of
from vtloop.timeline.periods import Cancel, cancels, end_of, start_of, waits_for
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import to_seconds

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class TaskFacts:
    """What became of one task. Times and durations are virtual seconds since the run's start."""

    def __init__(self, timeline: Timeline, name: str | int) -> None:
        """Find the task; LookupError if none is called so, or several."""
        self._timeline = timeline
        self._lane = lane = timeline[name]
        self.label = lane.label
        self.coroutine = lane.coroutine
        self.outcome = lane.outcome or "pending"
        """'returned', 'raised', 'cancelled', or 'pending' if it was left so."""
        self.error = lane.error
        """What it raised, in words; '' otherwise."""

    def __repr__(self) -> str:
        started = "never started" if self.started_at is None else f"started at {self.started_at} s"
        ended = "" if self.ended_at is None else f" at {self.ended_at} s"
        return f"<Task {self.label}: {started}, {self.outcome}{ended}>"

    @property
    def created_at(self) -> float:
        """When it was created."""
        return to_seconds(self._lane.created)

    @property
    def started_at(self) -> float | None:
        """When it ran for the first time; None if it never did."""
        position = start_of(self._timeline, self._lane)
        return None if position is None else to_seconds(position.at)

    @property
    def ended_at(self) -> float | None:
        """When it returned, raised, or ended as cancelled; None if it was left pending."""
        position = end_of(self._lane)
        return None if position is None else to_seconds(position.at)

    @property
    def finished_at(self) -> float | None:
        """When it returned; None if it did not."""
        return self.ended_at if self.outcome == "returned" else None

    @property
    def took(self) -> float | None:
        """How long it was in progress, from its first step to its end; None without both."""
        start, end = start_of(self._timeline, self._lane), end_of(self._lane)
        return None if start is None or end is None else to_seconds(end.at - start.at)

    @property
    def waited(self) -> float:
        """How long it waited in all."""
        return self._waited(None)

    def waited_for(self, what: str) -> float:
        """Return how long it waited for something: "Lock 'lock'", "lock", "worker#2", "sleep"…

        Raises LookupError if nothing is called so.
        """
        return self._waited(what)

    @property
    def cancelled_at(self) -> float | None:
        """When it was asked to stop, the first time; None if it never was."""
        request = self._request()
        return None if request is None else to_seconds(request.at)

    @property
    def cancelled_by(self) -> str | None:
        """Who asked it to stop first: a task, by its label, 'a callback' or 'the run'."""
        request = self._request()
        return None if request is None else name_of(self._timeline, request.by)

    def _request(self) -> Cancel | None:
        return next(iter(cancels(self._timeline, self._lane)), None)

    def _waited(self, on: str | None) -> float:
        spans = waits_for(self._timeline, self._lane, on)
        return to_seconds(sum(span.end - span.start for span in spans))
