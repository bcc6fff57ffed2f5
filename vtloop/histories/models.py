"""Models of what programs share most: registers, dictionaries, queues, locks, counters and sets.

What a write returns says nothing, so it may be whatever a store likes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from vtloop.histories.model import Model, Step
from vtloop.histories.operations import ANY, Operation, Raised


class Register(Model):
    """One value: `read()`, `write(value)`, `compare_and_set(old, new)`, which says if it did so."""

    reads = frozenset({"read"})

    def __init__(self, initial: Hashable = None) -> None:
        self.initial = initial

    def read(self, now: Any) -> Step:
        """Return the value."""
        return now, now

    def write(self, now: Any, value: Any) -> Step:
        """Replace the value."""
        return value, ANY

    def compare_and_set(self, now: Any, old: Any, new: Any) -> Step:
        """Replace the value if it is the old one."""
        return (new, True) if now == old else (now, False)

    def groups(self, operations: Sequence[Operation]) -> Iterable[Collection[Operation]]:
        """Return the operations of each value, unless some look at one value and set another."""
        if any(one.name == "compare_and_set" for one in operations):
            return super().groups(operations)
        return _grouped((_value_of(one, "write", 0, "read"), one) for one in operations)


class Dictionary(Model):
    """A value for each key: `get(key)`, `put(key, value)`, `delete(key)`, `compare_and_set(…)`.

    `missing` is what `get` returns for a key that is not there: None, or `Raised(KeyError)` in a
    history of which KeyError is an answer. Each key is judged by itself.
    """

    reads = frozenset({"get"})

    def __init__(
        self, initial: Mapping[Any, Hashable] | None = None, missing: Hashable = None
    ) -> None:
        self._initial = dict(initial or {})
        self._missing = missing

    def part_of(self, operation: Operation) -> Hashable:
        """Return the key."""
        key: Hashable = operation.argument(0, "key")
        return key

    def initial_of(self, part: Any) -> Any:
        """Return the value of a key at first."""
        return self._initial.get(part, self._missing)

    def get(self, now: Any, key: Any) -> Step:
        """Return the value of the key."""
        return now, now

    def put(self, now: Any, key: Any, value: Any) -> Step:
        """Give the key a value."""
        return value, ANY

    def delete(self, now: Any, key: Any) -> Step:
        """Take the key away, if it is there."""
        return self._missing, ANY

    def compare_and_set(self, now: Any, key: Any, old: Any, new: Any) -> Step:
        """Replace the value of the key if it is the old one."""
        return (new, True) if now == old else (now, False)

    def groups(self, operations: Sequence[Operation]) -> Iterable[Collection[Operation]]:
        """Return the operations of each value, unless some look at one value and set another."""
        if any(one.name == "compare_and_set" for one in operations):
            return super().groups(operations)
        return _grouped((self._value_of(one), one) for one in operations)

    def _value_of(self, operation: Operation) -> Any:
        if operation.name == "delete":
            return self._missing
        return _value_of(operation, "put", 1, "get")


class Queue(Model):
    """Items, first in, first out: `put(item)`; `get()`, which waits for one; with `…_nowait`.

    These are the names of `asyncio.Queue`, of which QueueEmpty is an answer.
    """

    def __init__(self, initial: Iterable[Hashable] = ()) -> None:
        self.initial = tuple(initial)

    def put(self, items: tuple[Any, ...], item: Any) -> Step:
        """Add an item at the end."""
        return (*items, item), ANY

    put_nowait = put

    def get(self, items: tuple[Any, ...]) -> Step | None:
        """Take the first item."""
        return (items[1:], items[0]) if items else None

    def get_nowait(self, items: tuple[Any, ...]) -> Step:
        """Take the first item, if there is one."""
        return (items[1:], items[0]) if items else ((), Raised(asyncio.QueueEmpty))

    def groups(self, operations: Sequence[Operation]) -> Iterable[Collection[Operation]]:
        """Return the operations of each item that is not there at first."""
        pairs = ((_value_of(one, "put", 0, "get"), one) for one in operations)
        return _grouped((item, one) for item, one in pairs if item not in self.initial)


class Lock(Model):
    """Who holds it: `acquire()` and `release()`; with an owner, only that may release it.

    `acquire` waits for the lock, or returns False if it is taken. The state is `(owner,)` or `()`.
    """

    initial = ()

    def acquire(self, holders: tuple[Any, ...], owner: Any = None) -> Step | list[Step]:
        """Take the lock."""
        if holders:
            return [(holders, False)]
        return [((owner,), True), ((owner,), None)]

    def release(self, holders: tuple[Any, ...], owner: Any = None) -> Step | None:
        """Give the lock back."""
        return ((), ANY) if holders == (owner,) else None


class Counter(Model):
    """A number: `add(amount)` returns the number after it; `read()`."""

    reads = frozenset({"read"})

    def __init__(self, initial: int = 0) -> None:
        self.initial = initial

    def add(self, number: int, amount: int = 1) -> Step:
        """Add to the number."""
        return number + amount, number + amount

    def read(self, number: int) -> Step:
        """Return the number."""
        return number, number


class Members(Model):
    """A set: `add(item)`, `discard(item)`, `contains(item)`. Each item is judged by itself."""

    reads = frozenset({"contains"})

    def __init__(self, initial: Iterable[Hashable] = ()) -> None:
        self._initial = frozenset(initial)

    def part_of(self, operation: Operation) -> Hashable:
        """Return the item."""
        item: Hashable = operation.argument(0, "item")
        return item

    def initial_of(self, part: Any) -> Any:
        """Return whether an item is there at first."""
        return part in self._initial

    def add(self, there: bool, item: Any) -> Step:
        """Add an item, if it is not there."""
        return True, ANY

    def discard(self, there: bool, item: Any) -> Step:
        """Take an item away, if it is there."""
        return False, ANY

    def contains(self, there: bool, item: Any) -> Step:
        """Return whether an item is there."""
        return there, there


_NONE = object()


def _value_of(operation: Operation, puts: str, place: int, takes: str) -> Any:
    """Return the value that an operation puts in, or takes out; `_NONE` if it is not known."""
    name = operation.name.removesuffix("_nowait")
    if name == puts:
        return operation.argument(place, "item" if place == 0 and puts == "put" else "value")
    return operation.result if name == takes and operation.last is not None else _NONE


def _grouped(pairs: Iterable[tuple[Any, Operation]]) -> Iterator[list[Operation]]:
    """Yield operations by their values, as far as these are known."""
    groups: dict[Any, list[Operation]] = {}
    for value, one in pairs:
        if value is not _NONE:
            groups.setdefault(value, []).append(one)
    yield from groups.values()
