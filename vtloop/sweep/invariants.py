"""What has to be true of a program all the time, as its user says.

An invariant is a function without arguments that raises what is wrong, or returns False. It looks
at what the program has made, which is best made anew in each run by the function that is swept:

    def program():
        pool.clear()
        return main()
"""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vtloop.allowed import Option, check, function
from vtloop.ordering import without_addresses
from vtloop.policies import Rest, Take
from vtloop.sweep.landing import landing
from vtloop.tasks import label, stepping

Always = Callable[[], object]
Stock = Callable[[], int | Iterable[Any] | asyncio.Queue[Any]]
"""Returns some items, or how many there are."""

_OPTIONS = {"stock": Option(function, "a function that returns items, or how many there are")}


def uphold(returned: object) -> None:
    """Raise what is wrong, given what a function has returned that checks something."""
    if returned is False:
        raise AssertionError("it returned False")
    if asyncio.iscoroutine(returned):
        returned.close()
        raise TypeError("it is async, while it is called where nothing can be awaited")


class Watch:
    """A policy that calls an invariant before each handle, until it does not hold.

    Handles are counted as in tokens.
    """

    def __init__(self, always: Always) -> None:
        self.broken = ""
        """What was wrong and when, in words."""
        self._always = always
        self._watches = True
        self._handles = 0
        self._ran: tuple[str, weakref.ref[asyncio.Task[Any]]] | None = None  # the last to run

    def steer(self, loop: Any, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        def next_handle() -> Any:
            if not self._watches:
                return take()
            try:
                uphold(self._always())
            except Exception as error:
                self._note(error)
            handle = take()
            self._handles += 1
            owner = None if handle._callback is None else stepping(handle)
            self._ran = None if owner is None else (label(owner), weakref.ref(owner))
            return handle

        return next_handle, rest

    def stop(self) -> None:
        """Watch no longer, as the main coroutine has ended."""
        self._watches = False

    def _note(self, error: Exception) -> None:
        self._watches = False
        words = [f"{type(error).__name__}: {error}", f"before handle {self._handles}"]
        if self._ran is not None:
            who, found = self._ran
            words.append(f"after a step of {who}")
            task = found()
            if task is not None and not task.done():
                words.append(landing(task))
        self.broken = without_addresses(", ".join(words))


@dataclass(frozen=True)
class Conserved:
    """The invariant that nothing is lost, and nothing made out of nothing; see `conserved`."""

    into: Stock
    elsewhere: tuple[Stock, ...]

    def __call__(self, outcome: object = None) -> None:
        """Raise AssertionError if it does not hold."""
        wrong = self._wrong()
        if wrong:
            raise AssertionError(wrong)

    def _wrong(self) -> str:
        went_in, *there = (_items(stock()) for stock in (self.into, *self.elsewhere))
        if isinstance(went_in, int):
            counts = [one if isinstance(one, int) else len(list(one)) for one in there]
            if went_in == sum(counts):
                return ""
            return f"{went_in} went in, while {' + '.join(map(str, counts))} are there"
        expected: Counter[Any] = Counter(went_in)
        found: Counter[Any] = Counter()
        for one in there:
            if isinstance(one, int):
                raise TypeError(
                    "conserved() was given items that went in, while it got a mere count of those "
                    "that are there; let all of its functions return items, or all of them numbers"
                )
            found.update(one)
        differences = {"lost": expected - found, "gained": found - expected}
        return "; ".join(
            f"{words} {[*items.elements()]}" for words, items in differences.items() if items
        )


def _items(found: Any) -> Any:
    return vars(found)["_queue"] if isinstance(found, asyncio.Queue) else found


def conserved(into: Stock, *elsewhere: Stock) -> Conserved:
    """Return an invariant for `check=` and `always=`: what went in is what is there.

    Each argument is a function that returns items, such as a list or an `asyncio.Queue`, which are
    then told one from the other, or how many there are:

        conserved(lambda: sent, lambda: received, lambda: waiting)
        conserved(lambda: 4, lambda: len(pool.idle), lambda: pool.in_use)
    """
    for stock in (into, *elsewhere):
        check(_OPTIONS, stock=stock)
    return Conserved(into, elsewhere)
