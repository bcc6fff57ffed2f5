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
import functools
import gc
import weakref
from collections.abc import Hashable, Iterable, Iterator, MutableSet
from typing import Any, TypeVar

from vtloop.core.tasks import number_of
from vtloop.private.events import TASKS
from vtloop.values.source import short
from vtloop.values.text import without_addresses

_all_tasks = asyncio.all_tasks

T = TypeVar("T", bound=Hashable)

_NOTHING: tuple[Any, ...] = ()


class _LikeSet(type):
    """The type of `OrderedSet`: where that stands in for the name `set`, any set is one."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, set)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, set)


class OrderedSet(set[T], metaclass=_LikeSet):
    """A set that iterates in order of insertion, or of creation when made from a set."""

    def __init__(self, items: Iterable[T] = _NOTHING) -> None:
        if items is _NOTHING:  # as those that asyncio and weak sets make
            self._order: dict[T, None] = {}
            return
        self._order = dict.fromkeys(in_order_of_set(items))
        super().__init__(self._order)

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self))}}}" if self else "set()"

    def __reduce__(self) -> Any:
        return set, (list(self),)

    def add(self, item: T) -> None:
        if item not in self:
            self._order.pop(item, None)  # its place from before it was removed
            self._order[item] = None
            super().add(item)

    def update(self, *others: Iterable[T]) -> None:
        for items in others:
            for item in in_order_of_set(items):
                self.add(item)

    def discard(self, item: Any) -> None:
        super().discard(item)
        self._order.pop(item, None)

    def remove(self, item: T) -> None:
        super().remove(item)
        self._order.pop(item, None)

    def clear(self) -> None:
        super().clear()
        self._order.clear()

    def __iter__(self) -> Iterator[T]:
        # A set has ways to change, such as `-=`, that go past the methods of a subclass.
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

    def __copy__(self) -> OrderedSet[T]:
        return OrderedSet(self)

    def __ior__(self, others: Any) -> Any:  # type: ignore[misc]
        if not isinstance(others, set | frozenset):
            return NotImplemented
        self.update(others)
        return self


def _in_order(name: str) -> Any:
    """Return a method of `set` that makes another one, in the order of those that it is made of."""
    method = getattr(set, name)

    @functools.wraps(method)
    def made(self: OrderedSet[Any], *others: Any) -> Any:
        if not name.startswith("__"):  # for methods any iterable will do
            others = tuple(map(OrderedSet, others))
        found = method(self, *others)
        if found is NotImplemented:
            return found
        items = (item for some in (self, *others) for item in in_order_of_set(some))
        return OrderedSet(dict.fromkeys(item for item in items if item in found))

    return made


_OPERATORS = [f"__{side}{name}__" for name in ("or", "and", "sub", "xor") for side in ("", "r")]
for _name in ("copy", "union", "intersection", "difference", "symmetric_difference", *_OPERATORS):
    setattr(OrderedSet, _name, _in_order(_name))


def in_order_of_set(items: Iterable[T]) -> Iterable[T]:
    """Return items in an order that is the same in every process: those of a set by creation."""
    if type(items) in (set, frozenset):
        return in_creation_order(items)
    return items


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
    code = frame.f_code
    return 0, short(code.co_filename), code.co_firstlineno, arguments


class SetOfTasks(set[T]):
    """The set in which a TaskGroup keeps its tasks: a built-in one that iterates in order."""

    __slots__ = ()

    def __iter__(self) -> Iterator[T]:
        return iter(in_creation_order(self))


def all_tasks(loop: asyncio.AbstractEventLoop | None = None) -> set[asyncio.Task[Any]]:
    """Like `asyncio.all_tasks`, in order of creation, so that a runner cancels in that order."""
    return OrderedSet(_all_tasks(loop))


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
