"""redis-py: texts, a transaction, a queue that is waited for, channels, a server that drops all."""

import asyncio

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from tests.ecosystem.network.servers.resp import Redis


async def main(log, hour):
    async with Redis() as server:
        options = {"host": "127.0.0.1", "port": server.port, "decode_responses": True}
        options |= {"socket_keepalive": True, "protocol": 2, "socket_timeout": None}
        async with redis.asyncio.Redis(**options) as client:
            await client.set("name", "Ada")
            log(await client.get("name"), await client.get("nobody"))
            async with client.pipeline(transaction=True) as pipe:
                log(await pipe.incr("n").incr("n").get("name").execute())
            try:
                await client.execute_command("FLY")
            except ResponseError as error:
                log(error)

            async def produce():
                await asyncio.sleep(hour)
                await client.lpush("jobs", "sweep")

            async with asyncio.TaskGroup() as group:
                group.create_task(produce())
                log(await client.brpop("jobs"))
            log(await client.brpop("jobs", timeout=hour))

            async with client.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe("news")
                log(await channel.get_message(timeout=hour / 2))
                log(await channel.get_message(timeout=hour / 2))
                log(await client.publish("news", "rain"))
                log((await channel.get_message(timeout=hour))["data"])

            server.drop_all()
            await asyncio.sleep(hour)
            before = server.served
            log(await client.get("name"), server.served - before, "new connection")
    retry = Retry(ConstantBackoff(hour), 2)
    async with redis.asyncio.Redis(**options, retry=retry) as client:
        try:
            await client.get("name")
        except ConnectionError as error:
            log(str(error).replace(str(server.port), "PORT"))
    async with Redis() as server:
        options |= {"port": server.port, "socket_timeout": hour / 2}
        async with redis.asyncio.Redis(**options, retry=Retry(ConstantBackoff(0), 1)) as client:
            try:
                await client.brpop("jobs")
            except TimeoutError:
                log("no answer, twice, over", server.served, "connections")


TOLD = """\
0 Ada None
0 [1, 2, 'Ada']
0 unknown command 'FLY'
3600 ('jobs', 'sweep')
7200 None
7200 None
9000 None
9000 1
9000 rain
12600 Ada 1 new connection
19800 Error 111 connecting to 127.0.0.1:PORT. Connect call failed ('127.0.0.1', PORT).
23400 no answer, twice, over 2 connections
"""
