"""Each fault of the network does what it says, to programs that know nothing of it."""

import asyncio
import errno
import socket

import pytest

import vtloop
from vtloop import choices, net

DB = "10.0.0.2"


async def answer(reader, writer):
    """Give back each line in capitals."""
    try:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(is_up):
    async with await asyncio.start_server(answer, "db", 5432) as server:
        is_up.set()
        await server.serve_forever()


async def start():
    """Return the task of a server that is up."""
    is_up = asyncio.Event()
    task = asyncio.create_task(serve(is_up))
    await is_up.wait()
    return task


_clients: list["Client"] = []


class Client:
    """A connection to the database."""

    @classmethod
    async def connected(cls):
        client = cls()
        client.reader, client.writer = await asyncio.open_connection("db", 5432)
        _clients.append(client)
        return client

    async def ask(self, line=b"hello\n"):
        self.writer.write(line)
        return await self.reader.readline()

    async def left(self):
        self.writer.close()
        await self.writer.wait_closed()


def run(program, network=None, **options):
    """Return what a program returns that is given the network, where a database is served."""
    network = net.Network() if network is None else network

    async def main():
        with network.host("db"):
            task = await start()
        try:
            return await program(network)
        finally:
            task.cancel()
            while _clients:
                _clients.pop().writer.close()

    return vtloop.run(main(), network=network, **options)


def now():
    return asyncio.get_running_loop().time()


async def raised(awaitable):
    """Return the number of the OSError that is raised, and when."""
    try:
        await awaitable
    except OSError as error:
        return error.errno, now()
    pytest.fail("nothing was raised")


# Nothing gets through


def test_a_partition_swallows_what_is_said_until_tcp_says_it_again():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.partition("", "db")):
            asking = asyncio.create_task(client.ask())
            await asyncio.sleep(10)
            assert not asking.done()
        return await asking, now()

    # Tries are after 0.2, 0.6, 1.4, 3, 6.2 and 12.6 s: the last one is the first to get through.
    assert run(program) == (b"HELLO\n", 12.6)


def test_a_partition_of_an_hour_ends_a_connection_and_refuses_none():
    async def program(network):
        client = await Client.connected()
        began = now()
        with network.rule(net.partition("db")):
            client.writer.write(b"hello\n")
            number, at = await raised(client.reader.readline())
            connecting = await raised(asyncio.open_connection(DB, 5432))
            await asyncio.sleep(3600 - now() + began)
        return number, at, connecting[0], connecting[1] - at, await (await Client.connected()).ask()

    number, at, connecting, took, answered = run(program)
    assert (number, connecting) == (errno.ETIMEDOUT, errno.ETIMEDOUT)
    assert at == pytest.approx(924.6, abs=0.1)  # as on Linux, with its 15 tries
    assert took == pytest.approx(127)  # with its six
    assert answered == b"HELLO\n"


def test_a_partition_of_one_way_lets_the_other_way_through():
    async def program(network):
        said = []
        with network.host("db"):
            server = await asyncio.start_server(lambda r, w: said.append((r, w)), "db", 1)
        reader, writer = await asyncio.open_connection("db", 1)
        await asyncio.sleep(0)
        ((its_reader, its_writer),) = said
        with network.rule(net.partition("", "db", one_way=True)):
            writer.write(b"asked\n")
            its_writer.write(b"told\n")
            told = await reader.readline(), now()
            await asyncio.sleep(1)
        asked = await its_reader.readline(), now()
        writer.close()
        its_writer.close()
        server.close()
        return told, asked

    assert run(program) == ((b"told\n", 0.0), (b"asked\n", 1.4))


async def greet(reader, writer):
    writer.write(b"hi\n")
    writer.close()


def test_a_black_hole_swallows_what_is_sent_to_it_and_lets_out_what_it_says():
    async def program(network):
        with network.rule(net.black_hole(":5432")):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.open_connection("db", 5432), 5)
            with network.host("db"):
                server = await asyncio.start_server(greet, "db", 80)
                reader, writer = await asyncio.open_connection("db", 80)
            line = await reader.readline()
        writer.close()
        server.close()
        return line, now()

    assert run(program) == (b"hi\n", 5.0)


def test_of_a_half_open_connection_one_end_hears_nothing_of_the_end_of_the_other():
    async def program(network):
        client = await Client.connected()
        other = await Client.connected()
        with network.rule(net.half_open("", "db")):
            client.writer.transport.abort()
            other.writer.transport.abort()
            await asyncio.sleep(3600)
        return len([task for task in asyncio.all_tasks() if "answer" in repr(task)])

    assert run(program) == 2


def test_a_place_that_refuses_is_like_one_where_nobody_listens():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.refused("db:5432")):
            refused = await raised(asyncio.open_connection(DB, 5432))
        return refused, await client.ask()

    assert run(program) == ((errno.ECONNREFUSED, 0.0), b"HELLO\n")


