"""Where in the code tasks are suspended, each place looked up once; and at which primitives.

A suspended task is described by its await stack. Which functions these are, and where in each, is
told by code objects and positions in them, at little cost; files, lines and what asyncio's own
functions wait for are found out when such a combination is first seen.
"""

from __future__ import annotations

import asyncio
import weakref
from asyncio import Barrier
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, NamedTuple, cast

from vtloop.core.await_stacks import WRAPPERS, await_stack, unwrapped
from vtloop.core.timers import NoDebug
from vtloop.core.waits import REACQUIRE, WAITERS, names_of, waiting_function
from vtloop.private.events import FUTURES
from vtloop.values.source import is_installed, is_library, place
from vtloop.values.trace import Primitive, Stack

_FutureIterator: Any = type(FUTURES[0](loop=cast(Any, NoDebug())).__await__())


class Site(NamedTuple):
    """A place where tasks are suspended."""

    stack: int  # the users' part of the await stack, by its index
    kind: str  # a name in `waits.WAITS`, '' if no function of asyncio's says
    variable: str  # which local variable of that function tells for what it waits, '' if none does


SLEEP = asyncio.sleep.__code__

# By id() of their code: asyncio's functions that say all about a wait, whatever they call.
_LAST = {
    id(code) for code, waiter in WAITERS.items() if waiter.kind not in ("notification", "wait_for")
}


class Sites:
    """The places in the code that occur in a run."""

    def __init__(self) -> None:
        self.stacks: dict[Stack, int] = {(): 0}
        self.of_libraries: set[int] = set()
        """Which of those that are one line are of a package that was installed."""
        self.sleeps: dict[int, tuple[int, int]] = {}
        """Where each task slept last, right in its coroutine: the position in it, and the stack."""
        self._sites: dict[tuple[int, ...], Site] = {}
        self._codes: dict[int, tuple[CodeType, bool]] = {}  # by id(): itself, whether of a library
        self._callers: dict[tuple[int, int], int] = {}

    def of(self, coro: Any, who: int) -> tuple[Site, Any]:
        """Return where a task's coroutine is suspended, and the innermost awaitable looked at."""
        if type(coro) is CoroutineType:  # the usual: right in a waiting function of asyncio's
            inner: Any = coro.cr_await
            if type(inner) is CoroutineType and (code := id(inner.cr_code)) in _LAST:
                frame: Any = coro.cr_frame
                site = self._sites.get((id(coro.cr_code), frame.f_lasti, code))
                if site is not None:
                    if inner.cr_code is SLEEP:
                        self.sleeps[who] = frame.f_lasti, site.stack
                    return site, inner
        return self._of_any(coro)

    def _of_any(self, coro: Any) -> tuple[Site, Any]:
        where: tuple[int, ...] = ()
        inner = coro
        while True:
            kind = type(inner)
            if kind is CoroutineType:
                code = id(inner.cr_code)
                if code in _LAST:
                    where += (code,)
                    break
                where += code, inner.cr_frame.f_lasti
                inner = inner.cr_await
            elif inner is None or kind is _FutureIterator:
                break
            elif kind is GeneratorType:
                where += id(inner.gi_code), inner.gi_frame.f_lasti
                inner = inner.gi_yieldfrom
            elif kind is AsyncGeneratorType:
                where += id(inner.ag_code), inner.ag_frame.f_lasti
                inner = inner.ag_await
            elif kind.__name__ in WRAPPERS:
                inner = unwrapped(inner)
            else:
                break
        try:
            return self._sites[where], inner
        except KeyError:
            site = self._sites[where] = self._look_at(await_stack(coro)[0])
            return site, inner

    def caller(self, frame: FrameType | None) -> int:
        """Return the index of the place, in the users' code, that calls from `frame`."""
        codes = self._codes
        while frame is not None:
            code = frame.f_code
            known = codes.get(id(code))
            if known is None:
                known = codes[id(code)] = code, is_library(frame)
            if not known[1]:
                break
            frame = frame.f_back
        else:
            return 0
        where = _position(frame)
        try:
            return self._callers[where]
        except KeyError:
            index = self._callers[where] = self._index((place(frame),))
            if is_installed(frame.f_code.co_filename):
                self.of_libraries.add(index)
            return index

    def _look_at(self, frames: list[FrameType]) -> Site:
        for frame in frames:  # kept, so that no other code gets its id()
            self._codes.setdefault(id(frame.f_code), (frame.f_code, is_library(frame)))
        users = [frame for frame in frames if not self._codes[id(frame.f_code)][1]]
        stack = self._index(tuple(map(place, users)))
        found = waiting_function(frames)
        if found is None:
            return Site(stack, "", "")
        depth, waiter = found
        relock = waiter.kind == "notification" and any(
            inner.f_code is REACQUIRE for inner in frames[depth:]
        )
        return Site(stack, "relock" if relock else waiter.kind, waiter.variable)

    def _index(self, stack: Stack) -> int:
        return self.stacks.setdefault(stack, len(self.stacks))


