"""`poll`, `epoll` and selectors in threads and in between, over sockets, and over pipes beside."""

import asyncio
import os
import select
import selectors
import socket
import socketserver
import threading

from tests.net.features.watching import connected, pair
from tests.support.both_loops import in_thread
from tests.support.links import a_moment

KINDS = (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector)


async def each_kind_of_selector_waits_in_a_thread(log):
    def wait(kind, sock):
        with kind() as selector:
            selector.register(sock, selectors.EVENT_READ, "data")
            return [(key.data, key.fileobj is sock, events) for key, events in selector.select(5)]

    for kind in KINDS:
        for ends in (pair, connected):
            with ends() as (one, two):
                waiting = asyncio.create_task(in_thread(wait, kind, one))
                await a_moment()
                two.send(b"x")
                log(kind.__name__, await waiting)


async def a_selector_gives_up_after_its_timeout(log):
    def wait(kind, sock):
        with kind() as selector:
            selector.register(sock, selectors.EVENT_READ)
            return selector.select(0.005), selector.select(0), selector.select(-1)

    with pair() as (one, _):
        for kind in KINDS:
            log(await in_thread(wait, kind, one))


async def a_selector_is_told_of_other_events(log):
    for kind in KINDS:
        with pair() as (one, two), kind() as selector:
            selector.register(one, selectors.EVENT_READ)
            selector.register(two, selectors.EVENT_WRITE)
            log([key.fileobj is two for key, _ in selector.select(0)])
            selector.modify(one, selectors.EVENT_READ | selectors.EVENT_WRITE)
            two.send(b"x")
            await a_moment()
            log(*sorted((key.fileobj is one, events) for key, events in selector.select(0)))
            selector.unregister(two)
            log(len(selector.get_map()), len(selector.select(0)))


async def a_server_of_the_program_s_own_serves_by_a_selector(log):
    def serve(listening, stop):
        with selectors.DefaultSelector() as selector:
            selector.register(listening, selectors.EVENT_READ)
            selector.register(stop, selectors.EVENT_READ)
            served = 0
            while True:
                for key, _ in selector.select():
                    sock = key.fileobj
                    if sock is stop:
                        return served
                    if sock is listening:
                        accepted, _ = listening.accept()
                        selector.register(accepted, selectors.EVENT_READ)
                    elif data := sock.recv(100):
                        sock.sendall(data.upper())
                        served += 1
                    else:
                        selector.unregister(sock)
                        sock.close()

    async def ask(word):
        reader, writer = await asyncio.open_connection(*there)
        writer.write(word)
        answer = await reader.read(100)
        writer.close()
        await writer.wait_closed()
        return answer

    with socket.create_server(("127.0.0.1", 0)) as listening, pair() as (stop, end):
        there = listening.getsockname()
        serving = asyncio.create_task(in_thread(serve, listening, stop))
        log(await asyncio.gather(ask(b"one"), ask(b"two")))
        end.send(b"x")
        log(await serving)


async def epoll_tells_events(log):
    for ends in (pair, connected):
        with ends() as (one, two), select.epoll() as epoll:
            epoll.register(one, select.EPOLLIN | select.EPOLLRDHUP)
            log(epoll.poll(0), isinstance(epoll, select.epoll))
            two.send(b"x")
            await a_moment()
            log([event for _, event in epoll.poll(0)])
            epoll.modify(one, select.EPOLLOUT)
            log([event for _, event in epoll.poll(0)])
            epoll.modify(one, select.EPOLLRDHUP)
            log(epoll.poll(0))
            two.shutdown(socket.SHUT_WR)
            await a_moment()
            log([event for _, event in epoll.poll(0)])
            one.recv(10)
            epoll.unregister(one)
            log(epoll.poll(0))


async def epoll_tells_in_the_order_of_events(log):
    with pair() as (one, two), pair() as (three, four), select.epoll() as epoll:
        names = {one.fileno(): "one", three.fileno(): "three", two.fileno(): "two"}
        for sock, mask in ((one, select.EPOLLIN), (three, select.EPOLLIN), (two, select.EPOLLOUT)):
            epoll.register(sock, mask)
        log([names[number] for number, _ in epoll.poll(0)])
        four.send(b"x")
        two.send(b"x")
        await a_moment()
        for _ in range(2):
            log([names[number] for number, _ in epoll.poll(0)])
        three.recv(1)
        log([names[number] for number, _ in epoll.poll(0)])


