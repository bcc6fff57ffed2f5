"""A request that has timed out leaves its reply to the next one.

The same as `reply_to_somebody_else`, of one task alone: nobody is cancelled, but the server is slow
once. Only a sweep of the timeouts comes upon it.
"""

import asyncio


async def serve(requests: asyncio.Queue[int], replies: asyncio.Queue[int]) -> None:
    while True:
        request = await requests.get()
        await asyncio.sleep(1)
        replies.put_nowait(request)


async def ask(request: int, requests: asyncio.Queue[int], replies: asyncio.Queue[int]) -> None:
    requests.put_nowait(request)
    try:
        async with asyncio.timeout(5):
            reply = await replies.get()
    except TimeoutError:
        return
    assert reply == request, f"request {request} got the reply to {reply}"


async def main() -> None:
    requests: asyncio.Queue[int] = asyncio.Queue()
    replies: asyncio.Queue[int] = asyncio.Queue()
    server = asyncio.create_task(serve(requests, replies))
    try:
        for request in range(2):
            await ask(request, requests, replies)
    finally:
        server.cancel()


async def careful_ask(
    request: int, requests: asyncio.Queue[int], replies: asyncio.Queue[int]
) -> None:
    requests.put_nowait(request)
    try:
        async with asyncio.timeout(5):
            while (reply := await replies.get()) != request:
                pass
    except TimeoutError:
        return
    assert reply == request, f"request {request} got the reply to {reply}"


async def fixed() -> None:
    requests: asyncio.Queue[int] = asyncio.Queue()
    replies: asyncio.Queue[int] = asyncio.Queue()
    server = asyncio.create_task(serve(requests, replies))
    try:
        for request in range(2):
            await careful_ask(request, requests, replies)
    finally:
        server.cancel()
