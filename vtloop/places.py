"""Places in source code, as messages name them: 'file.py:12 in worker'."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType, FrameType

PACKAGE = os.path.dirname(__file__) + os.sep
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_INSTALLED = f"{os.sep}site-packages{os.sep}"


def is_library(frame: FrameType) -> bool:
    """Tell whether a frame is of this package or of the standard library."""
    file = frame.f_code.co_filename
    return file.startswith(PACKAGE) or (
        file.startswith(_STANDARD_LIBRARY) and _INSTALLED not in file
    )


def place(frame: FrameType) -> str:
    """Return where a frame is, with its line of source if there is one."""
    code = frame.f_code
    source = linecache.getline(code.co_filename, frame.f_lineno, frame.f_globals).strip()
    where = f"{_short(code.co_filename)}:{frame.f_lineno} in {function_name(code)}"
    return f"{where}: {source}" if source else where


def calling_place() -> str:
    """Return the place of the innermost frame outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return place(frame)


def function_name(code: CodeType) -> str:
    """Return the qualified name of a function, from its innermost function on."""
    return code.co_qualname.rpartition("<locals>.")[2]


def _short(filename: str) -> str:
    try:
        relative = os.path.relpath(filename)
    except ValueError:  # on another drive
        return filename
    return filename if relative.startswith(os.pardir) else relative
