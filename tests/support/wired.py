"""A network of a few lines, that tells the recorder of the run that it is in what it carries."""

import asyncio
import contextlib
from contextvars import ContextVar


class Wire:
    """One way of a connection: what is sent comes out after a latency, in seconds."""

    def __init__(self, source, destination, latency=0.0, hosts=("", "")):
        self.source, self.destination, self.latency, self.hosts = (
            source,
            destination,
            latency,
            hosts,
        )
        self._arrived = []
        self._reader = None

    @property
    def _told(self):
        return asyncio.get_running_loop()._recorder.messages

    def send(self, size=1, kind="data", lost="", held=None):
        """Send a message; `lost` names the fault by which it is, `held` is for how many seconds."""
        number = self._told.sent(
            kind, self.source, self.destination, size, self.hosts, held is not None
        )
        loop = asyncio.get_running_loop()
        if lost:
            self._told.lost(number, lost)
        elif held is not None:
            if held < float("inf"):
                loop.call_later(held, self._release, number)
        elif self.latency:
            loop.call_later(self.latency, self._arrive, number)
        else:
            self._arrive(number)

    def _release(self, number):
        self._told.released(number)
        asyncio.get_running_loop().call_later(self.latency, self._arrive, number)

    def _arrive(self, number):
        self._told.arrived(number)
        self._arrived.append(number)
        asyncio.get_running_loop().call_soon(self._read)

    def _read(self):
        if self._reader is not None:
            self._reader.feed_data(b"x" * len(self._arrived))
            while self._arrived:
                self._told.received(self._arrived.pop(0))

    async def receive(self):
        """Wait for the next message."""
        if self._reader is None:
            self._reader = asyncio.StreamReader()
            self._reader.set_transport(_Transport(self.source))
        await self._reader.readexactly(1)


class _Transport:
    def __init__(self, peer):
        self.peer = peer

    def get_extra_info(self, name, default=None):
        return self.peer if name == "peername" else default


def wires(client="127.0.0.1:49152", server="127.0.0.1:8080", latency=0.0, hosts=("", "")):
    """Return the two ways between a client and a server: to the server, and back."""
    there = Wire(client, server, latency, hosts)
    return there, Wire(server, client, latency, hosts[::-1])


HOST = ContextVar("HOST", default="")


@contextlib.contextmanager
def on(host):
    """Let what is begun within be on a host."""
    asyncio.get_running_loop()._recorder.messages.here = HOST.get
    token = HOST.set(host)
    try:
        yield
    finally:
        HOST.reset(token)


async def conversation(latency=0.1, hosts=("", "")):
    """Let a client ask a server twice: once in vain, and once by a message that is held.

    In the end it says something that is held for ever.
    """
    there, back = wires(latency=latency, hosts=hosts)

    async def client():
        there.send(kind="connect")
        await back.receive()
        there.send(100)
        await back.receive()
        there.send(5, lost="partition")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):  # up to Python 3.11, wait_for() has a task of its own
                await back.receive()
        there.send(7, held=0.25)
        await back.receive()
        there.send(9, held=float("inf"))

    async def server():
        await there.receive()
        back.send(kind="accept")
        while True:
            await there.receive()
            await asyncio.sleep(0.05)
            back.send(2000)

    with on(hosts[1]):
        serving = asyncio.create_task(server(), name="server")
    with on(hosts[0]):
        asking = asyncio.create_task(client(), name="client")
    await asking
    serving.cancel()
