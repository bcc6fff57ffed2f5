"""uncancel() takes a cancellation back, and it is delivered all the same (gh-116720).

The request has come in the same step, so that it was to be thrown at the next await. It still is,
though cancelling() is 0 then, and whoever sees the error finds that nobody has asked for it.
"""

import asyncio


async def worker() -> None:
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        while task is not None and task.uncancel():
            pass
    await asyncio.sleep(1)


async def careful_worker() -> None:
    await asyncio.sleep(1)
    await asyncio.sleep(1)


async def main() -> None:
    await asyncio.gather(worker(), return_exceptions=True)


async def fixed() -> None:
    await asyncio.gather(careful_worker(), return_exceptions=True)
