"""How long a run takes, or the body of a `with` while it runs."""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_left

from vtloop.claims.claim import MOST_PLACES, Claim, Evidence, picture, unique
from vtloop.claims.words import claimed, compared, places_before, refuse_if_going_on, suspended
from vtloop.core.patches.asyncio_locks import current_recorder
from vtloop.core.probes import instant
from vtloop.errors import ClaimError
from vtloop.timeline.periods import end_of
from vtloop.timeline.spans import WAITING
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import Seconds, format_seconds
from vtloop.values.source import calling_frame, place

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here


class takes(Claim):
    """Claim that a run's main task returns after so many seconds, exactly.

        takes(2).check(vtloop.simulate(main))

    As a context manager, with `with` or `async with`, it claims so of its body, in any run in
    virtual time, and raises ClaimError at the end of the body:

        async with vtloop.takes(2):
            await asyncio.gather(fetch(1), fetch(2))
    """

    def __init__(self, seconds: Seconds) -> None:
        self._expected = claimed(seconds)
        self._begun: dict[object, list[int]] = {}  # bodies that have begun, by who runs them

    def __str__(self) -> str:
        return f"the run takes {format_seconds(self._expected)}"

    def judge(self, timeline: Timeline) -> Evidence:
        refuse_if_going_on(
            timeline,
            f"That the run takes {format_seconds(self._expected)}",
            "use vtloop.takes with a body, in `async with`",
        )
        header, main = timeline.trace.header, timeline.lanes.get(1)
        taken = header.get("finished")
        if taken is None:
            taken = timeline.end if main is None or main.ended is None else main.ended
        took = format_seconds(taken)
        if header.get("stopped"):
            actual = f"the run was stopped at {took}, by its until"
        elif header.get("error"):
            actual = f"the run raised {header['error'].splitlines()[0]} at {took}"
        elif main is None or main.outcome != "returned":
            actual = f"the main task did not return, up to {took}"
        else:
            holds = taken == self._expected
            actual = f"the run took {took}{compared(taken, self._expected, 'more', 'less')}"
            return Evidence(holds, actual, _deciding(timeline), (0, taken), _waits(timeline))
        places = () if main is None else places_before(timeline, main, end_of(main))
        return Evidence(False, actual, (), (0, taken), places)

    # Online

    def __enter__(self) -> None:
        since = instant(f"A claim of {format_seconds(self._expected)} was made")
        self._begun.setdefault(_who(), []).append(since)

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        who = _who()
        if who not in self._begun:  # it ends in another task, as that of a fixture may
            who = next(iter(self._begun))
        begun = self._begun[who]
        since = begun.pop()
        if not begun:
            del self._begun[who]
        if kind is not None:
            return
        until = instant("The end of a claim was reached")
        taken = until - since
        if taken != self._expected:
            raise ClaimError(
                f"Claimed: this takes {format_seconds(self._expected)}; in fact it took "
                f"{format_seconds(taken)}, from {format_seconds(since)} to {format_seconds(until)}"
                f"{compared(taken, self._expected, 'more', 'less')}\n  {place(calling_frame())}"
                f"{_schedule(since, until)}"
            )

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, kind: object, error: object, traceback: object) -> None:
        self.__exit__(kind, error, traceback)


def _who() -> object:
    """Return who runs a body: bodies of one claim may overlap, in several tasks."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return threading.get_ident() if task is None else id(task)


def _schedule(since: int, until: int) -> str:
    """Return what has decided how long a body took, as text; '' in a run that is not recorded."""
    recorder = current_recorder()
    if recorder is None:
        return ""
    timeline = Timeline(recorder.so_far())
    return f"\n{picture(timeline, _deciding(timeline), (since, until))}"


def _deciding(timeline: Timeline) -> tuple[int, ...]:
    """Return the tasks that a delay of would have delayed the run, the last first."""
    steps = map(timeline.trace.step, reversed(timeline.critical_path()))
    return unique(step.who for step in steps if step.who)


def _waits(timeline: Timeline) -> tuple[str, ...]:
    """Return the last of those tasks' waits that took time, the latest first."""
    waits = {
        span.step: span
        for number in _deciding(timeline)
        for span in timeline.lanes[number].spans
        if span.state == WAITING and span.end > span.start
    }
    found: list[str] = []
    for index in reversed(timeline.critical_path()):
        lane = timeline.lanes.get(timeline.trace.step(index).who)
        if lane is not None and index != lane.steps[0]:
            span = waits.get(lane.steps[bisect_left(lane.steps, index) - 1])
            found += [suspended(timeline, lane, span)] if span is not None else []
        if len(found) == MOST_PLACES:
            break
    return unique(found)
