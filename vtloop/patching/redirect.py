"""Builtin functions that do something else for a while, whoever keeps them, and wherever.

`time.monotonic` may be kept in a default argument, a table or an attribute of a class, where no
replacing of a module's names can reach it. So the function object itself is redirected:

- Behind its head, a builtin function of CPython holds two words: its definition (a C function, and
  how that takes arguments) and its `self`, for functions of a module that module. A call is a call
  of the C function with `self` as its first argument.
- CPython's own C interface has functions that call their first argument: `PyObject_CallNoArgs`,
  `PyObject_CallOneArg`, `PyObject_CallObject`. So a builtin function becomes a way to call any
  object, in one write of both words, between which no other thread can look.
- That object is a module too, for its type. So the function goes on to be pickled by its name.
- Only the function object of this interpreter is changed, not the definition, which all share.

A copy of a function object (`real`) still does what the original did.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import BuiltinFunctionType, ModuleType
from typing import Any, TypeVar

from vtloop.patching.memory import POSSIBLE, ctypes, memory_of

F = TypeVar("F", bound=Callable[..., Any])

# How a C function takes arguments besides `self`, and what calls an object with them.
_CALLERS = {
    0x01: "PyObject_CallObject",  # METH_VARARGS
    0x04: "PyObject_CallNoArgs",  # METH_NOARGS
    0x08: "PyObject_CallOneArg",  # METH_O
    0x82: "PyObject_Vectorcall",  # METH_FASTCALL | METH_KEYWORDS
}
if POSSIBLE:
    _WORD = ctypes.sizeof(ctypes.c_void_p)

    class _Definition(ctypes.Structure):  # type: ignore[misc]
        """`PyMethodDef`, of CPython's C interface."""

        _fields_ = (
            ("name", ctypes.c_char_p),
            ("function", ctypes.c_void_p),
            ("flags", ctypes.c_int),
            ("doc", ctypes.c_char_p),
        )

    _new_function = ctypes.pythonapi.PyCFunction_NewEx
    _new_function.restype = ctypes.py_object
    _new_function.argtypes = (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)


def _words(function: BuiltinFunctionType) -> Any:
    """Return the memory of a builtin function's two words: its definition and its `self`."""
    return memory_of(function, 2 * _WORD)


def _definition(function: BuiltinFunctionType) -> Any:
    return _Definition.from_address(int.from_bytes(_words(function).raw[:_WORD], sys.byteorder))


def can_be_redirected(function: Any) -> bool:
    """Return whether a function is a builtin one, laid out in memory as this module knows it."""
    if not POSSIBLE or type(function) is not BuiltinFunctionType:
        return False
    holds_itself = _words(function).raw[_WORD:] == _address(id(function.__self__))
    return holds_itself and (
        _definition(function).name == function.__name__.encode()
        and _definition(function).flags in _CALLERS
    )


def _address(of: int) -> bytes:
    return of.to_bytes(_WORD, sys.byteorder)


def real(function: F) -> F:
    """Return a copy of a builtin function, which does as it does now also while it is redirected.

    Where it cannot be redirected, that is the function itself.
    """
    if not can_be_redirected(function):
        return function
    builtin: Any = function
    definition = ctypes.addressof(_definition(builtin))
    return _new_function(definition, builtin.__self__, builtin.__module__)  # type: ignore[no-any-return]


class Redirection:
    """How to let every call of a builtin function be one of `stand_in`.

    To redirect the function, let `redirected` be its `words.raw`; then let `original` be.
    Raises ValueError if it cannot be redirected.
    """

    def __init__(self, function: Any, stand_in: Callable[..., Any]) -> None:
        if not can_be_redirected(function):
            raise ValueError(
                f"{function!r} was to be redirected, while it is no builtin function of a kind "
                "that can be; replace it where it is looked up"
            )
        self._function = function  # not to be freed while its memory is written to
        name = function.__self__.__name__
        # Its type has the stand-in for the call of an instance, so that none is called in between.
        kind = type("Redirected", (ModuleType,), {"__call__": staticmethod(stand_in)})
        self._self = kind(name)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._self))  # the function holds it, at times
        old = _definition(function)
        caller = getattr(ctypes.pythonapi, _CALLERS[old.flags])
        address = ctypes.cast(caller, ctypes.c_void_p).value
        self._definition = _Definition(old.name, address, old.flags, old.doc)
        self.words = _words(function)
        """The memory of the function that says what it does."""
        self.original = self.words.raw
        self.redirected = _address(ctypes.addressof(self._definition)) + _address(id(self._self))
