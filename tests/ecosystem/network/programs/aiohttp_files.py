"""aiohttp's static files: 8 MiB from the disk, a part of them, and an upload of several parts."""

from hashlib import sha256
from pathlib import Path

from aiohttp import ClientSession, FormData, web

CONTENTS = bytes(range(256)) * 2**15


async def main(log, hour):
    async def upload(request):
        found = []
        async for part in await request.multipart():
            found.append((part.name, part.filename, len(await part.read())))
        return web.json_response(found)

    directory = Path("files")
    directory.mkdir(exist_ok=True)
    (directory / "big.bin").write_bytes(CONTENTS)
    app = web.Application()
    app.add_routes([web.static("/files", directory), web.post("/upload", upload)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        async with session.get("/files/big.bin") as response:
            same = sha256(await response.read()).digest() == sha256(CONTENTS).digest()
            log(response.content_length, "the same" if same else "another")
        part = {"Range": "bytes=254-259"}
        async with session.get("/files/big.bin", headers=part) as response:
            log(response.status, await response.read())
        form = FormData({"title": "numbers"})
        form.add_field("file", CONTENTS[:100_000], filename="big.bin")
        async with session.post("/upload", data=form) as response:
            log(await response.json())
    await runner.cleanup()


TOLD = r"""
0 8388608 the same
0 206 b'\xfe\xff\x00\x01\x02\x03'
0 [['title', None, 7], ['file', 'big.bin', 100000]]
""".lstrip()
