"""The part of an event loop that has nothing to do with time: asyncio's own code.

`Stock` takes these methods from the `BaseEventLoop` of the Python that runs. With them it takes the
attributes beyond the public interface that they, and some libraries, rely on.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
from asyncio import base_events
from typing import Any

from vtloop.core.connections import Connections
from vtloop.core.sets import OrderedWeakSet
from vtloop.private.events import END_OF_SLEEP, format_callback, is_debug_mode
from vtloop.values.clock import NANOSECONDS

STOCK: Any = base_events.BaseEventLoop

_FORMAT_DEPENDS_ON_DEBUG = sys.version_info >= (3, 13)


class Stock(Connections):
    """An event loop's futures, generators, errors and checks."""

    _closed = True  # until it is made: nothing is left to close when `__init__` raises
    _debug = False
    get_debug: Any = bool  # which is False; asyncio asks for every future, so this is not Python

    def __init__(self) -> None:
        self._closed = False
        self._stopping = False
        self._thread_id: int | None = None
        self._exception_handler: Any = None
        self._task_factory: Any = None
        self._current_handle: Any = None
        self._default_executor: concurrent.futures.ThreadPoolExecutor | None = None
        self._executor_shutdown_called = False
        self._asyncgens: OrderedWeakSet[Any] = OrderedWeakSet()
        self._asyncgens_shutdown_called = False
        self._coroutine_origin_tracking_enabled = False
        self._coroutine_origin_tracking_saved_depth: int | None = None
        self._clock_resolution = 1 / NANOSECONDS
        self.slow_callback_duration = 0.1  # virtual seconds
        self.set_debug(is_debug_mode())

    __repr__ = STOCK.__repr__
    __del__ = STOCK.__del__
    run_until_complete = STOCK.run_until_complete
    stop = STOCK.stop
    is_closed = STOCK.is_closed
    create_future = STOCK.create_future
    set_task_factory = STOCK.set_task_factory
    get_task_factory = STOCK.get_task_factory
    set_default_executor = STOCK.set_default_executor
    shutdown_asyncgens = STOCK.shutdown_asyncgens
    get_exception_handler = STOCK.get_exception_handler
    set_exception_handler = STOCK.set_exception_handler
    default_exception_handler = STOCK.default_exception_handler
    call_exception_handler = STOCK.call_exception_handler
    _check_closed = STOCK._check_closed
    _check_thread = STOCK._check_thread
    _check_callback = STOCK._check_callback
    _check_default_executor = STOCK._check_default_executor
    _check_running = STOCK._check_running
    _set_coroutine_origin_tracking = STOCK._set_coroutine_origin_tracking
    _asyncgen_firstiter_hook = STOCK._asyncgen_firstiter_hook
    _asyncgen_finalizer_hook = STOCK._asyncgen_finalizer_hook
    _task_from_factory = STOCK.create_task

    def _report(self, handle: Any, error: BaseException) -> None:
        """Report an exception out of a callback, as `asyncio.Handle._run` does."""
        if isinstance(error, asyncio.InvalidStateError) and _is_cancelled_sleep(handle):
            return
        options = {"debug": self.get_debug()} if _FORMAT_DEPENDS_ON_DEBUG else {}
        source = format_callback(handle._callback, handle._args, **options)
        context = {
            "message": f"Exception in callback {source}",
            "exception": error,
            "handle": handle,
        }
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)


def _is_cancelled_sleep(handle: Any) -> bool:
    """Return whether a signal's handler, that of Ctrl-C, has cancelled a sleep as it was ending.

    A loop that does not wait for its timers is likely to be found there.
    """
    return handle._callback is END_OF_SLEEP and handle._args[0].cancelled()


def hide_frames(made: Any, count: int) -> None:
    """Leave the loop's own `count` frames out of where a handle or task was made."""
    if made._source_traceback:
        del made._source_traceback[-count:]
