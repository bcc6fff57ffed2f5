"""aiohttp over TLS: a client that knows the authority, and one that does not."""

import asyncio

from aiohttp import ClientConnectorCertificateError, ClientSession, ClientTimeout, TCPConnector, web

from tests.ecosystem.network import certificate


async def main(log, hour):
    async def secret(request):
        await asyncio.sleep(hour)
        name = request.transport.get_extra_info("ssl_object").version()
        return web.Response(text=f"{request.scheme} {name}")

    app = web.Application()
    app.router.add_get("/", secret)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.for_servers()).start()
    url = f"https://localhost:{runner.addresses[0][1]}/"
    trusting = TCPConnector(ssl=certificate.for_clients())
    async with ClientSession(connector=trusting, timeout=ClientTimeout()) as session:
        async with session.get(url) as response:
            log(response.status, await response.text())
        async with session.get(url) as response:
            log(response.status, "again")
    async with ClientSession() as session:
        try:
            await session.get(url)
        except ClientConnectorCertificateError as error:
            log("refused:", error.certificate_error.verify_message)
    await runner.cleanup()


TOLD = """\
3600 200 https TLSv1.3
7200 200 again
7200 refused: self-signed certificate
"""
