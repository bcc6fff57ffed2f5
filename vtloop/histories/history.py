"""Takes down what clients do to an object while a program runs.

Within an instant things have an order, so each beginning and each end of an operation is counted.
Who does it is the task at work, and the time is that of the run; on a stock loop, the loop's time
since the first operation.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar, cast

from vtloop.core.tasks import label
from vtloop.core.threads.actor import here
from vtloop.histories.operations import Operation, Raised
from vtloop.values.clock import to_nanoseconds
from vtloop.values.text import counted

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """An operation that goes on: set its `result` before its `with` ends."""

    __slots__ = (
        "_history",
        "arguments",
        "began",
        "client",
        "ended",
        "first",
        "keywords",
        "last",
        "name",
        "outcome",
        "result",
    )

    def __init__(
        self,
        history: History,
        client: str | None,
        name: str,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> None:
        self._history = history
        self.client = client
        self.name = name
        self.arguments = arguments
        self.keywords = MappingProxyType(keywords)
        self.result: Any = None
        self.first = self.began = 0
        self.last: int | None = None
        self.ended: int | None = None
        self.outcome = "pending"

    def __repr__(self) -> str:
        return f"<Call of {self.operation}>"

    @property
    def operation(self) -> Operation:
        """What is known of it."""
        return Operation(
            str(self.client),
            self.name,
            self.arguments,
            self.result,
            self.first,
            self.last,
            self.began,
            self.ended,
            self.outcome,
            self.keywords,
        )

    def begin(self) -> None:
        """Take note that it begins."""
        if self.client is None:
            self.client = _who()
        self.first, self.began = self._history._note_of_event()
        self._history._calls.append(self)

    def end(self, kind: type[BaseException] | None = None) -> None:
        """Take note that it ends, with its result or by an exception of some class."""
        last, self.ended = self._history._note_of_event()
        if kind is None:
            self.outcome, self.last = "returned", last
        elif issubclass(kind, self._history._answers):
            self.outcome, self.last, self.result = "returned", last, Raised(kind)
        elif issubclass(kind, self._history._refusals):
            self._history._calls.remove(self)
        elif issubclass(kind, asyncio.CancelledError):
            self.outcome = "cancelled"
        else:
            self.outcome = kind.__name__

    def __enter__(self) -> Call:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: object
    ) -> None:
        self.end(kind)

    async def __aenter__(self) -> Call:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: object
    ) -> None:
        self.end(kind)


class History:
    """What clients have done to an object, as far as it is told.

        history = History()
        async with history.operation("put", "x", 1):
            await store.put("x", 1)
        async with history.operation("get", "x") as call:
            call.result = await store.get("x")
        await history.call(store.put, "x", 2)
        store = history.of(store)  # from here on each call of a method is told

    An operation that raises, is cancelled or is pending may have taken effect, then or later, or
    not. If it raises one of `answers` (such as KeyError), that is its result, `Raised(KeyError)`.
    If it raises one of `refusals` (such as ConnectionRefusedError), it has had no effect, and is
    left out. Arguments and results are kept as they are: pass copies of what changes later.
    """

    def __init__(
        self,
        *,
        answers: tuple[type[BaseException], ...] = (),
        refusals: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._answers = answers
        self._refusals = refusals
        self._calls: list[Call] = []
        self._count = count(1)
        self._origin: int | None = None  # of the time of a stock loop

    def __repr__(self) -> str:
        return f"<History of {counted(len(self._calls), 'operation')}>"

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Operation]:
        """Yield the operations in the order in which they began."""
        return (call.operation for call in sorted(self._calls, key=lambda call: call.first))

    def operation(
        self, name: str, /, *arguments: Any, client: str | None = None, **keywords: Any
    ) -> Call:
        """Return what tells of one operation, the body of a `with` or an `async with`.

        `client` is who does it, by default the task at work.
        """
        return Call(self, client, name, arguments, keywords)

    async def call(
        self, function: Callable[P, Awaitable[T]], /, *arguments: P.args, **keywords: P.kwargs
    ) -> T:
        """Await a call of an async method as an operation of its name; return what it returns."""
        with Call(self, None, _name_of(function), arguments, keywords) as call:
            result = await function(*arguments, **keywords)
            call.result = result
            return result

    def of(self, thing: T, *, client: str | None = None) -> T:
        """Return an object that does what `thing` does, and tells of each call of a method.

        Methods that begin with an underscore are not told of, nor is `async with`.
        """
        return cast("T", _Told(self, thing, client))

    def _note_of_event(self) -> tuple[int, int]:
        """Return the number of what happens now, and the time in nanoseconds."""
        number, actor = next(self._count), here.actor
        if actor is not None:
            return number, actor.clock.now - actor.clock.began
        now = _stock_time()
        if self._origin is None:
            self._origin = now
        return number, now - self._origin


class _Told:
    """Stands for an object, and tells a history of the calls of its methods."""

    def __init__(self, history: History, thing: Any, client: str | None) -> None:
        self._history = history
        self._thing = thing
        self._client = client

    def __repr__(self) -> str:
        return f"<{self._thing!r}, told to {self._history!r}>"

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        if name.startswith("_") or not callable(value):
            return value
        history, client = self._history, self._client
        if inspect.iscoroutinefunction(value):

            async def told_async(*arguments: Any, **keywords: Any) -> Any:
                with Call(history, client, name, arguments, keywords) as call:
                    call.result = await value(*arguments, **keywords)
                    return call.result

            return told_async

        def told(*arguments: Any, **keywords: Any) -> Any:
            call = Call(history, client, name, arguments, keywords)
            call.begin()
            try:
                result = value(*arguments, **keywords)
            except BaseException as error:
                call.end(type(error))
                raise
            if inspect.isawaitable(result):  # it is not async itself, but calls what is
                return _awaited(call, result)
            call.result = result
            call.end()
            return result

        return told


async def _awaited(call: Call, result: Awaitable[Any]) -> Any:
    """Await the result of a call, with which it ends."""
    try:
        call.result = await result
    except BaseException as error:
        call.end(type(error))
        raise
    call.end()
    return call.result


def _name_of(function: Callable[..., Any]) -> str:
    name = getattr(function, "__name__", None)
    if name is None:
        raise TypeError(
            f"{function!r} was to be called as an operation, while it has no name; use `with "
            "history.operation(name, …)` instead"
        )
    return str(name)


def _who() -> str:
    """Return who is at work: a task by its label, or else the thread."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        task = None
    return threading.current_thread().name if task is None else label(task)


def _stock_time() -> int:
    try:
        return to_nanoseconds(asyncio.get_running_loop().time())
    except RuntimeError:  # no loop runs in this thread
        return time.monotonic_ns()
