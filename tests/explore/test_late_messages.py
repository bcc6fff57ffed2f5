"""Messages of the network may be late as timers may: found, shrunk, told and replayed."""

import asyncio

from vtloop.explore import explore, replay


async def two_servers():
    """Ask two servers at once, and take it that the nearer one answers first."""
    order = []

    async def answer(reader, writer):
        writer.write(await reader.readline())
        writer.close()
        await writer.wait_closed()

    async def ask(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"what\n")
        await reader.readline()
        order.append(port)
        writer.close()
        await writer.wait_closed()

    servers = [await asyncio.start_server(answer, "127.0.0.1", port) for port in (1001, 1002)]
    await asyncio.gather(ask(1001), ask(1002))
    for server in servers:
        server.close()
        await server.wait_closed()
    assert order == [1001, 1002], order


async def short_of_time():
    """Wait for an answer, a tenth of a second at most."""

    async def answer(reader, writer):
        writer.write(await reader.readline())
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 1001):
        reader, writer = await asyncio.open_connection("127.0.0.1", 1001)
        try:
            writer.write(b"what\n")
            async with asyncio.timeout(0.1):
                await reader.readline()
        finally:
            writer.close()
            await writer.wait_closed()


def test_an_order_of_answers_is_found_without_holding_a_task():
    (failing,) = explore(two_servers, mode="realisable").failures
    assert failing.realisable
    assert "[1002, 1001]" in failing.detail


def test_an_answer_that_is_later_than_a_timeout_is_found_and_shrunk():
    (failing,) = explore(short_of_time, mode="realisable").failures
    assert "TimeoutError" in failing.detail
    assert len(failing.choices) == 1
    assert "arrives 100 ms later" in str(failing)


def test_a_late_message_is_replayed_and_is_seen_to_be_late():
    (failing,) = explore(short_of_time, mode="realisable").failures
    run = replay(short_of_time, failing.token)
    assert isinstance(run.error, TimeoutError)
    assert run.elapsed == 0.1


def test_a_program_that_waits_for_its_messages_is_right():
    async def patient():
        async def answer(reader, writer):
            writer.write(await reader.readline())
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(answer, "127.0.0.1", 1001):
            for _ in range(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", 1001)
                writer.write(b"what\n")
                assert await reader.readline() == b"what\n"
                writer.close()
                await writer.wait_closed()

    report = explore(patient, budget=200)
    assert report.ok, report
