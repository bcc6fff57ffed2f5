"""What a thread is doing that runs on its own: whether it computes, or waits, and for what.

The system's own word is taken where it gives it, on Linux; elsewhere Python's frames tell of the
usual waits.
"""

from __future__ import annotations

import concurrent.futures
import os
import queue
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from vtloop.core.threads.actor import real_start
from vtloop.private.interpreter import current_frames
from vtloop.private.threads import JOBS_OF_POOL, KEEPERS, RESULTS_OF_POOL, WORKER_LOOP
from vtloop.values.callers import DEBUGGERS

# By machine, on Linux: the system call in which a thread waits for another one, and those that read
# or write what their first argument is the descriptor of.
_MACHINE = os.uname().machine if hasattr(os, "uname") else ""
_FUTEX = {"x86_64": "202", "aarch64": "98"}.get(_MACHINE)
_ON_FILES = {
    "x86_64": {"0", "1", "17", "18", "19", "20", "74", "75"},
    "aarch64": {"63", "64", "65", "66", "67", "68", "82", "83"},
}.get(_MACHINE, ())

_START = real_start.__code__
_JOIN = threading.Thread.join.__code__
_WAIT = threading.Condition.wait.__code__

# Waits for what others do, even with a timeout. A wait for an Event with a timeout is rather a
# thread that does something now and then.
_FOR_OTHERS = {
    _JOIN,
    queue.Queue.get.__code__,
    queue.Queue.put.__code__,
    concurrent.futures.Future.result.__code__,
    concurrent.futures.Future.exception.__code__,
    concurrent.futures.wait.__code__,
}


def waits_for_others(thread: threading.Thread) -> str:
    """Return "" unless a thread is blocked until another thread acts.

    Otherwise the result is the same at the next look if the thread has not moved in between. One
    that starts another thread is not blocked: its start cannot block.
    """
    frame = frame_of(thread)
    if frame is None or _is_notified(frame) or _START in _codes(frame):
        return ""
    call = _of_the_system(thread, "syscall")
    if not call:
        return "waits" if _is_known_wait(frame) else ""
    number, *arguments = call.split()
    if number != _FUTEX:
        return call if _is_pool_without_jobs(thread) else ""
    no_timeout = arguments[3] == "0x0"
    if no_timeout or any(code in _FOR_OTHERS for code in _codes(frame)):
        return call + _of_the_system(thread, "schedstat")  # with the time that it has run
    return ""


def waits_for_real(thread: threading.Thread) -> str:
    """Return "" unless a thread is blocked until something real happens: input, a child's end.

    Otherwise the result is the same at the next look if the thread has not moved in between.
    """
    call = _of_the_system(thread, "syscall")
    number, *arguments = call.split() or [""]
    if number in ("", "running", _FUTEX):
        return ""
    if number in _ON_FILES and _is_on_disk(arguments[0]):
        return ""
    return call + _of_the_system(thread, "schedstat")


def _is_on_disk(descriptor: str) -> bool:
    """Return whether a file descriptor is that of a file which is always ready."""
    try:
        file = os.readlink(f"/proc/self/fd/{int(descriptor, 16)}")
    except OSError:  # it was closed
        return False
    return file.startswith("/") and not file.startswith("/dev/")


def used_processor(thread: threading.Thread) -> str:
    """Return what changes when a thread runs; "" if that is unknown."""
    return _of_the_system(thread, "schedstat").partition(" ")[0]


def is_running(thread: threading.Thread) -> bool:
    """Return whether the system says that a thread runs, or is to run next."""
    return _of_the_system(thread, "syscall").startswith("running")


def waits_for_a_condition(thread: threading.Thread) -> bool:
    """Return whether a thread waits for a Condition: of that it is known whether it has ended."""
    return _WAIT in _codes(frame_of(thread))[:3]


def _is_pool_without_jobs(thread: threading.Thread) -> bool:
    """Return whether a thread waits for the results of a pool of processes that has no jobs."""
    return any(
        (frame.f_globals.get("__name__"), frame.f_code.co_name) == RESULTS_OF_POOL
        and not frame.f_locals[JOBS_OF_POOL]
        for frame in frames_of(thread)
    )


def looks_after_others(thread: threading.Thread) -> bool:
    """Return whether a thread is one of the library's own that has nothing to say itself."""
    return any(
        (frame.f_globals.get("__name__"), frame.f_code.co_name) in KEEPERS
        for frame in frames_of(thread)
    )


def is_at_breakpoint(thread: threading.Thread) -> bool:
    """Return whether a debugger holds a thread."""
    return any(
        str(frame.f_globals.get("__name__")).partition(".")[0] in DEBUGGERS
        for frame in frames_of(thread)
    )


def frame_of(thread: threading.Thread) -> FrameType | None:
    """Return the innermost frame of a thread, None if it has none."""
    return current_frames().get(thread.ident or 0)


def frames_of(thread: threading.Thread) -> Iterator[FrameType]:
    """Yield the frames of a thread, innermost first."""
    frame = frame_of(thread)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _of_the_system(thread: threading.Thread, file: str) -> str:
    """Return what the system says of a thread, or "" if that is unknown."""
    if sys.platform != "linux" or _FUTEX is None:
        return ""
    try:
        with open(f"/proc/self/task/{thread.native_id}/{file}", encoding="ascii") as stream:
            return stream.read()
    except OSError:
        return ""


def _codes(frame: FrameType | None) -> list[object]:
    codes: list[object] = []
    while frame is not None and len(codes) < 4:
        codes.append(frame.f_code)
        frame = frame.f_back
    return codes


def _is_notified(frame: FrameType | None) -> bool:
    """Return whether a wait for a Condition is over, though the system has yet to say so."""
    for _ in range(3):  # the lock on which it waits may have a frame of its own
        if frame is not None and frame.f_code is _WAIT:
            names = frame.f_locals
            return names.get("waiter") not in names["self"]._waiters
        frame = frame and frame.f_back
    return False


def _is_known_wait(frame: FrameType) -> bool:
    codes = _codes(frame)
    if codes[0] is _WAIT:
        return frame.f_locals["timeout"] is None or any(code in _FOR_OTHERS for code in codes)
    return codes[0] is WORKER_LOOP or _JOIN in codes[:2]
