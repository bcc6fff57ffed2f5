"""Paths of UNIX sockets. A path is a real file, so that programs can look for it and remove it."""

from __future__ import annotations

import errno
import os
import socket
import stat

from vtloop.net.endpoints import Endpoint, failure
from vtloop.private.sockets import RealSocket


class Paths:
    """Who has which path of the file system, and which abstract name."""

    def __init__(self) -> None:
        self._files: dict[tuple[int, int], Endpoint] = {}  # by device and number
        self._names: dict[bytes, Endpoint] = {}
        self._numbered = 0

    def bind(self, endpoint: Endpoint, path: str | bytes) -> None:
        """Give a path to an endpoint; OSError if there is a file already."""
        if not path:  # an abstract name of the kernel's choice
            self._numbered += 1
            path = b"\0%05x" % self._numbered
        if isinstance(path, bytes):
            if path in self._names:
                raise failure(errno.EADDRINUSE)
            _refuse_second_name(endpoint)
            self._names[path] = endpoint
        else:
            if not os.path.lexists(path):
                _refuse_second_name(endpoint)
            _make_file(path)
            self._files[_identity(path)] = endpoint
        endpoint.local = path

    def find(self, path: str | bytes) -> Endpoint | None:
        """Return who has a path, None if nobody has; OSError if there is no such file."""
        if isinstance(path, bytes):
            return self._names.get(path)
        try:
            found = os.stat(path)
        except OSError as error:  # which names the file, as a real socket's does not
            raise failure(error.errno or errno.ENOENT) from None
        if not stat.S_ISSOCK(found.st_mode):
            return None
        return self._files.get(_identity(path))

    def leave(self, endpoint: Endpoint) -> None:
        """Let go of an endpoint; its file stays, as it does for a real socket."""
        self._files = {key: one for key, one in self._files.items() if one is not endpoint}
        self._names = {key: one for key, one in self._names.items() if one is not endpoint}

    def replace(self, old: Endpoint, new: Endpoint) -> None:
        """Let an endpoint have what another one had."""
        self._files = {key: new if one is old else one for key, one in self._files.items()}
        self._names = {key: new if one is old else one for key, one in self._names.items()}


def _refuse_second_name(endpoint: Endpoint) -> None:
    if endpoint.local is not None:
        raise failure(errno.EINVAL)


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _make_file(path: str) -> None:
    """Make the file of a socket, as a real one does that is bound and closed."""
    real = RealSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        real.bind(path)
    finally:
        real.close()
