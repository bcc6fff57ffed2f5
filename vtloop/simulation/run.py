"""What is known of a run that is over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from vtloop.errors import UntilReached
from vtloop.recording.stdout import Timestamps
from vtloop.values.choices import Choices
from vtloop.values.clock import exactly
from vtloop.values.columns import cut, plain
from vtloop.values.text import counted
from vtloop.values.trace import Blocked, Printed, Trace

if TYPE_CHECKING:
    from vtloop.timeline.task_facts import TaskFacts
    from vtloop.timeline.timeline import Timeline
T = TypeVar("T")
_VALUE = 200  # columns of what was returned, in the `repr` of a run


class Run(Generic[T]):
    """What came of one run. Times and durations are virtual seconds since its start."""

    def __init__(
        self,
        value: T | None,
        error: BaseException | None,
        stopped: bool,
        elapsed: float,
        ended: float,
        unfinished: tuple[str, ...],
        unclosed: tuple[str, ...],
        unretrieved: tuple[BaseException, ...],
        reproducible: bool,
        trace: Trace,
        choices: Choices,
    ) -> None:
        self.value = value
        """What the main coroutine returned."""
        self.error = error
        """What it raised instead, or the DeadlockError or LivelockError that ended the run.

        SystemExit and KeyboardInterrupt are no errors of a run; `simulate` raises them.
        """
        self.stopped = stopped
        """Whether it was stopped at its `until`, or earlier, as nothing could happen before."""
        self.elapsed = elapsed
        """How long the main coroutine took."""
        self.ended = ended
        """When the last thing happened, cleanup included."""
        self.unfinished = unfinished
        """The tasks that were left pending when the run was over, by label; they were cancelled."""
        self.unclosed = unclosed
        """What it left open in its network when it was over: each connection, server, socket."""
        self.unretrieved = unretrieved
        """Exceptions that nobody retrieved, of tasks and of callbacks."""
        self.reproducible = reproducible
        """False if something outside the simulation had a say: the notices tell what, and where."""
        self.trace = trace
        """What was recorded."""
        self.choices = choices
        """What was left to chance in its network, and happened; `str` makes a token of them."""
        self._timeline: Timeline | None = None

    def __repr__(self) -> str:
        if self.error is not None:
            outcome = f"raised {type(self.error).__name__}"
        elif self.stopped:
            outcome = "stopped"
        else:
            outcome = f"returned {cut(repr(self.value), _VALUE)}"
        return f"<Run {outcome} after {exactly(self.elapsed)}>"

    def __getitem__(self, task: str | int) -> TaskFacts:
        """Return what became of a task, by its label, its coroutine's name or its number.

        Raises LookupError if no task is called so, or several.
        """
        from vtloop.timeline.task_facts import TaskFacts  # here, as it is slow to import

        return TaskFacts(self.timeline, task)

    @property
    def printed(self) -> tuple[Printed, ...]:
        """The lines printed: when (in nanoseconds), by which task, the text."""
        return self.trace.printed

    @property
    def blocked(self) -> tuple[Blocked, ...]:
        """The calls that blocked the loop: when, how long (in nanoseconds), who, how, where."""
        return self.trace.blocked

    @property
    def notices(self) -> tuple[str, ...]:
        """What else the user of this run should know."""
        return self.trace.notices

    def result(self) -> T:
        """Return the value, or raise the error; UntilReached if the run was stopped."""
        if self.error is not None:
            raise self.error
        if self.stopped:
            raise UntilReached(
                f"The result of a run was asked for, while the run was stopped at its until, after "
                f"{exactly(self.elapsed)}; give it a later until, or none"
            )
        return self.value  # type: ignore[return-value]

    @property  # not a cached one, which for type checkers is no property of a protocol
    def timeline(self) -> Timeline:
        """The trace as a schedule."""
        if self._timeline is None:
            from vtloop.timeline.timeline import Timeline  # here, as it is slow to import

            self._timeline = Timeline(self.trace)
        return self._timeline

    def chart(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Draw its schedule to a file: SVG, PNG or PDF; options as for `vtloop.chart.figure`.

        Other suffixes write other views, see `vtloop.views.formats`.
        """
        from vtloop.views.formats import write

        write(self.timeline, path, **options)

    def marbles(self, **options: Any) -> str:
        """Return its schedule as text; options as for `vtloop.marbles.marbles`."""
        from vtloop.views.marbles import marbles

        return marbles(self.timeline, **options)

    def transcript(self) -> str:
        """Return the printed lines, each with its time in seconds and its task."""
        timestamp = Timestamps(line.who for line in self.printed)
        return "".join(
            f"{timestamp(at, who)}{plain(text.expandtabs())}\n" for at, who, text in self.printed
        )

    def digest(self) -> str:
        """Return a hash that is equal for equal runs, on the same version of Python."""
        return self.trace.digest()

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: the chart, and folded up the printed lines.

        Those stand above it as well, but without their times and tasks.
        """
        from vtloop.views.formats import picture, preformatted  # here, as this is slow to import

        parts = [preformatted(repr(self))]
        if self.printed:
            summary = f"<summary>{counted(len(self.printed), 'line')} printed</summary>"
            parts.append(f"<details>{summary}{preformatted(self.transcript())}</details>")
        return "\n".join([*parts, picture(self.timeline) or preformatted(self.marbles())])
