"""Whether a history is linearizable, and what shows it: an order, or a contradiction."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from vtloop.errors import ClaimError
from vtloop.histories.contradiction import Contradiction, contradiction_in
from vtloop.histories.model import Model
from vtloop.histories.operations import Operation, in_words
from vtloop.histories.ordering import Budget, Ordering, OutOfBudget
from vtloop.values.columns import columns, padded, plain
from vtloop.values.text import counted

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BUDGET = 300_000  # questions to the model, which take some seconds
_MOST_LINES = 20  # of a message
_MOST_CALLS = 8  # of an order in a line


def linearizable(
    history: Iterable[Operation], model: Model | type[Model], *, budget: int = _BUDGET
) -> Verdict:
    """Return whether each operation of a history could have happened at one moment of its own.

    That moment lies between its beginning and its end, and all operations together are to do what
    `model` does when one client uses it. An operation whose result nobody knows may have happened
    since it began, or not. `budget` is how often the model may be asked, for each of its parts,
    what an operation does; a verdict for which that is too little is neither true nor refuted.
    """
    if isinstance(model, type):
        model = model()
    if not isinstance(model, Model):
        raise TypeError(
            f"{model!r} was given as the model of a history, which is none; pass a Model, such as "
            "vtloop.histories.Register() or one of your own"
        )
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 1:
        raise ValueError(f"budget={budget!r} was given; pass how often the model may be asked")
    operations = sorted(history, key=lambda one: one.first)
    model.refuse_unless_known(operations)
    parts: dict[Any, list[Operation]] = {}
    for one in operations:
        parts.setdefault(model.part_of(one), []).append(one)
    judged = [_judge(model, part, inside, budget) for part, inside in parts.items()]
    orders = [part.order for part in judged if part.order is not None]
    if len(orders) == len(judged):
        return Verdict(model, operations, budget, order=_merged(orders))
    without = sorted(
        (found for found in judged if found.order is None), key=lambda found: found.first_end
    )
    for part, _, first_end, is_certain in without:
        start, inside = model.initial_of(part), parts[part]
        wrong = contradiction_in(model, start, inside, first_end, budget, is_certain=is_certain)
        if wrong is not None:
            return Verdict(model, operations, budget, part, contradiction=wrong)
    return Verdict(model, operations, budget, without[0].part)


class _Judged(NamedTuple):
    """What has been found of a part: an order, or the end up to which there is one."""

    part: Any
    order: Sequence[tuple[Operation, Any]] | None
    first_end: int = 0
    is_certain: bool = True
    """Whether all orders have been tried."""


def _judge(model: Model, part: Any, operations: list[Operation], budget: int) -> _Judged:
    ordering = Ordering(model, model.initial_of(part), operations)
    try:
        found = ordering.search(Budget(budget))
    except OutOfBudget:
        return _Judged(part, None, ordering.first_end, is_certain=False)
    if found is None:
        return _Judged(part, None, ordering.first_end)
    return _Judged(part, found.order())


def _merged(orders: Iterable[Sequence[tuple[Operation, Any]]]) -> tuple[Operation, ...]:
    """Return one order of the operations of all parts, which keeps to that of each part.

    Each operation happens as soon as it and all before it in its part have begun.
    """
    moments: list[tuple[int, Operation]] = []
    for order in orders:
        begun = 0
        for operation, _ in order:
            begun = max(begun, operation.first)
            moments.append((begun, operation))
    return tuple(operation for _, operation in sorted(moments, key=lambda moment: moment[0]))


class Verdict:
    """Whether a history is linearizable: true if it is.

    Its `repr` is one line, its `str` the whole message, and a notebook shows its chart.
    """

    def __init__(
        self,
        model: Model,
        operations: Sequence[Operation],
        budget: int,
        part: Any = None,
        *,
        order: tuple[Operation, ...] | None = None,
        contradiction: Contradiction | None = None,
    ) -> None:
        self.model = model
        self.operations = tuple(operations)
        """All operations, in the order in which they began."""
        self.order = order
        """An order in which they could have happened; those that had no effect are not in it."""
        self.contradiction = contradiction
        """The fewest operations that contradict each other."""
        self.part = part
        """The part of the model that is refuted or unresolved, such as a key."""
        self._budget = budget

    @property
    def ok(self) -> bool:
        """Whether it is linearizable. False also if that was not found out."""
        return self.order is not None

    @property
    def resolved(self) -> bool:
        """Whether it was found out."""
        return self.ok or self.contradiction is not None

    def __bool__(self) -> bool:
        return self.ok

    def assert_ok(self) -> None:
        """Raise ClaimError, which says why, unless the history is linearizable."""
        if not self:
            raise ClaimError(str(self))

    def __repr__(self) -> str:
        return plain(f"<{self._head()}>")

    def __str__(self) -> str:
        return "\n".join(plain(line).rstrip() for line in self._lines())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_svg_(self) -> str | None:
        """Return what a notebook shows of it: the chart; None without matplotlib."""
        if find_spec("matplotlib") is None:
            return None
        return str(cast("Any", self.chart())._repr_svg_())

    def chart(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        theme: str = "light",
        title: str | None = None,
    ) -> Figure:
        """Return a figure of the operations, and write it to an SVG, PNG or PDF file if asked to.

        Clients are down, time across. An order is drawn as moments with their numbers; an operation
        that fits nowhere is crossed out, and those that contradict it stand out. `theme` is 'light'
        or 'dark'. Needs the extra `chart`.
        """
        # It needs matplotlib, which is not there for all.
        picture = import_module("vtloop.histories.picture")
        wrong, model = self.contradiction, self.model
        order = self.order or ([one for one, _ in wrong.order] if wrong else ())
        beside = [one for one in self.operations if model.part_of(one) == self.part]
        found = picture.Findings(self.operations, str(self), order, wrong, beside)
        return cast("Figure", picture.drawn(found, path, theme, title))

    # In words

    def _head(self) -> str:
        """Return the verdict in one line."""
        many = counted(len(self.operations), "operation")
        model = str(self.model) if self.part is None else f"{self.model} at {in_words(self.part)}"
        if self.ok:
            return f"linearizable as {model}: {many}"
        if self.contradiction is None:
            asked = counted(self._budget, "question")
            return f"UNRESOLVED as {model}: {many}, after {asked} to the model"
        few = len(self.contradiction.operations)
        joint = "is impossible" if few == 1 else "contradict each other"
        return f"not linearizable as {model}: {few} of {many} {joint}"

    def _lines(self) -> list[str]:
        wrong = self.contradiction
        if self.order is not None:
            return [f"{self._head()}, for instance in this order:", *_table(self.order)]
        if wrong is None:
            return [
                f"{self._head()}; whether there is an order was not found out. Give a larger "
                "budget=, a model with parts, or shorter histories"
            ]
        lines = [f"{self._head()}:", *_table(wrong.operations, wrong.misfit)]
        if wrong.order:
            calls = [one.call for one, _ in wrong.order]
            if len(calls) > _MOST_CALLS:
                calls[:-_MOST_CALLS] = ["…"]
            order, state = ", ".join(calls), in_words(wrong.state)
            lines.append(
                f"The furthest that any order comes: {order}. The state is then {state}, and"
            )
        else:
            lines.append(f"At first the state is {in_words(wrong.state)}, and")
        lines += [f"  {one.client}: {one.call} {reason}" for one, reason in wrong.refusals]
        spared = len(self.operations) - len(wrong.operations)
        if spared == 1:
            lines.append("The other operation does not change that.")
        elif spared:
            lines.append(f"The other {spared:,} operations do not change that.")
        return lines


def _table(operations: Sequence[Operation], misfit: Operation | None = None) -> list[str]:
    """Return operations in lines: who, what, and when."""
    shown = operations[:_MOST_LINES]
    rows = [(one.client, str(one), one.period) for one in shown]
    wide = [max((columns(row[place]) for row in rows), default=0) for place in (0, 1)]
    lines = [
        f"  {padded(who, wide[0])}  {padded(what, wide[1])}  {when}"
        f"{'  fits nowhere' if one is misfit else ''}"
        for one, (who, what, when) in zip(shown, rows, strict=True)
    ]
    if more := len(operations) - len(shown):
        lines.append(f"left out: {more:,} more")
    return lines
