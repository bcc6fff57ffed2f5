"""TLS on sockets that block, in threads of the program."""

import asyncio
import select
import socket
import ssl
import threading
import urllib.request

from tests.support.both_loops import in_thread
from tests.support.links import client_context, closed, server_context


async def answer(reader, writer):
    """Answer one request of HTTP."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
    await closed(writer)


async def echo(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
    await closed(writer)


async def serving(handle):
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=server_context())
    return server, server.sockets[0].getsockname()


def connected(there, **options):
    """Return a socket over TLS."""
    sock = socket.create_connection(there, timeout=5)
    return client_context().wrap_socket(sock, server_hostname="localhost", **options)


async def urllib_reads_from_a_server_of_the_loop(log):
    def read():
        url = f"https://localhost:{there[1]}/"
        with urllib.request.urlopen(url, context=client_context()) as response:
            return response.status, response.read()

    server, there = await serving(answer)
    async with server:
        log(await in_thread(read))


async def what_is_known_of_the_connection(log):
    def tell():
        with connected(there) as sock:
            log(type(sock).__name__, isinstance(sock, ssl.SSLSocket), sock.version())
            log(len(sock.cipher()), sock.compression(), sock.selected_alpn_protocol())
            log(sock.getpeercert()["subject"], len(sock.getpeercert(True)) > 100)
            log(sock.server_side, sock.server_hostname, sock.pending(), sock.session_reused)
            log(type(sock.context).__name__, type(sock.session).__name__)
            log(sock.gettimeout(), sock.getpeername() == there)

    server, there = await serving(echo)
    async with server:
        await in_thread(tell)


async def much_goes_both_ways(log):
    def talk():
        content = bytes(range(256)) * 4000
        found = b""
        with connected(there) as sock:
            sender = threading.Thread(target=sock.sendall, args=[content])
            sender.start()
            while len(found) < len(content):
                found += sock.recv(1 << 16)
            sender.join()
            return found == content

    server, there = await serving(echo)
    async with server:
        log(await in_thread(talk))


async def a_server_in_a_thread_serves_the_loop(log):
    def serve():
        with server_context().wrap_socket(listener, server_side=True) as server:
            sock, _ = server.accept()
            with sock:
                log.of("server")(sock.recv(100), sock.server_side, sock.pending())
                sock.sendall(b"answer")

    async def ask():
        options = {"ssl": client_context(), "server_hostname": "localhost"}
        reader, writer = await asyncio.open_connection(*there, **options)
        writer.write(b"question")
        log(await reader.read())
        await closed(writer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = listener.getsockname()
        await asyncio.gather(in_thread(serve), ask())


async def a_certificate_that_nobody_trusts_is_refused(log):
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)

    def connect():
        sock = socket.create_connection(there)
        with log.error(), sock:
            ssl.create_default_context().wrap_socket(sock, server_hostname="localhost")

    server, there = await serving(echo)
    async with server:
        await in_thread(connect)


async def a_handshake_times_out(log):
    def connect():
        sock = socket.create_connection(server.getsockname())
        sock.settimeout(0.02)
        with sock:
            try:
                client_context().wrap_socket(sock, server_hostname="localhost")
            except TimeoutError as error:
                log(str(error).rpartition(": ")[2])

    with socket.create_server(("127.0.0.1", 0)) as server:
        await in_thread(connect)


async def a_read_times_out(log):
    def connect():
        with connected(there) as sock:
            sock.settimeout(0.02)
            with log.error():
                sock.recv(10)

    server, there = await serving(echo)
    async with server:
        await in_thread(connect)


async def no_bytes_are_waited_for_without_blocking(log):
    def talk():
        with connected(there) as sock:
            sock.sendall(b"x")
            log(sock.recv(1))
            sock.setblocking(False)
            try:
                sock.recv(10)
            except ssl.SSLWantReadError as error:
                log(type(error).__name__, error.errno)
            sock.sendall(b"hello")
            select.select([sock], [], [])
            log(sock.recv(2), sock.pending(), sock.recv(10))

    server, there = await serving(echo)
    async with server:
        await in_thread(talk)


async def a_buffer_is_read_into(log):
    def talk():
        with connected(there) as sock:
            sock.sendall(b"hello")
            buffer = bytearray(8)
            log(sock.recv_into(buffer, 3), sock.recv_into(buffer), bytes(buffer))
            file = sock.makefile("rwb")
            file.write(b"a line\nand another\n")
            file.flush()
            log(file.readline(), file.readline())
            file.close()

    server, there = await serving(echo)
    async with server:
        await in_thread(talk)


async def tls_ends_and_the_socket_goes_on(log):
    def serve():
        with socket.create_server(("127.0.0.1", 0)) as server:
            addresses.append(server.getsockname())
            is_there.set()
            sock, _ = server.accept()
        secret = server_context().wrap_socket(sock, server_side=True)
        log.of("server")(secret.recv(10))
        with secret.unwrap() as plain:
            log.of("server")(plain.recv(10))
            plain.sendall(b"plain too")

    def talk():
        is_there.wait()
        secret = connected(addresses[0])
        secret.sendall(b"secret")
        with secret.unwrap() as plain:
            plain.sendall(b"plain")
            log(plain.recv(20))

    addresses, is_there = [], threading.Event()
    await asyncio.gather(in_thread(serve), in_thread(talk))


async def an_end_without_a_farewell_is_an_end_or_an_error(log):
    server = await asyncio.start_server(half_of_tls, "127.0.0.1", 0)
    there = server.sockets[0].getsockname()
    async with server:
        for suppress in (True, False):
            await in_thread(read_to_end, log, there, suppress)


async def half_of_tls(reader, writer):
    """Say something over TLS, and close what is below it."""
    below = writer.transport
    await writer.start_tls(server_context())
    writer.write(b"said")
    await writer.drain()
    below.close()


def read_to_end(log, there, suppress):
    with connected(there, suppress_ragged_eofs=suppress) as sock:
        log(sock.recv(10))
        try:
            log(sock.recv(10))
        except ssl.SSLEOFError as error:
            log(type(error).__name__, error.errno)


async def what_is_no_tls_is_an_error(log):
    async def greet(reader, writer):
        await reader.read(1)
        writer.write(b"220 I am a mail server\r\n")
        await closed(writer)

    def connect():
        with socket.create_connection(there) as sock:
            try:
                client_context().wrap_socket(sock, server_hostname="localhost")
            except ssl.SSLError as error:
                log(error.reason)

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    there = server.sockets[0].getsockname()
    async with server:
        await in_thread(connect)


async def the_name_of_the_server_chooses_the_context(log):
    def choose(sock, name, context):
        log.of("server")(type(sock).__name__, name, context is first)
        sock.context = second

    def serve():
        sock, _ = listener.accept()
        with first.wrap_socket(sock, server_side=True) as secret:
            log.of("server")(secret.context is second)
            secret.sendall(b"hello")

    def talk():
        with connected(listener.getsockname()) as sock:
            log(sock.recv(10))

    first, second = server_context(), server_context()
    first.sni_callback = choose
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await asyncio.gather(in_thread(serve), in_thread(talk))


async def tls_is_put_on_before_the_connection_is_made(log):
    def talk():
        context = client_context()
        with context.wrap_socket(socket.socket(), server_hostname="localhost") as sock:
            log(sock.version())
            sock.connect(there)
            sock.sendall(b"hello")
            log(sock.recv(10), sock.version())

    server, there = await serving(echo)
    async with server:
        await in_thread(talk)
