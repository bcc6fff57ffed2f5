"""Which failures a run has: exceptions that tasks and callbacks have ended with, each told once.

What a task has caught, or another one has passed on, is no failure. An exception goes by its roots:

- a group has those of its members, and one that was raised from another, or by a `raise` while
  another was handled, has those of that one, up to a CancelledError
- CancelledError is no failure: it passes to whoever awaits a task that was cancelled, and a
  TaskGroup cancels the siblings of one that fails. An error in its place is one, and so it is
  itself out of a callback, which nobody can cancel
- nor is what was raised as the case has it, such as the error of a sibling that was put into a
  TaskGroup, or the TimeoutError of a timeout that was let fire

A root is blamed on the task that has raised it first: whose coroutine is the innermost in its
traceback, of all the tasks that have ended with it.
"""

from __future__ import annotations

import asyncio
import gc
import opcode
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import CodeType, CoroutineType, TracebackType
from typing import Any, TypeAlias

from vtloop.core.tasks import coroutine_name, given_name, label, number_of
from vtloop.errors import DeadlockError, LivelockError
from vtloop.private.events import TASKS
from vtloop.search.outcome import Failure, kinds_of, raised_by_asyncio, text_of, where_raised
from vtloop.values.source import function_name, is_library_file, line_at

_RAISE = opcode.opmap["RAISE_VARARGS"]
_TAKEN_BACK = "taken back, vtloop"  # is set in a CancelledError
_NO_FAILURES = (asyncio.CancelledError, DeadlockError, LivelockError)  # told of by other oracles


_Frame: TypeAlias = "tuple[CodeType, int]"  # a function through which an error has passed, the line
_Chain: TypeAlias = "tuple[BaseException, ...]"  # an error, what it was raised from, …, a root


class _Seen:
    """A root, as it was seen in what a task or a callback has ended with."""

    __slots__ = ("distance", "frames", "how", "kinds", "number", "text", "who")

    def __init__(
        self,
        text: str,
        chain: _Chain,
        frames: list[_Frame],  # the root's, innermost first
        distance: int,  # of the task's own frame from there
        number: int,  # the task's
        who: str,
        how: str,
    ) -> None:
        self.text = text
        self.kinds = tuple(name for error in chain for name in kinds_of(type(error)))
        self.frames = frames
        self.distance = distance
        self.number = number
        self.who = who
        self.how = how


