"""Tasks with a number, so that sets of tasks have the same order in every run.

- `TaskGroup`, `wait`, `as_completed`, `all_tasks` and users keep tasks in sets. asyncio's own tasks
  hash by address, which differs from process to process; those that a loop makes, by number.
- A loop counts all tasks that are made on it, whoever makes them and of whatever class: those of a
  task factory, and of `asyncio.Task(coro)`. It keeps the numbers of these, in its `TaskRegister`.
- A task is known by its class, in C or written in Python, not by what `asyncio.Task` is now.
"""

from __future__ import annotations

import asyncio
import re
import sys
import types
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from vtloop.private.events import TASKS

if TYPE_CHECKING:
    _StockTask = asyncio.Task[Any]
else:
    _StockTask = TASKS[0]

_DEFAULT_NAME = re.compile(r"Task-(\d+)")


NO_NAME = "".join(["Task-", "?"])  # an object of its own, by which a task without name is known

# Whether `python -m asyncio ps` reads the names of tasks, from outside the process and so without
# asking `get_name`. They are made up at once then, though most are never asked for.
NAMES_ARE_READ = sys.version_info >= (3, 14)


_get_name = _StockTask.get_name

OWN_STEPS = ("__step", "__wakeup")  # methods of a task written in Python that are its steps


class Task(_StockTask):
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


class TaskRegister:
    """What a loop knows of its tasks: how many it has counted, and those that others have made.

    These are known weakly, and go by identity: a class of tasks may have an `__eq__` and a
    `__hash__` of its own.
    """

    __slots__ = ("_numbers", "created", "of_factory")

    def __init__(self) -> None:
        self.created = 0
        """How many tasks there have been."""
        self.of_factory: list[Any] | None = None
        """What is to get the next task, as a task factory makes it, and nobody else."""
        self._numbers: dict[int, tuple[int, weakref.ref[Any]]] = {}  # by id()

    def add(self, task: Any) -> int:
        """Count a task; return its number. It gets a name, as the loop's own have, if it has none.

        It may still be in its making, so that no method of its own class can be called.
        """
        self.created = number = self.created + 1
        forget = partial(self._numbers.pop, id(task))  # with the reference as a default
        self._numbers[id(task)] = number, weakref.ref(task, forget)
        _name(task, number)
        return number

    def name(self, task: Any) -> None:
        """Give a task of these a name by its number, if it was given none."""
        if number := self.number(task):
            _name(task, number)

    def number(self, task: Any) -> int:
        """Return the number of a task, 0 if it has none."""
        known = self._numbers.get(id(task))
        return 0 if known is None else known[0]

    def pending(self) -> list[Any]:
        """Return those that are not done, in order of creation."""
        known = [reference() for _, reference in self._numbers.values()]
        return [task for task in known if task is not None and not task.done()]


def _name(task: Any, number: int) -> None:
    kind = _kind(task)
    if _is_default(kind.get_name(task)):
        kind.set_name(task, f"Task-{number}")


def given_name(task: asyncio.Task[Any]) -> str:
    """Return the name that a task was given, or ''."""
    name: str = (_get_name if isinstance(task, Task) else _kind(task).get_name)(task)
    return "" if name is NO_NAME or _is_default(name) else name


def _kind(task: Any) -> Any:
    """Return asyncio's own class of a task."""
    kind = type(task)
    return kind if kind in TASKS else next((one for one in TASKS if isinstance(task, one)), kind)


def _is_default(name: str) -> bool:
    """Return whether asyncio has made up a name; 3.13.0 calls the tasks of a factory 'None'."""
    return name == "None" or _DEFAULT_NAME.fullmatch(name) is not None


def label(task: asyncio.Task[Any]) -> str:
    """Return how a task is called in messages and transcripts.

    That is the name it was given, if it has a character, or else its coroutine's name and its
    number: 'worker#2'.
    """
    if isinstance(task, Task):
        return task.label()
    return given_name(task) or _numbered(task, number_of(task))


def _numbered(task: asyncio.Task[Any], number: int) -> str:
    # A finished eager task crashes the interpreter of Python 3.12.1 when asked for its coroutine.
    if task.done():
        return task.get_name() or f"Task-{number}"
    return f"{coroutine_name(task.get_coro())}#{number}"


def number_of(task: asyncio.Task[Any]) -> int:
    """Return a task's number, of its loop's own count; on a stock loop, that in its name or 0."""
    if isinstance(task, Task):
        return hash(task)
    number_on: Callable[[Any], int] | None = getattr(task.get_loop(), "number_of", None)
    if number_on is not None:
        return number_on(task)
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
    if isinstance(owner, TASKS) and (
        type(callback) is not types.MethodType or callback.__name__ in OWN_STEPS
    ):
        return owner  # type: ignore[no-any-return]
    return None


def ended_cancelled(future: Any) -> bool:
    """Return whether a future's result is a CancelledError; gather() sets one as an exception."""
    return getattr(future, "cancelled", bool)() or isinstance(
        getattr(future, "_exception", None), asyncio.CancelledError
    )
