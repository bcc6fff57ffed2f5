"""http.server in worker threads, asked by urllib in others and by aiohttp on the loop."""

import asyncio
import http.server
import urllib.request

from aiohttp import ClientSession


async def main(log, hour):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = f"you asked for {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask():
        with opener.open(f"{url}/thread") as response:
            return response.status, response.read()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        serving = asyncio.create_task(asyncio.to_thread(server.serve_forever))
        log(*await asyncio.to_thread(ask))
        async with ClientSession() as session, session.get(f"{url}/loop") as response:
            log(response.status, await response.read())
        await asyncio.to_thread(server.shutdown)
        await serving
    log("ended")


TOLD = """\
0 200 b'you asked for /thread'
0 200 b'you asked for /loop'
0.5 ended
"""
