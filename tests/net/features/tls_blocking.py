"""TLS over sockets that block, in threads of the program: `ssl.SSLSocket` as it is."""

import asyncio
import http.client
import smtplib
import socket
import ssl
import tempfile
import threading
import urllib.request

from tests.support.both_loops import in_thread
from tests.support.links import (
    CERTIFICATE,
    a_moment,
    client_context,
    closed,
    server_context,
    three_answers,
)
from tests.support.tls import connect, echo, serving, two_ends


async def a_thread_talks_to_a_server_of_the_loop(log):
    server_side, client_side = server_context(), client_context()
    server_side.set_alpn_protocols(["h2", "http/1.1"])
    client_side.set_alpn_protocols(["http/1.1"])

    def talk():
        with connect(there, client_side) as sock:
            log(isinstance(sock, ssl.SSLSocket), sock.version(), sock.cipher()[0])
            log(sock.selected_alpn_protocol(), sock.compression(), sock.server_hostname)
            log(sock.getpeercert()["subject"], len(sock.getpeercert(True)))
            log(sock.server_side, sock.session_reused, sock.context is client_side)
            log(sock.getpeername() == there, sock.pending(), sock.shared_ciphers())
            sock.sendall(b"ping")
            log(sock.recv(3), sock.pending(), sock.recv(3), sock.pending())
            log(sock.write(b"pong"), sock.read(), sock.recv(0))
            buffer = bytearray(6)
            log(sock.send(b"once more"), sock.recv_into(buffer), buffer, sock.recv(9))

    server, there = await serving(echo, server_side)
    async with server:
        await in_thread(talk)


async def a_thread_sends_and_reads_much(log):
    async def swallow(reader, writer):
        await asyncio.sleep(0.005)
        writer.write(b"%d" % len(await reader.readexactly(4 << 20)))
        writer.write(bytes(1 << 20))
        await closed(writer)

    def send():
        with connect(there) as sock, sock.makefile("rb") as file:
            sock.sendall(bytes(4 << 20))
            return len(file.read())

    server, there = await serving(swallow)
    async with server:
        log(await in_thread(send))


async def a_server_in_a_thread_serves_the_loop(log):
    def serve(listening):
        context = server_context()
        with context.wrap_socket(listening, server_side=True) as server:
            sock, address = server.accept()
            with sock, sock.makefile("rwb") as file:
                log.of("server")(sock.server_side, sock.version(), address[0])
                file.write(file.readline().upper())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = listening.getsockname()
        serving = asyncio.create_task(in_thread(serve, listening))
        reader, writer = await asyncio.open_connection(*there, ssl=client_context())
        writer.write(b"shout\n")
        log(await reader.read())
        await closed(writer)
        await serving


async def two_threads_talk_to_each_other(log):
    def serve(sock):
        with server_context().wrap_socket(sock, server_side=True) as server:
            server.sendall(server.recv(100)[::-1])
            log.of("server")(server.recv(100))

    def ask(sock):
        with client_context().wrap_socket(sock, server_hostname="localhost") as client:
            client.sendall(b"abc")
            log(client.recv(100))

    one, two = two_ends()
    await asyncio.gather(in_thread(serve, one), in_thread(ask, two))


async def one_thread_reads_while_another_writes(log):
    def talk():
        with connect(there) as sock:
            got = []

            def read():
                while len(b"".join(got)) < 300_000:
                    got.append(sock.recv(1 << 16))

            reader = threading.Thread(target=read)
            reader.start()
            for _ in range(3):
                sock.sendall(b"x" * 100_000)
            reader.join()
            return len(b"".join(got))

    server, there = await serving(echo)
    async with server:
        log(await in_thread(talk))


async def a_socket_is_wrapped_before_it_is_connected(log):
    def talk(connect):
        with client_context().wrap_socket(socket.socket(), server_hostname="localhost") as sock:
            log(sock.version(), sock.pending())
            log(getattr(sock, connect)(there))
            sock.sendall(b"hello")
            log(sock.recv(100))
            try:
                sock.connect(there)
            except ValueError as error:
                log(error)

    server, there = await serving(echo)
    async with server:
        await in_thread(talk, "connect")
        await in_thread(talk, "connect_ex")
    with log.error():
        await in_thread(talk, "connect")


