"""The world outside as a program of an audit sees it: what it looks at, and what it is shown.

- `Witness` notes the lines of the program that look at something which is another thing in another
  process, or on another machine. What the interpreter itself tells of (`sys.addaudithook`) is noted
  that way, all else by stand-ins that do what the originals do.
- `show` lets the machine look like another one: more processors, another name, other orders of
  directories; and `machine_date` another date.
- `shuffle_memory` lets new objects lie at other addresses, and in another order.

They are for the whole of a process, which has been made for one run, and nothing is put back.
"""

from __future__ import annotations

import builtins
import genericpath
import glob
import os
import pathlib
import random
import socket
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from importlib.machinery import ExtensionFileLoader
from types import FrameType
from typing import Any

from vtloop.audit.requests import STOPPED, Read, Surroundings
from vtloop.core.patches import real_things
from vtloop.core.threads.actor import here
from vtloop.patching.redirect import real
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.patching.replacements import Replacement, Replacements
from vtloop.private.interpreter import getframe
from vtloop.values.callers import is_spectator
from vtloop.values.source import PACKAGE, is_installed, is_library, place

# What the interpreter tells of, and what kind of look that is.
_EVENTS = {
    "builtins.id": "id",
    "open": "file",
    "os.listdir": "listing",
    "os.scandir": "listing",
    "socket.gethostname": "host",
    "sqlite3.connect": "compiled",
    "subprocess.Popen": "process",
    "os.system": "process",
    "os.posix_spawn": "process",
    "_thread.start_new_thread": "thread",
    "_thread.start_joinable_thread": "thread",
}

# Functions that tell of the world outside, likewise. Those that time-machine looks after are left
# alone, as it looks at what they are.
_FUNCTIONS: tuple[tuple[Any, str, str], ...] = (
    (os, "getpid", "pid"),
    (os, "getppid", "pid"),
    (os, "urandom", "chance"),
    (os, "getrandom", "chance"),
    (os, "getcwd", "directory"),
    (os, "getcwdb", "directory"),
    (os, "cpu_count", "processors"),
    (os, "process_cpu_count", "processors"),
    (os, "sched_getaffinity", "processors"),
    (os, "uname", "host"),
    (os, "getloadavg", "clock"),
    (os, "times", "clock"),
    (genericpath, "getmtime", "stat"),
    (genericpath, "getctime", "stat"),
    (genericpath, "getatime", "stat"),
    (os.path, "getmtime", "stat"),
    (os.path, "getctime", "stat"),
    (os.path, "getatime", "stat"),
    (pathlib.Path, "stat", "stat"),
    (builtins, "hash", "hash"),
    (time, "monotonic", "clock"),
    (time, "monotonic_ns", "clock"),
    (time, "perf_counter", "clock"),
    (time, "perf_counter_ns", "clock"),
    (time, "process_time", "clock"),
    (time, "process_time_ns", "clock"),
)

_LOOKS = "which lines of the program look at the world outside is noted"
replaces(
    __name__,
    During.AUDIT,
    _LOOKS,
    *(f"{owner.__name__}.{name}" for owner, name, _ in _FUNCTIONS if owner is not pathlib.Path),
    "pathlib.Path.stat",
    "os.environ.__getitem__",
    "random.Random.seed",
    "_random.Random",
    "the audit hooks of the interpreter",
)
replaces(
    __name__,
    During.AUDIT,
    "the machine is shown as another one, if the audit asks for that",
    *(f"os.{name}" for name in ("cpu_count", "process_cpu_count", "sched_getaffinity", "uname")),
    *("socket.gethostname", "os.listdir", "os.scandir", "the date of the machine"),
)
keeps(__name__, "what has been replaced for good in a process of an audit", "_in_force")

_STOPPED_AT = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
_LATER = timedelta(days=400, hours=5)


_in_force: list[Replacements] = []


class Witness:
    """Notes what a program looks at, each line of it once."""

    def __init__(self) -> None:
        self._reads: dict[Read, None] = {}

    @property
    def reads(self) -> tuple[Read, ...]:
        """What has been noted, in order."""
        return tuple(self._reads)

    def note(self, what: str, subject: str, frame: FrameType | None) -> None:
        """Note that the program looks at something, if it is the program that calls a frame.

        What the library itself does with addresses and hashes is of no account.
        """
        caller = _caller(frame)
        if caller is not None and (caller is frame or what not in ("id", "hash")):
            installed = is_installed(caller.f_code.co_filename)
            self._reads[Read(what, subject, str(place(caller)), installed)] = None

    def begin(self) -> None:
        """Note from now on."""
        sys.addaudithook(self._heard)
        _replace(
            *(
                (module, name, self._noted(real(getattr(module, name)), what))
                for module, name, what in _FUNCTIONS
                if hasattr(module, name)
            )
        )
        self._note_variables()
        self._note_generators()

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        what = _EVENTS.get(event)
        if what is None or (what == "thread" and here.actor is not None):
            return
        if what == "file" and isinstance(arguments[0], int):  # a pipe, to a process for one
            return
        subject = str(arguments[0]) if what == "file" else ""
        self.note(what, subject, getframe(1))

    def _noted(self, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        def noted(*args: Any, **options: Any) -> Any:
            subject = os.fsdecode(args[0]) if what == "stat" and args else ""
            self.note(what, subject, getframe(1))
            return function(*args, **options)

        return noted

    def _note_variables(self) -> None:
        kind: Any = type(os.environ)
        get = kind.__getitem__

        def __getitem__(environment: Any, name: Any) -> Any:
            self.note("variables", os.fsdecode(name), getframe(1))
            return get(environment, name)

        kind.__getitem__ = __getitem__

    def _note_generators(self) -> None:
        note, seed = self.note, random.Random.seed
        kind: Any = random.Random.__base__  # that of the generators written in C

        def noted(generator: Any, a: Any = None, version: int = 2) -> None:
            if a is None:
                note("chance", "", getframe(1))
            seed(generator, a, version)

        class Random(kind):  # type: ignore[misc]
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)
                if not args:
                    note("chance", "", getframe(1))

        _replace(
            (random.Random, "seed", noted), (sys.modules[kind.__module__], kind.__name__, Random)
        )


