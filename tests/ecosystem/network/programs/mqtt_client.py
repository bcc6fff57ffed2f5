"""aiomqtt, on paho with its blocking connect and the loop's add_reader(): topics, pings, a loss."""

import asyncio

import aiomqtt

from tests.ecosystem.network.servers.mqtt import Broker


async def main(log, hour):
    async with Broker() as broker:
        options = {"hostname": "127.0.0.1", "port": broker.port, "timeout": hour}
        async with aiomqtt.Client(**options, keepalive=max(1, int(hour))) as client:
            await client.subscribe("weather")

            async def forecast():
                await asyncio.sleep(hour)
                await client.publish("weather", b"rain")
                await client.publish("weather", b"x" * 100_000)

            async with asyncio.TaskGroup() as group:
                group.create_task(forecast())
                messages = aiter(client.messages)
                log((await anext(messages)).payload)
                log(len((await anext(messages)).payload))
            await client.unsubscribe("weather")
            await asyncio.sleep(3 * hour)
            await client.publish("weather", b"nobody hears")
            log("alive")
        try:
            async with aiomqtt.Client(**options) as client:
                await client.subscribe("weather")
                broker.drop_all()
                await anext(aiter(client.messages))
        except aiomqtt.MqttError as error:
            log(error)
    try:
        async with aiomqtt.Client(**options):
            pass
    except aiomqtt.MqttError as error:
        log(error)


TOLD = """\
3600 b'rain'
3600 100000
14400 alive
14400 Disconnected during message iteration
14400 [Errno 111] Connection refused
"""
