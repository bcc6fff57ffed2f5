"""The search for an order of operations, one after the other, that a model allows.

It is that of Wing and Gong ("Testing and verifying concurrent objects", 1993), which tries whoever
may be next, with Lowe's memory of what has been tried ("Testing for linearizability", 2017), part
by part as Horn and Kroening do ("Faster linearizability checking via P-compositionality", 2015).

- A *position* is how far an order has come: which operations are in it, and the state of the model.
  Two orders that come to the same position go on alike, so one of them is enough.
- May be next who began before the first end of those that are not in the order yet.
- A read that can be next comes next: it changes nothing for the others.
- An operation whose result nobody knows has no end, and need not be in the order. Positions with
  fewer of these are looked at first. Then one is not needed if all of its operations with results,
  some of the others and the same state were there before: with fewer left to choose from, it leads
  to nothing that the earlier one does not. Of equal ones, that which began first is taken first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from vtloop.histories.model import Model
from vtloop.histories.operations import Operation, in_words


class OutOfBudget(Exception):
    """The model has been asked as often as it may be; nothing has been found out."""


class Budget:
    """How often a model may still be asked what an operation does."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def spend(self) -> None:
        """Take note of a question; raise OutOfBudget instead if there is none left."""
        if self.left <= 0:
            raise OutOfBudget
        self.left -= 1


class Position:
    """How far an order has come."""

    __slots__ = ("before", "bound", "low", "operation", "state", "used", "window")

    def __init__(
        self,
        low: int,
        window: int,
        used: int,
        state: Any,
        operation: Operation | None = None,
        before: Position | None = None,
    ) -> None:
        self.low = low  # up to which all operations with results are in it
        self.window = window  # which further ones are, as bits from there on
        self.used = used  # which of the others are, as bits
        self.state = state
        self.operation = operation  # that came last
        self.before = before
        self.bound = inf  # the first end of those that are not in it

    def order(self) -> list[tuple[Operation, Any]]:
        """Return the operations in it, each with the state after it."""
        found: list[tuple[Operation, Any]] = []
        position = self
        while position.before is not None and position.operation is not None:
            found.append((position.operation, position.state))
            position = position.before
        return found[::-1]

    def reach(self) -> tuple[float, int]:
        """Return how far it is: up to which end everything is in it, and how many are in it."""
        return self.bound, self.low + self.window.bit_count()