async def epoll_at_its_edges(log):
    with pair() as (one, two), select.epoll() as epoll:
        epoll.register(one.fileno(), select.EPOLLIN | select.EPOLLET)
        for _ in range(2):
            two.send(b"x")
            log(len(epoll.poll(1)), len(epoll.poll(0)))
        epoll.modify(one.fileno(), select.EPOLLIN | select.EPOLLONESHOT)
        log(len(epoll.poll(1)), len(epoll.poll(0)))
        epoll.modify(one.fileno(), select.EPOLLIN)
        log(len(epoll.poll(1)), len(epoll.poll(0)))


async def epoll_tells_so_many_and_the_others_next(log):
    with pair() as (one, two), pair() as (three, four), select.epoll() as epoll:
        for sock in (one, three):
            epoll.register(sock, select.EPOLLIN)
        two.send(b"x")
        four.send(b"x")
        await a_moment()
        first, second = ([number for number, _ in epoll.poll(0, 1)] for _ in range(2))
        log(sorted(first + second) == sorted([one.fileno(), three.fileno()]))
        for most in (0, -2):
            try:
                epoll.poll(0, most)
            except ValueError as error:
                log(error)


async def what_epoll_refuses(log):
    with pair() as (one, two):
        epoll = select.epoll()
        epoll.register(one)
        with log.error():
            epoll.register(one)
        with log.error():
            epoll.modify(two, select.EPOLLIN)
        with log.error():
            epoll.unregister(two)
        log(epoll.closed, epoll.fileno() > 2)
        epoll.close()
        epoll.close()
        log(epoll.closed)
        calls = (epoll.fileno, lambda: epoll.register(one), lambda: epoll.poll(0), epoll.__enter__)
        for call in calls:
            try:
                call()
            except ValueError as error:
                log(error)


async def what_is_closed_is_not_polled_any_more(log):
    one, two = socket.socketpair()
    with select.epoll() as epoll, two:
        poll = select.poll()
        for watch in (epoll, poll):
            watch.register(one, select.POLLIN)
        number = one.fileno()
        one.close()
        log(epoll.poll(0), [event == select.POLLNVAL for _, event in poll.poll(0)])
        with log.error():
            epoll.unregister(number)


async def a_thread_that_polls_is_told_of_what_another_registers(log):
    def wait():
        return [event for _, event in epoll.poll()]

    with pair() as (one, two), pair() as (idle, _), select.epoll() as epoll:
        epoll.register(idle, select.EPOLLIN)
        waiting = asyncio.create_task(in_thread(wait))
        await a_moment()
        epoll.register(one, select.EPOLLIN)
        await a_moment()
        two.send(b"x")
        log(await waiting)


async def a_pipe_wakes_who_waits_for_sockets_too(log):
    def by_select(sock, pipe):
        readable, _, _ = select.select([sock, pipe], [], [])
        return readable == [pipe]

    def by_poll(sock, pipe):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        poll.register(pipe, select.POLLIN)
        return poll.poll() == [(pipe, select.POLLIN)]

    def by_selector(sock, pipe):
        with selectors.EpollSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            selector.register(pipe, selectors.EVENT_READ)
            return [key.fd == pipe for key, _ in selector.select()]

    with pair() as (one, two):
        for wait in (by_select, by_poll, by_selector):
            reading, writing = os.pipe()
            waiting = asyncio.create_task(in_thread(wait, one, reading))
            await a_moment()
            os.write(writing, b"x")
            log(await waiting, os.read(reading, 10))
            os.close(writing)
            os.close(reading)
        two.send(b"x")
        reading, writing = os.pipe()
        await a_moment()
        log(select.select([one, reading], [writing], [reading], 5) == ([one], [writing], []))
        os.close(reading)
        os.close(writing)


async def a_server_of_the_standard_library_serves_until_it_is_shut_down(log):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.readline().upper())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.01])
        serving.start()
        reader, writer = await asyncio.open_connection(*server.server_address)
        writer.write(b"shout\n")
        log(await reader.read())
        writer.close()
        await writer.wait_closed()
        await asyncio.to_thread(server.shutdown)
        serving.join()
