"""What a body sees, on the stock loop over real loopback and on a virtual loop.

A body is `async def body(log)`: it does something with the network, and tells the log what came of
it. `on_stock` and `on_virtual` return the log as lines. What differs by nature from run to run is
a word in both: ports, and the folder that a log has for sockets with a path.
"""

import asyncio
import contextlib
import re
import shutil
import socket
import tempfile
import threading

import vtloop

SECONDS = 10  # how long a body may take on the stock loop: a net under one that never ends
PORT = re.compile(r"(?<=', )\d{4,5}\b")
DESCRIPTOR = re.compile(r"\bfd=\d+")


class Log:
    """What a body has seen, in order; what another participant has seen has an order of its own."""

    def __init__(self, folder):
        self.folder = folder  # of sockets with a path
        self.link = None  # see links.Link
        self._lines = {"": []}

    def __call__(self, *what):
        self.add("", what)

    def add(self, who, what):
        self._lines.setdefault(who, []).append(" ".join(map(_told, what)))

    def of(self, who):
        """Return what adds to the log of another participant."""
        return lambda *what: self.add(who, what)

    @contextlib.contextmanager
    def error(self, *what):
        """Tell the error that the block ends with, if any."""
        try:
            yield
        except (Exception, asyncio.CancelledError) as error:
            self(*what, error)
        else:
            self(*what, "no error")

    def told(self):
        """Return all lines, with ports in order of appearance."""
        ports = {}

        def word(found):
            return f"port {ports.setdefault(found[0], len(ports) + 1)}"

        lines = [f"{who} {line}" for who in sorted(self._lines) for line in self._lines[who]]
        lines = [DESCRIPTOR.sub("fd", PORT.sub(word, line)).strip() for line in lines]
        return [line.replace(self.folder, "FOLDER") for line in lines]


def _told(what):
    if isinstance(what, BaseExceptionGroup):
        return f"{type(what).__name__} of {', '.join(map(_told, what.exceptions))}"
    if isinstance(what, BaseException):
        number = f" {what.errno}" if isinstance(what, OSError) else ""
        return f"{type(what).__name__}{number}: {what}"
    return what if isinstance(what, str) else repr(what)


@contextlib.contextmanager
def _log(link):
    folder = tempfile.mkdtemp(prefix="vt-", dir="/tmp")  # the path of a socket has to be short
    log = Log(folder)
    log.link = link and link(log)
    try:
        yield log
    finally:
        shutil.rmtree(folder)


def on_stock(body, link=None):
    """Return what a body sees on asyncio's own loop, over the loopback of this machine."""
    with _log(link) as log, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(asyncio.wait_for(body(log), SECONDS))
        return log.told()


def on_virtual(body, link=None):
    """Return what a body sees in a simulation."""
    with _log(link) as log:
        vtloop.run(body(log))
        return log.told()


def has_ipv6():
    """Return whether this machine has a loopback of IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


async def in_thread(function, *args):
    """Call a function in a thread of the program that lives no longer than it."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    outcome = []

    def call():
        try:
            outcome.append((function(*args), None))
        except Exception as error:
            outcome.append((None, error))
        loop.call_soon_threadsafe(done.set)

    thread = threading.Thread(target=call)
    thread.start()
    await done.wait()
    thread.join()
    [(result, error)] = outcome
    if error is not None:
        raise error
    return result
