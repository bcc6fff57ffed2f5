"""What a loop watches: `add_reader` and `add_writer`, and `select` beside them."""

import asyncio
import contextlib
import select
import selectors
import socket

from tests.support.links import a_moment


@contextlib.contextmanager
def pair(*kind):
    one, two = socket.socketpair(*kind)
    with one, two:
        one.setblocking(False)
        two.setblocking(False)
        yield one, two


@contextlib.contextmanager
def connected():
    """Yield both ends of a connection over loopback."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        accepted, _ = server.accept()
        with accepted:
            client.setblocking(False)
            accepted.setblocking(False)
            yield client, accepted


async def a_reader_is_called_when_there_is_data(log):
    loop = asyncio.get_running_loop()
    for ends in (pair, connected):
        with ends() as (one, two):
            got = asyncio.Queue()
            loop.add_reader(one, lambda one=one, got=got: got.put_nowait(one.recv(100)))
            await a_moment()
            log(got.empty())
            two.send(b"data")
            log(await got.get())
            log(loop.remove_reader(one), loop.remove_reader(one))


async def a_reader_is_called_again_until_all_is_read(log):
    loop = asyncio.get_running_loop()
    for ends in (pair, connected):
        with ends() as (one, two):
            got = asyncio.Queue()
            loop.add_reader(one.fileno(), lambda one=one, got=got: got.put_nowait(one.recv(2)))
            two.send(b"abcde")
            log([await got.get() for _ in range(3)])
            two.close()
            log(await got.get(), await got.get())
            loop.remove_reader(one.fileno())


async def a_writer_is_called_while_there_is_room(log):
    loop = asyncio.get_running_loop()
    for ends in (pair, connected):
        with ends() as (one, two):
            can_write = asyncio.Event()
            loop.add_writer(one, can_write.set)
            await can_write.wait()
            with contextlib.suppress(BlockingIOError):
                while True:
                    one.send(bytes(1 << 16))
            await a_moment()
            with contextlib.suppress(BlockingIOError):
                while True:
                    one.send(bytes(1 << 16))
            can_write.clear()
            await a_moment()
            log(can_write.is_set())

            def read_all(two=two):
                with contextlib.suppress(BlockingIOError):
                    while two.recv(1 << 20):
                        pass

            loop.add_reader(two, read_all)
            await can_write.wait()
            log(loop.remove_writer(one), loop.remove_writer(one), loop.remove_reader(two))


async def what_is_added_again_takes_its_place(log):
    loop = asyncio.get_running_loop()
    with pair() as (one, two):
        called = asyncio.Event()
        loop.add_reader(one, log, "the first")
        loop.add_reader(one, called.set)
        two.send(b"x")
        await called.wait()
        loop.remove_reader(one)
        log(loop.remove_writer(one))


async def a_reader_and_a_writer_are_apart(log):
    loop = asyncio.get_running_loop()
    with pair() as (one, two):
        read, written = asyncio.Event(), asyncio.Event()
        loop.add_reader(one, read.set)
        loop.add_writer(one, written.set)
        await written.wait()
        log(read.is_set(), loop.remove_writer(one))
        two.send(b"x")
        await read.wait()
        log(loop.remove_reader(one))


async def an_end_counts_as_data(log):
    loop = asyncio.get_running_loop()
    for ends in (pair, connected):
        with ends() as (one, two):
            called = asyncio.Event()
            loop.add_reader(one, called.set)
            two.shutdown(socket.SHUT_WR)
            await called.wait()
            log(one.recv(10), one.send(b"still"))
            loop.remove_reader(one)


async def a_client_that_waits_counts_as_data(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        called = asyncio.Event()
        loop.add_reader(server, called.set)
        await a_moment()
        log(called.is_set())
        client.setblocking(False)
        log(client.connect_ex(server.getsockname()) != 0)
        await called.wait()
        accepted, _ = server.accept()
        accepted.close()
        loop.remove_reader(server)


async def a_connect_that_is_through_can_write(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.setblocking(False)
        with log.error():
            client.connect(server.getsockname())
        called = asyncio.Event()
        loop.add_writer(client, called.set)
        await called.wait()
        loop.remove_writer(client)
        log(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        log(client.getpeername() == server.getsockname())


async def a_connect_that_fails_can_write_and_has_an_error(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        name = server.getsockname()
    with socket.socket() as client:
        client.setblocking(False)
        log(client.connect_ex(name))
        called = asyncio.Event()
        loop.add_writer(client, called.set)
        await called.wait()
        loop.remove_writer(client)
        log(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        log(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        with log.error():
            client.getpeername()


async def the_socket_of_a_transport_is_not_to_be_watched(log):
    loop = asyncio.get_running_loop()
    one, two = socket.socketpair()
    with two:
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=one)
        for call in (loop.add_reader, loop.add_writer):
            try:
                call(transport.get_extra_info("socket"), log)
            except RuntimeError as error:
                log(str(error).split("<")[0][:30])
        transport.close()
        await a_moment()


async def what_is_no_descriptor_is_refused(log):
    loop = asyncio.get_running_loop()
    for wrong in (object(), -1, "text"):
        try:
            loop.add_reader(wrong, log)
        except ValueError as error:
            log(type(error).__name__)


async def datagrams_are_watched(log):
    loop = asyncio.get_running_loop()
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        one.setblocking(False)
        called = asyncio.Event()
        loop.add_reader(one, called.set)
        two.sendto(b"hello", one.getsockname())
        await called.wait()
        log(one.recvfrom(10) == (b"hello", ("127.0.0.1", two.getsockname()[1])))
        loop.remove_reader(one)


async def poll_tells_who_has_data(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            poll = select.poll()
            poll.register(one.fileno(), select.POLLIN)
            log(poll.poll(0))
            two.send(b"x")
            await a_moment()
            log([event for _, event in poll.poll(0)])
            one.recv(10)
            log(poll.poll(0))
            two.close()
            await a_moment()
            log([bool(event & select.POLLIN) for _, event in poll.poll(0)])


async def select_tells_who_has_data_and_room(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            readable, writable, _ = select.select([one], [one], [], 0)
            log(len(readable), len(writable))
            two.send(b"x")
            await a_moment()
            readable, writable, _ = select.select([one, two], [one], [], 0)
            log([sock is one for sock in readable], len(writable))


async def a_selector_tells_who_has_data(log):
    with pair() as (one, two), selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, "one")
        log(selector.select(0))
        two.send(b"x")
        await a_moment()
        log([(key.data, events) for key, events in selector.select(0)])


async def a_keep_alive_connection_is_polled_before_it_is_used_again(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        transport, _ = await loop.create_connection(asyncio.Protocol, *server.getsockname())
        accepted, _ = await loop.sock_accept(server)
        transport.pause_reading()
        await a_moment()
        descriptor = transport.get_extra_info("socket").fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        log(descriptor > 2, len(poll.poll(0)))
        accepted.close()
        await a_moment()
        log(len(poll.poll(0)))
        transport.abort()
        await a_moment()


async def what_is_closed_is_not_watched_any_more(log):
    loop = asyncio.get_running_loop()
    with pair() as (one, two):
        loop.add_reader(one, print)
        loop.add_writer(two, print)
        one.close()
        two.close()
        log(loop.remove_reader(one), loop.remove_writer(two))
        for forget in (loop.remove_reader, loop.remove_writer):
            with log.error():
                forget(one)


async def a_pair_hangs_up_when_its_other_end_is_closed(log):
    with pair() as (one, two):
        poll = select.poll()
        poll.register(one, select.POLLIN)
        two.shutdown(socket.SHUT_WR)
        await a_moment()
        log([events for _, events in poll.poll(0)])
        two.close()
        await a_moment()
        log([events for _, events in poll.poll(0)])