def test_a_datagram_that_is_refused_is_an_error_of_its_sender_if_that_is_connected():
    async def program(network):
        loop = asyncio.get_running_loop()
        heard = loop.create_future()

        class Sender(asyncio.DatagramProtocol):
            def error_received(self, error):
                heard.set_result(error.errno)

        with network.rule(net.refused("db")):
            transport, _ = await loop.create_datagram_endpoint(Sender, remote_addr=(DB, 53))
            transport.sendto(b"?")
            number = await heard
        transport.close()
        return number

    assert run(program) == errno.ECONNREFUSED


def test_a_reset_ends_connections_at_both_ends_as_something_is_sent():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.reset("db")):
            await asyncio.sleep(5)
            number = await raised(client.ask())
            await asyncio.sleep(0)
        return number, [task for task in asyncio.all_tasks() if "answer" in repr(task)]

    assert run(program) == ((errno.ECONNRESET, 5.0), [])


@pytest.mark.parametrize("latency", [0, 0.25])
def test_a_reset_after_some_bytes_lets_these_through(latency):
    async def program(network):
        got = []
        with network.host("db"):

            async def take(reader, writer):
                try:
                    while data := await reader.read(100):
                        got.append(data)
                except OSError as error:
                    got.append(error.errno)
                writer.close()

            server = await asyncio.start_server(take, "db", 1)
        with network.rule(net.reset_after(8, "db")):
            reader, writer = await asyncio.open_connection("db", 1)
            writer.write(b"hello")
            await asyncio.sleep(1)
            writer.write(b"world")
            number = await raised(reader.read())
            await asyncio.sleep(1)
        server.close()
        return got, number[0]

    network = net.Network(latency=latency)
    assert run(program, network) == ([b"hello", b"wor", errno.ECONNRESET], errno.ECONNRESET)


# Late


def test_a_slow_link_takes_its_time_on_each_way():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.slow("db", latency=1.5)):
            return await client.ask(), now()

    assert run(program) == (b"HELLO\n", 3.0)


def test_a_slow_link_of_little_bandwidth_lets_messages_wait_for_one_another():
    async def program(network):
        client, other = await Client.connected(), await Client.connected()
        with network.rule(net.slow("", "db", bandwidth=100, one_way=True)):
            lines = await asyncio.gather(
                client.ask(b"x" * 99 + b"\n"), other.ask(b"y" * 99 + b"\n")
            )
        return len(lines), now()

    assert run(program) == (2, 2.0)


def test_a_clog_holds_what_is_sent_and_lets_all_of_it_go_in_order():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.clog("", "db")):
            for line in (b"one\n", b"two\n", b"three\n"):
                client.writer.write(line)
                await asyncio.sleep(1)
            sizes = [len(message.data) for message in network.held]
        lines = [await client.reader.readline() for _ in range(3)]
        return sizes, lines, now()

    assert run(program) == ([4, 4, 6], [b"ONE\n", b"TWO\n", b"THREE\n"], 3.0)


def test_a_held_message_goes_on_when_it_is_released_and_is_not_held_again():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.clog("", "db", one_way=True)):
            client.writer.write(b"one\n")
            await asyncio.sleep(1)
            client.writer.write(b"two\n")
            first, second = network.held
            network.release(second)  # it waits behind the first one, as a stream is in order
            await asyncio.sleep(1)
            network.release(first)
            return [await client.reader.readline() for _ in range(2)], now(), network.held

    assert run(program) == ([b"ONE\n", b"TWO\n"], 2.0, [])


def test_a_rule_for_a_time_lets_go_what_it_holds_when_that_is_over():
    network = net.Network()
    network.schedule(net.clog("db"), after=2, lasting=3)

    async def program(network):
        client = await Client.connected()
        before = await client.ask(), now()
        await asyncio.sleep(3)
        return before, (await client.ask(), now())

    for _ in range(2):  # and each run begins with the network as it was made
        assert run(program, network) == ((b"HELLO\n", 0.0), (b"HELLO\n", 5.0))


def test_a_rule_that_is_scheduled_in_a_run_counts_from_now():
    async def program(network):
        await asyncio.sleep(10)
        network.schedule(net.refused("db"), after=1, lasting=1)
        outcomes = []
        for _ in range(3):
            try:
                await (await Client.connected()).left()
                outcomes.append("connected")
            except OSError as error:
                outcomes.append(type(error))
            await asyncio.sleep(1)
        return outcomes

    outcomes = run(program)
    assert [outcomes[0], outcomes[2]] == ["connected", "connected"]
    assert outcomes[1] in (OSError, ConnectionRefusedError)  # several addresses, several errors


