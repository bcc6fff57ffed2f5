"""What asyncio keeps to itself.

What an event loop borrows from the stock loop is in `core.borrowed`, a place of that kind too.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from asyncio import (
    base_events,
    coroutines,
    events,
    format_helpers,
    futures,
    locks,
    queues,
    selector_events,
    streams,
    taskgroups,
    tasks,
    timeouts,
)
from collections.abc import Callable, Iterator
from logging import Logger
from types import CodeType, FunctionType
from typing import Any

_base_events: Any = base_events
_coroutines: Any = coroutines
_events: Any = events
_format_helpers: Any = format_helpers
_futures: Any = futures
_locks: Any = locks
_taskgroups: Any = taskgroups
_tasks: Any = tasks
_timeouts: Any = timeouts

# The running loop and task

get_running_loop: Callable[[], asyncio.AbstractEventLoop | None] = _events._get_running_loop
SET_RUNNING_LOOP = "_set_running_loop"
POLICY = "_event_loop_policy"  # the one that is in force, or None before the first use; up to 3.15
enter_task: Callable[[Any, Any], None] = _tasks._enter_task
leave_task: Callable[[Any, Any], None] = _tasks._leave_task
forget_task: Callable[[Any], None] = _tasks._unregister_task  # so that `all_tasks` lacks it

# `asyncio.current_task(loop)`, without a call of a function in Python: before 3.12 it is one, and
# since 3.14 the dictionary behind it stays empty.
current_task: Callable[[Any], asyncio.Task[Any] | None]
if sys.version_info >= (3, 12):
    current_task = asyncio.current_task
else:
    current_task = _tasks._current_tasks.get


# Whether any loop of this process may have a task that is not done: where `asyncio.all_tasks` is
# written in Python, as it is before 3.14, it takes a twentieth of a short run to say that none has.
if sys.version_info >= (3, 14):

    def may_be_tasks() -> bool:
        """Return True: to ask asyncio itself is as quick."""
        return True

elif sys.version_info >= (3, 12):

    def may_be_tasks() -> bool:
        """Return whether asyncio knows of any task, be it done."""
        return bool(_tasks._scheduled_tasks.data or _tasks._eager_tasks)

else:

    def may_be_tasks() -> bool:
        """Return whether asyncio knows of any task, be it done."""
        return bool(_tasks._all_tasks.data)


def set_running_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Tell asyncio which loop this thread runs, as loops do: by whatever stands in its place."""
    _events._set_running_loop(loop)


def nothing_to_close(loop: Any) -> None:
    """Let a stock loop that is not made after all be thrown away without a complaint."""
    loop._closed = True


def take_back_beginning(loop: Any) -> None:
    """Let a loop that is refused as it begins be closed: since 3.13 the stock loop would not."""
    if hasattr(loop, "_run_forever_cleanup"):
        loop._run_forever_cleanup()


# What `create_task` takes besides a name and a context: with no task factory, and with
# `asyncio.eager_task_factory`

_MORE_OPTIONS = "kwargs" in inspect.signature(asyncio.BaseEventLoop.create_task).parameters
TASK_OPTIONS = {"eager_start"} if _MORE_OPTIONS else set()
EAGER_FACTORY_OPTIONS = {"eager_start"} if sys.version_info >= (3, 14) else set()

# Classes of tasks and of futures: those in C, which may go by other names now, as a library can
# bind `asyncio.Task` to another class, and their twins written in Python

# It cannot be imported above: if it comes before asyncio, that goes without it.
_in_c: Any = sys.modules["_asyncio"]
TASKS: tuple[Any, ...] = (_in_c.Task, _tasks._PyTask)
FUTURES: tuple[Any, ...] = (_in_c.Future, _futures._PyFuture)


def _codes_of_twins() -> Iterator[CodeType]:
    yield _futures._get_loop.__code__
    functions = [value for name, value in vars(_tasks).items() if name.startswith("_py_")]
    classes = vars(_tasks._PyTask), vars(_futures._PyFuture)
    for member in (*functions, *classes[0].values(), *classes[1].values()):
        for function in (member, getattr(member, "fget", None), getattr(member, "fset", None)):
            if isinstance(function, FunctionType):
                yield function.__code__


# What tasks and futures that are written in Python are made of; those in C have no such functions
TWINS: tuple[CodeType, ...] = tuple(_codes_of_twins())

# Callbacks by which asyncio's own handles are known

END_OF_MAIN: Any = _base_events._run_until_complete_cb
END_OF_SLEEP: Any = _futures._set_result_unless_cancelled
TIMEOUTS: frozenset[Any] = frozenset({_timeouts.Timeout._on_timeout, _tasks._release_waiter})

