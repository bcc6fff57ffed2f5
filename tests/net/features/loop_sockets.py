"""Sockets by the loop's own methods: `sock_connect`, `sock_recv` and their like."""

import asyncio
import contextlib
import io
import os
import socket
import tempfile

from tests.support.links import a_moment

MIB = 1 << 20


def non_blocking(*kind):
    sock = socket.socket(*kind)
    sock.setblocking(False)
    return sock


@contextlib.contextmanager
def listening(host="127.0.0.1"):
    with socket.create_server((host, 0)) as sock:
        sock.setblocking(False)
        yield sock


@contextlib.asynccontextmanager
async def two_sockets():
    """Yield both ends of a connection."""
    loop = asyncio.get_running_loop()
    with listening() as server, non_blocking() as client:
        await loop.sock_connect(client, server.getsockname())
        accepted, _ = await loop.sock_accept(server)
        with accepted:
            yield client, accepted


async def a_client_and_a_server_of_sockets(log):
    loop = asyncio.get_running_loop()
    with listening() as server, non_blocking() as client:
        log(await loop.sock_connect(client, server.getsockname()))
        accepted, address = await loop.sock_accept(server)
        with accepted:
            log(address == client.getsockname(), accepted.getpeername() == address)
            log(accepted.gettimeout(), accepted.family, accepted.type)
            log(await loop.sock_sendall(client, b"ping"))
            log(await loop.sock_recv(accepted, 100))
            await loop.sock_sendall(accepted, b"pong")
            log(await loop.sock_recv(client, 2), await loop.sock_recv(client, 100))
        log(await loop.sock_recv(client, 100))


async def a_closed_port_refuses_in_sock_connect(log):
    loop = asyncio.get_running_loop()
    with listening() as server:
        name = server.getsockname()
    with non_blocking() as client, log.error():
        await loop.sock_connect(client, name)


async def a_name_is_looked_up_by_sock_connect(log):
    loop = asyncio.get_running_loop()
    with listening() as server, non_blocking() as client:
        await loop.sock_connect(client, ("localhost", server.getsockname()[1]))
        log(client.getpeername() == server.getsockname())


async def who_waits_to_accept_can_be_cancelled(log):
    loop = asyncio.get_running_loop()
    with listening() as server, non_blocking() as client:
        accepting = asyncio.create_task(loop.sock_accept(server))
        await a_moment()
        accepting.cancel()
        with log.error():
            await accepting
        await loop.sock_connect(client, server.getsockname())
        accepted, address = await loop.sock_accept(server)
        accepted.close()
        log(address == client.getsockname())


async def who_waits_to_receive_can_be_cancelled(log):
    loop = asyncio.get_running_loop()
    async with two_sockets() as (client, accepted):
        receiving = asyncio.create_task(loop.sock_recv(client, 10))
        await a_moment()
        receiving.cancel()
        with log.error():
            await receiving
        accepted.send(b"data")
        log(await loop.sock_recv(client, 10))


async def bytes_are_received_into_a_buffer(log):
    loop = asyncio.get_running_loop()
    async with two_sockets() as (client, accepted):
        buffer = bytearray(6)
        await loop.sock_sendall(accepted, b"datamore")
        log(await loop.sock_recv_into(client, buffer), bytes(buffer))
        log(await loop.sock_recv_into(client, memoryview(buffer)[4:]), bytes(buffer))


async def sixteen_mebibytes_are_sent_as_they_are_read(log):
    loop = asyncio.get_running_loop()
    async with two_sockets() as (client, accepted):
        sending = asyncio.create_task(loop.sock_sendall(client, bytes(16 * MIB)))
        await a_moment()
        log(sending.done())
        count = 0
        while count < 16 * MIB:
            count += len(await loop.sock_recv(accepted, MIB))
        log(count, await sending)


async def a_peer_that_is_gone_ends_a_send(log):
    loop = asyncio.get_running_loop()
    async with two_sockets() as (client, accepted):
        sending = asyncio.create_task(loop.sock_sendall(client, bytes(16 * MIB)))
        await a_moment()
        accepted.close()
        with log.error():
            await sending


async def a_reset_ends_a_receive(log):
    loop = asyncio.get_running_loop()
    async with two_sockets() as (client, accepted):
        client.send(b"never read")
        receiving = asyncio.create_task(loop.sock_recv(client, 10))
        await a_moment()
        accepted.close()
        with log.error():
            await receiving


async def datagrams_are_sent_and_received(log):
    loop = asyncio.get_running_loop()
    udp = socket.AF_INET, socket.SOCK_DGRAM
    with non_blocking(*udp) as one, non_blocking(*udp) as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        log(await loop.sock_sendto(one, b"ping", two.getsockname()))
        data, address = await loop.sock_recvfrom(two, 100)
        log(data, address == one.getsockname())
        buffer = bytearray(10)
        await loop.sock_sendto(two, b"pong", address)
        count, address = await loop.sock_recvfrom_into(one, buffer)
        log(count, bytes(buffer[:count]), address == two.getsockname())
        await loop.sock_sendto(one, b"cut short", two.getsockname())
        log((await loop.sock_recvfrom(two, 3))[0])