# By chance


async def count_of_datagrams(network, n=200):
    """Return the numbers of datagrams that arrive of some that are sent each 10 ms, and when."""
    loop = asyncio.get_running_loop()
    got = []

    class Receiver(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            got.append((int(data), now()))

    with network.host("db"):
        receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=(DB, 53))
    sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(DB, 53))
    for number in range(n):
        sender.sendto(b"%d" % number)
        await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    for one in (sender, receiver):
        one.close()
    return [number for number, _ in got]


def test_loss_loses_a_share_of_datagrams_the_same_for_each_seed():
    def got(seed):
        network = net.Network(seed=seed)
        network.schedule(net.loss(0.2, "db"))
        return run(count_of_datagrams, network)

    first = got(1)
    assert 130 < len(first) < 190
    assert got(1) == first != got(2)


def test_what_is_lost_of_a_stream_comes_later():
    async def program(network):
        client = await Client.connected()
        with network.rule(lambda message: net.DROP if message.tries == 0 else net.PASS):
            return await client.ask(), now()

    assert run(program) == (b"HELLO\n", 0.4)


def test_without_a_seed_nothing_happens_by_chance():
    network = net.Network(jitter=1)
    for fault in (net.loss(0.9), net.duplication(0.9), net.reordering(0.9, 1)):
        network.schedule(fault)
    assert run(count_of_datagrams, network) == [*range(200)]


def test_duplication_lets_datagrams_come_twice():
    network = net.Network(seed=1)
    network.schedule(net.duplication(0.5, "db"))
    got = run(count_of_datagrams, network)
    assert sorted(set(got)) == [*range(200)]
    assert 50 < len(got) - 200 < 150


def test_reordering_lets_datagrams_overtake_others():
    network = net.Network(seed=1)
    network.schedule(net.reordering(0.1, 0.05, "db"))
    got = run(count_of_datagrams, network)
    assert sorted(got) == [*range(200)] != got


def test_what_happened_by_chance_is_replayed_by_a_token():
    network = net.Network(jitter=0.05, seed="any")
    network.schedule(net.loss(0.1, "db"))
    network.schedule(net.duplication(0.1, "db"))

    def program(network):
        async def main():
            return await count_of_datagrams(network, 30)

        return main

    first = vtloop.simulate(program(network), network=network)
    token = str(first.choices)
    again = net.Network(jitter=0.05, chooser=choices.Replaying(choices.Choices.parse(token)))
    again.schedule(net.loss(0.1, "db"))
    again.schedule(net.duplication(0.1, "db"))
    for _ in range(2):
        second = vtloop.simulate(program(again), network=again)
        assert second.value == first.value
        assert second.choices == first.choices
    assert {one.kind for one in first.choices.deviations} == {"jitter", "loss", "double"}


# In other pieces


def test_split_lets_each_read_get_few_bytes_at_the_same_instant():
    async def program(network):
        reads = []
        with network.host("db"):

            async def take(reader, writer):
                while data := await reader.read(100):
                    reads.append((data, now()))
                writer.close()

            server = await asyncio.start_server(take, "db", 1)
        with network.rule(net.split(2, "db")):
            _, writer = await asyncio.open_connection("db", 1)
            await asyncio.sleep(1)
            writer.write(b"hello")
            writer.close()
            await asyncio.sleep(1)
        server.close()
        return reads

    assert run(program) == [(b"he", 1.0), (b"ll", 1.0), (b"o", 1.0)]
    late = net.Network(latency=0.25)
    assert run(program, late) == [(b"he", 1.75), (b"ll", 1.75), (b"o", 1.75)]


def test_coalescing_lets_what_was_written_at_several_times_be_read_at_once():
    async def program(network):
        client = await Client.connected()
        with network.rule(net.coalesce(1, "", "db", one_way=True)):
            for byte in b"abc\n":
                client.writer.write(bytes([byte]))
                await asyncio.sleep(0.2)
            return await client.reader.readline(), now()

    assert run(program) == (b"ABC\n", 1.0)


# Hosts that crash


def test_a_host_that_crashes_is_silent_and_runs_no_finally():
    ended = []

    async def program(network):
        async def work():
            try:
                while True:
                    await asyncio.sleep(1)
                    ended.append(now())
            finally:
                ended.append("finally")

        with network.host("db"):
            asyncio.create_task(work())
        client = await Client.connected()
        await asyncio.sleep(2.5)
        network.crash("db")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask(), 60)
        return await raised(asyncio.open_connection(DB, 5432))

    assert run(program) == (errno.ETIMEDOUT, 2.5 + 60 + 127)
    assert ended == [1.0, 2.0]