# The names of these, as they are in traces; those of timeouts without their class
NAME_OF_END_OF_MAIN: str = END_OF_MAIN.__name__
NAMES_OF_TIMEOUTS: tuple[str, ...] = tuple(sorted(callback.__name__ for callback in TIMEOUTS))

# Functions that wait, by which their frames are known


def code_of(function: Any) -> CodeType:
    code: CodeType = inspect.unwrap(function).__code__
    return code


def _nested(function: Any, name: str) -> CodeType:
    """Return the code of a function within another one."""
    codes = (const for const in code_of(function).co_consts if isinstance(const, CodeType))
    return next(code for code in codes if code.co_name == name)


def count_as_coroutine_function(function: Any) -> None:
    """Let a function that is not async, but stands for one, be told as one: mocks ask for that.

    On 3.11 `asyncio.iscoroutinefunction` can be told so, but not that of `inspect`.
    """
    if sys.version_info >= (3, 12):
        inspect.markcoroutinefunction(function)
    else:
        function._is_coroutine = _coroutines._is_coroutine


MAKE_SELF_PIPE = code_of(vars(selector_events.BaseSelectorEventLoop)["_make_self_pipe"])
IN_BARRIER = (code_of(_locks.Barrier._wait), code_of(_locks.Barrier._block))
IN_CONDITION = code_of(_locks.Condition.wait)
IN_WAIT = code_of(_tasks._wait)
IN_CANCEL_AND_WAIT = code_of(_tasks._cancel_and_wait)
IN_WAIT_FOR = code_of(tasks.wait_for)
if sys.version_info >= (3, 13):
    IN_AS_COMPLETED = code_of(_tasks._AsCompletedIterator._wait_for_one)
else:
    IN_AS_COMPLETED = _nested(tasks.as_completed, "_wait_for_one")
END_OF_SHIELDED = _nested(tasks.shield, "_inner_done_callback")

# Tasks that asyncio makes for servers

ACCEPTING: str = vars(selector_events.BaseSelectorEventLoop)["_accept_connection2"].__qualname__
"""What is run by a task that accepts a connection. Nobody has it, to cancel it, and it takes that
for an error of its connection."""
CONNECTED = code_of(streams.StreamReaderProtocol.connection_made)
"""Makes the tasks of the connections of a `start_server`."""

# Functions that cancel tasks on their own account

CANCEL_AND_WAIT = "_cancel_and_wait"  # of a wait_for() that has not ended by itself
ON_TIMEOUT = code_of(_timeouts.Timeout._on_timeout)
OF_GROUPS = (
    code_of(_taskgroups.TaskGroup._abort),
    code_of(_taskgroups.TaskGroup._on_task_done),
)

# By which a program lets a group do so; since 3.15
IN_CANCEL_OF_GROUP = getattr(getattr(taskgroups.TaskGroup, "cancel", None), "__code__", None)

# Where asyncio has primitives of its own: the names of these modules, by the id() of the dictionary

INSIDE = frozenset(id(vars(module)) for module in (locks, queues, tasks))

# What `Barrier.wait` calls, once a party is counted in, or is not any more

ARRIVE = "_wait"
ARRIVE_LAST = "_release"
GO = "_exit"
FILLING: Any = _locks._BarrierState.FILLING

# What wakes who waits for a condition: what `Condition.notify` calls, where it calls something

NOTIFY = "_notify" if hasattr(_locks.Condition, "_notify") else "notify"

# Messages, and debug mode

format_handle: Callable[[Any], str] = _base_events._format_handle
format_callback: Callable[..., str] = _format_helpers._format_callback_source


def logger() -> Logger:
    """Return where the stock loop logs what is slow."""
    logger: Logger = _base_events.logger
    return logger


def is_debug_mode() -> bool:
    """Return whether new loops are in debug mode."""
    return bool(_coroutines._is_debug_mode())


def shielded_by(future: Any) -> Any:
    """Return the inner future of `asyncio.shield`, which only its callback knows."""
    for callback, _ in getattr(future, "_callbacks", None) or ():
        if getattr(callback, "__qualname__", "") == "shield.<locals>._outer_done_callback":
            return inspect.getclosurevars(callback).nonlocals["inner"]
    return None


def is_of_thread(future: Any) -> bool:
    """Return whether a future is what `run_in_executor` has returned."""
    return any(
        getattr(callback, "__qualname__", "") == "_chain_future.<locals>._call_check_cancel"
        for callback, _ in getattr(future, "_callbacks", None) or ()
    )
