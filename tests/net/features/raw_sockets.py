"""Sockets that do not block: what each call returns, and each error by its number."""

import asyncio
import contextlib
import errno
import socket
import struct

from tests.net.features.watching import connected, pair
from tests.support.links import a_moment


def number(function, *args):
    """Return what a call returns, or the name of its error."""
    try:
        return function(*args)
    except OSError as error:
        return f"{type(error).__name__} {errno.errorcode.get(error.errno, error.errno)}"


async def nothing_to_read_would_block(log):
    for ends in (pair, connected):
        with ends() as (one, _):
            log(number(one.recv, 10), number(one.recv_into, bytearray(10)))
            log(number(one.recv, 10, socket.MSG_PEEK), number(one.recvfrom, 10))


async def who_is_not_connected_hears_so(log):
    with socket.socket() as sock:
        sock.setblocking(False)
        log(number(sock.recv, 10), number(sock.send, b"x"), number(sock.getpeername))
        log(number(sock.shutdown, socket.SHUT_WR), number(sock.accept))
        log(sock.getsockname())


async def who_is_connected_connects_no_more(log):
    with connected() as (client, _):
        log(number(client.connect, client.getpeername()))
        log(errno.errorcode[client.connect_ex(client.getpeername())])
        log(number(client.bind, ("127.0.0.1", 0)), number(client.listen))


async def who_listens_does_not_read(log):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        log(number(server.accept), number(server.recv, 1), number(server.send, b"x"))
        log(number(server.bind, ("127.0.0.1", 0)), number(server.listen, 5))


async def a_socket_that_is_closed_has_no_descriptor(log):
    with connected() as (client, _):
        client.close()
        client.close()
        log(client.fileno(), number(client.recv, 1), number(client.send, b"x"))
        log(number(client.getsockname), number(client.getpeername), number(client.setblocking, 0))
        log(number(client.shutdown, socket.SHUT_RD), number(client.listen))
        log(number(client.getsockopt, socket.SOL_SOCKET, socket.SO_ERROR), number(client.detach))


async def the_end_of_what_is_read_is_empty_for_ever(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            two.send(b"last")
            two.close()
            await a_moment()
            log(one.recv(2), one.recv(10), one.recv(10), one.recv(10))


async def who_writes_to_a_closed_end_breaks_a_pipe(log):
    with pair() as (one, two):
        two.close()
        log(number(one.send, b"x"), number(one.send, b"x"), number(one.recv, 1))
    with connected() as (one, two):
        two.close()
        await a_moment()
        log(number(one.send, b"x"))
        await a_moment()
        log(number(one.send, b"x"), number(one.send, b"x"), number(one.recv, 1))


async def a_close_with_unread_data_resets(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            one.send(b"never read")
            await a_moment()
            two.close()
            await a_moment()
            log(number(one.recv, 1), number(one.recv, 1), number(one.send, b"x"))


async def an_error_is_told_once(log):
    with connected() as (one, two):
        one.send(b"never read")
        await a_moment()
        two.close()
        await a_moment()
        log(errno.errorcode[one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)])
        log(one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), number(one.recv, 1))


async def who_does_not_linger_resets(log):
    with connected() as (one, two):
        two.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        two.close()
        await a_moment()
        log(number(one.recv, 1), number(one.recv, 1))


