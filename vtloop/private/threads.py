"""What `concurrent.futures` and `threading` keep to themselves."""

from __future__ import annotations

import _thread
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, _base
from concurrent.futures import thread as pools
from concurrent.futures.thread import BrokenThreadPool
from types import CodeType
from typing import Any, Protocol

_pools: Any = pools
_queue: Any = queue
_threading: Any = threading

thread_count: Callable[[], int] = _thread._count
"""Tell how many threads Python knows of."""

# What numbers threads and executors that nobody has named, for the process: they are looked up by
# this name each time.
NEXT_NUMBER = "_counter"
number_of_thread: Callable[[], int] = vars(threading)[NEXT_NUMBER]
number_of_pool: Callable[[], int] = vars(ThreadPoolExecutor)[NEXT_NUMBER]

# Where `concurrent.futures` looks at the clock.
futures_base: Any = _base

# By which a worker of a ThreadPoolExecutor is known.
WORKER_LOOP: CodeType = _pools._worker.__code__

# Functions, by module and name, in which a thread of the library's looks after others, and has
# nothing to say itself.
KEEPERS = {("multiprocessing.pool", "_handle_workers")}

# The one in which a pool of processes waits for results, and what it calls its jobs.
RESULTS_OF_POOL = ("multiprocessing.pool", "_handle_results")
JOBS_OF_POOL = "cache"

# Where a Condition tries to take a plain lock, to see whether somebody holds it.
IS_OWNED: CodeType = _threading.Condition._is_owned.__code__

# `queue.SimpleQueue`, written in Python.
SIMPLE_QUEUE: Any = _queue._PySimpleQueue


class WorkerContext(Protocol):
    """What a worker thread of an executor lives in, and how it runs its tasks."""

    def initialize(self) -> None: ...
    def run(self, task: Any) -> Any: ...
    def finalize(self) -> None: ...


class _PlainContext:
    """A context as Python 3.14 makes it, for those before, which have none."""

    def __init__(self, initializer: Callable[..., object] | None, arguments: Any) -> None:
        self._initializer = initializer
        self._arguments = arguments

    def initialize(self) -> None:
        if self._initializer is not None:
            self._initializer(*self._arguments)

    def run(self, task: Any) -> Any:
        function, args, kwargs = task
        return function(*args, **kwargs)

    def finalize(self) -> None:
        pass


class ExecutorInside:
    """A ThreadPoolExecutor, seen from within."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor: Any = executor

    @property
    def is_shut_down(self) -> bool:
        return bool(self._executor._shutdown)

    @property
    def most_workers(self) -> int:
        return int(self._executor._max_workers)

    @property
    def name(self) -> Any:
        """What the names of its threads begin with."""
        return self._executor._thread_name_prefix or self._executor

    @property
    def is_broken(self) -> bool:
        """Return whether an initializer of its threads has failed."""
        return bool(self._executor._broken)

    def break_down(self) -> None:
        """Let it take no more jobs, after a failure of an initializer."""
        self._executor._broken = (
            "A thread initializer failed, the thread pool is not usable anymore"
        )

    def failure(self) -> BaseException:
        """Return what the jobs of a broken one fail with."""
        kind = getattr(self._executor, "BROKEN", BrokenThreadPool)  # since 3.14
        failure: BaseException = kind(self._executor._broken)
        return failure

    def task(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Return what a context of its workers can run."""
        resolve = getattr(self._executor, "_resolve_work_item_task", None)  # since 3.14
        return (function, args, kwargs) if resolve is None else resolve(function, args, kwargs)

    def new_context(self) -> WorkerContext:
        """Return the context of a new worker."""
        create = getattr(self._executor, "_create_worker_context", None)  # since 3.14
        if create is not None:
            context: WorkerContext = create()
            return context
        return _PlainContext(self._executor._initializer, self._executor._initargs)

    @property
    def computes_elsewhere(self) -> bool:
        """Return whether its threads have an interpreter each, in which the tasks run."""
        module = sys.modules.get("concurrent.futures.interpreter")  # since 3.14
        return module is not None and isinstance(self._executor, module.InterpreterPoolExecutor)

    @property
    def starts_threads_itself(self) -> bool:
        """Return whether its class has a way of its own to start threads."""
        own = type(self._executor)._adjust_thread_count
        return own is not _start_threads


_start_threads = ThreadPoolExecutor._adjust_thread_count

# How `multiprocessing` waits: a semaphore gets its methods, and a pipe is read or asked

MAKE_METHODS = "_make_methods"
SEND = "_send_bytes"
RECEIVE = "_recv"
POLL = "_poll"
