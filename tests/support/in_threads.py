"""What tests of the threads of a run need: a diary, and an eye on threads that stay behind."""

import asyncio
import threading
import time

import pytest

from vtloop.core.threads.actor import real_sleep
from vtloop.core.threads.program_threads import start_outside


@pytest.fixture(autouse=True)
def no_thread_stays_behind():
    """Wait for the threads that a test has started; there must be none in the end."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert set(threading.enumerate()) <= before


class Diary:
    """What happened, each with the seconds since the diary was begun."""

    def __init__(self):
        self._began = time.monotonic()
        self.pages = []

    def __call__(self, *what):
        self.pages.append((time.monotonic() - self._began, *what))


def start(function, *args, **options):
    """Return a new thread that calls a function."""
    thread = threading.Thread(target=function, args=args, **options)
    thread.start()
    return thread


async def call_in_from_outside():
    """Wait for a thread, named "outside", that the run does not control."""

    def answer():
        real_sleep(0.01)
        loop.call_soon_threadsafe(event.set)

    loop, event = asyncio.get_running_loop(), asyncio.Event()
    start_outside(threading.Thread(target=answer, name="outside"))
    await event.wait()
