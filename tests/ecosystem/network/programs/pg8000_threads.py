"""pg8000, a driver with blocking sockets, in worker threads, against a server on the loop."""

import asyncio

import pg8000.native

from tests.ecosystem.network.servers.postgres import Postgres


async def main(log, hour):
    def work(name, port):
        with pg8000.native.Connection("ada", host="127.0.0.1", port=port) as connection:
            connection.run(f"SELECT pg_sleep({hour})")
            return name, connection.run("SELECT title FROM notes")

    def fail(port):
        with pg8000.native.Connection("ada", host="127.0.0.1", port=port) as connection:
            try:
                connection.run("FAIL")
            except pg8000.native.DatabaseError as error:
                return error.args[0]["M"]

    answers = {"SELECT title FROM notes": [["bread"], ["butter"]]}
    async with Postgres(answers) as server:
        work_all = (asyncio.to_thread(work, name, server.port) for name in "abc")
        for answer in await asyncio.gather(*work_all):
            log(*answer)
        log(await asyncio.to_thread(fail, server.port))
        log(len(server.asked), "queries")
    try:
        await asyncio.to_thread(work, "d", server.port)
    except pg8000.native.InterfaceError as error:
        log(type(error.__cause__).__name__)


TOLD = """\
3600 a [['bread'], ['butter']]
3600 b [['bread'], ['butter']]
3600 c [['bread'], ['butter']]
3600 syntax error
3600 7 queries
3600 ConnectionRefusedError
"""
