"""aiomysql: a pool of two connections for three slow queries, an error, and a lost server."""

import asyncio

import aiomysql

from tests.ecosystem.network.servers.mysql import MySQL


async def main(log, hour):
    async with MySQL() as server:
        options = {"host": "127.0.0.1", "port": server.port, "user": "ada", "db": "notes"}
        async with aiomysql.create_pool(**options, minsize=1, maxsize=2) as pool:

            async def work(number):
                async with pool.acquire() as connection, connection.cursor() as cursor:
                    await cursor.execute(f"SELECT SLEEP({hour})")
                    log(number, len(await cursor.fetchall()), "row")

            await asyncio.gather(*map(work, range(3)))
            log(pool.size, "connections")
            async with pool.acquire() as connection, connection.cursor() as cursor:
                await cursor.execute("SELECT %s", ("it's",))
                log(await cursor.fetchone())
                try:
                    await cursor.execute("FAIL")
                except aiomysql.ProgrammingError as error:
                    log(error.args)
            server.drop_all()
            await asyncio.sleep(hour)
            async with pool.acquire() as connection:
                log(pool.size, "connection" if not connection.closed else "closed")
    try:
        await aiomysql.connect(**options, connect_timeout=hour)
    except aiomysql.OperationalError as error:
        log(error.args[0], type(error.__cause__).__name__)


TOLD = """\
3600 0 1 row
3600 1 1 row
7200 2 1 row
7200 2 connections
7200 ("SELECT 'it\\\\'s'",)
7200 (1064, 'You have an error')
10800 1 connection
10800 2003 ConnectionRefusedError
"""
