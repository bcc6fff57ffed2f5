"""httpx over uvicorn: 42 requests over 13 connections, which are kept alive, and a long answer."""

import asyncio
import socket

import httpx
import uvicorn

from tests.ecosystem.network import stage


async def main(log, hour):
    # No hours, as uvicorn looks ten times a second if it is to end.
    minute = max(hour / 60, stage.QUICK_HOUR)
    peers = set()

    async def app(scope, receive, send):
        peers.add(tuple(scope["client"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3 if scope["path"] == "/long" else 1):
            await asyncio.sleep(minute)
            body = b"part %d " % number
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"end"})

    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_keep_alive=10 * minute)
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        port = listening.getsockname()[1]
        while not server.started:
            await asyncio.sleep(0)
        limits = httpx.Limits(max_connections=13, max_keepalive_connections=13)
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=None) as client:
            for wave in 13, 13, 13, 3:
                answers = await asyncio.gather(*(client.get("/") for _ in range(wave)))
                log({answer.text for answer in answers}, len(peers), "connections")
            async with client.stream("GET", "/long") as response:
                async for text in response.aiter_text():
                    log(repr(text))
            log(len(peers), "connections")
        server.should_exit = True
        await serving
    log("ended")


TOLD = """\
60 {'part 0 end'} 13 connections
120 {'part 0 end'} 13 connections
180 {'part 0 end'} 13 connections
240 {'part 0 end'} 13 connections
300 'part 0 '
360 'part 1 '
420 'part 2 '
420 'end'
420 13 connections
420.2 ended
"""
