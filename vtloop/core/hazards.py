"""The ways in which virtual time can go wrong, and what the run says then.

- *Deadlock*: nothing is ready and nothing is pending.
- *Spin*: tasks poll at one instant (`while not done: await sleep(0)`), and not the clock (for that
  see `polling`). On a real machine each round takes time, so a pending deadline comes after enough
  rounds; here the clock stands still. A round is therefore granted `ROUND_COST`: after as many
  rounds as fit before the next deadline, at most `MAX_ROUNDS`, the clock moves there, and the run
  says so.
- *Livelock*: a spin with no deadline to move to.
- A run without end, for which there is `until`. One that is recorded ends at `MAX_RECORDED` steps,
  before it has filled the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from vtloop.core import waits
from vtloop.core.recorder import Recorder
from vtloop.core.tasks import in_order, label
from vtloop.core.threads.all_threads import Threads
from vtloop.core.threads.baton import GuestLoop
from vtloop.errors import (
    DeadlockBeforeUntil,
    DeadlockError,
    LivelockError,
    SimulationError,
    UntilReached,
)
from vtloop.private.events import TASKS, format_handle, logger
from vtloop.values.clock import NANOSECONDS, NEVER, Clock, plain_seconds
from vtloop.values.source import place, program_frames

ROUND_COST = 10_000  # nanoseconds of a real machine's time for one round of polling
MAX_ROUNDS = 1_000_000  # at one instant
CHECK_ROUNDS = 1_000  # rounds between two checks
MAX_RECORDED = 5_000_000  # steps: a gigabyte or two


class Loop(GuestLoop, Protocol):
    """The loop that is in trouble."""

    @property
    def clock(self) -> Clock: ...
    @property
    def threads(self) -> Threads: ...


class Spin:
    """Counts the rounds at one instant."""

    _instant = -1
    _rounds = 0
    _looks_left = 0
    warned = False
    """Whether the user was warned already."""

    def goes_on_too_long(self, clock: Clock, next_deadline: int) -> bool:
        """Return whether the clock should have moved; called every `CHECK_ROUNDS` rounds."""
        looks_left, self._looks_left = self._looks_left, clock.looks_left
        if clock.now != self._instant:  # most of those rounds were at earlier instants
            self._instant, self._rounds = clock.now, 0
            return False
        if not 0 <= looks_left - clock.looks_left < CHECK_ROUNDS // 2:
            return False  # they look at a clock, which moves by that (see `polling`)
        self._rounds += CHECK_ROUNDS
        return self._rounds >= min(MAX_ROUNDS, (next_deadline - clock.now) // ROUND_COST)


def _time(loop: Loop) -> str:
    return loop.clock.told(loop.clock.now)


def _names(clock: Clock, recorder: Recorder | None) -> waits.Names:
    return waits.Names(None if recorder is None else recorder.primitives(), clock.began)


def _blocked_tasks(loop: GuestLoop, names: waits.Names) -> list[waits.Wait]:
    return [waits.describe(task, names) for task in loop.pending_tasks()]


def _blocked_threads(threads: Threads, names: waits.Names) -> Iterator[str]:
    """Yield what to say of each thread that waits, or of the tasks of the loop that it runs."""
    for thread in threads.at_work():
        name = f"thread {thread.thread.name!r}"
        loop = thread.loop if thread.suspended else None
        tasks = [] if loop is None else _blocked_tasks(loop, names)
        for wait in tasks:
            yield str(wait._replace(task=f"{wait.task} of the loop in {name}"))
        if not tasks:
            at, what = thread.waits_at(), thread.waits_for()
            waits = f"{name} waits for {what}" if what else f"{name} waits"
            yield f"{waits}\n      at {at}" if at else waits


def _listed(blocked: Iterable[object]) -> str:
    return "\n".join(f"  - {wait}" for wait in blocked)


def _circle(blocked: list[waits.Wait]) -> str:
    """Tell of tasks of which each holds what the one before it waits for; '' if there are none."""
    names = {wait.number: wait.task for wait in blocked if wait.number}
    holder_of = {wait.number: wait.holders[0] for wait in blocked if len(wait.holders) == 1}
    for task in names:
        way = [task]
        while (holder := holder_of.get(way[-1])) in names and holder not in way:
            way.append(holder)
        if way == [holder]:
            return f"\n{names[task]} waits for what it holds itself."
        if holder == task:
            return f"\nThey wait in a circle: {' → '.join(names[one] for one in [*way, task])}."
    return ""


def deadlock(loop: Loop, recorder: Recorder | None, until: int = NEVER) -> DeadlockError:
    """Return the error for a run in which nothing can happen, before `until` or at all."""
    kind, in_vain = DeadlockError, ""
    if until < NEVER:
        kind = DeadlockBeforeUntil
        in_vain = (
            f"\nThis is a deadlock, so the run ends here, though "
            f"until={plain_seconds(until - loop.clock.began)} was asked for."
        )
    names = _names(loop.clock, recorder)
    blocked = _blocked_tasks(loop, names)
    if not blocked:
        message = (
            f"The loop was run at virtual time {_time(loop)} while it had nothing to do: no task, "
            "no timer, no thread that could call in; give it a task, or call loop.stop() first"
        )
        return kind(loop.clock.dated(message + in_vain))
    count = "1 task waits" if len(blocked) == 1 else f"{len(blocked)} tasks wait"
    message = (
        f"The program waited at virtual time {_time(loop)} while nothing was ready, no timer was "
        f"pending and no thread could call in; {count} for ever:\n"
        + _listed([*blocked, *_blocked_threads(loop.threads, names)])
        + _circle(blocked)
        + in_vain
        + "\nLet some task do what they wait for, or give the wait a timeout."
    )
    return kind(loop.clock.dated(message))


def blocked_for_ever(
    who: str, since: int, clock: Clock, threads: Threads, what: str, in_a_loop: bool = True
) -> DeadlockError:
    """Return the error for what blocks a thread, in a loop or outside, with nobody to end it.

    `what` it waits for is told where that is the network's.
    """
    waits = f"{who} waits for {what}" if what else f"{who} waits"
    itself = f"{waits}\n      at {place(program_frames()[0])}"
    message = (
        f"{who} blocked {'the loop' if in_a_loop else 'the program'}'s own thread at virtual time "
        f"{clock.told(since)} with a wait for {what or 'another thread'}, while no thread was left "
        "that could end it:\n"
        + _listed([itself, *_blocked_threads(threads, _names(clock, None))])
        + f"\n{'Await an asyncio primitive instead, or give' if in_a_loop else 'Give'} the wait a "
        "timeout."
    )
    return DeadlockError(clock.dated(message))


def livelock(loop: Loop, ready: Iterable[Any]) -> LivelockError:
    """Return the error for tasks that spin with no deadline to move the clock to."""
    message = (
        f"{_spinners(ready)} ran for {MAX_ROUNDS:,} rounds at virtual time {_time(loop)} while no "
        "timer was pending, so the clock could not move; wait for what is polled (an Event, a "
        "Condition, a Queue), or sleep a little longer than 0 between two looks"
    )
    return LivelockError(loop.clock.dated(message))


def check_length(loop: Loop, recorder: Recorder) -> None:
    """Raise SimulationError if more of a run was recorded than the memory may hold."""
    if recorder.length > MAX_RECORDED:
        raise SimulationError(
            f"The run was recorded for {MAX_RECORDED:,} steps, up to virtual time {_time(loop)}, "
            "and went on; pass until= to end it earlier, or use vtloop.run(), which records nothing"
        )


def spin_message(loop: Loop, ready: Iterable[Any], deadline: int) -> str:
    """Return what a run says when it moves the clock under tasks that spin."""
    return loop.clock.dated(
        f"{_spinners(ready)} kept the loop busy round after round at virtual time {_time(loop)} "
        f"while the next timer was due at {loop.clock.told(deadline)}; the clock was moved there, "
        "as on a real machine, where each round takes time. For exact times wait for what is "
        "polled, or sleep a little longer than 0 between two looks"
    )


def _spinners(ready: Iterable[Any]) -> str:
    running = (getattr(handle._callback, "__self__", None) for handle in tuple(ready))
    tasks = {id(task): task for task in running if isinstance(task, TASKS)}
    return ", ".join(map(label, in_order(tasks.values()))) or "callbacks"


def until_reached(loop: Loop, until: int) -> UntilReached:
    """Return the error that stops a run at its `until`."""
    pending = _blocked_tasks(loop, _names(loop.clock, None))
    left = f":\n{_listed(pending)}" if pending else ": none"
    message = (
        f"The run reached until={plain_seconds(until - loop.clock.began)} seconds of virtual time "
        f"while it was not finished; give it a later until, or none. Tasks left{left}"
    )
    return UntilReached(loop.clock.dated(message))


def log_if_slow(handle: Any, nanoseconds: int, limit: float) -> None:
    """Warn, in debug mode, of a callback that blocked the loop for `limit` virtual seconds."""
    seconds = nanoseconds / NANOSECONDS
    if seconds >= limit:
        described = format_handle(handle)
        logger().warning("Executing %s took %.3f seconds", described, seconds)