class PrimitiveTable:
    """The primitives that occur in a run, known as long as they live."""

    def __init__(self) -> None:
        self.described: list[Primitive] = []
        self._known: dict[int, tuple[int, weakref.ref[Any]]] = {}  # by id()
        self._parts: dict[int, tuple[weakref.ref[Any], weakref.ref[Any]]] = {}  # by id(): of what
        self._kinds: Counter[str] = Counter()
        self._named: dict[tuple[str, str], int] = {}  # the first of each kind and name

    def known(self, primitive: Any) -> int:
        """Return the index of a primitive that has been described, -1 for any other object."""
        known = self._known.get(id(primitive))
        return -1 if known is None else known[0]

    def index(self, primitive: Any, callers: Callable[[], Iterable[FrameType]]) -> int:
        """Return the index of a primitive, named as its callers know it, the innermost first."""
        if (known := self.known(primitive)) >= 0:
            return known
        if (whole := self._whole(primitive)) is not primitive:
            number = self.index(whole, callers)
            self._keep(primitive, number)
            return number
        kind = type(primitive).__name__
        name, first = names_of(primitive, callers())
        self._kinds[kind] += 1
        number = len(self.described)
        self._keep(primitive, number)
        like_it = self._named.setdefault((kind, name), number) if name else number
        if like_it != number:
            self.described[like_it] = self.described[like_it]._replace(shared=True)
        self.described.append(Primitive(kind, name, self._kinds[kind], like_it != number, first))
        return number

    def _keep(self, primitive: Any, number: int) -> None:
        forget = partial(self._known.pop, id(primitive))
        self._known[id(primitive)] = number, weakref.ref(primitive, forget)

    def part(self, primitive: Any, of: Any) -> None:
        """Let a primitive be a part of another one: what happens to it, happens to that."""
        forget = partial(self._parts.pop, id(primitive))
        self._parts[id(primitive)] = weakref.ref(primitive, forget), weakref.ref(of)

    def _whole(self, primitive: Any) -> Any:
        """Return that of which a primitive is a part, or itself."""
        while (found := self._parts.get(id(primitive))) is not None:
            whole = found[1]()
            if whole is None:  # somebody has kept the part alone
                break
            primitive = whole
        return primitive

    def is_of_barrier(self, primitive: Any) -> bool:
        """Return whether a primitive is a part of a barrier, which nobody holds."""
        return id(primitive) in self._parts and isinstance(self._whole(primitive), Barrier)

    def alive(self) -> Iterator[tuple[int, int]]:
        """Yield the id() and the index of each that is still there, and of their parts."""
        return ((identity, number) for identity, (number, _) in self._known.items())


def _position(frame: FrameType) -> tuple[int, int]:
    return id(frame.f_code), frame.f_lasti


def waiting_frames(coro: Any) -> list[FrameType]:
    """Return the await stack as far as the first function of asyncio's that waits."""
    frames = await_stack(coro)[0]
    found = waiting_function(frames)
    return frames if found is None else frames[: found[0] + 1]
