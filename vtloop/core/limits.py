"""What bounds a run: how far its clock may go, and when nothing is left to wait for."""

from __future__ import annotations

from vtloop.core.hazards import Spin
from vtloop.values.clock import NANOSECONDS, NEVER, Seconds, to_nanoseconds

_CLEANUP = 86_400 * NANOSECONDS  # of virtual time beyond `until`


class Limits:
    """The bounds of one loop's run. Times are nanoseconds of virtual time."""

    __slots__ = ("settles", "slack", "spin", "until")

    def __init__(self, until: Seconds | None, timer_slack: Seconds) -> None:
        """`until` and `timer_slack` are seconds; None for a run without end."""
        self.until = NEVER if until is None else to_nanoseconds(until)
        """The instant that the run must not pass."""
        self.slack = to_nanoseconds(timer_slack)
        """How much later than its deadline each timer fires."""
        self.settles = False
        """Whether the run just ends when only tasks are left that wait for ever."""
        self.spin = Spin()
        """Counts how long tasks have polled at one instant."""

    def end_of_wait(self, deadline: int) -> int:
        """Return up to which instant the clock may go for a timer of some deadline."""
        return min(deadline + self.slack, self.until)

    def allow_cleanup(self, now: int) -> None:
        """Let the run go on past its end for a day, so that what is left can be cancelled."""
        self.until = now + _CLEANUP
