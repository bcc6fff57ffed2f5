"""httpx over a UNIX socket, to uvicorn."""

import asyncio

import httpx
import uvicorn

from tests.ecosystem.network import stage


async def main(log, hour):
    async def app(scope, receive, send):
        message = await receive()
        await asyncio.sleep(max(hour / 60, stage.QUICK_HOUR))
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": message["body"][::-1]})

    path = "http.socket"
    config = uvicorn.Config(app, uds=path, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    transport = httpx.AsyncHTTPTransport(uds=path)
    async with httpx.AsyncClient(transport=transport, timeout=None) as client:
        response = await client.post("http://anything/", content=b"drawer")
        log(response.status_code, response.text)
    server.should_exit = True
    await serving
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=path)) as client:
        try:
            await client.get("http://anything/")
        except httpx.ConnectError as error:
            log(type(error).__name__)


TOLD = """\
60 201 reward
60.2 ConnectError
"""
