"""Descriptors of sockets, given to functions of `os`, `fcntl` and `socket`."""

import asyncio
import fcntl
import os
import socket
import stat
import tempfile

from tests.net.features.watching import connected, pair
from tests.support.both_loops import in_thread
from tests.support.links import a_moment


async def os_reads_and_writes(log):
    for ends in (pair, connected):
        with ends() as (one, two):
            log(os.write(one.fileno(), b"hello"), os.writev(one.fileno(), [b"a", b"bc"]))
            await a_moment()
            log(os.read(two.fileno(), 3))
            parts = bytearray(2), bytearray(9)
            log(os.readv(two.fileno(), parts), parts)
            with log.error():
                os.read(two.fileno(), 1)
            one.shutdown(socket.SHUT_WR)
            await a_moment()
            log(os.read(two.fileno(), 1))
            with log.error():
                os.write(one.fileno(), b"more")


async def a_thread_reads_and_writes_by_descriptors(log):
    def read(number):
        return os.read(number, 10)

    def write(number):
        return os.write(number, bytes(4 << 20))

    one, two = socket.socketpair()
    with one, two:
        reading = asyncio.create_task(in_thread(read, one.fileno()))
        await a_moment()
        two.send(b"hello")
        log(await reading)
        writing = asyncio.create_task(in_thread(write, one.fileno()))
        two.setblocking(False)
        loop, count = asyncio.get_running_loop(), 0
        while count < 4 << 20:
            count += len(await loop.sock_recv(two, 1 << 20))
        log(await writing, count)


async def a_descriptor_is_closed(log):
    one, two = socket.socketpair()
    with two:
        number = one.detach()
        os.close(number)
        log(two.recv(1))
        for call in (os.close, os.fstat, os.dup, os.get_blocking):
            with log.error():
                call(number)


async def a_descriptor_that_was_detached_is_a_socket_again(log):
    with pair() as (one, two):
        number = one.detach()
        log(one.fileno(), repr(one).split(" fd")[0])
        with socket.socket(fileno=number) as again:
            log(again.fileno() == number, again.family, again.type, again.gettimeout())
            two.send(b"x")
            await a_moment()
            log(again.recv(1))
            with log.error():
                again.recv(1)
            again.setblocking(True)
            log(os.get_blocking(number))


async def descriptors_are_duplicated(log):
    def by_dup(sock):
        return socket.socket(fileno=os.dup(sock.fileno()))

    def by_fromfd(sock):
        return socket.fromfd(sock.fileno(), sock.family, sock.type)

    def by_socket_dup(sock):
        return socket.socket(fileno=socket.dup(sock.fileno()))

    for duplicate in (socket.socket.dup, by_dup, by_fromfd, by_socket_dup):
        one, two = socket.socketpair()
        with two, duplicate(one) as copy:
            log(copy.fileno() != one.fileno(), copy.gettimeout(), copy.get_inheritable())
            one.close()
            two.send(b"x")
            log(copy.recv(1))
            copy.sendall(b"y")
            log(two.recv(1))
        with two:
            pass


async def whether_a_descriptor_waits(log):
    with pair() as (one, two):
        number = one.fileno()
        log(os.get_blocking(number), os.get_blocking(two.fileno()))
        one.setblocking(True)
        log(os.get_blocking(number))
        one.settimeout(5)
        log(os.get_blocking(number), one.getblocking())
        one.settimeout(None)
        os.set_blocking(number, False)
        log(one.gettimeout(), one.getblocking())
        for call in (lambda: one.recv(1), lambda: os.read(number, 1)):
            with log.error():
                call()


async def fcntl_tells_and_sets_flags(log):
    with pair() as (one, _):
        number = one.fileno()
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        log(bool(flags & os.O_NONBLOCK), flags & os.O_ACCMODE == os.O_RDWR)
        fcntl.fcntl(one, fcntl.F_SETFL, flags & ~os.O_NONBLOCK)
        log(os.get_blocking(number), one.gettimeout())
        log(fcntl.fcntl(one, fcntl.F_GETFD) == fcntl.FD_CLOEXEC, os.get_inheritable(number))
        fcntl.fcntl(number, fcntl.F_SETFD, 0)
        log(fcntl.fcntl(one, fcntl.F_GETFD), one.get_inheritable())
        os.set_inheritable(number, False)
        log(one.get_inheritable())


async def a_descriptor_is_known_to_be_a_socket(log):
    with pair() as (one, _), tempfile.TemporaryFile() as file:
        for number in (one.fileno(), file.fileno()):
            log(stat.S_ISSOCK(os.fstat(number).st_mode), os.isatty(number))


async def a_file_is_sent_to_a_descriptor(log):
    with pair() as (one, two), tempfile.TemporaryFile() as file:
        file.write(b"0123456789")
        file.flush()
        log(os.sendfile(one.fileno(), file.fileno(), 2, 5), two.recv(100))
        file.seek(8)
        log(os.sendfile(one.fileno(), file.fileno(), None, 5), two.recv(100))
        log(os.sendfile(one.fileno(), file.fileno(), 10, 5))


async def a_file_is_sent_by_a_thread(log):
    def send(sock):
        with sock, tempfile.TemporaryFile() as file:
            file.write(bytes(3_000_000))
            return sock.sendfile(file), file.tell()

    one, two = socket.socketpair()
    with two:
        sending = asyncio.create_task(in_thread(send, one))
        two.setblocking(False)
        loop, count = asyncio.get_running_loop(), 0
        while data := await loop.sock_recv(two, 1 << 20):
            count += len(data)
        log(await sending, count)


async def a_send_that_waits_sends_all(log):
    def send(sock):
        with sock:
            return sock.send(bytes(3_000_000))

    one, two = socket.socketpair()
    with two:
        sending = asyncio.create_task(in_thread(send, one))
        two.setblocking(False)
        loop = asyncio.get_running_loop()
        while await loop.sock_recv(two, 1 << 20):
            pass
        log(await sending)
