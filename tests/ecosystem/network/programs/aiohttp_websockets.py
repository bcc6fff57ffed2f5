"""aiohttp's websockets: an echo, heartbeats of an hour, and a peer that does not answer them."""

from aiohttp import ClientSession, WSMsgType, web


async def main(log, hour):
    async def echo(request):
        socket = web.WebSocketResponse(heartbeat=hour)
        await socket.prepare(request)
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                log("server:", type(message.data).__name__)
            elif message.data == "bye":
                await socket.close(code=4000, message=b"so long")
            else:
                await socket.send_str(message.data.upper())
        log("server: closed with", socket.close_code)
        return socket

    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        async with session.ws_connect("/") as socket:
            await socket.send_str("hello")
            log(await socket.receive_str())
            await socket.send_str("x" * 300_000)
            log(len(await socket.receive_str()))
            await socket.send_str("bye")
            message = await socket.receive()
            log(message.type == WSMsgType.CLOSE, socket.close_code, message.extra)
        async with session.ws_connect("/", autoping=False) as socket:
            message = await socket.receive()
            log("client: got", message.type.name, "and does not answer")
            message = await socket.receive()
            log("client:", message.type.name)
    await runner.cleanup()


TOLD = """\
0 HELLO
0 300000
0 True 4000 so long
0 server: closed with 1000
3600 client: got PING and does not answer
5400 server: TimeoutError
5400 server: closed with 1006
5400 client: CLOSED
"""
