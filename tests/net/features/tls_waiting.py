"""How TLS over sockets that block waits, ends, fails, and refuses."""

import asyncio
import select
import socket
import ssl
import struct
import threading

from tests.support.both_loops import in_thread
from tests.support.links import a_moment, client_context, closed, server_context, since
from tests.support.tls import connect, echo, serving, two_ends, words


async def certificates_are_checked(log):
    def talk(context, name):
        try:
            connect(there, context, name)
        except ssl.SSLCertVerificationError as error:
            log(error.verify_message, error.reason)

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    server, there = await serving(echo)
    async with server:
        await in_thread(talk, None, "example.org")
        await in_thread(talk, ssl.create_default_context(), "localhost")
        await a_moment()


async def a_handshake_that_fails_is_known_at_both_ends(log):
    def serve(sock):
        context = server_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.wrap_socket(sock, server_side=True)
        except ssl.SSLError as error:
            log.of("server")(error.reason)
            sock.close()

    def ask(sock):
        context = client_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        try:
            context.wrap_socket(sock, server_hostname="localhost")
        except ssl.SSLError as error:
            log(error.reason)
            sock.close()

    one, two = two_ends()
    await asyncio.gather(in_thread(serve, one), in_thread(ask, two))


async def what_is_no_tls_is_refused(log):
    def serve(sock):
        try:
            server_context().wrap_socket(sock, server_side=True)
        except ssl.SSLError as error:
            log(error.reason)

    def ask(sock):
        with sock:
            try:
                client_context().wrap_socket(sock, server_hostname="localhost")
            except ssl.SSLError as error:
                log(error.reason)

    for function, said in ((serve, b"GET / HTTP/1.1\r\n\r\n"), (ask, b"220 ready\r\n")):
        one, two = two_ends()
        two.sendall(said)
        await in_thread(function, one)
        two.close()


async def waits_end_with_a_timeout(log):
    def handshake(sock):
        sock.settimeout(0.01)
        try:
            client_context().wrap_socket(sock, server_hostname="localhost")
        except TimeoutError as error:
            log(*words(error))

    def read(there):
        with connect(there) as sock:
            sock.settimeout(0.01)
            for call in (lambda: sock.recv(1), sock.unwrap):
                try:
                    call()
                except TimeoutError as error:
                    log(*words(error))

    def write(there):
        with connect(there) as sock:
            sock.settimeout(0.03)
            try:
                sock.sendall(bytes(64 << 20))
            except TimeoutError as error:
                log(*words(error))

    one, two = two_ends()
    with two:
        await in_thread(handshake, one)
    over = asyncio.Event()

    async def do_nothing(_, writer):
        await over.wait()
        writer.transport.abort()

    server, there = await serving(do_nothing)
    async with server:
        await in_thread(read, there)
        await in_thread(write, there)
        over.set()
        await a_moment()


async def a_handshake_that_does_not_block_says_what_it_wants(log):
    def serve():
        sock, _ = listening.accept()
        with server_context().wrap_socket(sock, server_side=True) as server:
            server.sendall(b"x")

    def ask():
        with connect(listening.getsockname(), do_handshake_on_connect=False) as sock:
            sock.setblocking(False)
            wanted = []
            serving = threading.Thread(target=serve)
            while True:
                try:
                    sock.do_handshake()
                    break
                except ssl.SSLWantReadError as error:
                    if not wanted:
                        serving.start()
                    wanted.append((error.errno, *words(error)))
                    select.select([sock], [], [])
            log(set(wanted))
            sock.setblocking(True)
            log(sock.recv(1))
            serving.join()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        await in_thread(ask)