async def a_blocking_socket_is_refused_in_debug_mode(log):
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    with socket.socket() as sock:
        for call in (
            lambda: loop.sock_recv(sock, 1),
            lambda: loop.sock_sendall(sock, b"x"),
            lambda: loop.sock_accept(sock),
            lambda: loop.sock_connect(sock, ("127.0.0.1", 1)),
        ):
            with log.error():
                await call()
    loop.set_debug(False)


@contextlib.contextmanager
def a_file(content):
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


async def read_all(sock):
    loop = asyncio.get_running_loop()
    found = b""
    while data := await loop.sock_recv(sock, MIB):
        found += data
    return found


async def a_file_is_sent(log):
    loop = asyncio.get_running_loop()
    content = bytes(range(256)) * 400
    with a_file(content) as file:
        async with two_sockets() as (client, accepted):
            reading = asyncio.create_task(read_all(accepted))
            log(await loop.sock_sendfile(client, file), file.tell())
            client.shutdown(socket.SHUT_WR)
            log(await reading == content)


async def a_part_of_a_file_is_sent(log):
    loop = asyncio.get_running_loop()
    with a_file(b"0123456789") as file:
        async with two_sockets() as (client, accepted):
            log(await loop.sock_sendfile(client, file, 3, 4), file.tell())
            log(await loop.sock_sendfile(client, file, 8), file.tell())
            client.shutdown(socket.SHUT_WR)
            log(await read_all(accepted))
            for wrong in ((-1, 1), (0, 0), (0, "x")):
                with log.error():
                    await loop.sock_sendfile(client, file, *wrong)


async def a_file_is_sent_by_a_transport(log):
    loop = asyncio.get_running_loop()
    content = bytes(range(256)) * 400
    with a_file(content) as file, listening() as server:
        transport, _ = await loop.create_connection(asyncio.Protocol, *server.getsockname())
        accepted, _ = await loop.sock_accept(server)
        with accepted:
            reading = asyncio.create_task(read_all(accepted))
            log(await loop.sendfile(transport, file))
            transport.close()
            log(await reading == content)
            with log.error():
                await loop.sendfile(transport, file)


async def a_file_is_sent_by_the_system_alone(log):
    loop = asyncio.get_running_loop()
    with a_file(b"0123456789") as file, listening() as server:
        transport, _ = await loop.create_connection(asyncio.Protocol, *server.getsockname())
        accepted, _ = await loop.sock_accept(server)
        with accepted:
            log(await loop.sendfile(transport, file, 2, fallback=False), file.tell())
            log(await loop.sock_sendfile(accepted, file, 0, 3, fallback=False), file.tell())
            with log.error():
                await loop.sock_sendfile(accepted, io.BytesIO(b"no file"), fallback=False)
            transport.close()
            log(await read_all(accepted))


async def the_system_sends_a_part_of_a_file(log):
    with a_file(bytes(1 << 20)) as file:
        async with two_sockets() as (client, _):
            descriptors = client.fileno(), file.fileno()
            log(os.sendfile(*descriptors, 5, 7), file.tell())
            log(os.sendfile(*descriptors, None, 7), file.tell())
            log(os.sendfile(*descriptors, 1 << 20, 7))
            with log.error():
                while os.sendfile(*descriptors, 0, 1 << 20):
                    pass


async def a_pair_of_sockets_is_connected(log):
    loop = asyncio.get_running_loop()
    one, two = socket.socketpair()
    with one, two:
        one.setblocking(False)
        two.setblocking(False)
        log(one.family, one.type, one.getsockname(), one.getpeername())
        await loop.sock_sendall(one, b"ping")
        log(await loop.sock_recv(two, 10))
        two.shutdown(socket.SHUT_WR)
        log(await loop.sock_recv(one, 10))


async def a_path_is_connected_by_sock_connect(log):
    loop = asyncio.get_running_loop()
    path = os.path.join(log.folder, "s")
    with socket.socket(socket.AF_UNIX) as server, non_blocking(socket.AF_UNIX) as client:
        with log.error():
            await loop.sock_connect(client, path)
        server.bind(path)
        server.listen()
        server.setblocking(False)
        await loop.sock_connect(client, path)
        accepted, address = await loop.sock_accept(server)
        with accepted:
            log(address, accepted.getsockname(), client.getpeername(), client.getsockname())


async def a_server_accepts_again_and_again(log):
    loop = asyncio.get_running_loop()
    with listening() as server:
        clients = [non_blocking() for _ in range(5)]
        for client in clients:
            await loop.sock_connect(client, server.getsockname())
        for client in clients:
            accepted, address = await loop.sock_accept(server)
            log(address == client.getsockname())
            accepted.close()
            client.close()
