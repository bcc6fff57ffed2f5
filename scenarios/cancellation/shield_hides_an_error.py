"""shield() hides the error of what it shields from everybody (gh-86802).

When its caller is cancelled just as the error has come, shield() looks at the error, so that nobody
hears that it was never retrieved, and hands it to nobody.
"""

import asyncio


async def save() -> None:
    await asyncio.sleep(1)
    raise OSError("the disk is full")


async def worker() -> None:
    try:
        await asyncio.shield(save())
    except OSError:
        pass


async def careful_worker() -> None:
    await asyncio.gather(save(), return_exceptions=True)


async def main() -> None:
    await asyncio.gather(worker(), return_exceptions=True)


async def fixed() -> None:
    await asyncio.gather(careful_worker(), return_exceptions=True)
