"""The policy of one run: who runs next, what is late, and a note of all that deviates."""

from __future__ import annotations

import random
import types
from itertools import islice
from typing import Any

from vtloop.core.policy import LoopView, Rest, Take
from vtloop.core.tasks import Task, number_of, stepping
from vtloop.explore.known import Decision, Known, Timer
from vtloop.explore.members.fifo import Fifo
from vtloop.explore.members.member import Delays, Order
from vtloop.explore.members.replaying import Replaying
from vtloop.explore.schedule import CALLBACKS, HOLD, LATE, Deviation, Schedule
from vtloop.net.messages import Message
from vtloop.net.rules import Verdict
from vtloop.private.events import TASKS, current_task, get_running_loop
from vtloop.search.conduct import NO_LIMIT, Endless

PATIENCE = 200
"""How often a lane is passed over at most: a task that polls would hold up the others for ever."""
_NO_CHANCE = random.Random(0)  # of a schedule that is known, whose members draw nothing
_WINDOW = 64  # handles of the ready queue that are looked at; those behind them come later


class Steering:
    """Steers one run by two members, and knows afterwards what deviated.

    `chance` is what members draw from. `limit` is the number of handles that the run may not
    reach: Endless is raised there.
    """

    def __init__(
        self,
        known: Known,
        order: Order,
        delays: Delays,
        chance: random.Random,
        limit: int = NO_LIMIT,
    ) -> None:
        self.known = known
        self.order_member, self.delays = order, delays
        self.chance = chance
        self.steps: dict[int, int] = {}
        self.keys: dict[int, int] = {CALLBACKS: 0}
        self.taken: list[int] = []
        """The lanes that have run, by key, step by step: what tells one schedule from another."""
        self.instants: list[int] = []
        """When something happened."""
        self.timers: list[Timer] = []
        """Those that were set and could be late, and messages that were sent."""
        self.decisions: list[tuple[int, int, int]] = []
        """Wherever several lanes were ready: that which asyncio would have taken, its step, and how
        many steps there had been.
        """
        self._deviations: list[Deviation] = []
        self._timers_of: dict[int, int] = {}
        self._children: dict[int, int] = {}
        self._passed: dict[int, int] = {}
        self._is_fifo, self._is_punctual = type(order) is Fifo, type(delays) is Fifo
        self._limit = limit
        order.begin(self)
        delays.begin(self)

    @property
    def schedule(self) -> Schedule:
        """What has deviated so far."""
        return Schedule(tuple(self._deviations))

    def steer(self, loop: LoopView, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        ready, clock, taken, instants = loop.ready, loop.clock, self.taken, self.instants
        steps, keys, passed = self.steps, self.keys, self._passed

        def next_handle() -> Any:
            if len(taken) >= self._limit:
                self._limit += 1 + len(taken)  # for the runner's cleanup
                raise Endless
            lane = lane_of(ready[0])
            if len(ready) > 1:
                lane = self._next_of_several(loop, lane)
            step = steps.get(lane, 0)
            if passed and (times := passed.pop(lane, 0)):
                self._deviations.append(Deviation(HOLD, lane, step, times))
            steps[lane] = step + 1
            taken.append(keys.get(lane, 0))
            if not instants or instants[-1] != clock.now:
                instants.append(clock.now)
            return take()

        return next_handle, rest

    def _next_of_several(self, loop: LoopView, first: int) -> int:
        """Let a lane be the next of the ready queue; return it."""
        lanes, places = [first], [0]
        for place, handle in enumerate(islice(loop.ready, 1, _WINDOW + 1), 1):
            lane = lane_of(handle)
            if lane not in lanes:
                lanes.append(lane)
                places.append(place)
        if len(lanes) == 1:
            return first
        self.decisions.append((first, self.steps.get(first, 0), len(self.taken)))
        passed = self._passed
        index = 0
        if not self._is_fifo and passed.get(first, 0) < PATIENCE:
            index = self.order_member.pick(lanes)
        if index:
            for lane in lanes[:index]:
                passed[lane] = passed.get(lane, 0) + 1
            loop.prefer(places[index])
        return lanes[index]

    # What the loop tells

    def task_is_made(self, number: int, maker: int) -> None:
        """Take note of a new task, and of whom it was made by."""
        self._children[maker] = nth = self._children.get(maker, 0) + 1
        self.keys[number] = self.known.key_of_child(self.keys.get(maker, 0), nth)

    def late(self, lane: int, now: int, deadline: int) -> int:
        """Return how many nanoseconds later than its deadline a timer fires, which a lane sets."""
        return self._late(lane, now, deadline) if deadline > now else 0

    def rule(self, message: Message) -> Verdict | None:
        """Return what becomes of a message of the network: it may be late as well."""
        late = self._late(running_lane(get_running_loop()), message.now, message.now)
        return Verdict((late,), why="late") if late else None

    def _late(self, lane: int, now: int, deadline: int) -> int:
        number, at = len(self.timers), self._timers_of.get(lane, 0)
        self._timers_of[lane] = at + 1
        self.timers.append(Timer(lane, at, deadline))
        if self._is_punctual:
            return 0
        late = self.delays.late(lane, number, now, deadline)
        if late:
            self._deviations.append(Deviation(LATE, lane, at, late))
        return late

    def end(self) -> None:
        """Let others learn from the run, as it is over."""
        self.order_member.end()
        self.delays.end()
        steps = {self.keys[lane]: count for lane, count in self.steps.items() if lane in self.keys}
        self.known.ran(steps, self.timers, self.instants)

    def met(self) -> list[Decision]:
        """Return the decisions that the run came to."""
        return [
            Decision(self.keys.get(lane, 0), step, len(self.taken) - before)
            for lane, step, before in self.decisions
        ]


class Again(Steering):
    """Steers a run by a schedule that is known; `missed` is what of that has not happened."""

    def __init__(self, known: Known, schedule: Schedule, limit: int = NO_LIMIT) -> None:
        self._again = again = Replaying(schedule)
        super().__init__(known, again, again, _NO_CHANCE, limit)

    @property
    def missed(self) -> list[Deviation]:
        """The deviations that the run has not come to."""
        return self._again.missed


def running_lane(loop: Any) -> int:
    """Return the lane of what runs now, given the loop that runs, or None where none does."""
    task = None if loop is None else current_task(loop)
    return CALLBACKS if task is None else number_of(task)


def lane_of(handle: Any) -> int:
    """Return the lane that a handle of the ready queue is in."""
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    if type(owner) is Task and type(callback) is not types.MethodType:
        return hash(owner)
    if not isinstance(owner, TASKS):
        return CALLBACKS
    task = stepping(handle)  # one that others have made, or a method of a task that is no step
    return CALLBACKS if task is None else number_of(task)
