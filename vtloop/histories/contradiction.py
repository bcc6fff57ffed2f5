"""What is wrong with operations that have no order: the fewest that contradict each other.

Everything here is as if some operations were *open*: nobody knows their result, so each may have
taken effect at any moment since it began, or never. That allows more orders. So if there is none
although some are open, the others contradict each other, whatever those did.

- What began after the contradiction was complete is left out, and what ended after that is open.
  The operation by whose end it was complete is the one that *fits nowhere*.
- Then as many of the others are left out as can be: first groups of which the model says that they
  can be taken away together, such as all that is done with one value, as that is quick; then each
  that can be open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from vtloop.histories.model import Model
from vtloop.histories.operations import Operation, in_words
from vtloop.histories.ordering import Budget, Ordering, OutOfBudget, fits

_QUESTIONS = 200_000  # to the model
_SHARE = 10_000  # of them, for one try
_MOST_RESULTS = 3  # of a model, that are told


class Contradiction(NamedTuple):
    """Operations that no order fits, with what comes of the best try."""

    operations: tuple[Operation, ...]
    """Those that contradict each other, and such as the best try needs."""
    needed: tuple[Operation, ...]
    """Those that contradict each other, whatever the others did."""
    misfit: Operation
    """The one that fits nowhere: before it ended, there was an order."""
    order: tuple[tuple[Operation, Any], ...]
    """The order that comes furthest, each with the state of the model after it."""
    state: Any
    """The state of the model after that order."""
    refusals: tuple[tuple[Operation, str], ...]
    """Those that could be next by their time, each with what the model says to it."""


def contradiction_in(
    model: Model,
    start: Any,
    operations: Sequence[Operation],
    first_end: int,
    questions: int,
    *,
    is_certain: bool,
) -> Contradiction | None:
    """Return what is wrong with operations of which no order comes beyond `first_end`.

    If that is not certain, as their orders have not all been tried, None if nothing is found. With
    more questions to the model, fewer operations are told.
    """
    budget = Budget(min(questions, _QUESTIONS))
    ending = sorted(
        (one for one in operations if one.last is not None and one.last >= first_end), key=_end
    )
    for misfit in ending if is_certain else ending[:1]:
        known = list(_before(operations, _end(misfit)))
        left = _by_few_groups(model, start, known, misfit, budget)
        if left is None and is_certain:
            is_complete = misfit is ending[-1] or _has_no_order(model, start, known, budget)
            left = _by_many_groups(model, start, known, budget) if is_complete else None
        if left is not None:
            spared = _union(_sparable(model, start, left, misfit, budget))
            return _explained(model, start, left, spared, misfit, budget)
    return None


def _explained(
    model: Model,
    start: Any,
    operations: list[Operation],
    spared: frozenset[int],
    misfit: Operation,
    budget: Budget,
) -> Contradiction:
    """Return a contradiction in words, of operations of which those that are spared are open."""
    ordering = Ordering(model, start, _all_open(operations, spared))
    try:
        ordering.search(budget)
    except OutOfBudget:
        pass  # then the order is the best of those that were tried
    furthest = ordering.furthest
    refusals = tuple(
        (one, reason)
        for one in ordering.candidates(furthest)
        if (reason := _refusal(model, furthest.state, one))
    )
    whose = {one.first: one for one in operations}
    order = tuple((whose[one.first], state) for one, state in furthest.order())
    needed = tuple(_without([one for one in operations if one.last is not None], spared))
    told = {one.first for one in needed} | {one.first for one, _ in order}
    shown = tuple(one for one in operations if one.first in told)
    return Contradiction(shown, needed, misfit, order, furthest.state, refusals)


def _before(operations: Sequence[Operation], end: int) -> Iterator[Operation]:
    """Yield what was known at an end: what had begun, with the results that were there."""
    for one in operations:
        if one.first < end:
            yield one if one.last is None or one.last <= end else _opened(one)


def _groups(model: Model, operations: Sequence[Operation]) -> list[frozenset[int]]:
    return [frozenset(one.first for one in group) for group in model.groups(operations)]


def _by_few_groups(
    model: Model, start: Any, operations: list[Operation], misfit: Operation, budget: Budget
) -> list[Operation] | None:
    """Return operations without an order: those of the misfit's group, and of one more at most."""
    groups = _groups(model, operations)
    own = _union(group for group in groups if misfit.first in group)
    whose = {one.first: one for one in operations}
    rest = whose.keys() - _union(groups)
    for other in [own, *groups] if own else ():
        left = [whose[first] for first in sorted(rest | own | other)]
        if _has_no_order(model, start, left, budget):
            return left
    return None


def _by_many_groups(
    model: Model, start: Any, operations: list[Operation], budget: Budget
) -> list[Operation]:
    """Return operations without an order, after as many groups as can be were taken away."""
    spared = _spared(
        _groups(model, operations),
        lambda places: _has_no_order(model, start, _without(operations, places), budget),
    )
    return _without(operations, _union(spared))


def _sparable(
    model: Model, start: Any, operations: list[Operation], misfit: Operation, budget: Budget
) -> list[frozenset[int]]:
    """Return which operations can be open, all together, without there being an order.

    That none of the others can is certain if the budget has lasted.
    """
    known = [one for one in operations if one.last is not None and one is not misfit]
    return _spared(
        [frozenset({one.first}) for one in known],
        lambda places: _has_no_order(model, start, _all_open(operations, places), budget),
    )


def _spared(
    groups: list[frozenset[int]], suffices: Callable[[frozenset[int]], bool]
) -> list[frozenset[int]]:
    """Return which groups can be spared, all together: many at once are tried first."""
    spared: list[frozenset[int]] = []
    size = len(groups)
    while size:
        needed: list[frozenset[int]] = []
        for place in range(0, len(groups), size):
            some = groups[place : place + size]
            if suffices(_union([*spared, *some])):
                spared += some
            else:
                needed += some
        groups, size = needed, size // 2
    return spared


def _union(groups: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*groups)


def _has_no_order(
    model: Model, start: Any, operations: Sequence[Operation], budget: Budget
) -> bool:
    """Return whether it is certain that there is no order, at the price of a part of the budget."""
    share = Budget(min(budget.left, _SHARE))
    budget.left -= share.left
    try:
        return Ordering(model, start, operations).search(share) is None
    except OutOfBudget:
        return False
    finally:
        budget.left += share.left


def _without(operations: Sequence[Operation], places: frozenset[int]) -> list[Operation]:
    return [one for one in operations if one.first not in places]


def _all_open(operations: Sequence[Operation], places: frozenset[int]) -> list[Operation]:
    return [_opened(one) if one.first in places else one for one in operations]


def _opened(operation: Operation) -> Operation:
    return replace(operation, last=None)


def _end(operation: Operation) -> int:
    return operation.last or 0


def _refusal(model: Model, state: Any, operation: Operation) -> str:
    """Return why a model does not let an operation be next, in words; '' if it does."""
    results = [result for _, result in model.outcomes(state, operation)]
    if any(fits(result, operation) for result in results):
        return ""
    if not results:
        return f"returned {operation.answer}, where it has to wait"
    told = [in_words(result) for result in results[:_MOST_RESULTS]]
    told += ["…"] if len(results) > _MOST_RESULTS else []
    return f"returned {operation.answer}, where it returns {' or '.join(told)}"
