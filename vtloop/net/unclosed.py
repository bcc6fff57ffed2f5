"""What is still open in a network: connections, servers and other sockets, in words.

A connection is told of once, though it has two ends. A server is, though it may have several
addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vtloop.net.addresses import printable
from vtloop.net.datagrams import Datagrams
from vtloop.net.descriptors import File
from vtloop.net.endpoints import Endpoint
from vtloop.net.kernel import Kernel
from vtloop.net.listeners import Listener
from vtloop.net.streams import Stream
from vtloop.values.source import Place


class Unclosed(NamedTuple):
    """Something that is open."""

    what: str
    """Such as 'the connection 127.0.0.1:49152 → 127.0.0.1:8080'."""
    opened: Place | None
    """Where the program has opened it, or of a server's end of a connection, the server."""
    files: tuple[File, ...]
    """Those of which one has to be open for it to be so: of a connection, the client's end."""

    def __str__(self) -> str:
        if self.opened is None:
            return f"{self.what} was left open"
        at = self.opened._replace(source="")
        return f"{self.what}, {self.how_opened} at {at}, was left open"

    @property
    def name(self) -> str:
        """What it is called whatever its addresses: 'socket opened at pool.py:12 in query'."""
        if self.opened is None:
            return self.what
        return f"socket {self.how_opened} at {self.opened._replace(source='')}"

    @property
    def how_opened(self) -> str:
        """What is at the place: 'opened', or words of that kind."""
        return "opened" if self.files[0].listener is None else "whose server was opened"


class Look:
    """What is open as one looks.

    `is_closing` returns whether a descriptor is about to be closed.
    """

    def __init__(self, kernel: Kernel, is_closing: Callable[[int], bool]) -> None:
        self.files: dict[Endpoint, File] = {}
        """What is open, and not about to be closed, in the order in which it was opened."""
        self._closing: set[Endpoint] = set()
        for file, numbers in kernel.descriptors.files().items():
            if any(map(is_closing, numbers)):
                self._closing.add(file.endpoint)
            else:
                self.files[file.endpoint] = file

    def unclosed(self) -> list[Unclosed]:
        """Return what is open.

        Of a connection of which one end is closed, the other one is told of only if the program
        knows of that, by having read the end: until then it has had no occasion to close.
        """
        told: set[File] = set()
        found = []
        for file in self.files.values():
            if file in told or self._is_excused(file):
                continue
            files = self._together(file)
            told.update(files)
            is_connection = files[-1].listener is not None
            found.append(self._of(files, files[:1] if is_connection else files))
        return found

    def dropped(self, file: File) -> Unclosed:
        """Return what somebody has let go of who was to close it."""
        together = self._together(file)
        files = together if together[0] is file else (file,)
        return self._of(files, (file,))

    def _of(self, files: tuple[File, ...], which: tuple[File, ...]) -> Unclosed:
        return Unclosed(self._described(files), files[0].opened, which)

    def _is_excused(self, file: File) -> bool:
        end = file.endpoint
        return self._has_lost_peer(end) and isinstance(end, Stream) and not end.knows_end

    def _has_lost_peer(self, end: Endpoint) -> bool:
        peer = end.peer if isinstance(end, Stream | Datagrams) else None
        return peer is not None and (peer.closed or peer in self._closing)

    def _together(self, file: File) -> tuple[File, ...]:
        """Return the files that are told of together with one, that of the client first."""
        end = file.endpoint
        if isinstance(end, Listener):
            return tuple(one for one in self.files.values() if _are_of_one_server(one, file))
        other = end.peer if isinstance(end, Stream | Datagrams) else None
        if other is None or (peer := self.files.get(other)) is None:
            return (file,)
        return (file, peer) if file.listener is None else (peer, file)

    def _described(self, files: tuple[File, ...]) -> str:
        file = files[0]
        end = file.endpoint
        if isinstance(end, Listener):
            names = (printable(one.endpoint.local_name()) for one in files)
            return f"the server at {', '.join(names)}"
        if isinstance(end, Stream) and end.remote is not None:
            one, other = end.local_name(), end.remote_name()
            if file.listener is not None:
                one, other = other, one
            way = f"the connection {printable(one)} → " if one else "the connection to "
            whose = "client" if file.listener is None else "server"
            which = f"the {whose}'s end of " if self._has_lost_peer(end) else ""
            return f"{which}{way}{printable(other)}"
        if isinstance(end, Stream | Datagrams) and end.peer is not None:
            return "a pair of sockets" if len(files) > 1 else "one end of a pair of sockets"
        if isinstance(end, Datagrams) and end.local is not None:
            to = f" → {printable(end.remote_name())}" if end.remote is not None else ""
            return f"the socket of datagrams {printable(end.local_name())}{to}"
        bound = f" at {printable(end.local_name())}" if end.local is not None else ""
        return f"a socket{bound} that is not connected"


def _are_of_one_server(one: File, other: File) -> bool:
    """Return whether two files are of one server: asyncio's has a socket for each address."""
    first, second = one.endpoint, other.endpoint
    if one is other:
        return True
    if not (isinstance(first, Listener) and isinstance(second, Listener)):
        return False
    if one.opened is None or one.opened != other.opened or first.is_unix or second.is_unix:
        return False
    return bool(first.local[1] == second.local[1])
