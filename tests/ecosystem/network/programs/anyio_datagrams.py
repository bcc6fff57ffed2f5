"""anyio: datagrams, connected and not, and streams over a UNIX socket."""

import anyio


async def main(log, hour):
    async with await anyio.create_udp_socket(local_host="127.0.0.1") as server:
        host, port = server.extra(anyio.abc.SocketAttribute.local_address)

        async def answer():
            async for packet, address in server:
                await anyio.sleep(hour)
                await server.sendto(packet[::-1], *address)

        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            async with await anyio.create_connected_udp_socket(host, port) as client:
                for word in b"live", b"stop":
                    await client.send(word)
                for _ in range(2):
                    log(await client.receive())
                with anyio.move_on_after(hour) as scope:
                    await client.receive()
                log("nothing more", scope.cancelled_caught)
            group.cancel_scope.cancel()

    path = "greetings.socket"
    async with (
        await anyio.create_unix_listener(path) as listener,
        anyio.create_task_group() as group,
    ):

        async def greet(stream):
            async with stream:
                await stream.send(b"hello " + await stream.receive())

        group.start_soon(listener.serve, greet)
        async with await anyio.connect_unix(path) as stream:
            await stream.send(b"Ada")
            log(await stream.receive())
            try:
                await stream.receive()
            except anyio.EndOfStream:
                log("the end")
        group.cancel_scope.cancel()


TOLD = """\
3600 b'evil'
7200 b'pots'
10800 nothing more True
10800 b'hello Ada'
10800 the end
"""
