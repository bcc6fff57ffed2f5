"""Classes of selectors, in the library and elsewhere, that ask about simulated sockets in a run."""

from __future__ import annotations

import select
import selectors
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from vtloop.core.network import kernel_here
from vtloop.core.patches.polls import REAL_EPOLL, REAL_SELECT, Epoll, simulated_select
from vtloop.core.patches.real_things import FILES, tells
from vtloop.net.descriptors import FIRST
from vtloop.patching.replacements import Replacement

OTHER_SELECTORS: tuple[Any, ...] = tuple(
    getattr(selectors, name)
    for name in ("KqueueSelector", "DevpollSelector")
    if hasattr(selectors, name)
)
"""Those whose own way to ask is not simulated."""


def kept_in_classes(module: ModuleType) -> Iterator[Replacement]:
    """Yield what is replaced in classes of a module that keep `select.epoll` or `select.select`."""
    names = vars(module)
    if names.get("select") is not select:
        return
    classes = [value for value in list(names.values()) if isinstance(value, type)]
    for kind in dict.fromkeys(classes):  # some have two names, as `selectors.DefaultSelector` has
        if kind.__module__ == module.__name__:
            for name, value in list(vars(kind).items()):
                if value is REAL_EPOLL:
                    yield Replacement(kind, name, Epoll)
                elif value is REAL_SELECT:
                    yield Replacement(kind, name, staticmethod(simulated_select))


def tells_unless_simulated(kind: type) -> Any:
    """Return what stands in for `select` of a class of selectors: it tells of real files."""
    original: Any = getattr(kind, "select")  # noqa: B009
    told = tells(original, FILES)

    def select_from(self: Any, timeout: Any = None) -> Any:
        if any(key.fd >= FIRST for key in self.get_map().values()):
            return original(self, timeout)
        return told(self, timeout)

    return select_from


def makes_polls(kind: Any) -> Any:
    """Return what stands in for `__new__` of a class of selectors: in a run it uses `poll`."""

    def new(cls: Any) -> Any:
        if cls is not kind or kernel_here() is None:
            return object.__new__(cls)
        return selectors.PollSelector()

    return staticmethod(new)