class Failing:
    """Gathers the failures of one run; `is_ours` tells whether the case has raised an exception.

    Tasks are known weakly: what they have ended with is looked at when they are collected, or once
    the run is over. Those that the loop has not made tell nobody of their end, so they are held.

    What is called while the run goes on is this package's or written in C: it counts as no call of
    a step (see `calls`).
    """

    def __init__(self, is_ours: Callable[[BaseException], bool]) -> None:
        self._is_ours = is_ours
        self.tasks: dict[int, weakref.ref[asyncio.Task[Any]]] = {}
        """Those that the loop has made, by number."""
        self._held: list[Any] = []
        self._seen: list[_Seen] = []
        self._is_over = False
        self.taken_back = False
        """Whether anybody has taken back a request to stop."""
        self.reached: set[int] = set()
        """The tasks, by number, that the case's cancellation of another one has cancelled too."""
        self._awaited: dict[int, int] = {}  # by each task last, by number
        self._gone: set[int] = set()  # of those that were reached
        self._bystanders: dict[str, int] = {}  # by name or coroutine, and whom they have awaited
        self.by_nobody: dict[str, None] = {}
        """The tasks, by name or coroutine, that have passed on what they had taken back."""

    def adopted(self, task: Any) -> None:
        """Take note of a task that somebody else makes, or has made."""
        self._held.append(task)

    def collected(self, task: Any) -> None:
        """See what a task has ended with, that is about to be gone."""
        error = getattr(task, "_exception", None)
        if self._is_over:
            return
        if error is not None:
            number, code = number_of(task), _code_of(task)
            how = "ended with it"
            if task.cancelling():
                how = "was cancelled, and ended with it instead of CancelledError"
            self._note(error, number, code, _who(task, error), how)
        elif (self.taken_back or self.reached) and task.cancelled():
            self._note_cancelled(task)

    def awaits(self, number: int, other: int) -> None:
        """Take note that a task is about to await another one."""
        self._awaited[number] = other

    def reaches(self, task: Any) -> None:
        """Take note of whom a request to cancel a task will reach, as the task awaits them."""
        to_do = [task._fut_waiter]
        while to_do:
            thing = to_do.pop()
            if not isinstance(thing, TASKS):
                to_do += getattr(thing, "_children", ())  # of gather()
            elif not (thing.done() or thing.cancelling()):
                self.reached.add(number_of(thing))
                to_do.append(thing._fut_waiter)

    def bystanders(self) -> tuple[str, ...]:
        """Return who has ended as a task did that was reached, without any request of its own."""
        return tuple(who for who, other in self._bystanders.items() if other in self._gone)

    def took_back(self, error: BaseException) -> None:
        """Take note that the last request to stop was taken back as this was handled."""
        vars(error)[_TAKEN_BACK] = self.taken_back = True

    def _note_cancelled(self, task: Any) -> None:
        """Take note of a task if it was cancelled by nobody, or with one that was reached."""
        number = number_of(task)
        if number in self.reached:
            self._gone.add(number)
        if task.cancelling():
            return
        error, other = cancellation_of(task), self._awaited.get(number)
        coroutine = _coroutine_of(task)
        name = given_name(task) or (label(task) if coroutine is None else coroutine_name(coroutine))
        if error is not None and _TAKEN_BACK in vars(error):
            self.by_nobody[name] = None
        elif other in self.reached:
            self._bystanders[name] = other

    def reported(self, error: BaseException, by_callback: bool) -> None:
        """See what the loop's exception handler was called with, that is no task's."""
        who, how = "a callback", "raised it"
        if by_callback and isinstance(error, asyncio.CancelledError):
            own = [frame for frame in _frames(error.__traceback__) if _is_programs(frame)][:1]
            self._seen.append(_Seen(type(error).__name__, (error,), own, 0, 0, who, how))
        self._note(error, 0, None, who, how)

    def let_go(self) -> None:
        """Hold no task any more, now that the main coroutine has ended and the loop is closed."""
        for task in self._held:
            self.collected(task)
        self._held.clear()

    def failures(self) -> tuple[Failure, ...]:
        """Return all of them, now that the run is over."""
        for reference in self.tasks.values():
            task = reference()
            if task is not None:
                self.collected(task)
        self._is_over = True
        roots: dict[tuple[object, ...], list[_Seen]] = {}
        for seen in self._seen:
            roots.setdefault((seen.text, *seen.frames[:1]), []).append(seen)
        return tuple(map(_failure, roots.values()))

    def _note(
        self, error: BaseException, number: int, code: CodeType | None, who: str, how: str
    ) -> None:
        for chain in _chains(error, self._is_ours):
            told = how
            if chain[1:]:
                told = how.replace("ended with it", f"ended with {text_of(chain[0])} from it", 1)
            root = chain[-1]
            frames = [*_frames(root.__traceback__)][::-1]
            own = (distance for distance, (where, _) in enumerate(frames) if where is code)
            distance = next(own, len(frames))
            self._seen.append(_Seen(text_of(root), chain, frames, distance, number, who, told))


