"""The worker threads of pools: each runs one function after another while it has the baton."""

from __future__ import annotations

import threading

from vtloop.baton import BatonHolder, BatonThread
from vtloop.blocking import here
from vtloop.pools import Job, Pool, ThreadAbandoned


class Worker(BatonThread):
    """One worker thread."""

    def __init__(self, threads: BatonHolder, pool: Pool, name: str) -> None:
        super().__init__(threads)
        self._pool = pool
        self.job: Job | None = None
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def _work(self) -> None:
        here.actor = self
        try:
            if self._wait_for_go():
                self._run_jobs()
        except ThreadAbandoned:
            pass
        finally:
            self._give_baton_back()

    def _run_jobs(self) -> None:
        pool = self._pool
        if not pool.initialise():
            self._rejoin()
            pool.break_down(self.job)
            return
        while self.job is not None:
            self.job.run(self._rejoin)
            self.job = pool.waiting.popleft() if pool.waiting else None
            pool.finished()
            if self.job is None:
                self._suspend(lambda: pool.idle.append(self))

    def _leave(self) -> None:
        """Unwind, as nobody waits for the job any more."""
        raise ThreadAbandoned
