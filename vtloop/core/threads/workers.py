"""The worker threads of pools: each runs one function after another while it has the baton."""

from __future__ import annotations

import threading

from vtloop.core.threads.actor import here
from vtloop.core.threads.baton import BatonHolder, BatonThread
from vtloop.core.threads.pools import Job, Pool, ThreadAbandoned
from vtloop.private.threads import WorkerContext


class Worker(BatonThread):
    """One worker thread, and the context in which its jobs run."""

    def __init__(self, threads: BatonHolder, pool: Pool, name: str, context: WorkerContext) -> None:
        super().__init__(threads)
        self._pool = pool
        self._context = context
        self.job: Job | None = None
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def _work(self) -> None:
        here.actor = self
        try:
            if self._wait_for_go():
                self._live()
        except ThreadAbandoned:
            pass
        except BaseException as error:  # a fault of this package's: somebody is to hear of it
            self._fail(error)
        finally:
            self._end()

    def _live(self) -> None:
        pool, context = self._pool, self._context
        if not pool.initialise(context):
            self._rejoin()
            pool.break_down(self.job)
            return
        try:
            self._run_jobs()
        finally:
            context.finalize()
            self._rejoin()

    def _run_jobs(self) -> None:
        pool = self._pool
        while self.job is not None:
            self.job.run(self._context, self._rejoin)
            self.job = pool.waiting.popleft() if pool.waiting else None
            pool.finished()
            if self.job is None:
                self._suspend(lambda: pool.idle.append(self))

    def _fail(self, error: BaseException) -> None:
        """Tell whoever waits for the job of a fault in this thread; else the loop."""
        job, self.job = self.job, None
        if job is not None and job.fail(error):
            self._pool.finished()
        else:
            self.threads.turn(_raise, error)

    def leave(self) -> None:
        """Unwind, as nobody waits for the job any more."""
        raise ThreadAbandoned

    def ended(self) -> None:
        self._pool.worker_left()


def _raise(error: BaseException) -> None:
    raise error
