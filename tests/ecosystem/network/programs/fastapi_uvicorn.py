"""fastapi over uvicorn: dependencies, a background task, a websocket, and a graceful end."""

import asyncio

import httpx
import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect

from tests.ecosystem.network import stage


async def main(log, hour):
    # No hours, as uvicorn looks ten times a second if it is to end.
    minute = max(hour / 60, stage.QUICK_HOUR)
    app = FastAPI()

    async def database():
        await asyncio.sleep(minute)
        yield {"bread": 3}
        log("database: closed")

    async def tell(name):
        await asyncio.sleep(5 * minute)  # after all else, also on a machine that is busy
        log("told of", name)

    @app.get("/stock/{name}")
    async def stock(name: str, tasks: BackgroundTasks, kept: dict = Depends(database)):  # noqa: B008
        tasks.add_task(tell, name)
        return {"name": name, "left": kept.get(name, 0)}

    @app.get("/blocking")
    def blocking(limit: int):
        return {"limit": limit}

    @app.websocket("/chat")
    async def chat(socket: WebSocket):
        await socket.accept()
        try:
            while True:
                await socket.send_json({"you": await socket.receive_text()})
        except WebSocketDisconnect as error:
            log("chat:", error.code, error.reason)

    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1000)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    address = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=None) as client:
        log((await client.get("/stock/bread")).json())
        log((await client.get("/blocking", params={"limit": 3})).json())
        wrong = await client.get("/blocking", params={"limit": "many"})
        log(wrong.status_code, wrong.json()["detail"][0]["type"])
    async with connect(f"ws://{address}/chat") as socket:
        await socket.send("hello")
        log(await socket.recv())
        await socket.close(1000, "bye")
    server.should_exit = True
    await serving
    log("ended")


TOLD = """\
60 {'name': 'bread', 'left': 3}
60 {'limit': 3}
60 422 int_parsing
60 {"you":"hello"}
60 chat: 1000 bye
360 told of bread
360 database: closed
360.1 ended
"""
