"""asyncpg: a pool of two connections for three slow queries, an error, a timeout, a lost server."""

import asyncio

import asyncpg

from tests.ecosystem.network.servers.postgres import Postgres


async def main(log, hour):
    async with Postgres({}) as server:
        options = {"host": "127.0.0.1", "port": server.port, "user": "ada", "database": "notes"}
        options |= {"ssl": False, "timeout": hour}
        pool = asyncpg.create_pool(**options, min_size=2, max_size=2, reset=no_reset)
        async with pool:
            log(pool.get_size(), "connections")

            async def work(number):
                async with pool.acquire() as connection:
                    status = await connection.execute(f"SELECT pg_sleep({hour})")
                    log(number, status)

            await asyncio.gather(*map(work, range(3)))
            async with pool.acquire() as connection:
                try:
                    await connection.execute("FAIL")
                except asyncpg.PostgresSyntaxError as error:
                    log(error)
                log(await connection.execute("LISTEN news"), connection.get_server_version().major)
                server.drop_all()
                await asyncio.sleep(hour)
            log(await pool.execute("LISTEN news"))
    try:
        await asyncpg.connect(**options)
    except ConnectionRefusedError as error:
        log(type(error).__name__)


async def no_reset(connection):
    """What a pool does for a connection that is given back: nothing."""


TOLD = """\
0 2 connections
3600 0 SELECT
3600 1 SELECT
7200 2 SELECT
7200 syntax error
7200 LISTEN 17
10800 LISTEN
10800 ConnectionRefusedError
"""
