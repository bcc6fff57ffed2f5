"""Places in source code, as messages name them: 'file.py:12 in worker'."""

from __future__ import annotations

import functools
import linecache
import os
import sys
import threading
from collections.abc import Iterator
from inspect import CO_COROUTINE
from types import CodeType, FrameType
from typing import Any, NamedTuple

from vtloop.private.interpreter import getframe

PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_TESTS_OF_IT = os.path.join(_STANDARD_LIBRARY, "test") + os.sep  # these are programs that use it
_FROZEN = "<frozen "  # modules of the standard library that Python is built with, such as `os`
_INSTALLED = f"{os.sep}site-packages{os.sep}"

_THREADS = ("threading", "concurrent.futures.thread")  # modules that call what a thread is to do


def is_installed(file: str) -> bool:
    """Return whether a file of code is of a package that was installed."""
    return _INSTALLED in file


def is_library(frame: FrameType) -> bool:
    """Return whether a frame is of this package or of the standard library."""
    return is_library_file(frame.f_code.co_filename)


def is_library_file(file: str) -> bool:
    """Return whether a file of code is this package's or the standard library's."""
    return file.startswith((PACKAGE, _FROZEN)) or (
        file.startswith(_STANDARD_LIBRARY)
        and not is_installed(file)
        and not file.startswith(_TESTS_OF_IT)
    )


class Place(NamedTuple):
    """A line of source code."""

    file: str
    line: int
    function: str
    source: str  # without indentation; '' where it is unknown

    def __str__(self) -> str:
        where = f"{self.file}:{self.line} in {self.function}"
        return f"{where}: {self.source}" if self.source else where


def place(frame: FrameType) -> Place:
    """Return where a frame is."""
    code, line = frame.f_code, frame.f_lineno
    return place_at(code.co_filename, line, function_name(code), frame.f_globals)


def place_at(file: str, line: int, function: str, names: dict[str, Any] | None = None) -> Place:
    """Return a line of a file, by its full path; `names` are the globals of its module."""
    return Place(short(file), line, function, linecache.getline(file, line, names).strip())


def line_at(code: CodeType, line: int) -> str:
    """Return where a line of code is, in words: 'worker.py:12 in main'."""
    return str(place_at(code.co_filename, line, function_name(code))._replace(source=""))


def running_frames(whole_thread: bool = False) -> Iterator[FrameType]:
    """Yield the frames outside this package that run now, innermost first.

    That is down to the loop, or in a thread in which there is none, all of them. What stands in for
    a coroutine function of asyncio is within the program.
    """
    frame: FrameType | None = getframe(1)
    outside = False
    while frame is not None:
        ours = frame.f_code.co_filename.startswith(PACKAGE)
        if outside and ours and not whole_thread and not frame.f_code.co_flags & CO_COROUTINE:
            return
        if not ours:
            outside = True
            yield frame
        frame = frame.f_back


def calling_frame() -> FrameType:
    """Return the innermost frame outside this package."""
    return next(running_frames())


def program_frames(whole_thread: bool = False) -> list[FrameType]:
    """Return the frames of the program itself, innermost first: none of a library.

    Where all that runs was installed, that counts as the program. See `running_frames`.
    """
    frames = list(running_frames(whole_thread))
    users = [frame for frame in frames if not is_library(frame)]
    own = [frame for frame in users if not is_installed(frame.f_code.co_filename)]
    return own or users or frames


def line_of_program(whole_thread: bool = False) -> str:
    """Return the line of the program that runs, or of a library's if nothing else does."""
    frame = next(iter(program_frames(whole_thread)), None)
    if frame is None or frame.f_globals.get("__name__") in _THREADS:
        return f"the thread {threading.current_thread().name!r}"
    return str(place(frame))


def function_name(code: CodeType) -> str:
    """Return the qualified name of a function, from its innermost function on."""
    return code.co_qualname.rpartition("<locals>.")[2]


def short(filename: str) -> str:
    """Return a path as it is wherever things were installed: 'anyio/_core/_tasks.py', or as it is
    from the working directory, or from where its package was found.
    """
    try:
        directory = os.getcwd()
    except OSError:  # it was removed
        directory = ""
    return _relative(filename, directory)


@functools.lru_cache(maxsize=1024)
def _relative(filename: str, directory: str) -> str:
    if is_installed(filename):
        return filename.rpartition(_INSTALLED)[2]
    for root in (directory, _STANDARD_LIBRARY, *sorted(sys.path, key=len, reverse=True)):
        if os.path.isabs(root) and filename.startswith(above := os.path.join(root, "")):
            return filename.removeprefix(above)
    return filename
