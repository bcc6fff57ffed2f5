"""Files: whether they can be written, found out before a program runs, and compressed ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal

from vtloop.errors import SimulationError

_COMPRESSION = 6  # of 9; beyond, it takes long and gains little


@contextmanager
def opened(path: str | os.PathLike[str], mode: Literal["rb", "wb"]) -> Iterator[Any]:
    """Open a file of bytes, which is compressed if its name ends in '.gz'.

    Equal contents give equal files, as there is neither a name nor a time in them.
    """
    with open(path, mode) as file:
        if not os.fspath(path).endswith(".gz"):
            yield file
            return
        from gzip import GzipFile  # here, as it is slow to import

        with GzipFile("", mode, _COMPRESSION, file, mtime=0) as compressed:
            yield compressed


def check_file(path: str | os.PathLike[str]) -> None:
    """Raise SimulationError unless a file can be written. What is there is left as it is."""
    path = os.fspath(path)
    try:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            os.unlink(path)
        except FileExistsError:
            if os.path.isfile(path) or os.path.isdir(path):  # no pipe, as somebody may read there
                os.close(os.open(path, os.O_WRONLY))
    except OSError as error:
        raise _refusal(path, error) from None


def check_directory(path: str | os.PathLike[str]) -> None:
    """Raise SimulationError unless a directory is there or can be made, and written into."""
    path = os.fspath(path)
    made = []
    try:
        above = os.path.abspath(path)
        while not os.path.lexists(above):
            made.append(above)
            above = os.path.dirname(above)
        os.makedirs(path, exist_ok=True)
        check_file(os.path.join(path, ".vtloop"))
    except OSError as error:
        raise _refusal(path, error) from None
    finally:
        for directory in made:
            with suppress(OSError):
                os.rmdir(directory)


def _refusal(path: str, error: OSError) -> SimulationError:
    return SimulationError(
        f"{path!r} was to be written, while that cannot be done: {error.strerror}; give another "
        "place"
    )
