"""UNIX sockets: paths and names that are none, and their errors."""

import asyncio
import os
import socket
from pathlib import Path

from tests.support.links import Told, a_moment, client_context, closed, server_context


async def greet(reader, writer):
    writer.write(b"hello")
    await closed(writer)


async def read_from(log, path, **options):
    """Tell what a server sends."""
    with log.error():
        reader, writer = await asyncio.open_unix_connection(path, **options)
        log(await reader.read(), writer.get_extra_info("peername"))
        await closed(writer)


async def nobody_has_the_path(log):
    await read_from(log, f"{log.folder}/nobody")


async def a_server_is_found_by_its_path(log):
    async with await asyncio.start_unix_server(greet, f"{log.folder}/s") as server:
        log(server.sockets[0].getsockname(), server.sockets[0].family)
        await read_from(log, f"{log.folder}/s")


async def a_path_may_be_an_object_or_bytes(log):
    async with await asyncio.start_unix_server(greet, Path(log.folder) / "s"):
        await read_from(log, Path(log.folder) / "s")
        await read_from(log, f"{log.folder}/s".encode())


async def the_names_of_both_ends_are_the_path_and_nothing(log):
    seen = asyncio.get_running_loop().create_future()

    def see(_, writer):
        seen.set_result([writer.get_extra_info(name) for name in ("sockname", "peername")])
        writer.close()

    async with await asyncio.start_unix_server(see, f"{log.folder}/s"):
        _, writer = await asyncio.open_unix_connection(f"{log.folder}/s")
        log(await seen, *(writer.get_extra_info(name) for name in ("sockname", "peername")))
        await closed(writer)


async def a_server_that_is_gone_is_not_found(log):
    async with await asyncio.start_unix_server(greet, f"{log.folder}/s"):
        pass
    await read_from(log, f"{log.folder}/s")


async def a_path_that_is_left_over_refuses_and_is_taken_over(log):
    path = f"{log.folder}/s"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        await read_from(log, path)
    await read_from(log, path)
    async with await asyncio.start_unix_server(greet, path):
        await read_from(log, path)


async def a_raw_bind_to_a_path_that_is_left_over_is_an_error(log):
    path = f"{log.folder}/s"
    for _ in range(2):
        with log.error(), socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)


async def a_path_that_another_socket_has_taken_stays(log):
    path = f"{log.folder}/s"
    server = await asyncio.start_unix_server(greet, path)
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        server.close()
        log(os.path.exists(path))
        await read_from(log, path)


async def a_path_is_seen_in_its_folder(log):
    path = f"{log.folder}/s"
    with socket.socket(socket.AF_UNIX) as sock:
        log(os.path.exists(path))
        sock.bind(path)
        log(os.path.exists(path))
        os.unlink(path)
        log(os.path.exists(path))
        await read_from(log, path)


async def a_path_in_no_folder_is_an_error(log):
    with log.error():
        await asyncio.start_unix_server(greet, f"{log.folder}/no/folder")


async def a_path_that_is_too_long_is_refused(log):
    with log.error():
        await asyncio.start_unix_server(greet, f"{log.folder}/{'x' * 200}")
    with log.error():
        await asyncio.open_unix_connection(f"{log.folder}/{'x' * 200}")


async def a_file_is_no_socket(log):
    path = Path(log.folder) / "file"
    path.write_text("text")
    await read_from(log, str(path))
    with log.error():
        await asyncio.start_unix_server(greet, str(path))


async def an_abstract_name_needs_no_folder(log):
    name = f"\0vt-{log.folder}"
    async with await asyncio.start_unix_server(greet, name) as server:
        log(server.sockets[0].getsockname() == name.encode())
        with log.error():
            reader, writer = await asyncio.open_unix_connection(name)
            log(await reader.read())
            await closed(writer)
        try:
            await asyncio.start_unix_server(greet, name)
        except OSError as error:
            log(error.errno)
    try:
        await asyncio.open_unix_connection(name)
    except OSError as error:
        log(type(error).__name__, error.errno)


async def a_bound_socket_is_served(log):
    path = f"{log.folder}/s"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    async with await asyncio.start_unix_server(greet, sock=sock):
        await read_from(log, path)


async def one_of_a_pair_becomes_a_connection(log):
    ours, other = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=ours)
    with other:
        other.send(b"from the other")
        log(await reader.readexactly(14), writer.get_extra_info("peername"))
        writer.write(b"back")
        await a_moment()
        log(other.recv(100))
    log(await reader.read())
    await closed(writer)


async def wrong_arguments_are_refused(log):
    loop = asyncio.get_running_loop()
    serve, connect = loop.create_unix_server, loop.create_unix_connection
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as sock:
        for call in (serve, connect):
            with log.error("neither"):
                await call(asyncio.Protocol)
            with log.error("both"):
                await call(asyncio.Protocol, "/tmp/x", sock=sock)
            try:
                await call(asyncio.Protocol, sock=tcp)
            except ValueError as error:
                log(str(error).split(",")[0])
            with log.error("timeout"):
                await call(asyncio.Protocol, "/tmp/x", ssl_handshake_timeout=1)
        with log.error("no name"):
            await connect(asyncio.Protocol, "/tmp/x", ssl=client_context())
        with log.error("a name"):
            await connect(asyncio.Protocol, "/tmp/x", server_hostname="x")


async def tls_goes_over_a_path(log):
    path = f"{log.folder}/s"
    async with await asyncio.start_unix_server(greet, path, ssl=server_context()):
        await read_from(log, path, ssl=client_context(), server_hostname="localhost")


async def datagrams_go_over_paths(log):
    loop = asyncio.get_running_loop()
    got = asyncio.Queue()

    class Receiving(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            got.put_nowait((data, address))

    a, b = f"{log.folder}/a", f"{log.folder}/b"
    first, _ = await loop.create_datagram_endpoint(Receiving, local_addr=a, family=socket.AF_UNIX)
    second, _ = await loop.create_datagram_endpoint(
        Receiving, local_addr=b, remote_addr=a, family=socket.AF_UNIX
    )
    second.sendto(b"hello")
    log(*await got.get())
    log(first.get_extra_info("sockname"), second.get_extra_info("peername"))
    first.close()
    second.close()
    await a_moment()


async def an_eof_goes_over_a_path_one_way(log):
    loop = asyncio.get_running_loop()
    ours, other = socket.socketpair()
    _, one = await loop.create_unix_connection(lambda: Told(log.of("one:"), True), sock=ours)
    _, two = await loop.create_unix_connection(lambda: Told(log.of("two:"), True), sock=other)
    one.transport.write_eof()
    await two.eof.wait()
    two.transport.write(b"still")
    log(await one.received(5))
    two.transport.close()
    log(await two.lost)
    await one.eof.wait()
    one.transport.close()
    log(await one.lost)
