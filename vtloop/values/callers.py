"""Whose code calls: the program's, or that of a tool which only watches it."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from types import FrameType

from vtloop.private.interpreter import getframe
from vtloop.values.source import PACKAGE, is_library_file

DEBUGGERS = frozenset(
    [
        "bdb",
        "pdb",
        "cmd",
        "code",
        "codeop",
        "debugpy",
        "pydevd",
        "pydevd_plugins",
        "_pydevd_bundle",
        "_pydevd_frame_eval",
        "_pydevd_sys_monitoring",
        "_pydev_bundle",
        "ipdb",
        "pudb",
    ]
)
TOOLS = DEBUGGERS | frozenset(
    [
        "IPython",
        "ipykernel",
        "unittest",
        "pytest",
        "_pytest",
        "pluggy",
        "xdist",
        "pytest_timeout",
        "hypothesis",
        "coverage",
        "tracemalloc",
    ]
)
SPECTATORS = TOOLS | {"asyncio", "logging", "freezegun", "time_machine"}
"""Packages that watch a program: when one of them reads a clock, the program does not."""


_NOBODYS, _SPECTATORS, _PROGRAMS = "nobody's", "a spectator's", "the program's"


def is_spectator(frame: FrameType) -> bool:
    """Return whether a function is of a package that watches the program."""
    return _whose(frame.f_code.co_filename, frame.f_globals.get("__name__")) == _SPECTATORS


def reader() -> FrameType | None:
    """Return the frame of the program that calls this package; None if a spectator does."""
    frame: FrameType | None = getframe(2)
    while frame is not None:
        whose = _whose(frame.f_code.co_filename, frame.f_globals.get("__name__"))
        if whose == _PROGRAMS:
            return frame
        if whose == _SPECTATORS:
            return None
        frame = frame.f_back
    return None


def is_called_by(packages: Collection[str]) -> bool:
    """Return whether this package is called by one of others, and not by the program."""
    return is_within(packages, getframe(1))


def is_debugger(innermost: FrameType) -> bool:
    """Return whether a debugger has called a function, and not the program."""
    return is_within(DEBUGGERS, innermost)


def is_within(packages: Collection[str], innermost: FrameType) -> bool:
    """Return whether one of some packages has called a function, and not the program."""
    frame: FrameType | None = innermost
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if str(module).partition(".")[0] in packages:
            return True
        if _whose(frame.f_code.co_filename, module) == _PROGRAMS:
            return False
        frame = frame.f_back
    return False


@lru_cache(maxsize=4096)
def _whose(file: str, module: str | None) -> str:
    """Return whose a function is; this package's and the standard library's are nobody's."""
    if file.startswith(PACKAGE):
        return _NOBODYS
    if str(module).partition(".")[0] in SPECTATORS:
        return _SPECTATORS
    return _NOBODYS if is_library_file(file) else _PROGRAMS
