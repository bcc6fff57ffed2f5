"""Sets that installed libraries make in a run: they iterate in order of insertion.

A library may keep in a set what hashes by its address, and go through it: anyio the scopes within a
scope, a server its connections, a pool those that are in use. Who comes first then differs from run
to run. So while a run is on, the name `set` means an ordered one in modules of which all is true:

- they were installed, and are no tools; with its own sets a program may do as it likes
- they use asyncio, or anyio
- they do nothing with the name but call it, or pass it to a call, in a function of theirs. Such a
  module does not compare types, for which an ordered set is another one.

Sets that are written as `{…}`, or made before the run, have Python's order.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from vtloop.private.interpreter import uses_of_global
from vtloop.values.callers import SPECTATORS
from vtloop.values.source import PACKAGE, is_installed

_ASYNC = ("asyncio", "anyio")
_NAME = "set"


def makes_sets(module: ModuleType) -> bool:
    """Return whether a module is one in which the name `set` is to mean an ordered set."""
    names = vars(module)
    file = names.get("__file__")
    if not isinstance(file, str) or not is_installed(file) or file.startswith(PACKAGE):
        return False
    if _top(module.__name__) in SPECTATORS:
        return False
    if _NAME in names or not any(map(_is_of_asyncio, names.values())):
        return False
    uses = [use for code in _codes_of(module) for use in uses_of_global(code, _NAME)]
    return bool(uses) and all(uses)


def _top(name: object) -> str:
    return str(name).partition(".")[0]


def _is_of_asyncio(value: Any) -> bool:
    if isinstance(value, ModuleType):
        return _top(vars(value).get("__name__")) in _ASYNC
    return isinstance(value, type | FunctionType) and _top(value.__module__) in _ASYNC


def _codes_of(module: ModuleType) -> Iterator[CodeType]:
    """Yield the code of all functions of a module, with those within them."""
    owners: list[Any] = [module]
    for owner in owners:  # which grows meanwhile
        for value in list(vars(owner).values()):
            is_own = isinstance(value, type) and value.__module__ == module.__name__
            if is_own and value not in owners:
                owners.append(value)
            for function in _functions_of(value):
                yield from _within(function.__code__)


def _functions_of(value: Any) -> Iterator[FunctionType]:
    if isinstance(value, property):
        parts = [value.fget, value.fset, value.fdel]
    else:
        parts = [value.__func__ if isinstance(value, classmethod | staticmethod) else value]
    for part in parts:
        if isinstance(part, FunctionType):
            wrapped = inspect.unwrap(part)
            yield wrapped if isinstance(wrapped, FunctionType) else part  # it may wrap one in C


def _within(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _within(constant)
