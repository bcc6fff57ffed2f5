"""Sockets that block, in threads of the program."""

import asyncio
import http.client
import socket
import socketserver
import threading
import urllib.error
import urllib.request

from tests.support.both_loops import in_thread
from tests.support.links import a_moment, closed, three_answers


async def echo(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data.upper())
    await closed(writer)


async def serving(handle):
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()


async def a_thread_talks_to_a_server_of_the_loop(log):
    server, there = await serving(echo)

    def talk():
        with socket.create_connection(there) as sock:
            sock.sendall(b"ping")
            first = sock.recv(100)
            sock.sendall(b"pong")
            return first, sock.recv(100), sock.getpeername() == there

    async with server:
        log(await in_thread(talk))


async def a_thread_reads_to_the_end(log):
    async def send(_, writer):
        writer.write(bytes(1_000_000))
        await closed(writer)

    def read():
        with socket.create_connection(there) as sock:
            count = 0
            while data := sock.recv(1 << 16):
                count += len(data)
            return count

    server, there = await serving(send)
    async with server:
        log(await in_thread(read))


async def a_thread_sends_more_than_fits(log):
    read = asyncio.get_running_loop().create_future()

    async def receive(reader, writer):
        await asyncio.sleep(0.005)
        read.set_result(len(await reader.read()))
        await closed(writer)

    def send():
        with socket.create_connection(there) as sock:
            return sock.sendall(bytes(16 << 20))

    server, there = await serving(receive)
    async with server:
        log(await in_thread(send), await read)


async def a_thread_s_client_is_refused(log):
    server, there = await serving(echo)
    server.close()
    await server.wait_closed()
    with log.error():
        await in_thread(socket.create_connection, there)


async def a_thread_gives_up_after_a_timeout(log):
    held = []

    def hold(_, writer):
        held.append(writer)

    def read():
        with socket.create_connection(there, timeout=0.01) as sock:
            sock.recv(1)

    server, there = await serving(hold)
    async with server:
        with log.error():
            await in_thread(read)
        await a_moment()
        for writer in held:
            await closed(writer)


async def a_thread_gives_up_accepting(log):
    def accept():
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.01)
            server.accept()

    with log.error():
        await in_thread(accept)


async def a_server_in_a_thread_serves_the_loop(log):
    def serve(listening):
        sock, address = listening.accept()
        with sock, sock.makefile("rwb") as file:
            line = file.readline()
            file.write(line.upper())
            file.flush()
            return line, address[0]

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(in_thread(serve, listening))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"shout\n")
        log(await reader.read(), await serving)
        await closed(writer)


async def two_threads_talk_to_each_other(log):
    def first(sock):
        with sock:
            sock.sendall(b"ping")
            return sock.recv(100)

    def second(sock):
        with sock:
            data = sock.recv(100)
            sock.sendall(data[::-1])
            return data

    one, two = socket.socketpair()
    log(await asyncio.gather(in_thread(first, one), in_thread(second, two)))


async def datagrams_are_waited_for_in_a_thread(log):
    def receive(sock):
        with sock:
            data, address = sock.recvfrom(100)
            sock.sendto(data.upper(), address)

    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    name = sock.getsockname()
    receiving = asyncio.create_task(in_thread(receive, sock))
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        await loop.sock_sendto(client, b"hello", name)
        log((await loop.sock_recvfrom(client, 100))[0])
    await receiving


async def answer_http(reader, writer):
    request = await reader.readuntil(b"\r\n\r\n")
    path = request.split()[1]
    status = b"404 Not Found" if path == b"/missing" else b"200 OK"
    writer.write(
        b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
        % (status, len(path), path)
    )
    await closed(writer)


async def urllib_reads_from_a_server_of_the_loop(log):
    def read(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{there[1]}{path}") as response:
            return response.status, response.headers["content-length"], response.read()

    server, there = await serving(answer_http)
    async with server:
        log(await in_thread(read, "/hello"))
        try:
            await in_thread(read, "/missing")
        except urllib.error.HTTPError as error:
            log(error.code, error.read())
            error.close()


async def urllib_is_refused(log):
    server, there = await serving(answer_http)
    server.close()
    await server.wait_closed()
    try:
        await in_thread(urllib.request.urlopen, f"http://127.0.0.1:{there[1]}/")
    except urllib.error.URLError as error:
        log(error.reason)


async def http_client_is_kept_alive(log):
    async def answer(reader, writer):
        while request := await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            if b"/last" in request:
                break
        await closed(writer)

    def ask():
        return three_answers(http.client.HTTPConnection(*there))

    server, there = await serving(answer)
    async with server:
        log(await in_thread(ask))


async def a_file_of_a_socket_reads_and_writes_lines(log):
    def talk():
        with (
            socket.create_connection(there) as sock,
            sock.makefile("rw", newline="\n") as file,
        ):
            file.write("one\ntwo\n")
            file.flush()
            sock.shutdown(socket.SHUT_WR)
            return list(file)

    server, there = await serving(echo)
    async with server:
        log(await in_thread(talk))


async def a_file_keeps_a_socket_open(log):
    def talk():
        sock = socket.create_connection(there)
        with sock.makefile("rwb", buffering=0) as file:
            sock.close()
            file.write(b"still")
            return file.read(100), file.readable(), file.name > 0

    server, there = await serving(echo)
    async with server:
        log(await in_thread(talk))


async def a_server_of_the_standard_library_runs_in_a_thread(log):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.readline().upper())

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        handling = asyncio.create_task(in_thread(server.handle_request))
        reader, writer = await asyncio.open_connection(*server.server_address)
        writer.write(b"shout\n")
        log(await reader.read())
        await closed(writer)
        await handling


async def a_thread_wakes_another_by_closing(log):
    def read(sock):
        return sock.recv(10)

    one, two = socket.socketpair()
    with one, two:
        reading = asyncio.create_task(in_thread(read, one))
        await a_moment()
        two.close()
        log(await reading)


async def a_thread_asks_by_to_thread(log):
    def talk():
        with socket.create_connection(there) as sock:
            sock.sendall(b"ping")
            return sock.recv(100), threading.current_thread() is threading.main_thread()

    server, there = await serving(echo)
    async with server:
        log(await asyncio.to_thread(talk))