def _chains(error: BaseException, is_ours: Callable[[BaseException], bool]) -> Iterator[_Chain]:
    """Yield what an exception comes down to, but for what is no failure: each root in the end.

    Before it come those that were raised from it. It hides behind none that was raised `from None`.
    """
    to_do: list[_Chain] = [(error,)]
    known = set()
    while to_do:
        chain = to_do.pop()
        error = chain[-1]
        if id(error) in known:
            continue
        known.add(id(error))
        if isinstance(error, BaseExceptionGroup):
            to_do += [(*chain[:-1], member) for member in error.exceptions]
        elif isinstance(error, _NO_FAILURES) or is_ours(error):
            continue
        elif (behind := _raised_for(error)) is None:
            yield chain
        elif error.__cause__ is None and error.__suppress_context__:
            if any(_chains(behind, is_ours)):
                yield chain
        else:
            to_do.append((*chain, behind))


def _raised_for(error: BaseException) -> BaseException | None:
    """Return the exception in whose place another one was raised on purpose, if any was."""
    behind = error.__cause__ or error.__context__
    if behind is None or isinstance(behind, _NO_FAILURES):
        return None
    if behind.__traceback__ is None:
        return None  # it was never raised: asyncio puts a TimeoutError behind others, since 3.13
    if error.__cause__ is None and not _is_raised_by_program(error):
        return None  # it went wrong while another one was handled
    return behind


def _is_raised_by_program(error: BaseException) -> bool:
    """Return whether a statement `raise` of the program has raised an exception."""
    if isinstance(error, AssertionError) or raised_by_asyncio(error):
        return False
    return is_raised_by_statement(error)


def is_raised_by_statement(error: BaseException) -> bool:
    """Return whether a statement `raise` has raised an exception first, not a future."""
    where = where_raised(error)
    return where is not None and where.tb_frame.f_code.co_code[where.tb_lasti] == _RAISE


def _frames(traceback: TracebackType | None) -> Iterator[_Frame]:
    """Yield what a traceback names, outermost first."""
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


def end_of(task: asyncio.Task[Any]) -> str:
    """Return how a task has ended, and where if it was by an error."""
    own: Any = task
    error = own._exception or cancellation_of(task)
    if error is None:
        return "which has returned"
    lines = (
        line_at(*frame) for frame in [*_frames(error.__traceback__)][::-1] if _is_programs(frame)
    )
    return " at ".join(["which has ended with " + type(error).__name__, *islice(lines, 1)])


def _failure(seen: Sequence[_Seen]) -> Failure:
    """Return a failure, given all that were seen to have ended with it."""
    nearest = sorted(seen, key=lambda one: (one.distance, -one.number))
    first = nearest[0]
    lines = (line_at(*frame) for one in nearest for frame in one.frames if _is_programs(frame))
    return Failure(first.text, first.kinds, next(lines, ""), first.who, first.how)


def _is_programs(frame: _Frame) -> bool:
    return not is_library_file(frame[0].co_filename)


def cancellation_of(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Return the error that has ended a task, without taking it from those who await the task."""
    own: Any = task  # a task written in Python has it in an attribute
    error = getattr(own, "_cancelled_exc", None)
    found = (thing for thing in gc.get_referents(task) if isinstance(thing, asyncio.CancelledError))
    return next(found, None) if error is None else error


def _code_of(task: asyncio.Task[Any]) -> CodeType | None:
    code: CodeType | None = getattr(_coroutine_of(task), "cr_code", None)
    return code


def _coroutine_of(task: asyncio.Task[Any]) -> Any:
    # Not by `get_coro`: Python 3.12.1 crashes if it is asked for that of an eager task that ended.
    found = (thing for thing in gc.get_referents(task) if isinstance(thing, CoroutineType))
    return next(found, None)


def _who(task: asyncio.Task[Any], error: BaseException) -> str:
    """Return how a task that has ended is called: by its name, or by its coroutine's."""
    coroutine, traceback = _coroutine_of(task), error.__traceback__
    if name := given_name(task):
        return name
    if coroutine is not None:
        return f"{coroutine_name(coroutine)}#{number_of(task)}"
    if traceback is not None:
        return f"{function_name(traceback.tb_frame.f_code)}#{number_of(task)}"
    return label(task)
