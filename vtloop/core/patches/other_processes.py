"""Waits for other processes on a run's own thread, while the run's other threads go on.

What `multiprocessing` waits for, a semaphore or what comes through a pipe, is up to another process
and to real time. But often that process waits for a thread of this run: one that fills a queue, or
hands out the jobs of a pool. So the wait is cut into short ones, between which these act. No
virtual time passes meanwhile, unless one of them waits for it: it wakes once as much real time has
passed.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from vtloop.core.threads.actor import here, real_monotonic
from vtloop.core.threads.baton import BatonHolder, BatonThread, ThreadStarter
from vtloop.private.threads import MAKE_METHODS, POLL, RECEIVE, SEND
from vtloop.values.clock import to_nanoseconds

_SLICE = 0.005  # real seconds of each short wait


def _threads() -> BatonHolder | None:
    """Return the threads of the run that this thread belongs to, if it does to any."""
    actor: Any = here.actor
    return actor.have_threads() if isinstance(actor, ThreadStarter) else None


def _blocks_others() -> bool:
    """Return whether no other thread of a run goes on while this one waits."""
    return _threads() is not None and not isinstance(here.actor, BatonThread)


def _wait(is_there: Callable[[float], object], timeout: float | None) -> bool:
    """Return whether something is there within so many real seconds.

    `is_there` waits for it, for as many as it is given.
    """
    began = since = real_monotonic()
    while True:
        now = real_monotonic()
        left = _SLICE if timeout is None else min(_SLICE, began + timeout - now)
        if is_there(max(left, 0)):
            return True
        if left < _SLICE:
            return False
        if (actor := here.actor) is not None and (threads := _threads()) is not None:
            seconds = threads.next_alarm_in()
            if seconds <= now - since:
                since = now
            else:
                seconds = 0
            actor.sleep(to_nanoseconds(seconds))


def make_methods(synchronize: ModuleType) -> Callable[[Any], None]:
    """Return what stands in for the method with which a `SemLock` gets its own ones."""
    make: Any = vars(synchronize.SemLock)[MAKE_METHODS]

    def make_methods(lock: Any) -> None:
        make(lock)
        acquire_really = lock.acquire

        def acquire(block: bool = True, timeout: float | None = None) -> Any:
            if not (block and _blocks_others()):
                return acquire_really(block, timeout)
            return _wait(lambda seconds: acquire_really(True, seconds), timeout)

        lock.acquire = acquire

    return make_methods


def enter(lock: Any) -> Any:
    """Stand in for `SemLock.__enter__`, which asks for the lock in C."""
    return lock.acquire()


def send(connection: ModuleType) -> Callable[..., None]:
    """Return what stands in for `Connection._send_bytes`, which writes into a pipe.

    Threads that read the answers have been idle up to now, and may have been given up.
    """
    send_really: Any = vars(connection.Connection)[SEND]

    def send(self: Any, message: Any) -> None:
        if (threads := _threads()) is not None:
            threads.outsiders.wait_again()
        send_really(self, message)

    return send


def receive(connection: ModuleType) -> Callable[..., Any]:
    """Return what stands in for `Connection._recv`, which reads a pipe."""
    receive_really: Any = vars(connection.Connection)[RECEIVE]
    wait_really: Any = connection.wait

    def receive(self: Any, *args: Any) -> Any:
        if _blocks_others():
            _wait(lambda seconds: wait_really([self], seconds), None)
        return receive_really(self, *args)

    return receive


def poll(connection: ModuleType) -> Callable[..., bool]:
    """Return what stands in for `Connection._poll`, which waits for what can be read."""
    poll_really: Any = vars(connection.Connection)[POLL]

    def poll(self: Any, timeout: float | None) -> bool:
        if not _blocks_others():
            return bool(poll_really(self, timeout))
        return _wait(lambda seconds: poll_really(self, seconds), timeout)

    return poll


def wait_for_end(popen_fork: ModuleType) -> Callable[..., int | None]:
    """Return what stands in for `Popen.wait`, by which a process is joined."""
    wait_really: Any = popen_fork.Popen.wait

    def wait(self: Any, timeout: float | None = None) -> int | None:
        if _blocks_others() and self.returncode is None:
            _wait(lambda seconds: wait_really(self, seconds) is not None, timeout)
            timeout = 0
        exit_code: int | None = wait_really(self, timeout)
        return exit_code

    return wait
