"""Random programs of socket calls see, call for call, what they see of real sockets.

A program is a list of calls on both ends of a connection that do not block. After each call it lets
a moment pass, so that what was sent has arrived. How many programs are drawn:
SOCKET_PROGRAMS. A real network that is slow once is given a second, longer time.
"""

import asyncio
import errno
import os
import select
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both_loops import on_stock, on_virtual

PROGRAMS = int(os.environ.get("SOCKET_PROGRAMS", "60"))
BRIEFLY, LONGER = 0.0003, 0.02  # seconds
SETTINGS = settings(
    max_examples=PROGRAMS, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

HOW = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}
WHO = st.sampled_from("ab")
SIZES = st.sampled_from([1, 2, 5, 1000])


def calls(*names):
    """Return a strategy of calls: who, what, and an argument."""
    arguments = {
        "send": SIZES,
        "recv": SIZES,
        "peek": SIZES,
        "shutdown": st.sampled_from(sorted(HOW)),
    }
    each = [st.tuples(WHO, st.just(name), arguments.get(name, st.none())) for name in names]
    return st.lists(st.one_of(each), min_size=1, max_size=15)


CALLS = calls(
    *("send", "recv", "send", "recv", "peek", "shutdown", "close"),
    *("dup", "poll", "error", "peer", "linger"),
)


class Ends:
    """Two connected sockets, and what has been sent by them."""

    def __init__(self, one, two):
        self.sockets = {"a": one, "b": two}
        self.copies = []
        self.sent = 0
        for sock in (one, two):
            sock.setblocking(False)

    def close(self):
        for sock in (*self.sockets.values(), *self.copies):
            sock.close()

    def call(self, who, what, argument):
        """Return what a call returns, or the name of its error."""
        try:
            return getattr(self, what)(self.sockets[who], argument)
        except OSError as error:
            return errno.errorcode.get(error.errno, str(error))

    def send(self, sock, size):
        data = bytes((self.sent + place) % 251 for place in range(size))
        count = sock.send(data)
        self.sent += count
        return count

    def recv(self, sock, size):
        data = sock.recv(size)
        return len(data), data[:1]

    def peek(self, sock, size):
        data = sock.recv(size, socket.MSG_PEEK)
        return len(data), data[:1]

    def shutdown(self, sock, how):
        return sock.shutdown(HOW[how])

    def linger(self, sock, _):
        """Make its close a reset."""
        linger = (1).to_bytes(4, "little") + bytes(4)
        return sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def dup(self, sock, _):
        self.copies.append(sock.dup())

    def error(self, sock, _):
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def peer(self, sock, _):
        return len(sock.getpeername()) >= 0

    def poll(self, sock, _):
        if sock.fileno() < 0:
            return "closed"
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN | select.POLLOUT)
        [events] = [events for _, events in poll.poll(0)] or [0]
        return bool(events & select.POLLIN), bool(events & select.POLLOUT)

    def close_(self, sock, _):
        return sock.close()


def pair_of_unix():
    return socket.socketpair()


def pair_of_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


def body_of(program, make, pause):
    """Return a body that makes the calls of a program, and tells what each one returns."""

    async def body(log):
        ends = Ends(*make())
        for who, what, argument in program:
            outcome = ends.call(who, "close_" if what == "close" else what, argument)
            log(f"{who}.{what}({argument}):", outcome)
            await asyncio.sleep(pause)
        ends.close()

    return body


def compare(program, make):
    expected = on_stock(body_of(program, make, BRIEFLY))
    found = on_virtual(body_of(program, make, BRIEFLY))
    if expected != found:
        expected = on_stock(body_of(program, make, LONGER))
    assert found == expected


@pytest.mark.parametrize("make", [pair_of_unix, pair_of_tcp])
def test_calls_on_a_pair_return_what_they_do_on_real_sockets(make):
    @SETTINGS
    @given(CALLS)
    def run(program):
        compare(program, make)

    run()


def test_a_difference_is_found():
    program = [("a", "send", 1), ("b", "recv", 1)]
    with pytest.raises(AssertionError):
        expected = on_stock(body_of(program, pair_of_tcp, BRIEFLY))
        assert on_virtual(body_of(program[:1], pair_of_tcp, BRIEFLY)) == expected
