"""What a timeline is made of: lanes of spans, arrows between them, holdings, uses and timeouts."""

from __future__ import annotations

from typing import NamedTuple

from sortedcontainers import SortedKeyList

from vtloop.values.trace import ENDS, TaskMade

READY, RUNNING, WAITING = "ready", "running", "waiting"
OUTCOMES = (*ENDS, "crashed")
"""How a task may end; by the crash of its host without a step of its own."""


class Span(NamedTuple):
    """What one task does from `start` to `end`, in nanoseconds."""

    start: int
    end: int
    state: str  # 'ready', 'running' or 'waiting'
    kind: str  # of a wait: a name in `waits.WAITS`; how a running span's step ended
    what: str  # for what it waits, in words
    primitive: int  # the index of the primitive that it waits for, -1 for none
    stack: int  # the index of the place where it waits
    step: int  # which it is, or after which it comes; -1 before the first
    cut: bool = False  # whether it ended before it had what it waits for, by a cancellation
    asked: int | None = None  # of a sleep: for how many nanoseconds; None for ever

    @property
    def thing(self) -> int:
        """The primitive, by the name that it has in files."""
        return self.primitive


class Arrow(NamedTuple):
    """What one task does to another."""

    kind: str  # 'spawn', 'wake', 'join', 'cancel', 'message'
    source: int  # the task it leads from, by number; 0 for a callback
    target: int
    source_step: int
    target_step: int  # the first step of the target that follows; -1 if there is none
    start: int  # nanoseconds
    end: int
    timeout: int = -1  # the index of the timeout that cancels, -1 if none does
    group: int = 0  # the task whose TaskGroup cancels, 0 if none does
    messages: tuple[int, ...] = ()  # that lead to the target, by their indexes in the timeline


class Holding(NamedTuple):
    """A task has a primitive from `start` to `end`, in nanoseconds."""

    primitive: int
    task: int
    start: int
    end: int
    first: int  # the event with which it begins, by its index
    last: int  # the one with which it ends; -1 if it went on to the end

    @property
    def thing(self) -> int:
        """The primitive, by the name that it has in files."""
        return self.primitive


class Visit(NamedTuple):
    """A task is in a section from `start` to `end`, in nanoseconds."""

    section: str
    task: int
    start: int
    end: int
    first: int  # the event with which it begins, by its index
    last: int  # the one with which it ends; -1 if it went on to the end


class Bracket(NamedTuple):
    """A task is within a timeout from `start` to `end`, in nanoseconds."""

    task: int
    start: int
    end: int
    deadlines: tuple[tuple[int, int | None], ...]  # (since, the deadline or None), nanoseconds
    kind: str  # 'timeout' or 'wait_for'
    fired: bool  # whether it has cancelled what is within
    first: int  # the event with which it begins, by its index
    last: int  # the one with which it ends; -1 if it went on to the end

    @property
    def lengths(self) -> list[int | None]:
        """How long after its start each deadline is, in nanoseconds; None for none."""
        return [None if due is None else due - self.start for _, due in self.deadlines]

    @property
    def deadline(self) -> int | None:
        """The last deadline that it had, in nanoseconds; None for none."""
        return self.deadlines[-1][1]


class Use(NamedTuple):
    """What somebody does with a primitive at an instant, and how that changes it.

    What the two numbers are stands in `trace.USES`: of a queue, how many items are in it.
    """

    primitive: int
    task: int  # 0 for a callback
    at: int  # nanoseconds
    step: int
    kind: str  # a name in `trace.USES`
    before: int
    after: int


class Lane:
    """The life of one task."""

    def __init__(self, made: TaskMade, depth: int, host: str = "") -> None:
        self.number = made.number
        self.label = made.label
        self.coroutine = made.coroutine
        self.parent = made.parent  # the number of the task that created it, or 0
        self.depth = depth  # in the tree of tasks of its host
        self.host = host  # on which it is; '' for the machine of the program itself
        self.created = made.at  # nanoseconds
        self.created_in = made.step  # or after it; -1 before the first
        self.place = made.stack
        self.ended: int | None = None  # nanoseconds
        self.ended_in = -1  # or after it
        self.outcome = ""  # a name in `OUTCOMES`, '' if it was left pending
        self.error = ""  # what it raised
        self.steps: list[int] = []
        self.spans: SortedKeyList[Span, tuple[int, int]] = SortedKeyList(key=_place_of_span)
        self.cancels: list[tuple[int, int, str]] = []  # requested: when, by whom, the message
        self.deliveries: list[int] = []  # when CancelledError was thrown into it

    def __repr__(self) -> str:
        return f"<Lane {self.label}: {len(self.steps)} steps>"

    def end(self, at: int, step: int, outcome: str, error: str = "") -> None:
        """Take note of how it ends."""
        self.ended, self.ended_in, self.outcome, self.error = at, step, outcome, error

    @property
    def has_own_name(self) -> bool:
        """Whether it is called otherwise than its coroutine with a number."""
        return self.coroutine not in (self.label, self.label.rpartition("#")[0])

    def at(self, instant: int) -> Span | None:
        """Return what it does at an instant, the last of several; None if it is not alive."""
        index = self.spans.bisect_key_right((instant, 1 << 62)) - 1
        if index < 0 or self.spans[index].end < instant:
            return None
        return self.spans[index]


def _place_of_span(span: Span) -> tuple[int, int]:
    return span.start, span.step