async def after_an_unwrap_what_follows_is_plain(log):
    def serve(sock):
        with server_context().wrap_socket(sock, server_side=True) as server:
            server.sendall(b"secret")
            plain = server.unwrap()
            plain.sendall(b"plain")
            log.of("server")(plain.recv(100), plain is server, server.version())

    def read(sock):
        with client_context().wrap_socket(sock, server_hostname="localhost") as client:
            log(client.recv(100))
            plain = client.unwrap()
            log(plain.recv(100), client.pending(), client.cipher())
            plain.sendall(b"bye")
            try:
                client.unwrap()
            except ValueError as error:
                log(str(error).split("<")[0])

    one, two = two_ends()
    await asyncio.gather(in_thread(serve, one), in_thread(read, two))


async def a_server_is_chosen_by_its_name(log):
    def choose(sock, name, context):
        log.of("server")(type(sock).__name__, name, context is first)
        sock.context = second

    def serve(sock):
        with first.wrap_socket(sock, server_side=True) as server:
            log.of("server")(server.context is second)
            server.sendall(b"x")

    def ask(sock):
        with client_context().wrap_socket(sock, server_hostname="localhost") as client:
            log(client.recv(1))

    first, second = server_context(), server_context()
    first.sni_callback = choose
    one, two = two_ends()
    await asyncio.gather(in_thread(serve, one), in_thread(ask, two))


async def a_session_is_taken_up_again(log):
    context = client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def talk(session):
        with connect(there, context, session=session) as sock:
            sock.sendall(b"x")
            log(sock.recv(1), sock.session_reused)
            return sock.session

    server, there = await serving(echo)
    async with server:
        session = await in_thread(talk, None)
        await in_thread(talk, session)


async def a_file_is_sent(log):
    def talk():
        with connect(there) as sock, tempfile.TemporaryFile() as file:
            file.write(b"x" * 100_000)
            log(sock.sendfile(file, 10))
            with sock.makefile("rb") as answer:
                log(len(answer.read(99_990)))

    server, there = await serving(echo)
    async with server:
        await in_thread(talk)


async def answer_http(reader, writer):
    while request := await reader.readuntil(b"\r\n\r\n"):
        path = request.split()[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))
        if b"/last" in path:
            break
    await closed(writer)


async def urllib_reads_over_https(log):
    def read():
        url = f"https://localhost:{there[1]}/last"
        with urllib.request.urlopen(url, context=client_context()) as response:
            return response.status, response.read()

    server, there = await serving(answer_http)
    async with server:
        log(await in_thread(read))


async def http_client_is_kept_alive_over_https(log):
    def ask():
        return three_answers(http.client.HTTPSConnection(*there, context=client_context()))

    server, there = await serving(answer_http)
    async with server:
        log(await in_thread(ask))


async def a_mail_is_sent_after_starttls(log):
    async def receive(reader, writer):
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            match line.split()[0].upper():
                case b"EHLO":
                    writer.write(b"250-here\r\n250 STARTTLS\r\n")
                case b"STARTTLS":
                    writer.write(b"220 go\r\n")
                    await writer.drain()
                    await writer.start_tls(server_context())
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    log.of("server")(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 ok\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        await closed(writer)

    def send():
        with smtplib.SMTP(*there, local_hostname="here") as client:
            log(client.starttls(context=client_context())[0])
            log(client.sendmail("a@here", ["b@here"], "Subject: hello\n\nto you"))

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    there = server.sockets[0].getsockname()
    async with server:
        await in_thread(send)
        await a_moment()


async def a_certificate_is_fetched(log):
    server, there = await serving(echo)
    async with server:
        found = await in_thread(ssl.get_server_certificate, there)
        log(ssl.PEM_cert_to_DER_cert(found) == _certificate())
        await a_moment()


def _certificate():
    text = CERTIFICATE.read_text()
    begin, end = ssl.PEM_HEADER, ssl.PEM_FOOTER
    part = text[text.index(begin) : text.index(end) + len(end)]
    return ssl.PEM_cert_to_DER_cert(part + "\n")
