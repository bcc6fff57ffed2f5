"""Random programs of socket calls see, call for call, what they see of real sockets.

A program is a list of calls that do not block: on both ends of a connection, on a server and its
clients, or on sockets for datagrams. After each call it lets
a moment pass, so that what was sent has arrived. How many programs are drawn:
SOCKET_PROGRAMS. A real network that is slow once is given a second, longer time.
"""

import asyncio
import errno
import os
import select
import socket
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both_loops import on_stock, on_virtual

PROGRAMS = int(os.environ.get("SOCKET_PROGRAMS", "25"))
BRIEFLY, LONGER = 0.0003, 0.02  # seconds
SETTINGS = settings(
    max_examples=PROGRAMS, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

HOW = {"read": socket.SHUT_RD, "write": socket.SHUT_WR, "both": socket.SHUT_RDWR}
SIZES = st.sampled_from([1, 2, 5, 1000])


def calls(who, *names):
    """Return a strategy of calls: who, what, and an argument."""
    arguments = {
        "send": SIZES,
        "recv": SIZES,
        "peek": SIZES,
        "shutdown": st.sampled_from(sorted(HOW)),
        "sendto": st.sampled_from(who),
        "aim": st.sampled_from(who),
    }
    each = [
        st.tuples(st.sampled_from(who), st.just(name), arguments.get(name, st.none()))
        for name in names
    ]
    return st.lists(st.one_of(each), min_size=1, max_size=15)


class Sockets:
    """Sockets by name, and what calls of them return."""

    def __init__(self, **sockets):
        self.sockets = sockets
        self.others = []
        self.sent = 0
        for sock in sockets.values():
            self.prepare(sock)

    def prepare(self, sock):
        """Let a socket neither wait for others nor let them wait."""
        sock.setblocking(False)
        if (sock.family, sock.type) == (socket.AF_INET, socket.SOCK_STREAM):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close_all(self):
        for sock in (*self.sockets.values(), *self.others):
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
        self.others.append(sock.dup())

    def error(self, sock, _):
        return errno.errorcode.get(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def peer(self, sock, _):
        return len(sock.getpeername()) >= 0

    def poll(self, sock, _):
        if sock.fileno() < 0:
            return "closed"
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN | select.POLLOUT)
        [events] = [events for _, events in poll.poll(0)] or [0]
        return bool(events & select.POLLIN), bool(events & select.POLLOUT)

    def close(self, sock, _):
        return sock.close()


class Meeting(Sockets):
    """A server, two clients, and what the server accepts: the latest of it."""

    def __init__(self, make, address):
        super().__init__(server=make(), one=make(), two=make(), accepted=make())
        self.address = address
        self.connecting = set()

    def bind(self, sock, _):
        sock.bind(self.address)
        self.address = sock.getsockname()

    def listen(self, sock, _):
        return sock.listen(5)

    def connect(self, sock, _):
        """Connect, once; a second call would hear of the first."""
        is_nowhere = isinstance(self.address, tuple) and not self.address[1]
        is_client = sock in (self.sockets["one"], self.sockets["two"])
        if is_nowhere or not is_client or sock in self.connecting:
            return "not now"
        self.connecting.add(sock)
        return sock.connect(self.address)

    def shutdown(self, sock, how):
        """Shut down; a server once, as it is no server then."""
        if sock in self.connecting and sock is self.sockets["server"]:
            return "not now"
        self.connecting.add(sock)
        return super().shutdown(sock, how)

    def accept(self, sock, _):
        accepted, _ = sock.accept()
        self.prepare(accepted)
        self.others.append(self.sockets["accepted"])
        self.sockets["accepted"] = accepted


class Datagrams(Sockets):
    """Sockets for datagrams."""

    def bind(self, sock, _):
        sock.bind(("127.0.0.1", 0))

    def sendto(self, sock, to):
        self.sent += 1
        return sock.sendto(b"%d" % self.sent, self._address(to))

    def aim(self, sock, at):
        return sock.connect(self._address(at))

    def _address(self, name):
        """Return where a socket can be reached, or a port that nobody has."""
        try:
            return "127.0.0.1", self.sockets[name].getsockname()[1] or 9
        except OSError:
            return "127.0.0.1", 9

    def recvfrom(self, sock, _):
        data, address = sock.recvfrom(100)
        return data, address[0]


def pair_of_unix(log):
    one, two = socket.socketpair()
    return Sockets(a=one, b=two)


def pair_of_tcp(log):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        return Sockets(a=client, b=server.accept()[0])


def meeting_of_tcp(log):
    return Meeting(socket.socket, ("127.0.0.1", 0))


def meeting_of_unix(log):
    return Meeting(partial(socket.socket, socket.AF_UNIX), f"{log.folder}/s")


def three_of_datagrams(log):
    return Datagrams(**{name: socket.socket(type=socket.SOCK_DGRAM) for name in "abc"})


ON_PAIRS = calls(
    "ab",
    *("send", "recv", "send", "recv", "peek", "shutdown", "close"),
    *("dup", "poll", "error", "peer", "linger"),
)
# Most meetings begin as such.
BEGUN = [("server", "bind", None), ("server", "listen", None), ("one", "connect", None)]
MEETINGS = st.builds(
    lambda begun, rest: BEGUN[:begun] + rest,
    st.integers(0, 3),
    st.one_of(
        calls(["server"], "accept", "poll", "close", "error", "listen", "bind", "peer", "recv"),
        calls(
            ["one", "accepted", "server"],
            *("connect", "accept", "send", "recv", "shutdown", "close", "poll", "error", "peer"),
        ),
        calls(
            ["server", "one", "two", "accepted"],
            *("connect", "accept", "accept", "send", "recv", "close", "poll", "listen"),
        ),
    ),
)
OF_DATAGRAMS = calls(
    "abc",
    *("bind", "sendto", "sendto", "recvfrom", "recvfrom", "aim", "send", "recv"),
    *("poll", "error", "peer", "close"),
)


def body_of(program, make, pause):
    """Return a body that makes the calls of a program, and tells what each one returns."""

    async def body(log):
        sockets = make(log)
        for who, what, argument in program:
            log(f"{who}.{what}({argument}):", sockets.call(who, what, argument))
            await asyncio.sleep(pause)
        sockets.close_all()

    return body


def compare(program, make):
    expected = on_stock(body_of(program, make, BRIEFLY))
    found = on_virtual(body_of(program, make, BRIEFLY))
    if expected != found:
        expected = on_stock(body_of(program, make, LONGER))
    assert found == expected


@pytest.mark.parametrize(
    ("make", "programs"),
    [
        (pair_of_unix, ON_PAIRS),
        (pair_of_tcp, ON_PAIRS),
        (meeting_of_tcp, MEETINGS),
        (meeting_of_unix, MEETINGS),
        (three_of_datagrams, OF_DATAGRAMS),
    ],
)
@pytest.mark.ends
def test_calls_return_what_they_do_on_real_sockets(make, programs):
    @SETTINGS
    @given(programs)
    def run(program):
        compare(program, make)

    run()
