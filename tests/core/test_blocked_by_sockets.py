"""A call on a socket blocks the loop's own thread for as long as its messages are under way."""

import asyncio
import re
import select
import socket
import threading
import time

import pytest

import vtloop

SLOW = vtloop.net.Network(latency=0.5)


def shouting(listening):
    """Start a thread that answers one client in capitals, and ends the connection 1 s later."""

    def serve():
        sock, _ = listening.accept()
        with sock:
            sock.sendall(sock.recv(100).upper())
            time.sleep(1)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def ask(there):
    """Return when a client has been connected, has got its answer, and has seen the end."""
    times = []
    with socket.create_connection(there) as sock:
        times.append(vtloop.now())
        sock.sendall(b"hello")
        assert sock.recv(100) == b"HELLO"
        times.append(vtloop.now())
        assert sock.recv(100) == b""
        times.append(vtloop.now())
    return times


async def talk():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = shouting(listening)
        times = ask(listening.getsockname())
        thread.join()
        return times


def test_a_call_takes_the_time_of_its_messages_and_stops_every_task():
    async def main():
        ticks = []

        async def tick():
            while True:
                await asyncio.sleep(0.25)
                ticks.append(vtloop.now())

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
        times = await talk()
        ticking.cancel()
        return times, ticks

    assert vtloop.run(main, network=SLOW) == ([1, 2, 3], [])


def test_the_run_tells_what_the_loop_waited_for():
    run = vtloop.simulate(talk, network=SLOW)
    connecting, *reading = [(blocked.duration / 1e9, blocked.how) for blocked in run.blocked][:3]
    assert connecting[0] == 1
    assert re.fullmatch(r"a wait for a connection to 127\.0\.0\.1:\d+", connecting[1])
    for seconds, how in reading:
        assert seconds == 1
        assert re.fullmatch(r"a wait for data from 127\.0\.0\.1:\d+", how)


def test_messages_arrive_in_other_threads_while_the_loop_is_blocked():
    async def main():
        times = []
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = shouting(listening)
            asking = threading.Thread(target=lambda: times.extend(ask(listening.getsockname())))
            asking.start()
            await asyncio.sleep(0)
            time.sleep(100)
            assert not asking.is_alive()
            serving.join()
        return times, vtloop.now()

    assert vtloop.run(main, network=SLOW) == ([1, 2, 3], 100)


def test_it_does_before_there_is_a_loop():
    async def main(times):
        return times

    def program():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = shouting(listening)
            times = ask(listening.getsockname())
            thread.join()
        return main(times)

    assert vtloop.run(program, network=SLOW) == [1, 2, 3]


def one_end(wait):
    """Return a program that waits for the other end of a connection, which is its own."""

    async def main():
        with (
            socket.create_server(("127.0.0.1", 5432)) as listening,
            socket.create_connection(listening.getsockname()) as client,
        ):
            wait(client, listening)

    return main


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        (lambda client, _: client.recv(1), "data from 127.0.0.1:5432"),
        (lambda client, _: client.sendall(bytes(1 << 24)), "room to send to 127.0.0.1:5432"),
        (lambda client, _: select.select([client], [], []), "data from 127.0.0.1:5432"),
        (
            lambda client, server: [server.accept()[0].close() for _ in range(2)],
            "a client at 127.0.0.1:5432",
        ),
    ],
)
@pytest.mark.parametrize("network", [SLOW, vtloop.net.Network()])
def test_a_wait_that_nobody_can_end_is_a_deadlock_that_names_the_connection(wait, told, network):
    with pytest.raises(vtloop.DeadlockError) as caught:
        vtloop.run(one_end(wait), network=network)
    message = str(caught.value)
    assert f"with a wait for {told}, while no thread was left that could end it" in message
    assert f"main#1 waits for {told}\n" in message


def test_before_there_is_a_loop_it_is_one_as_well():
    def program():
        one, two = socket.socketpair()
        with one, two:
            one.recv(1)

    with pytest.raises(vtloop.DeadlockError, match="MainThread waits for data from "):
        vtloop.run(program)


def test_a_thread_that_waits_for_ever_is_told_with_its_connection():
    def wait(sock):
        sock.recv(1)

    async def main():
        with (
            socket.create_server(("127.0.0.1", 5432)) as listening,
            socket.create_connection(listening.getsockname()) as client,
        ):
            await asyncio.to_thread(wait, client)

    with pytest.raises(vtloop.DeadlockError, match=r"' waits for data from 127\.0\.0\.1:5432\n"):
        vtloop.run(main)
