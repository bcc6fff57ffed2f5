"""A run that is told as it goes: which task is held, where it stands, and which timer is late."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

from vtloop.core.policy import LoopView
from vtloop.core.tasks import label
from vtloop.explore.known import Known
from vtloop.explore.schedule import CALLBACKS, Schedule, duration
from vtloop.explore.steering import Again, lane_of
from vtloop.private.events import current_task, get_running_loop
from vtloop.search.location import programs_lines
from vtloop.values.clock import format_seconds
from vtloop.values.source import line_of_program
from vtloop.values.text import counted


class Narrating(Again):
    """Makes a schedule again, and tells what it does: one line for each deviation."""

    def __init__(self, known: Known, schedule: Schedule, limit: int) -> None:
        super().__init__(known, schedule, limit)
        self._story: list[str | tuple[str, Counter[str]]] = []
        self._held: dict[tuple[int, int], Counter[str]] = {}  # who goes ahead of which step

    @property
    def story(self) -> tuple[str, ...]:
        """What deviates, in words, in the order in which it happens."""
        return tuple(one if isinstance(one, str) else _held(*one) for one in self._story)

    def _next_of_several(self, loop: LoopView, first: int) -> int:
        tasks = {lane_of(handle): handle for handle in reversed(loop.ready)}
        before = self._passed.copy()
        lane = super()._next_of_several(loop, first)
        for held, times in self._passed.items():
            if times > before.get(held, 0):
                place = held, self.steps.get(held, 0)
                if place not in self._held:
                    self._held[place] = Counter()
                    self._story.append((_where(held, tasks[held], loop), self._held[place]))
                self._held[place][_name(lane, tasks[lane])] += 1
        return lane

    def _late(self, lane: int, now: int, deadline: int) -> int:
        late = super()._late(lane, now, deadline)
        if late:
            task = None if (loop := get_running_loop()) is None else current_task(loop)
            who = "a callback" if task is None else label(task)
            where = f"  at {line_of_program()}" if task is None else programs_lines(task)
            asked, took = duration(deadline - now), duration(deadline - now + late)
            long = f"{took} and not {asked}" if took != asked else f"{duration(late)} over {asked}"
            what = f"{who} waits from {format_seconds(now)} on, {long}"
            if now == deadline:
                what = f"what {who} sends at {format_seconds(now)} arrives {duration(late)} later"
            self._story.append(f"{what}\n{where}")
        return late


def _held(where: str, ahead: Counter[str]) -> str:
    steps = " and ".join(f"{name} takes {counted(times, 'step')}" for name, times in ahead.items())
    return f"{where}\n  while {steps}"


def _where(lane: int, handle: Any, loop: LoopView) -> str:
    at = format_seconds(loop.virtual_time())
    task = None if lane == CALLBACKS else loop.task_of(lane)
    if task is None:
        return f"{_name(lane, handle)} has to wait at {at}"
    who = f"{label(task)} is ready at {at}, and has to wait"
    if inspect.getcoroutinestate(task.get_coro()) == inspect.CORO_CREATED:  # type: ignore[arg-type]
        return f"{who} before it begins"
    return f"{who}\n{programs_lines(task)}"


def _name(lane: int, handle: Any) -> str:
    if lane == CALLBACKS or handle._callback is None:
        return "a callback"
    return label(handle._callback.__self__)
