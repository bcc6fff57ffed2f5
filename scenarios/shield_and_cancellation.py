"""`shield` parts the caller from the task it awaits.

Cancelling a caller also cancels the task that it awaits. With `shield` in between, the caller's
await still raises CancelledError, but the inner task runs on to its end. A shield covers only that
way in: the inner task can still be cancelled directly, and then its caller's await raises too.
"""

import asyncio
from collections.abc import Callable


async def work() -> None:
    try:
        await asyncio.sleep(3)
    except asyncio.CancelledError:
        print("inner cancelled")
        raise
    print("inner finished")


async def call(awaited: asyncio.Future[None]) -> None:
    try:
        await awaited
    except asyncio.CancelledError:
        print("caller cancelled")
        raise
    print("caller finished")


async def unprotected() -> None:
    inner = asyncio.create_task(work(), name="inner")
    caller = asyncio.create_task(call(inner), name="caller")
    await cancel_after_1_s(caller.cancel)


async def shielded() -> None:
    inner = asyncio.create_task(work(), name="inner")
    caller = asyncio.create_task(call(asyncio.shield(inner)), name="caller")
    await cancel_after_1_s(caller.cancel)


async def shielded_inner_cancelled() -> None:
    inner = asyncio.create_task(work(), name="inner")
    caller = asyncio.create_task(call(asyncio.shield(inner)), name="caller")
    await cancel_after_1_s(inner.cancel)
    await asyncio.wait({caller})


async def cancel_after_1_s(cancel: Callable[[], bool]) -> None:
    await asyncio.sleep(1)
    cancel()
    await asyncio.sleep(3)


if __name__ == "__main__":
    print("== no shield, the caller is cancelled ==")
    asyncio.run(unprotected())

    print("== shield, the caller is cancelled ==")
    asyncio.run(shielded())

    print("== shield, the inner task is cancelled ==")
    asyncio.run(shielded_inner_cancelled())
