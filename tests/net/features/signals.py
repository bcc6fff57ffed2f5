"""Signals that a program sends itself."""

import asyncio
import contextlib
import os
import signal

from tests.support.links import a_moment


async def a_handler_hears_a_signal_that_is_raised(log):
    loop = asyncio.get_running_loop()
    heard = asyncio.Queue()
    loop.add_signal_handler(signal.SIGTERM, heard.put_nowait, "terminated")
    signal.raise_signal(signal.SIGTERM)
    log(await heard.get())
    log(loop.remove_signal_handler(signal.SIGTERM), loop.remove_signal_handler(signal.SIGTERM))


async def a_handler_hears_a_signal_that_is_sent(log):
    loop = asyncio.get_running_loop()
    heard = asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR1, heard.put_nowait, "heard")
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGUSR1)
        log(await heard.get())
    loop.remove_signal_handler(signal.SIGUSR1)


async def a_handler_takes_the_place_of_another(log):
    loop = asyncio.get_running_loop()
    heard = asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR2, heard.put_nowait, "first")
    loop.add_signal_handler(signal.SIGUSR2, heard.put_nowait, "second")
    signal.raise_signal(signal.SIGUSR2)
    log(await heard.get(), heard.empty())
    loop.remove_signal_handler(signal.SIGUSR2)


async def a_signal_ends_a_server(log):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    async with await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0) as server:
        serving = asyncio.create_task(server.serve_forever())
        loop.call_later(0.002, os.kill, os.getpid(), signal.SIGTERM)
        await stop.wait()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        log(server.is_serving())
    loop.remove_signal_handler(signal.SIGTERM)


async def signals_that_cannot_be_handled_are_refused(log):
    loop = asyncio.get_running_loop()
    for number in (signal.SIGKILL, 1000, "SIGTERM"):
        with log.error():
            loop.add_signal_handler(number, log)
    with log.error():
        loop.add_signal_handler(signal.SIGTERM, a_moment)


async def a_handler_of_the_module_signal_is_called(log):
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    signal.raise_signal(signal.SIGUSR1)
    log(heard)
    await asyncio.sleep(0)
    log(signal.getsignal(signal.SIGUSR1) is not before)
    signal.signal(signal.SIGUSR1, before)
    log(signal.getsignal(signal.SIGUSR1) == before)
