"""requests, urllib3 and http.client in worker threads, over TLS, and aiohttp's server."""

import asyncio
import http.client

import requests
import urllib3
from aiohttp import web

from tests.ecosystem.network import certificate


async def main(log, hour):
    async def slow(request):
        await asyncio.sleep(hour)
        return web.Response(text=request.scheme)

    async def echo(request):
        return web.Response(body=(await request.read())[::-1])

    app = web.Application(client_max_size=2**22)
    app.add_routes([web.get("/slow", slow), web.post("/echo", echo)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.for_servers()).start()
    port = runner.addresses[0][1]
    url = f"https://localhost:{port}"

    def with_requests():
        with requests.Session() as session:
            session.trust_env = False
            try:
                session.get(f"{url}/slow")
            except requests.exceptions.SSLError:
                texts = ["nobody to trust"]
            session.verify = certificate.PATH
            texts.append(session.get(f"{url}/slow").text)
            texts.append(session.post(f"{url}/echo", data="drawer").text)
            try:
                session.get(f"{url}/slow", timeout=hour / 2)
            except requests.ReadTimeout:
                texts.append("too slow")
            return texts

    def with_urllib3():
        with urllib3.PoolManager(retries=False, ca_certs=certificate.PATH) as pool:
            big = pool.request("POST", f"{url}/echo", body=b"x" * 2**21)
            return big.status, len(big.data)

    def with_http_client():
        connection = http.client.HTTPSConnection(
            "localhost", port, context=certificate.for_clients()
        )
        connection.request("GET", "/slow")
        answer = connection.getresponse().read()
        connection.close()
        return answer

    for work in with_requests, with_urllib3, with_http_client:
        log(await asyncio.to_thread(work))
    both = (asyncio.to_thread(with_http_client) for _ in range(2))
    log(await asyncio.gather(*both))
    await runner.cleanup()


OPTIONS = {"wall_clock": "2026-01-01"}  # urllib3 warns of clocks that are far behind it
TOLD = """\
5400 ['nobody to trust', 'https', 'reward', 'too slow']
5400 (200, 2097152)
9000 b'https'
12600 [b'https', b'https']
"""
