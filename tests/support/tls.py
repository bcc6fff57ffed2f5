"""TLS over sockets that block, for bodies of tests: how they connect, and what errors say."""

import asyncio
import re
import socket

from tests.support.links import client_context, closed, server_context

IN_C = re.compile(r"_ssl\.c:\d+: | ?\(_ssl\.c:\d+\)")


def words(error):
    """Return an error without the line of OpenSSL's module that it comes from."""
    return type(error).__name__, IN_C.sub("", str(error))


async def echo(reader, writer):
    """Answer in capitals."""
    while data := await reader.read(1 << 16):
        writer.write(data.upper())
        await writer.drain()
    await closed(writer)


async def serving(handle, context=None):
    """Return a server with TLS, and its address."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context or server_context())
    return server, server.sockets[0].getsockname()


def connect(there, context=None, name="localhost", **options):
    """Return a socket that blocks, with TLS."""
    sock = socket.create_connection(there)
    try:
        return (context or client_context()).wrap_socket(sock, server_hostname=name, **options)
    except BaseException:
        sock.close()
        raise


def two_ends():
    """Return both ends of a connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]
