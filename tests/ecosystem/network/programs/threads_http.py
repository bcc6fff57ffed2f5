"""requests, urllib3 and urllib in worker threads, with blocking sockets, and aiohttp's server."""

import asyncio
import urllib.request
from urllib.error import HTTPError, URLError

import requests
import urllib3
from aiohttp import web


async def main(log, hour):
    peers = set()

    async def slow(request):
        peers.add(request.transport.get_extra_info("peername"))
        await asyncio.sleep(hour)
        return web.Response(text="slow")

    async def echo(request):
        return web.Response(body=(await request.read())[::-1])

    app = web.Application(client_max_size=2**22)
    app.add_routes([web.get("/slow", slow), web.post("/echo", echo)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    def with_requests():
        with requests.Session() as session:
            session.trust_env = False
            texts = [session.get(f"{url}/slow").text for _ in range(2)]
            texts.append(session.post(f"{url}/echo", data="drawer").text)
            try:
                session.get(f"{url}/slow", timeout=hour / 2)
            except requests.ReadTimeout:
                texts.append("too slow")
            return texts

    def with_urllib3():
        with urllib3.PoolManager(retries=False) as pool:
            response = pool.request("GET", f"{url}/nowhere")
            big = pool.request("POST", f"{url}/echo", body=b"x" * 2**21)
            return response.status, len(big.data)

    def with_urllib():
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            opener.open(f"{url}/nowhere")
        except HTTPError as error:
            error.close()
            log(error)
        with opener.open(f"{url}/slow") as response:
            return response.status, response.read()

    async def tell(work):
        log(await asyncio.to_thread(work))

    for work in with_requests, with_urllib3, with_urllib:
        await tell(work)
    log(len(peers), "connections")
    peers.clear()
    await asyncio.gather(*(tell(with_urllib) for _ in range(3)))
    await runner.cleanup()
    try:
        await tell(with_urllib)
    except URLError as error:
        log(error)


TOLD = """\
9000 ['slow', 'slow', 'reward', 'too slow']
9000 (404, 2097152)
9000 HTTP Error 404: Not Found
12600 (200, b'slow')
12600 2 connections
12600 HTTP Error 404: Not Found
12600 HTTP Error 404: Not Found
12600 HTTP Error 404: Not Found
16200 (200, b'slow')
16200 (200, b'slow')
16200 (200, b'slow')
16200 <urlopen error [Errno 111] Connection refused>
"""
