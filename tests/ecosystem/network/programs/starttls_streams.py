"""asyncio's own streams: a connection becomes TLS in the middle, on both sides."""

import asyncio

from tests.ecosystem.network import certificate


async def main(log, hour):
    async def serve(reader, writer):
        writer.write(b"220 ready\r\n")
        assert await reader.readline() == b"STARTTLS\r\n"
        writer.write(b"220 go ahead\r\n")
        await writer.drain()
        await writer.start_tls(certificate.for_servers())
        while line := await reader.readline():
            await asyncio.sleep(hour)
            writer.write(line.upper())
        log("server: the end")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        log((await reader.readline()).decode().strip())
        writer.write(b"STARTTLS\r\n")
        log((await reader.readline()).decode().strip())
        await writer.start_tls(certificate.for_clients(), server_hostname="localhost")
        log(writer.get_extra_info("ssl_object").version())
        writer.writelines([b"hello\n", b"world\n"])
        log(await reader.readline(), await reader.readline())
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(hour)
    log("ended")


TOLD = r"""
0 220 ready
0 220 go ahead
0 TLSv1.3
7200 b'HELLO\n' b'WORLD\n'
7200 server: the end
10800 ended
""".lstrip()
