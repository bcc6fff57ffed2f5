"""Who holds which lock: the one thing that no await stack tells.

A lock taken without waiting leaves no trace in asyncio. In a recorded run the methods below stand
in for those of `asyncio.Lock` and `asyncio.Semaphore`; they call the originals, suspend nowhere
else, and tell the running loop's recorder. Those of semaphores do so in a sweep as well, and tell
the witness that its loops have.
"""

from __future__ import annotations

from asyncio import Lock, Semaphore
from typing import Any

from vtloop.private.events import get_running_loop

_lock_acquire, _lock_release = Lock.acquire, Lock.release
_semaphore_acquire, _semaphore_release = Semaphore.acquire, Semaphore.release


def current_recorder() -> Any:
    """Return the recorder of the loop that runs in this thread, if it has one."""
    return getattr(get_running_loop(), "_recorder", None)


def _witness() -> Any:
    return getattr(get_running_loop(), "_witness", None)


async def lock_acquire(self: Lock) -> bool:
    await _lock_acquire(self)
    if (recorder := current_recorder()) is not None:
        recorder.acquired(self)
    return True


def lock_release(self: Lock) -> None:
    _lock_release(self)
    if (recorder := current_recorder()) is not None:
        recorder.released(self)


async def semaphore_acquire(self: Semaphore) -> bool:
    await _semaphore_acquire(self)
    if (recorder := current_recorder()) is not None:
        recorder.acquired(self)
    if (witness := _witness()) is not None:
        witness.acquired(self)
    return True


def semaphore_release(self: Semaphore) -> None:
    _semaphore_release(self)
    if (recorder := current_recorder()) is not None:
        recorder.released(self)
    if (witness := _witness()) is not None:
        witness.released(self)
