"""Each fault of the network does what it says, to programs that know nothing of it."""

import asyncio
import errno

import pytest

from tests.support.database import DB, Client, now, raised, run
from vtloop import net

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


def test_a_datagram_is_never_cut_and_takes_the_time_of_its_link():
    async def program(network):
        loop = asyncio.get_running_loop()
        got = loop.create_future()

        class Receiver(asyncio.DatagramProtocol):
            def datagram_received(self, data, address):
                got.set_result((data, now()))

        with network.host("db"):
            receiver, _ = await loop.create_datagram_endpoint(Receiver, local_addr=(DB, 53))
        sender, _ = await loop.create_datagram_endpoint(Receiver, remote_addr=(DB, 53))
        with network.rule(lambda message: net.Verdict(size=2)):
            sender.sendto(b"hello")
            arrived = await got
        for one in (sender, receiver):
            one.close()
        return arrived

    assert run(program, net.Network(latency=0.5)) == (b"hello", 0.5)
