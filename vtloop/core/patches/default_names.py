"""Names of threads that nobody has named, such as 'Thread-1': each run counts them from the start.

The standard library counts them as long as the process lives. So what such a thread prints would be
something else in the second run. Threads that belong to no run go on with that count.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from vtloop.core.threads.actor import here
from vtloop.private.threads import number_of_pool, number_of_thread


def next_of_threads() -> int:
    """Stand in for what numbers threads: from 1 on in a run."""
    if (actor := here.actor) is None:
        return number_of_thread()
    actor.clock.threads_numbered += 1
    return actor.clock.threads_numbered


def next_of_pools(pool: ThreadPoolExecutor) -> int:
    """Stand in for what numbers executors, as a method of theirs: from 0 on in a run."""
    if (actor := here.actor) is None:
        return number_of_pool()
    actor.clock.pools_numbered += 1
    return actor.clock.pools_numbered - 1
