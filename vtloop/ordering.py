"""Sets that asyncio makes of awaitables, in an order that is the same in every process.

While a loop runs, `OrderedSet` stands in for the name `set` in `asyncio.tasks`, where `wait` and
`as_completed` collect what they are given. Given a list, it keeps the list's order; given a set,
whose own order goes by address, it takes the order of creation:

- tasks have numbers, whoever has made them;
- of anything else (bare coroutines, futures) the garbage collector knows: its youngest generation
  is a list in order of creation. A collection shuffles it, so what is older is put first, by what
  it is: its function and its arguments, without addresses.
"""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from collections.abc import Hashable, Iterable, Iterator, MutableSet
from typing import Any, TypeVar

from vtloop.private.events import TASKS
from vtloop.tasks import number_of

_all_tasks = asyncio.all_tasks

T = TypeVar("T", bound=Hashable)

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


class OrderedSet(set[T]):
    """A set that iterates in order of insertion, or of creation when made from a set."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        if isinstance(items, (set, frozenset)) and not isinstance(items, OrderedSet):
            items = in_creation_order(items)
        self._order = dict.fromkeys(items)
        super().__init__(self._order)

    def add(self, item: T) -> None:
        if item not in self:
            self._order.pop(item, None)  # its place from before it was removed
            self._order[item] = None
            super().add(item)

    def update(self, *others: Iterable[T]) -> None:
        for items in others:
            for item in items:
                self.add(item)

    def __iter__(self) -> Iterator[T]:
        # A set has ways to change, such as `|=`, that go past the methods of a subclass.
        order = {item: None for item in self._order if item in self}
        if len(order) < len(self):
            order.update(dict.fromkeys(in_creation_order(set.difference(self, order))))
        self._order = order
        return iter(order)

    def pop(self) -> T:
        for item in self:
            self.remove(item)
            return item
        raise KeyError("pop from an empty set")


def in_creation_order(items: Iterable[T]) -> list[T]:
    """Return the items of a set in their order of creation."""
    unordered: list[T] = [*set.__iter__(items)] if isinstance(items, set) else [*items]
    if len(unordered) < 2:
        return unordered
    if all(isinstance(item, TASKS) for item in unordered):
        return sorted(unordered, key=_description)
    wanted = {id(item) for item in unordered}
    young = [id(item) for item in gc.get_objects(generation=0) if id(item) in wanted]
    position = {identity: index for index, identity in enumerate(young)}
    return sorted(unordered, key=lambda item: (position.get(id(item), -1), *_description(item)))


def _description(item: Any) -> tuple[int, str, int, str]:
    """Return what an item is, as a sort key that is the same in every process."""
    if isinstance(item, TASKS):
        return number_of(item), item.get_name(), 0, ""
    frame = getattr(item, "cr_frame", None)
    if frame is None:
        return 0, type(item).__qualname__, 0, without_addresses(repr(item))
    arguments = without_addresses(repr(sorted(frame.f_locals.items(), key=lambda pair: pair[0])))
    return 0, frame.f_code.co_filename, frame.f_code.co_firstlineno, arguments


class SetOfTasks(set[T]):
    """The set in which a TaskGroup keeps its tasks: a built-in one that iterates in order."""

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return iter(in_creation_order(self))


def all_tasks(loop: asyncio.AbstractEventLoop | None = None) -> set[asyncio.Task[Any]]:
    """Return `asyncio.all_tasks`, for a runner to cancel in order of creation."""
    return OrderedSet(_all_tasks(loop))


def without_addresses(text: str) -> str:
    """Return a text, such as a `repr`, that is the same in every process."""
    return _ADDRESS.sub("", text) if "0x" in text else text


class OrderedWeakSet(MutableSet[T]):
    """A set that holds its items weakly and iterates in order of insertion."""

    def __init__(self) -> None:
        self._items: weakref.WeakKeyDictionary[T, None] = weakref.WeakKeyDictionary()

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T) -> None:
        self._items[item] = None

    def discard(self, item: T) -> None:
        self._items.pop(item, None)
