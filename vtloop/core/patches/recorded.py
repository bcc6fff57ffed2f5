"""What a recorded run replaces besides: what else nobody would be told of."""

from __future__ import annotations

import sys
from asyncio import Barrier, Condition, Event, Lock, Queue, Semaphore, Timeout, tasks

from vtloop.core.patches import asyncio_locks, asyncio_timeouts, asyncio_uses
from vtloop.patching.replaced import During, keeps
from vtloop.patching.replacements import Replacement, Replacements, because
from vtloop.private.events import ARRIVE, ARRIVE_LAST, CANCEL_AND_WAIT, GO

_SINCE_3_13: tuple[Replacement, ...] = ()
if sys.version_info >= (3, 13):
    _SINCE_3_13 = (Replacement(Queue, "shutdown", asyncio_uses.shutdown),)

RECORDED = (
    *because(
        "who holds what, which no await stack tells",
        Replacement(Lock, "acquire", asyncio_locks.lock_acquire),
        Replacement(Lock, "release", asyncio_locks.lock_release),
        Replacement(Semaphore, "acquire", asyncio_locks.semaphore_acquire),
        Replacement(Semaphore, "release", asyncio_locks.semaphore_release),
    ),
    *because(
        "who does what with queues, events, conditions and barriers",
        Replacement(Queue, "put_nowait", asyncio_uses.put_nowait),
        Replacement(Queue, "get_nowait", asyncio_uses.get_nowait),
        Replacement(Queue, "task_done", asyncio_uses.task_done),
        *_SINCE_3_13,
        Replacement(Event, "set", asyncio_uses.event_set),
        Replacement(Event, "clear", asyncio_uses.event_clear),
        Replacement(Condition, "__init__", asyncio_uses.condition_init),
        Replacement(Condition, "notify", asyncio_uses.notify),
        Replacement(Barrier, "__init__", asyncio_uses.barrier_init),
        Replacement(Barrier, ARRIVE, asyncio_uses.arrive),
        Replacement(Barrier, ARRIVE_LAST, asyncio_uses.arrive_last),
        Replacement(Barrier, GO, asyncio_uses.go),
        Replacement(Barrier, "reset", asyncio_uses.reset),
        Replacement(Barrier, "abort", asyncio_uses.abort),
    ),
    *because(
        "who is within which timeout",
        Replacement(Timeout, "reschedule", asyncio_timeouts.timeout_reschedule),
        Replacement(Timeout, "__aexit__", asyncio_timeouts.timeout_exit),
        Replacement(tasks, "wait_for", asyncio_timeouts.wait_for, taken_by_name=True),
        Replacement(tasks, CANCEL_AND_WAIT, asyncio_timeouts.cancel_and_wait),
    ),
)

when_recorded = Replacements(RECORDED).listed(__name__, During.RECORDED)
keeps(__name__, "how often the table has been entered", "when_recorded")