def _caller(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the program that calls; None if the library does so for itself."""
    while frame is not None:
        file = frame.f_code.co_filename
        is_stand_in = file == real_things.__file__
        if not is_stand_in and file.startswith((PACKAGE, "<frozen importlib")):
            return None
        if is_spectator(frame):
            return None
        if not is_library(frame):
            return frame
        frame = frame.f_back
    return None


def _replace(*table: tuple[Any, str, Any]) -> None:
    """Let functions be others, wherever they are kept, as far as that can be done."""
    replacements = Replacements(
        tuple(
            Replacement(module, name, stand_in, redirected=vars(module)[name])
            for module, name, stand_in in table
        )
    )
    replacements.__enter__()
    _in_force.append(replacements)  # as the functions would not keep what they call now


def compiled() -> tuple[str, ...]:
    """Return the packages with compiled code that were imported, but for the standard library's."""
    found = set()
    for name, module in list(sys.modules.items()):
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        if isinstance(loader, ExtensionFileLoader):
            found.add(name.partition(".")[0])
    return tuple(sorted(found - sys.stdlib_module_names - {"_time_machine"}))


# What the program is shown


def show(surroundings: Surroundings) -> None:
    """Let the machine look like another one."""
    if surroundings.processors:
        _show_more_processors(surroundings.processors)
    if name := surroundings.host:
        uname = real(os.uname)
        _replace(
            (socket, "gethostname", lambda: name),
            (os, "uname", lambda: os.uname_result((uname()[0], name, *uname()[2:]))),
        )
    if surroundings.listing:
        _show_other_order(surroundings.listing)


def _show_more_processors(more: int) -> None:
    count = os.cpu_count() or 1
    others: dict[str, Any] = {"cpu_count": lambda: count + more}
    if hasattr(os, "process_cpu_count"):
        others["process_cpu_count"] = others["cpu_count"]
    if hasattr(os, "sched_getaffinity"):
        others["sched_getaffinity"] = lambda process: set(range(count + more))
    _replace(*((os, name, other) for name, other in others.items()))


def _show_other_order(seed: int) -> None:
    """Let directories be listed in another order."""
    kept_by_glob = os.scandir
    listdir, scandir = real(os.listdir), real(os.scandir)

    def other(entries: list[Any], name: Callable[[Any], str]) -> list[Any]:
        entries.sort(key=name, reverse=True)
        if seed > 1:
            random.Random(seed).shuffle(entries)
        return entries

    class Entries:
        """An iterator of entries, as `os.scandir` returns one."""

        def __init__(self, *args: Any) -> None:
            with scandir(*args) as entries:
                self._entries = iter(other(list(entries), lambda entry: os.fsdecode(entry.name)))

        def __iter__(self) -> Entries:
            return self

        def __next__(self) -> Any:
            return next(self._entries)

        def __enter__(self) -> Entries:
            return self

        def __exit__(self, *exc_info: object) -> None:
            self.close()

        def close(self) -> None:
            self._entries = iter(())

    _replace(
        (os, "listdir", lambda *args: other(listdir(*args), os.fsdecode)), (os, "scandir", Entries)
    )
    for kind in vars(glob).values():  # which keeps it, from Python 3.13 on
        kept = vars(kind).get("scandir") if isinstance(kind, type) else None
        if isinstance(kept, staticmethod) and kept.__func__ is kept_by_glob:
            kind.scandir = staticmethod(Entries)


def machine_date(date: str) -> AbstractContextManager[object]:
    """Return a context in which the date of the machine is later, or stands still."""
    if not date:
        return nullcontext()
    import time_machine

    if date == STOPPED:
        return time_machine.travel(_STOPPED_AT, tick=False)
    return time_machine.travel(datetime.now().astimezone() + _LATER, tick=True)


def shuffle_memory(layout: int) -> list[bytes]:
    """Let the next objects, of all sizes, lie where others have been freed in any order.

    Returns what is to be kept for as long as the program runs.
    """
    chance = random.Random(layout)
    ballast = [bytes(size) for size in range(1, 480, 8) for _ in range(600)]
    chance.shuffle(ballast)
    del ballast[len(ballast) // 2 :]
    return ballast
