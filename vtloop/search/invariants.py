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
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from vtloop.core.loop import VirtualLoop
from vtloop.core.policy import LoopView, Rest, Take
from vtloop.core.tasks import label, stepping, without_locals
from vtloop.private.events import FUTURES, get_running_loop
from vtloop.search.failures import end_of
from vtloop.search.location import where_it_is
from vtloop.values.clock import format_seconds
from vtloop.values.options import Option, check, function
from vtloop.values.text import without_addresses

Always = Callable[[], object]
Counted = Callable[[], int | Iterable[Any] | asyncio.Queue[Any]]
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
    """A policy that calls an invariant before each handle, until it does not hold."""

    def __init__(self, always: Always) -> None:
        self.broken = ""
        """What was wrong and when, in words."""
        self._always = always
        self._watches = True
        self._ran = "in the beginning"  # or after what
        self._task: weakref.ref[asyncio.Task[Any]] | None = None  # that was the last to run

    def steer(self, loop: LoopView, take: Take, rest: Rest | None) -> tuple[Take, Rest | None]:
        def next_handle() -> Any:
            if not self._watches:
                return take()
            try:
                uphold(self._always())
            except Exception as error:
                self._note(error, loop.virtual_time())
            handle = take()
            callback = handle._callback
            owner = None if callback is None else stepping(handle)
            if owner is not None:
                self._ran, self._task = f"after a step of {label(owner)}", weakref.ref(owner)
            elif callback is not None:
                name = getattr(callback, "__qualname__", type(callback).__name__)
                self._ran, self._task = f"after a callback, {without_locals(name)}", None
            return handle

        return next_handle, rest

    def stop(self) -> None:
        """Watch no longer, as the main coroutine has ended."""
        self._watches = False

    def _note(self, error: Exception, at: int) -> None:
        self._watches = False
        words = [f"{type(error).__name__}: {error}", f"at {format_seconds(at)}", self._ran]
        task: Any = None if self._task is None else self._task()
        if task is not None and not task.done():
            words.append(where_it_is(task))
        elif task is not None:
            words.append(end_of(task))
        self.broken = without_addresses(", ".join(words))


@dataclass(frozen=True)
class Conserved:
    """The invariant that nothing is lost, and nothing made out of nothing; see `conserved`."""

    into: Counted
    elsewhere: tuple[Counted, ...]

    def __call__(self, outcome: object = None) -> None:
        """Raise AssertionError if it does not hold."""
        wrong = self._wrong()
        if wrong:
            raise AssertionError(wrong)

    def _wrong(self) -> str:
        went_in, *there = (_items(stock()) for stock in (self.into, *self.elsewhere))
        if isinstance(went_in, int):
            counts = [one if isinstance(one, int) else len(list(one)) for one in there]
            missing = went_in - sum(counts)
            if not missing or 0 < missing <= len(list(_handed_over())):
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
        lost = expected - found
        if lost:
            lost -= Counter(one for item in _handed_over() for one in _with_parts(item))
        differences = {"lost": lost, "gained": found - expected}
        return "; ".join(
            f"{words} {[*items.elements()]}" for words, items in differences.items() if items
        )


def _items(found: Any) -> Any:
    return vars(found)["_queue"] if isinstance(found, asyncio.Queue) else found


def _handed_over() -> Iterator[Any]:
    """Yield what was set as the result of a future, for somebody who has not run since."""
    loop = get_running_loop()
    if not isinstance(loop, VirtualLoop):
        return
    for handle in loop.ready:
        for future in handle._args or ():
            has_result = isinstance(future, FUTURES) and future.done() and not future.cancelled()
            if has_result and future._exception is None and future.result() is not None:
                yield future.result()


def _with_parts(item: Any) -> Iterator[Any]:
    """Yield an item, as far as it can be counted, and if it is several things, these."""
    if isinstance(item, Hashable):
        yield item
    if isinstance(item, (tuple, list, set)):
        yield from item


def conserved(into: Counted, *elsewhere: Counted) -> Conserved:
    """Return an invariant for `check=` and `always=`: what went in is what is there.

    Each argument is a function that returns items, such as a list or an `asyncio.Queue`, which are
    then told one from the other, or how many there are:

        conserved(lambda: sent, lambda: received, lambda: waiting)
        conserved(lambda: 4, lambda: len(pool.idle), lambda: pool.in_use)

    What is the result of a future whose waiter has not run yet is on its way, and not lost.
    """
    for stock in (into, *elsewhere):
        check(_OPTIONS, stock=stock)
    return Conserved(into, elsewhere)