def test_a_host_that_is_up_again_resets_the_connections_that_it_knows_nothing_of():
    async def program(network):
        client = await Client.connected()
        network.crash("db")
        await asyncio.sleep(10)
        network.restart("db")
        reset = await raised(client.ask())
        refused = await raised(asyncio.open_connection(DB, 5432))
        with network.host("db"):
            await start()
        return reset, refused, await (await Client.connected()).ask()

    assert run(program) == ((errno.ECONNRESET, 10.0), (errno.ECONNREFUSED, 10.0), b"HELLO\n")


def test_what_a_host_has_sent_before_it_crashes_arrives():
    async def program(network):
        client = await Client.connected()
        client.writer.write(b"hello\n")
        await asyncio.sleep(1.5)  # its answer is under way
        network.crash("db")
        return await client.reader.readline(), now()

    assert run(program, net.Network(latency=1)) == (b"HELLO\n", 4.0)


def test_a_task_of_another_host_that_wakes_one_of_a_crashed_host_wakes_nobody():
    async def program(network):
        woken, event = [], asyncio.Event()

        async def wait():
            await event.wait()
            woken.append(now())

        with network.host("db"):
            asyncio.create_task(wait())
        await asyncio.sleep(1)
        network.crash("db")
        event.set()
        await asyncio.sleep(1)
        return woken

    assert run(program) == []


def test_who_waits_for_a_task_of_a_crashed_host_is_told_so():
    async def program(network):
        with network.host("db"):
            task = asyncio.create_task(asyncio.sleep(3), name="nap")
        await asyncio.sleep(1)
        network.crash("db")
        await task

    with pytest.raises(vtloop.DeadlockError, match=r"task nap \(whose host has crashed\)"):
        run(program)


@pytest.mark.parametrize("name", ["nobody", ""])
def test_only_hosts_crash_and_are_restarted(name):
    async def program(network):
        for act in (network.crash, network.restart):
            with pytest.raises(LookupError, match="name one of its hosts"):
                act(name)

    run(program)
    with pytest.raises(RuntimeError, match="while no run of this network goes on"):
        net.Network().crash("db")


# Misuse


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: net.partition("a", "b", "c"), "pass up to two"),
        (
            lambda: net.partition(5432),  # type: ignore[arg-type]
            "a port such as ':5432'",
        ),
        (lambda: net.loss(1.5), "a number from 0 to 1"),
        (lambda: net.split(0), "an int from 1 on"),
        (lambda: net.reset_after(-1), "an int from 1 on"),
        (lambda: net.coalesce(0), "pass more seconds than 0"),
        (lambda: net.slow(latency=-1), "pass a number of seconds from 0 on"),
        (lambda: net.slow(bandwidth=0), "pass a number of bytes a second"),
        (lambda: net.after(-1), "pass seconds from 0 on"),
        (lambda: net.Network().schedule(net.clog(), after=-1), "pass seconds from 0 on"),
        (lambda: net.Network(seed=1, chooser=choices.Random(1)), "pass one of them"),
    ],
)
def test_what_no_fault_can_be_is_refused(make, error):
    with pytest.raises((TypeError, ValueError), match=error):
        make()


def test_a_network_that_is_not_that_of_the_run_is_told_of():
    other = net.Network()

    async def main():
        with other.rule(net.partition()):
            pass

    notices = vtloop.simulate(main, network=net.Network()).trace.notices
    assert any("in a run that has another network" in str(one) for one in notices)


@pytest.mark.parametrize(
    ("place", "address", "is_there"),
    [
        ("db", "10.0.0.2:5432", True),
        ("10.0.0.2", "10.0.0.2:5432", True),
        ("10.0.0.2:5432", "10.0.0.2:5432", True),
        ("db:5432", "10.0.0.2:5432", True),
        (":5432", "10.0.0.2:5432", True),
        (":543", "10.0.0.2:5432", False),
        ("api", "10.0.0.2:5432", False),
        ("api:5432", "10.0.0.2:5432", False),
        ("10.0.0.20", "10.0.0.2:5432", False),
        ("fd00::2", "[fd00::2]:5432", True),
        ("[fd00::2]:5432", "[fd00::2]:5432", True),
        (":5432", "[fd00::2]:5432", True),
        ("/run/db", "/run/db", True),
        (":run", "/run/db", False),
    ],
)
def test_a_place_is_a_host_an_address_a_port_or_a_path(place, address, is_there):
    assert net.faults._is_at(place, "db", address) is is_there


def test_threads_of_a_crashed_host_go_on_without_their_sockets():
    got = []

    async def program(network):
        def work():
            with socket.create_connection((DB, 5432)) as sock:
                got.append(sock.recv(10))

        with network.host("db"):
            asyncio.create_task(asyncio.to_thread(work))
        await asyncio.sleep(1)
        network.crash("db")

    run(program)
    assert got == [b""]
