"""What clients did to an object: one operation each, from when to when, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vtloop.values.clock import format_seconds
from vtloop.values.columns import cut_in_the_middle
from vtloop.values.text import without_addresses

_LONGEST = 40  # columns of a value in words


@dataclass(frozen=True, slots=True)
class Raised:
    """The result of an operation that answered by raising an exception of this class."""

    error: type[BaseException]

    def __repr__(self) -> str:
        return self.error.__name__


class _Anything:
    """What equals every result."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "ANY"


ANY: Any = _Anything()
"""What a model returns where a result says nothing, as that of a write."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a client, with its result.

    `first` and `last` are the places of its beginning and its end in the one sequence of all
    beginnings and ends of a history. They say what was before what; instants may be equal. `last`
    is None if nobody knows its result: it may have taken effect at any moment since it began, or
    never.
    """

    client: str
    name: str
    arguments: tuple[Any, ...] = ()
    result: Any = None
    first: int = 0
    last: int | None = None
    began: int = 0  # nanoseconds
    ended: int | None = None  # nanoseconds; None while it is pending
    outcome: str = "returned"  # or "pending", "cancelled", or the name of what was raised
    keywords: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def call(self) -> str:
        """What was asked for, such as "put('x', 1)"."""
        named = (f"{name}={in_words(value)}" for name, value in self.keywords.items())
        return f"{self.name}({', '.join([*map(in_words, self.arguments), *named])})"

    @property
    def answer(self) -> str:
        """What came back in words: the result, or why there is none."""
        return self.outcome if self.last is None else in_words(self.result)

    @property
    def period(self) -> str:
        """From when to when it was, such as '0 s to 1.5 s'."""
        ended = "the end" if self.ended is None else format_seconds(self.ended)
        return f"{format_seconds(self.began)} to {ended}"

    def __str__(self) -> str:
        return f"{self.call} -> {self.answer}"

    def argument(self, place: int, name: str) -> Any:
        """Return an argument that may have been given by its place or its name; None without it."""
        if place < len(self.arguments):
            return self.arguments[place]
        return self.keywords.get(name)


def in_words(value: Any) -> str:
    """Return the `repr` of a value, not too long, and the same in every process."""
    return cut_in_the_middle(without_addresses(repr(value)), _LONGEST)
