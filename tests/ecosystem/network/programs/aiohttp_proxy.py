"""aiohttp through a proxy: plain requests are passed on, and a tunnel is TLS within."""

import asyncio

from aiohttp import ClientSession, ClientTimeout, web

from tests.ecosystem.network import certificate
from tests.ecosystem.network.servers.proxy import Proxy


async def main(log, hour):
    async def greet(request):
        await asyncio.sleep(hour)
        return web.Response(text=f"{request.scheme} {request.headers.get('Via')}")

    app = web.Application()
    app.router.add_get("/", greet)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.for_servers()).start()
    (_, plain), (_, secure) = runner.addresses
    async with Proxy() as proxy, ClientSession(proxy=proxy.url, timeout=ClientTimeout()) as session:
        async with session.get(f"http://127.0.0.1:{plain}/") as response:
            log(response.status, await response.text())
        trusted = certificate.for_clients()
        async with session.get(f"https://localhost:{secure}/", ssl=trusted) as response:
            log(response.status, await response.text())
        log([line.replace(str(plain), "PLAIN").replace(str(secure), "TLS") for line in proxy.asked])
    await runner.cleanup()


TOLD = """\
3600 200 http proxy
7200 200 https None
7200 ['GET http://127.0.0.1:PLAIN/ HTTP/1.1', 'CONNECT localhost:TLS HTTP/1.1']
"""
