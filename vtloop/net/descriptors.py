"""Descriptors of simulated sockets: numbers that no real file has."""

from __future__ import annotations

import errno
from heapq import heappop, heappush

from vtloop.net.endpoints import Endpoint, failure

FIRST = 1_000_000  # beyond the limit of most processes


class File:
    """What descriptors that were duplicated share."""

    __slots__ = ("endpoint", "references")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.references = 1


class Descriptors:
    """The open files of a run. The lowest number that is free is taken, as by a real kernel."""

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._free: list[int] = []
        self._next = FIRST
        self.has = self._files.__contains__
        """Returns whether a number is a descriptor of this run."""

    def open(self, file: File) -> int:
        """Return a new descriptor of a file."""
        if self._free:
            number = heappop(self._free)
        else:
            number = self._next
            self._next += 1
        self._files[number] = file
        return number

    def duplicate(self, number: int) -> int:
        """Return another descriptor of a file."""
        file = self.find(number)
        file.references += 1
        return self.open(file)

    def find(self, number: int) -> File:
        """Return the file of a descriptor; OSError if there is none."""
        try:
            return self._files[number]
        except KeyError:
            raise failure(errno.EBADF) from None

    def close(self, number: int) -> None:
        """Close a descriptor; with the last one, the socket."""
        file = self.find(number)
        del self._files[number]
        heappush(self._free, number)
        file.references -= 1
        if not file.references:
            file.endpoint.close()
