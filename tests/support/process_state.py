"""All that may be another thing in the process while something is on, looked at from outside."""

import asyncio
import builtins
import datetime
import gc
import importlib._bootstrap
import io
import logging
import multiprocessing.connection
import multiprocessing.popen_fork
import multiprocessing.process
import multiprocessing.synchronize  # noqa: F401
import os
import queue
import random
import select
import selectors
import signal
import socket
import ssl  # noqa: F401
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
import weakref
from concurrent import futures  # noqa: F401 - these bring what is looked at below

from tests.support.page_of_replaced import import_all
from vtloop.patching.redirect import _words, can_be_redirected
from vtloop.patching.replaced import During, all_replaced

MODULES = [
    builtins,
    datetime,
    gc,
    importlib._bootstrap,
    io,
    logging,
    os,
    queue,
    random,
    select,
    selectors,
    signal,
    socket,
    subprocess,
    sys,
    tempfile,
    threading,
    time,
    uuid,
    warnings,
    weakref,
    *(
        module
        for name, module in sys.modules.items()
        if name.startswith(("asyncio", "concurrent.futures", "multiprocessing"))
    ),
    *(sys.modules[name] for name in ("_ssl", "_weakrefset")),
]
ABSENT = object()
PLAIN = int, str, bytes, tuple
__all__ = ["During"]


def names():
    """Return what each name of the modules and of their classes means, and what functions do."""
    found = {}
    for module in MODULES:
        for name, value in list(vars(module).items()):
            found[f"{module.__name__}.{name}"] = value
            if can_be_redirected(value):
                found[f"{module.__name__}.{name}()"] = bytes(_words(value))
            if isinstance(value, type) and value.__module__ == module.__name__:
                for attribute, member in list(vars(value).items()):
                    found[f"{module.__name__}.{value.__qualname__}.{attribute}"] = member
    return found


def others():
    """Return what has no name, by what it is called in the table."""
    has_tools = hasattr(sys, "monitoring")
    return {
        "sys.path[0]": sys.path[0],
        "sys.modules['__main__']": sys.modules["__main__"],
        "sys.stdout.flush": vars(sys.stdout).get("flush"),
        "sys.stderr.flush": vars(sys.stderr).get("flush"),
        "the garbage collector's thresholds": gc.get_threshold(),
        "whether the garbage collector is on": gc.isenabled(),
        "the garbage collector's frozen objects": gc.get_freeze_count() > 1000,
        "the hooks for asynchronous generators": sys.get_asyncgen_hooks(),
        "the depth to which coroutines keep their origin": (
            sys.get_coroutine_origin_tracking_depth()
        ),
        "the running loop of the thread": asyncio._get_running_loop(),
        "the state of the module random": random.getstate(),
        "the environment variable TZ": os.environ.get("TZ"),
        "`datetime.now`, `datetime.utcnow` and `date.today`, by time-machine": (
            datetime.datetime.now().year,
            datetime.date.today().year,
        ),
        "tool 4 of `sys.monitoring`": sys.monitoring.get_tool(4) if has_tools else sys.gettrace(),
    }


def state():
    """Return all of it."""
    return names(), others()


def changed(before, after):
    """Return what is another thing now, by what it is called in the table."""
    pairs = zip(before, after, strict=True)
    (names_before, names_after), (others_before, others_after) = pairs
    found = {
        name.removesuffix("()")
        for name in names_before.keys() | names_after.keys()
        if (old := names_before.get(name, ABSENT)) is not (new := names_after.get(name, ABSENT))
        and not (isinstance(old, PLAIN) and type(old) is type(new) and old == new)
    }
    return found | {what for what, old in others_before.items() if others_after[what] != old}


def listed(*during):
    """Return what the table says is replaced meanwhile."""
    import_all()
    return {one.what for one in all_replaced() if one.during in during}


def unlisted(before, after, *during):
    """Return what is another thing now, and not in the table.

    A name that was taken by another module from one in the table is as good as in it, and so is
    what is in a class that is.
    """
    table = listed(*during)
    taken = [before[0][what] for what in table if what in before[0]]
    return {
        what
        for what in changed(before, after) - table
        if what.rpartition(".")[0] not in table
        and not any(before[0].get(what, ABSENT) is one for one in taken)
    }


def unchanged(before, after, *during):
    """Return what the table says is replaced, and is not."""
    return (listed(*during) & (before[0].keys() | before[1].keys())) - changed(before, after)
