"""nats-py: subscriptions, requests, pings of an hour, and a server that drops its connections."""

import asyncio

import nats

from tests.ecosystem.network.servers.nats import Nats


async def main(log, hour):
    events = []

    def event(name):
        async def note(*_):
            events.append(name)

        return note

    async with Nats() as server:
        client = await nats.connect(
            f"nats://127.0.0.1:{server.port}",
            ping_interval=hour,
            reconnect_time_wait=hour / 2,
            disconnected_cb=event("disconnected"),
            reconnected_cb=event("reconnected"),
            closed_cb=event("closed"),
        )

        async def answer(message):
            await asyncio.sleep(hour)
            await message.respond(message.data.upper())

        await client.subscribe("shout", cb=answer)
        news = await client.subscribe("news")
        await client.publish("news", b"rain")
        log((await news.next_msg(timeout=hour)).data)
        log((await client.request("shout", b"hello", timeout=2 * hour)).data)
        try:
            await news.next_msg(timeout=hour / 2)
        except nats.errors.TimeoutError:
            log("no news")
        try:
            await client.request("nobody", b"hello", timeout=hour)
        except nats.errors.TimeoutError:
            log("no answer")
        server.drop_all()
        await asyncio.sleep(2 * hour)
        log(events, client.stats["reconnects"])
        await client.publish("news", b"sun")
        log((await news.next_msg(timeout=hour)).data)
        await client.drain()
    log(events[-1])


TOLD = """\
0 b'rain'
3600 b'HELLO'
5400 no news
9000 no answer
16200 ['disconnected', 'reconnected'] 1
16200 b'sun'
16200 closed
"""
