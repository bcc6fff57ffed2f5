"""Programs that look at a clock until it has moved.

Time in a run does not pass by itself while a program computes. On a real machine it does, and
ordinary code counts on it: `while perf_counter() < end: pass` and `while now() <= due: await
sleep(0)`, or a keep-alive that sets its timer again until its deadline has passed. So here a clock
moves when somebody looks at it often enough. The rules:

- `FREE` looks at one instant take no time, and `OF_EACH` more for each task that looks then. So an
  ordinary program is exact, also one that logs thousands of lines at one instant.
- From then on each look takes time: `SHORTEST` at first, later one part in `PARTS` of the time that
  has passed by looking. So a poll for a millisecond ends a microsecond late, one for an hour a
  third of a second, and neither takes long in real time.
- In tasks that take turns, that time passes when all that is ready at an instant has run. It stops
  at the next deadline, where a timer fires on time, and goes on. So other tasks are on time.
- The user is told, once for each line. Code that has polled before is known after `KNOWN` looks.
- Where the baton has to be handed on for it, a look takes `IN_TURNS` as long: a real thread keeps
  the interpreter for milliseconds when others want it.
- A `time.sleep(0)`, and a try to take a lock that somebody holds (`Event.wait(0)`), are looks too.
- What only watches a program does not count: `logging`, debuggers, test tools, asyncio itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Protocol

from vtloop.errors import LivelockError, SpinWarning
from vtloop.values.callers import is_spectator, reader
from vtloop.values.clock import NANOSECONDS, Clock, format_seconds
from vtloop.values.source import place

FREE = 10_000
OF_EACH = 100
KNOWN = 100
SHORTEST = 1_000  # nanoseconds
PARTS = 10_000
IN_TURNS = 10
LONGEST = 60 * NANOSECONDS
MOST = 50 * 86_400 * NANOSECONDS  # of a poll that nothing else can end

_NOT_ASKED = 20  # looks after one of asyncio's, of which nobody asks whose they are
_MANY = 1_000  # tasks that poll, of which is known since when


class Poll:
    """A task, or thread, that has only looked at a clock since an instant."""

    __slots__ = ("began", "instant", "looks", "sees_more")

    def __init__(self, instant: int) -> None:
        self.began = self.instant = instant  # when it began, and where the clock was last
        self.looks = 0
        self.sees_more = False  # whether it sees now that the clock has moved


class Poller(Protocol):
    """What has to be known of the thread of a run that looks at a clock (see `actor`)."""

    clock: Clock

    def whoami(self) -> str: ...
    def is_alone(self) -> bool: ...
    def let_pass(self, nanoseconds: int, poll: Poll) -> None: ...


class Polling:
    """Lets time pass for a program that looks at a clock again and again; see above."""

    def __init__(self) -> None:
        self.tell: Callable[[str], object] = str
        """What is called with what the user is to know."""
        self._instant = -1
        self._looks = 0  # at this instant
        self._readers: set[str] = set()
        self._known: dict[int, CodeType] = {}  # what has polled, by id(), as a hash takes long
        self._polls: dict[str, Poll] = {}

    def look_by(self, caller: FrameType, actor: Poller) -> None:
        """Take note of a look at the loop's time, where asyncio looks for each timeout."""
        if is_spectator(caller):
            actor.clock.looks_left = _NOT_ASKED
        else:
            self.look(actor)

    def look(self, actor: Poller, how: str = "looked at a clock") -> None:
        """Take note of a look at the clock, as none was left, and of how the program has looked.

        Raises LivelockError if nothing else can happen, and the program has looked for too long.
        """
        clock = actor.clock
        if clock.now != self._instant:  # most looks were at earlier instants
            self._instant = clock.now
            self._looks = 0
            self._readers.clear()
            if not self._known:
                clock.looks_left = FREE
                return
        if (frame := reader()) is None:
            return
        clock.looks_left -= 1  # for whoever wants to know if somebody looks
        self._looks += 1
        who = actor.whoami()
        self._readers.add(who)
        poll = self._polls.get(who)
        if poll is None or poll.instant != clock.now:
            if len(self._polls) > _MANY:
                self._polls.clear()
            poll = self._polls[who] = Poll(clock.now)
        poll.looks += 1
        polls = poll.looks > KNOWN and id(frame.f_code) in self._known
        if not polls and self._looks > FREE + OF_EACH * len(self._readers):
            polls = True
            poll.looks += KNOWN
            self._tell(actor, frame, how)
            self._known[id(frame.f_code)] = frame.f_code
        if polls:
            self._pass_time(actor, poll, how)

    def _pass_time(self, actor: Poller, poll: Poll, how: str) -> None:
        passed = actor.clock.now - poll.began
        if passed > MOST and actor.is_alone():
            message = (
                f"{actor.whoami()} {how} again and again since virtual time "
                f"{actor.clock.told(poll.began)}, for {format_seconds(passed)}, while nothing else "
                "could happen; wait for what is polled, or sleep between two looks"
            )
            raise LivelockError(actor.clock.dated(message))
        actor.let_pass(min(max(SHORTEST, passed // PARTS), LONGEST), poll)

    def _tell(self, actor: Poller, frame: FrameType, how: str) -> None:
        """Tell that a line of the program polls; the first one also by a warning."""
        message = actor.clock.dated(
            f"{actor.whoami()} {how} again and again at virtual time "
            f"{actor.clock.told(actor.clock.now)}, at {place(frame)}; from then on each look took "
            "some time, as on a real machine. For exact times wait for what is polled, or sleep "
            "until it is due; code that waits for a clock to pass a deadline, and not just to "
            "reach it, needs timer_slack="
        )
        self.tell(message)
        if not self._known:
            registry = frame.f_globals.setdefault("__warningregistry__", {})
            file, module = frame.f_code.co_filename, frame.f_globals.get("__name__")
            warnings.warn_explicit(
                message, SpinWarning, file, frame.f_lineno, module, registry=registry
            )
