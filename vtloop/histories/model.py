"""What an object does when one client at a time uses it: its sequential specification."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

from vtloop.histories.operations import Operation

Step: TypeAlias = "tuple[Any, Any]"
"""The state after an operation, and its result."""


class Model:
    """What an object does when one client at a time uses it, with a method for each operation.

        class Account(Model):
            initial = 0

            def deposit(self, balance, amount):
                return balance + amount, None

            def withdraw(self, balance, amount):
                if amount > balance:
                    return balance, False
                return balance - amount, True

    A method gets the state and the arguments. It returns the state after it and the result; a list
    of such pairs if any of these may happen; None if the operation has to wait in this state. A
    result that says nothing is `ANY`. States are hashable, such as tuples and frozensets.
    """

    initial: Any = None
    """The state at first."""

    reads: frozenset[str] = frozenset()
    """Which operations never change the state. To say so is not needed, but faster."""

    def part_of(self, operation: Operation) -> Hashable:
        """Return which part of the object an operation is about, such as a key.

        Parts are judged one by one, which is much faster. So no operation may depend on another
        part than its own; and the state that methods get is that of the part.
        """
        return None

    def initial_of(self, part: Any) -> Any:
        """Return the state of a part at first."""
        return self.initial

    def outcomes(self, state: Any, operation: Operation) -> Iterable[Step]:
        """Return what may come of an operation in a state: states after it, each with a result."""
        method = getattr(self, operation.name)
        found = method(state, *operation.arguments, **operation.keywords)
        if found is None:
            return ()
        if isinstance(found, tuple) and len(found) == 2:
            return (found,)
        if isinstance(found, list):
            return found
        raise TypeError(
            f"The model {self} was asked what {operation.call} does, and returned {found!r}; "
            "return the state after it and its result, a list of such pairs, or None if the "
            "operation has to wait"
        )

    def groups(self, operations: Sequence[Operation]) -> Iterable[Collection[Operation]]:
        """Return groups of operations that can be taken away, each as a whole.

        If all operations have an order, then so have those that are left. To say so is not needed,
        but it makes counterexamples small in less time.
        """
        return [[one] for one in operations if one.name in self.reads]

    def refuse_unless_known(self, operations: Iterable[Operation]) -> None:
        """Raise LookupError for an operation that has no method."""
        known = [name for name in dir(self) if self._is_operation(name)]
        for one in operations:
            if one.name not in known:
                raise LookupError(
                    f"The operation {one.call} was to be judged by the model {self}, which knows "
                    f"only {', '.join(known) or 'none'}; give it a method of that name, or leave "
                    "the operation out of the history"
                )

    def _is_operation(self, name: str) -> bool:
        return (
            not name.startswith("_") and name not in vars(Model) and callable(getattr(self, name))
        )

    def __str__(self) -> str:
        return type(self).__name__
