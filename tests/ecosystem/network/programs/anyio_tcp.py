"""anyio: a listener and clients over TCP, with deadlines, an abandoned accept, and TLS."""

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSStream

from tests.ecosystem.network import certificate


async def main(log, hour):
    async def shout(stream):
        async with stream:
            async for data in stream:
                await anyio.sleep(hour)
                await stream.send(data.upper())
        log("server: the end")

    async def serve_tls(stream):
        async with await TLSStream.wrap(stream, ssl_context=certificate.for_servers()) as wrapped:
            await wrapped.send(b"through TLS: " + await wrapped.receive())
            try:
                await wrapped.receive()
            except anyio.EndOfStream:
                log("server: the end of TLS")

    for handler, tls in (
        (shout, {}),
        (
            serve_tls,
            {"ssl_context": certificate.for_clients(), "tls_hostname": "localhost"},
        ),
    ):
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, handler)
            async with await anyio.connect_tcp("127.0.0.1", port, **tls) as stream:
                same = stream.extra(anyio.abc.SocketAttribute.remote_port) == port
                log("connected", same, stream.extra(anyio.abc.SocketAttribute.family).name)
                await stream.send(b"hello")
                log(await stream.receive())
                with anyio.move_on_after(hour / 2) as scope:
                    await stream.receive()
                log("waited too long", scope.cancelled_caught)
                if not tls:
                    await stream.send(b"one\ntwo\n")
                    buffered = BufferedByteReceiveStream(stream)
                    log([await buffered.receive_until(b"\n", 10) for _ in range(2)])
                    await stream.send_eof()
            await anyio.sleep(hour)
            group.cancel_scope.cancel()
        await listener.aclose()
    try:
        await anyio.connect_tcp("127.0.0.1", port)
    except OSError as error:
        log(error, type(error.__cause__).__name__)


TOLD = """\
0 connected True AF_INET
3600 b'HELLO'
5400 waited too long True
9000 [b'ONE', b'TWO']
9000 server: the end
12600 connected True AF_INET
12600 b'through TLS: hello'
14400 waited too long True
14400 server: the end of TLS
18000 All connection attempts failed ConnectionRefusedError
"""
