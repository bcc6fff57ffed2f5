"""Functions by name, as other processes and the command line know them.

A name is `module:function`, or `path/to/file.py:function`. Such a file is imported as `python`
would find it: its directory comes to the front of `sys.path`, and stays there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from vtloop.values.source import short


def load(name: str, what: str = "function", is_one: Callable[[Any], bool] = callable) -> Any:
    """Return what a name names, a function or `what` else.

    ValueError if it is no name, LookupError if there is no such thing; an import raises what it
    raises.
    """
    where, _, function = name.rpartition(":")
    if not where or not function:
        raise ValueError(
            f"{name!r} was given as the name of a {what}, while such a name looks like "
            "'package.module:main' or 'path/to/file.py:main'; give one of these"
        )
    module = _of_file(where) if where.endswith(".py") else import_module(where)
    found: Any = module
    for part in function.split("."):
        found = getattr(found, part, None)
    if not is_one(found):
        raise LookupError(
            f"{name!r} was given as the name of a {what}, while {where} has no {what} "
            f"{function!r}; give the name of one that is at the top level of its module"
        )
    return found


def _of_file(path: str) -> ModuleType:
    path = os.path.realpath(path)
    directory, file = os.path.split(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no file {path}")
    if directory not in sys.path:
        sys.path.insert(0, directory)
    module = import_module(file.removesuffix(".py"))
    if os.path.realpath(module.__file__ or "") != path:
        raise ImportError(
            f"{path} was to be imported, while there is a module {module.__name__!r} already, from "
            f"{module.__file__}; give the file another name"
        )
    return module


def name_of(function: Any) -> str:
    """Return the name by which a function can be loaded; '' if it has none."""
    if isinstance(function, str):
        return function
    module = getattr(function, "__module__", None)
    qualified_name = getattr(function, "__qualname__", "<")
    if not module or "<" in qualified_name:  # of a function within a function, or of a lambda
        return ""
    if module == "__main__":
        module = short(getattr(sys.modules[module], "__file__", None) or "")
    return f"{module}:{qualified_name}" if module else ""


def called(function: Any) -> str:
    """Return what to call a function in words, which is the same in every process."""
    if isinstance(function, partial):
        return called(function.func)
    return name_of(function) or getattr(function, "__qualname__", type(function).__qualname__)
