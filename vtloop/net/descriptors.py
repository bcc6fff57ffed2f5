"""Descriptors of simulated sockets: numbers that no real file has.

A forked process has a copy of the whole network, in which nothing that it sends would get to the
run. So all descriptors are stale there.
"""

from __future__ import annotations

import errno
import os
from heapq import heappop, heappush
from typing import Any
from weakref import WeakSet

from vtloop.net.endpoints import Endpoint, failure
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.values.source import Place

FIRST = 1_000_000  # beyond the limit of most processes


class File:
    """What descriptors that were duplicated share."""

    __slots__ = ("endpoint", "is_blocking", "listener", "number", "opened", "references")

    def __init__(
        self, endpoint: Endpoint, opened: Place | None = None, listener: File | None = None
    ) -> None:
        self.endpoint = endpoint
        self.opened = opened
        """Where the program has opened it, if that is noted."""
        self.listener = listener
        """What has accepted it, if it is that end of a connection."""
        self.number = 0
        """How many had been opened before, and it."""
        self.is_blocking = True
        """Whether calls of the operating system wait; a timeout is Python's own."""
        self.references = 1


class Descriptors:
    """The open files of a run. The lowest number that is free is taken, as by a real kernel."""

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._free: list[int] = []
        self._next = FIRST
        _all.add(self)
        self._opened = 0
        self.has = self._files.__contains__
        """Returns whether a number is a descriptor of this run."""

    @property
    def any_open(self) -> bool:
        """Whether any file is open."""
        return bool(self._files)

    def open(self, file: File) -> int:
        """Return a new descriptor of a file."""
        if not file.number:
            self._opened = file.number = self._opened + 1
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

    def files(self) -> dict[File, list[int]]:
        """Return all files with their descriptors, in the order in which they were opened."""
        found: dict[File, list[int]] = {}
        for number, file in self._files.items():
            found.setdefault(file, []).append(number)
        return {file: found[file] for file in sorted(found, key=lambda file: file.number)}

    def is_open(self, number: int, file: File) -> bool:
        """Return whether a number still stands for a file."""
        return self._files.get(number) is file

    def close(self, number: int) -> None:
        """Close a descriptor; with the last one, the socket."""
        file = self.find(number)
        del self._files[number]
        heappush(self._free, number)
        file.references -= 1
        if not file.references:
            file.endpoint.close()

    def are_stale(self) -> None:
        """Take note that this is a copy, in a process that was forked."""
        for file in self._files.values():
            file.endpoint = _Stale(file.endpoint)  # type: ignore[assignment]


class _Stale:
    """What a socket of a run has in a process that was forked from it."""

    def __init__(self, endpoint: Any) -> None:
        self.family, self.type, self.proto = endpoint.family, endpoint.type, endpoint.proto

    def __getattr__(self, name: str) -> Any:
        raise OSError(
            errno.EBADF,
            "A simulated socket was used in a forked process, while its network is in the process "
            "of its run; make the socket where it is used, or use network=None",
        )

    def close(self) -> None:
        """Do nothing: the one in the process of the run stays open."""


_all: WeakSet[Descriptors] = WeakSet()
keeps(__name__, "the descriptors of all runs", "_all")


def _forked() -> None:
    for descriptors in tuple(_all):
        descriptors.are_stale()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
replaces(
    __name__,
    During.PROCESS,
    "simulated sockets of the run are stale there",
    "what `os.register_at_fork` calls in the child",
)