async def a_socket_that_does_not_block_says_what_it_wants(log):
    over, served = asyncio.Event(), asyncio.Event()

    async def answer(reader, writer):
        writer.write((await reader.readexactly(5)).upper())
        await over.wait()
        got = len(await reader.read())
        log.of("server")(got == sent[0] * len(block))
        served.set()
        await closed(writer)

    block, sent = b"x" * 50_000, [0]

    def talk():
        with connect(there) as sock:
            sock.setblocking(False)
            try:
                sock.recv(10)
            except ssl.SSLWantReadError as error:
                log(error.errno, *words(error))
            sock.send(b"hello")
            select.select([sock], [], [])
            while True:
                try:
                    log(sock.recv(10))
                    break
                except ssl.SSLWantReadError:  # a ticket of the session came first
                    select.select([sock], [], [])
            try:
                while True:
                    sock.send(block)
                    sent[0] += 1
            except ssl.SSLWantWriteError as error:
                log(error.errno, *words(error))
            loop.call_soon_threadsafe(over.set)
            select.select([], [sock], [])
            sock.setblocking(True)
            log(sock.send(block))  # the rest of it
            sent[0] += 1

    loop = asyncio.get_running_loop()
    server, there = await serving(answer)
    async with server:
        await in_thread(talk)
        await served.wait()
        await a_moment()


async def what_is_pending_is_no_longer_in_the_socket(log):
    async def two_records(reader, writer):
        await reader.readexactly(1)
        writer.write(b"first")
        writer.write(b"second")
        await reader.read()
        await closed(writer)

    def talk():
        with connect(there) as sock:
            sock.sendall(b"x")
            log(sock.recv(1), sock.pending())
            select.select([sock], [], [])
            log(sock.recv(100), sock.pending())
            log(len(select.select([sock], [], [], 5)[0]))
            log(sock.recv(100))
            log(len(select.select([sock], [], [], 0)[0]), sock.pending())

    server, there = await serving(two_records)
    async with server:
        await in_thread(talk)


async def an_end_without_a_word_is_ragged(log):
    def serve(sock):
        with server_context().wrap_socket(sock, server_side=True) as server:
            server.sendall(b"all")

    def read(sock, suppress):
        with client_context().wrap_socket(
            sock, server_hostname="localhost", suppress_ragged_eofs=suppress
        ) as client:
            log(client.recv(10))
            try:
                log(client.recv(10), client.recv_into(bytearray(3)))
            except ssl.SSLEOFError as error:
                log(*words(error))

    for suppress in (True, False):
        one, two = two_ends()
        await asyncio.gather(in_thread(serve, one), in_thread(read, two, suppress))


@since(3, 13)  # older ones took it for an end
async def a_reset_reaches_who_reads(log):
    def serve(sock):
        with server_context().wrap_socket(sock, server_side=True) as server:
            server.recv(1)
            reset = struct.pack("ii", 1, 0)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)

    def read(there):
        with connect(there) as sock:
            sock.sendall(b"x")
            with log.error():
                while sock.recv(1):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        reading = asyncio.create_task(in_thread(read, listening.getsockname()))
        sock, _ = await in_thread(listening.accept)
        await in_thread(serve, sock)
        await reading


async def what_a_socket_with_tls_cannot_do_is_refused(log):
    def talk():
        with connect(there) as sock:
            calls = {
                "sendmsg": lambda: sock.sendmsg([b"x"]),
                "recvmsg": lambda: sock.recvmsg(1),
                "recvmsg_into": lambda: sock.recvmsg_into([bytearray(1)]),
                "sendto": lambda: sock.sendto(b"x", there),
                "recvfrom": lambda: sock.recvfrom(1),
                "recvfrom_into": lambda: sock.recvfrom_into(bytearray(1)),
                "dup": sock.dup,
                "flags": lambda: sock.send(b"x", socket.MSG_DONTWAIT),
                "binding": lambda: sock.get_channel_binding("nonsense"),
            }
            for name, call in calls.items():
                try:
                    call()
                except (NotImplementedError, ValueError) as error:
                    log(name, type(error).__name__, str(error).split("<")[0])
            log(len(sock.get_channel_binding("tls-unique")))
        log(sock.version(), sock.fileno())
        for call in (sock.read, lambda: sock.write(b"x")):
            try:
                call()
            except ValueError as error:
                log(error)

    server, there = await serving(echo)
    async with server:
        await in_thread(talk)