class Ordering:
    """A search for an order of operations, sorted by their beginnings."""

    def __init__(self, model: Model, start: Any, operations: Sequence[Operation]) -> None:
        self._model = model
        self._known = [one for one in operations if one.last is not None]
        self._others = [one for one in operations if one.last is None]
        self._twins = list(_twins(self._others))
        self._steps: dict[tuple[int, Any], list[Any]] = {}
        self._seen: dict[tuple[int, int, Any], list[int]] = {}
        self._root = Position(0, 0, 0, start)
        self.furthest = self._root
        """The first position that no other one is further than."""

    def search(self, budget: Budget) -> Position | None:
        """Return a position in which all operations with results are; None if there is none.

        Raises OutOfBudget where the budget ends.
        """
        self._take_note(self._root)
        positions: Iterator[Position] = iter([self._root])
        while True:
            found, passed = self._explore(positions, budget)
            if found is not None or not passed:
                return found
            passed.sort(key=Position.reach, reverse=True)
            positions = self._with_others(passed, budget)

    def _explore(
        self, positions: Iterator[Position], budget: Budget
    ) -> tuple[Position | None, list[Position]]:
        """Go on from positions with operations with results, until all are in; say where it was."""
        passed: list[Position] = []
        stack = [positions]
        while stack:
            position = next(stack[-1], None)
            if position is None:
                stack.pop()
            elif position.low == len(self._known):
                return position, passed
            else:
                places = self._next_after(position)
                if position.reach() > self.furthest.reach() or position is self._root:
                    self.furthest = position
                passed.append(position)
                stack.append(self._after(position, places, budget))
        return None, passed

    def candidates(self, position: Position) -> list[Operation]:
        """Return the operations with results that may be next."""
        return [self._known[place] for place in self._next_after(position)]

    def _next_after(self, position: Position) -> list[int]:
        """Return which operations with results may be next; note the first end of these."""
        places, bound = [], inf
        window = position.window
        for place in range(position.low, len(self._known)):
            operation = self._known[place]
            if operation.first > bound:
                break
            if not window & 1:
                places.append(place)
                bound = min(bound, operation.last or inf)
            window >>= 1
        position.bound = bound
        return places

    def _after(self, position: Position, places: list[int], budget: Budget) -> Iterator[Position]:
        """Yield the new positions with one operation more."""
        steps = []
        for place in places:
            budget.spend()
            states = self._states_after(position.state, place)
            if states and self._known[place].name in self._model.reads:
                steps = [(place, states)]  # it may come now as well as later: nobody notices
                break
            steps.append((place, states))
        for place, states in steps:
            low, window = position.low, position.window | 1 << (place - position.low)
            while window & 1:
                window >>= 1
                low += 1
            for state in states:
                after = Position(low, window, position.used, state, self._known[place], position)
                if self._take_note(after):
                    yield after

    def _states_after(self, state: Any, place: int) -> list[Any]:
        """Return the states after an operation that has had its result."""
        found = self._steps.get((place, state))
        if found is None:
            operation = self._known[place]
            outcomes = self._model.outcomes(state, operation)
            found = [after for after, result in outcomes if fits(result, operation)]
            if operation.name in self._model.reads and not all(
                same(after, state) for after in found
            ):
                raise ValueError(
                    f"The model {self._model} says that {operation.name!r} is one of its reads, "
                    f"while {operation.call} changes the state {in_words(state)} to "
                    f"{in_words(found[0])}; leave it out of `reads`"
                )
            self._steps[place, state] = found
        return found

    def _with_others(self, passed: list[Position], budget: Budget) -> Iterator[Position]:
        """Yield the new positions with one operation more of which nobody knows the result."""
        for position in passed:
            for place, operation in enumerate(self._others):
                if operation.first > position.bound:
                    break
                twin = self._twins[place]
                if position.used >> place & 1 or (twin >= 0 and not position.used >> twin & 1):
                    continue
                budget.spend()
                used = position.used | 1 << place
                for state, _ in self._model.outcomes(position.state, operation):
                    if same(state, position.state):
                        continue
                    low, window = position.low, position.window
                    after = Position(low, window, used, state, operation, position)
                    if self._take_note(after):
                        yield after

    def _take_note(self, position: Position) -> bool:
        """Take note of a position; return whether it leads to what no earlier one does."""
        key = position.low, position.window, position.state
        try:
            seen = self._seen.setdefault(key, [])
        except TypeError as error:
            raise TypeError(
                f"The model {self._model} has the state {in_words(position.state)}, which is not "
                "hashable; let states be values such as tuples and frozensets"
            ) from error
        if any(used & position.used == used for used in seen):
            return False
        seen.append(position.used)
        return True

    @property
    def first_end(self) -> int:
        """The end that no order came beyond: the least of those that the furthest leaves out."""
        return int(self.furthest.bound)


def fits(result: Any, operation: Operation) -> bool:
    """Return whether a result of the model is that which an operation had."""
    return same(result, operation.result)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, or one: nan is equal to nothing."""
    return one is other or bool(one == other)


def _twins(operations: Sequence[Operation]) -> Iterator[int]:
    """Yield for each operation the place of the last equal one before it, or -1."""
    places: dict[Any, int] = {}
    for place, one in enumerate(operations):
        asked = one.name, one.arguments, tuple(one.keywords.items())
        try:
            yield places.get(asked, -1)
        except TypeError:  # an argument is not hashable: then all are tried
            yield -1
        else:
            places[asked] = place
