"""Paths of UNIX sockets. A path is a real file, so that programs can look for it and remove it."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable

from vtloop.net.endpoints import Endpoint, failure
from vtloop.private.sockets import RealSocket


class Paths:
    """Who has which path of the file system, and which abstract name."""

    def __init__(self) -> None:
        self._owners: dict[tuple[int, int], tuple[Endpoint, _File]] = {}  # by device and number
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
            file = _File(path)
            self._owners[_identity(path)] = endpoint, file
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
        endpoint, _ = self._owners.get(_identity(path), (None, None))
        return endpoint

    def leave(self, endpoint: Endpoint) -> None:
        """Let go of an endpoint; its file stays, as it does for a real socket."""
        owners = self._owners.items()
        self._owners = {key: owner for key, owner in owners if owner[0] is not endpoint}
        self._names = {key: one for key, one in self._names.items() if one is not endpoint}

    def replace(self, old: Endpoint, new: Endpoint) -> None:
        """Let an endpoint have what another one had."""
        for key, (owner, file) in self._owners.items():
            if owner is old:
                self._owners[key] = new, file
        self._names = {key: new if one is old else one for key, one in self._names.items()}


def _refuse_second_name(endpoint: Endpoint) -> None:
    if endpoint.local is not None:
        raise failure(errno.EINVAL)


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


class _File:
    """The file of a socket, as a real one makes it; no other file has its number meanwhile."""

    def __init__(self, path: str) -> None:
        real = RealSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            real.bind(path)
        finally:
            self._descriptor = real.detach()

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        close(self._descriptor)
