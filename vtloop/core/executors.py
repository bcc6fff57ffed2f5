"""An event loop's executors, on the run's own worker threads (see `all_threads`)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import warnings
from asyncio import futures
from collections.abc import Callable
from functools import partial
from typing import Any

from vtloop.core.borrowed import Stock
from vtloop.core.home import Home

_WORKERS = 32  # of the default executor: asyncio's most, whatever the number of processors


class Executors(Stock):
    """What runs functions in threads."""

    _home: Home

    def run_in_executor(  # type: ignore[override]
        self, executor: concurrent.futures.Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a function in a worker thread that takes turns with the loop (see `all_threads`)."""
        self._check_closed()
        if self.get_debug():
            self._check_callback(func, "run_in_executor")
        if executor is None:
            self._check_default_executor()
            if self._default_executor is None:
                self._default_executor = concurrent.futures.ThreadPoolExecutor(
                    max_workers=_WORKERS, thread_name_prefix="asyncio"
                )
            executor = self._default_executor
        job = self._home.threads.submit(executor, partial(func, *args))
        return futures.wrap_future(job, loop=self)

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait until the default executor's functions have returned, at most `timeout` seconds."""
        self._executor_shutdown_called = True
        executor = self._default_executor
        if executor is None:
            return
        helper = concurrent.futures.ThreadPoolExecutor(1)
        job = self._home.threads.submit(helper, executor.shutdown)
        try:
            async with asyncio.timeout(timeout):
                await futures.wrap_future(job, loop=self)
        except TimeoutError:
            if not self._home.threads.is_deadlocked:  # of which the user is told by an error
                warnings.warn(
                    f"The executor did not finishing joining its threads within {timeout} seconds.",
                    RuntimeWarning,
                    stacklevel=2,
                )
        executor.shutdown(wait=False)
