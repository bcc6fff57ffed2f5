"""Tasks with a number: their hash, so that sets of tasks have the same order in every run.

`TaskGroup`, `wait`, `as_completed`, `all_tasks` and users keep tasks in sets. asyncio's own tasks
hash by address, which differs from process to process.
"""

from __future__ import annotations

import asyncio
import re
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

_DEFAULT_NAME = re.compile(r"Task-(\d+)")


NO_NAME = "".join(["Task-", "?"])  # an object of its own, by which a task without name is known

# Whether `python -m asyncio ps` reads the names of tasks, from outside the process and so without
# asking `get_name`. They are made up at once then, though most are never asked for.
NAMES_ARE_READ = sys.version_info >= (3, 14)


_get_name = asyncio.Task.get_name

OWN_STEPS = ("__step", "__wakeup")  # methods of a task written in Python that are its steps


class Task(asyncio.Task[Any]):
    """An `asyncio.Task` whose hash is its number: 1 for the loop's first task.

    The loop fills in `__hash__`, with a bound method of an integer: asyncio asks for the hash three
    times in the life of a task, and a function in Python would take longer than all else here.
    """

    __slots__ = ("__hash__", "_label")

    __hash__: Callable[[], int]
    _label: str

    @property
    def number(self) -> int:
        """Its number, of the loop's own count."""
        return hash(self)

    def get_name(self) -> str:
        """Return the name; made up from the number only now, if nobody reads it otherwise."""
        name = super().get_name()
        return f"Task-{self.number}" if name is NO_NAME else name

    def set_name(self, value: object, /) -> None:
        """Give it a name; see `asyncio.Task.set_name`."""
        super().set_name(value)
        self._label = super().get_name() or _numbered(self, self.number)
        if (recorder := self._recorder()) is not None:
            recorder.renamed(self)

    def cancel(self, msg: Any = None) -> bool:
        """Ask it to stop; see `asyncio.Task.cancel`."""
        if not self.done() and (recorder := self._recorder()) is not None:
            recorder.cancel_requested(self, msg)
        return super().cancel(msg)

    def _recorder(self) -> Any:
        loop: Any = self.get_loop()
        return loop._recorder

    def label(self) -> str:
        """Return how it is called in messages; found out once, as it is asked for every step."""
        try:
            return self._label
        except AttributeError:
            name = super().get_name()
            is_given = name and name not in (NO_NAME, f"Task-{self.number}")
            self._label = name if is_given else _numbered(self, self.number)
            return self._label


def given_name(task: asyncio.Task[Any]) -> str:
    """Return the name that a task was given, or ''; 3.13.0 calls those of a factory 'None'."""
    name = _get_name(task) if isinstance(task, Task) else task.get_name()
    return "" if name is NO_NAME or name == "None" or _DEFAULT_NAME.fullmatch(name) else name


def label(task: asyncio.Task[Any]) -> str:
    """Return how a task is called in messages and transcripts.

    That is the name it was given, if it has a character, or else its coroutine's name and its
    number: 'worker#2'.
    """
    if isinstance(task, Task):
        return task.label()
    default = _DEFAULT_NAME.fullmatch(task.get_name())
    return task.get_name() if default is None else _numbered(task, int(default[1]))


def _numbered(task: asyncio.Task[Any], number: int) -> str:
    # A finished eager task crashes the interpreter of Python 3.12.1 when asked for its coroutine.
    if task.done():
        return task.get_name() or f"Task-{number}"
    return f"{coroutine_name(task.get_coro())}#{number}"


def number_of(task: asyncio.Task[Any]) -> int:
    """Return a task's number, 0 for one that was named by a factory of the program's own."""
    if isinstance(task, Task):
        return hash(task)
    default = _DEFAULT_NAME.fullmatch(task.get_name())
    return 0 if default is None else int(default[1])


def in_order(tasks: Iterable[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Return tasks in order of creation, as far as they are numbered."""
    return sorted(tasks, key=_place_in_order)


def _place_in_order(task: asyncio.Task[Any]) -> tuple[int, str]:
    number = number_of(task)
    return number, "" if number else task.get_name()


def coroutine_name(coro: Any) -> str:
    """Return the qualified name of a coroutine's function, from its innermost function on."""
    if isinstance(coro, types.AsyncGeneratorType):
        name = coro.ag_code.co_qualname
    else:
        name = getattr(coro, "__qualname__", None) or type(coro).__name__
    return without_locals(str(name))


def without_locals(qualified_name: str) -> str:
    """Return a qualified name from its innermost function on."""
    return qualified_name.rpartition("<locals>.")[2]


def stepping(handle: Any) -> asyncio.Task[Any] | None:
    """Return the task of which a handle is a step; None if it is a callback."""
    callback = handle._callback
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task) and (
        type(callback) is not types.MethodType or callback.__name__ in OWN_STEPS
    ):
        return owner
    return None


def ended_cancelled(future: Any) -> bool:
    """Tell whether a future's result is a CancelledError; gather() sets one as an exception."""
    return getattr(future, "cancelled", bool)() or isinstance(
        getattr(future, "_exception", None), asyncio.CancelledError
    )