async def one_direction_is_shut_down(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            one.shutdown(socket.SHUT_WR)
            await a_moment()
            log(number(one.send, b"x"), two.recv(1), two.send(b"back"))
            await a_moment()
            log(one.recv(10), number(one.shutdown, socket.SHUT_WR))


async def reading_is_shut_down(log):
    for ends in (pair, connected):
        with ends() as (one, _):
            one.shutdown(socket.SHUT_RD)
            log(one.recv(10), one.send(b"still"))


async def both_directions_are_shut_down(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            one.send(b"before")
            one.shutdown(socket.SHUT_RDWR)
            await a_moment()
            log(number(one.send, b"x"), one.recv(10), two.recv(10), two.recv(10))


async def what_is_shut_down_by_a_wrong_word_is_refused(log):
    with pair() as (one, _):
        log(number(one.shutdown, 7))


async def a_full_buffer_would_block(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            count = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    count += one.send(bytes(1 << 16))
            log(count > 1 << 16, number(one.send, bytes(1 << 16)))
            while count:
                try:
                    count -= len(two.recv(1 << 20))
                except BlockingIOError:
                    await asyncio.sleep(0.001)
            log(count, one.send(b"room again"))


async def what_is_peeked_stays(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            two.send(b"data")
            await a_moment()
            log(one.recv(2, socket.MSG_PEEK), one.recv(10, socket.MSG_PEEK), one.recv(10))


async def parts_are_gathered_and_scattered(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            log(one.sendmsg([b"ab", b"cde", bytearray(b"f")]))
            await a_moment()
            first, second = bytearray(2), bytearray(10)
            count, ancillary, flags, _ = two.recvmsg_into([first, second])
            log(count, ancillary, flags, bytes(first), bytes(second[: count - 2]))
            one.sendmsg([b"xyz"])
            await a_moment()
            log(two.recvmsg(10)[:3])


async def nothing_is_sent_and_nothing_asked_for(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            log(one.send(b""), one.sendall(b""))
            two.send(b"x")
            await a_moment()
            log(one.recv(0), one.recv(1))


async def a_socket_is_used_through_a_copy(log):
    for ends in (pair, connected):
        with ends() as (one, two), one.dup() as copy:
            one.close()
            two.send(b"data")
            await a_moment()
            log(copy.gettimeout(), copy.recv(10), copy.send(b"back"), copy.family)
            await a_moment()
            log(two.recv(10))
            copy.close()
            await a_moment()
            log(two.recv(10))


async def a_descriptor_is_taken_out_and_put_in_again(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            descriptor = one.detach()
            log(descriptor > 2, one.fileno(), number(one.recv, 1))
            with socket.socket(fileno=descriptor) as again:
                log(again.family == two.family, again.type)
                two.send(b"data")
                await a_moment()
                again.setblocking(False)
                log(again.recv(10))


async def a_wrong_address_is_refused(log):
    with socket.socket() as sock:
        for call in (sock.bind, sock.connect):
            for wrong in ("text", ("127.0.0.1",), ("127.0.0.1", "80"), ("127.0.0.1", -1), (1, 2)):
                with log.error():
                    call(wrong)
            with log.error():
                call(("127.0.0.1", 70000))


async def a_bound_port_is_taken(log):
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        log(number(two.bind, one.getsockname()), number(one.bind, ("127.0.0.1", 0)))
        log(number(two.bind, ("192.0.2.1", 0)), number(two.bind, ("127.0.0.1", 0)))


async def a_port_is_reserved_by_connecting(log):
    with connected() as (client, accepted):
        name, there = client.getsockname(), client.getpeername()
        log(accepted.getsockname() == there, accepted.getpeername() == name)
        with socket.socket() as other:
            log(number(other.bind, name))


async def what_listens_is_waited_for(log):
    with socket.socket() as server:
        server.listen()
        log(server.getsockname()[0], server.getsockname()[1] > 0)
        with socket.create_connection(("127.0.0.1", server.getsockname()[1])) as client:
            accepted, address = server.accept()
            with accepted:
                log(address == client.getsockname())


async def datagrams_would_block_and_are_cut(log):
    udp = {"type": socket.SOCK_DGRAM}
    with socket.socket(**udp) as one, socket.socket(**udp) as two:
        for sock in (one, two):
            sock.setblocking(False)
        log(number(one.recv, 1), one.getsockname())
        one.bind(("127.0.0.1", 0))
        log(number(one.recv, 1), two.sendto(b"hello", one.getsockname()))
        await a_moment()
        log(one.recv(2), number(one.recv, 10))
        log(two.getsockname()[0], two.getsockname()[1] > 0, number(two.listen))
        two.connect(one.getsockname())
        log(two.getsockname()[0], two.send(b""))
        await a_moment()
        log(one.recv(10), number(one.recv, 10))


async def a_closed_port_of_datagrams_is_heard_of_later(log):
    with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as two:
        one.bind(("127.0.0.1", 0))
        two.setblocking(False)
        two.connect(one.getsockname())
        one.close()
        log(two.send(b"anybody?"))
        await a_moment()
        log(number(two.recv, 10), number(two.recv, 10), two.send(b"anybody?"))
        await a_moment()
        log(number(two.send, b"and now?"))


async def a_socket_is_a_block(log):
    with socket.socket() as sock:
        log(sock.fileno() > 2)
    log(sock.fileno(), number(sock.listen))


async def sockets_tell_of_themselves(log):
    for kind in ((), (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_UNIX,)):
        with socket.socket(*kind) as sock:
            log(sock.family, sock.type, sock.proto, sock.gettimeout(), sock.getblocking())
            log(isinstance(sock, socket.socket), sock.get_inheritable(), sock.timeout)


async def a_family_that_nobody_knows_is_refused(log):
    with log.error():
        socket.socket(12345)
    with log.error():
        socket.socket(socket.AF_INET, 77)


async def a_class_of_the_program_s_own_calls_its_base_by_name(log):
    class Mine(socket.socket):
        def __init__(self, *args, **kwargs):
            socket.socket.__init__(self, *args, **kwargs)
            self.mine = True

    with socket.create_server(("127.0.0.1", 0)) as server, Mine() as client:
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"hello")
            log(accepted.recv(10), client.mine, isinstance(client, Mine), client.gettimeout())
