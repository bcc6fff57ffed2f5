"""What asks about sockets is real where it is to be, and what it cannot do is refused by name."""

import asyncio
import errno
import fcntl
import os
import select
import selectors
import socket
import socketserver
import subprocess
import time

import pytest

import vtloop
from vtloop.core.patches import selector_classes
from vtloop.core.threads import polling
from vtloop.core.threads.actor import outside

REAL = select.epoll


def test_outside_of_a_run_there_are_real_ones():
    async def main():
        with outside(), select.epoll() as epoll, selectors.EpollSelector() as selector:
            return type(epoll), type(selector._selector)

    assert vtloop.run(main) == (REAL, REAL)


def test_a_run_without_a_network_has_real_ones():
    async def main():
        with select.epoll() as epoll:
            return type(epoll)

    assert vtloop.run(main, network=None) is REAL


def test_a_selector_of_another_system_uses_poll_in_a_run():
    class Kqueue(selectors.SelectSelector):
        """As `selectors.KqueueSelector`, which is not on all systems."""

    Kqueue.__new__ = selector_classes.makes_polls(Kqueue)

    async def main():
        one, two = socket.socketpair()
        with one, two, Kqueue() as selector:
            selector.register(one, selectors.EVENT_READ)
            two.send(b"x")
            return type(selector), len(selector.select())

    assert vtloop.run(main) == (selectors.PollSelector, 1)
    with Kqueue() as selector:
        assert type(selector) is Kqueue


class Poller:
    """As some servers have it: what they poll with is found as their module is imported."""

    ask, make = select.select, select.epoll


def test_what_a_class_keeps_is_replaced_as_well():
    async def main():
        one, two = socket.socketpair()
        with one, two, Poller.make() as epoll:
            epoll.register(one, select.EPOLLOUT)
            return len(epoll.poll(1)), Poller.ask([], [two], [], 1)[1] == [two]

    assert vtloop.run(main) == (1, True)
    assert Poller.make is REAL


def test_a_selector_of_simulated_sockets_is_nothing_real():
    async def main():
        one, two = socket.socketpair()
        with one, two, selectors.DefaultSelector() as selector:
            selector.register(one, selectors.EVENT_READ)
            assert not selector.select(3600)

    run = vtloop.simulate(main)
    assert run.elapsed == 3600
    assert run.reproducible


def test_who_asks_again_and_again_lets_time_pass(monkeypatch):
    monkeypatch.setattr(polling, "FREE", 100)

    def spin(sock):
        while not select.select([sock], [], [], 0)[0]:
            pass
        return sock.recv(1)

    async def main():
        one, two = socket.socketpair()
        with one, two:
            spinning = asyncio.create_task(asyncio.to_thread(spin, one))
            await asyncio.sleep(0.001)
            two.send(b"x")
            return await spinning

    with pytest.warns(vtloop.SpinWarning, match="asked whether a socket is ready again"):
        assert vtloop.run(main) == b"x"


def test_an_epoll_that_is_dropped_watches_nothing():
    async def main():
        one, two = socket.socketpair()
        with one, two:
            epoll = select.epoll()
            epoll.register(one)
            watchers = one._endpoint.watchers
            assert len(watchers) == 1
            del epoll
            assert not watchers

    vtloop.run(main)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda sock: os.dup2(sock.fileno(), 9), "os.dup2"),
        (lambda sock: fcntl.fcntl(sock, fcntl.F_GETOWN), "F_GETFL"),
        (lambda sock: fcntl.ioctl(sock.fileno(), 0x541B, b"1234"), "ioctl"),
        (lambda sock: socket.send_fds(sock, [b"x"], [0]), "Ancillary data"),
        (lambda sock: subprocess.Popen("no_program", stdin=sock), "stdin=.* subprocess.PIPE"),
        (lambda sock: subprocess.run("no_program", stdout=sock.fileno()), "stdout=1000000"),
        (lambda sock: subprocess.run("no_program", pass_fds=[0, sock.fileno()]), "pass_fds=100"),
    ],
)
def test_what_is_not_simulated_is_refused_by_name(call, words):
    async def main():
        one, two = socket.socketpair()
        with one, two, pytest.raises(OSError, match=words) as caught:
            call(one)
        assert caught.value.errno == errno.EOPNOTSUPP

    vtloop.run(main)


def test_a_server_of_the_standard_library_gives_up_in_virtual_time():
    """It waits for the clock to pass its deadline, so it needs a slack."""
    given_up = []

    class Server(socketserver.TCPServer):
        timeout = 3600

        def handle_timeout(self):
            given_up.append(time.monotonic() - began)

    async def main():
        nonlocal began
        began = time.monotonic()
        with Server(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
            await asyncio.to_thread(server.handle_request)

    began = 0.0
    vtloop.run(main, timer_slack=0.001)
    assert given_up == [pytest.approx(3600.001)]


def test_the_real_clocks_are_for_who_waits_for_real_sockets():
    async def main():
        return eval("time()", vars(socketserver)), time.monotonic()

    its, ours = vtloop.run(main)
    assert its == ours
    its, ours = vtloop.run(main, network=None)
    assert its != ours


def test_on_the_loop_s_thread_a_client_may_ask_before_each_of_many_requests():
    async def main():
        one, two = socket.socketpair()
        with one, two:
            poll = select.poll()
            poll.register(one, select.POLLIN)
            for _ in range(11_000):
                assert not poll.poll(0)

    run = vtloop.simulate(main)
    run.result()
    assert not run.notices
