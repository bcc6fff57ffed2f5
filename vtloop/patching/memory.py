"""The memory of objects of this interpreter, where its own functions reach too little, or slowly.

Who looks there checks first that it holds what is expected, and can do without.
"""

from __future__ import annotations

import sys
from typing import Any

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter built without it
    ctypes = None

HEAD = object.__basicsize__  # bytes with which every object begins: its references, and its type

# In WebAssembly a C function can only be called as what it was declared as.
POSSIBLE = (
    ctypes is not None
    and sys.implementation.name == "cpython"
    and sys.platform not in ("emscripten", "wasi")
)


def memory_of(thing: object, size: int) -> Any:
    """Return so many bytes of an object behind its head: as `raw`, read and written in one go each.

    They are the object's only for as long as it lives.
    """
    return (ctypes.c_char * size).from_address(id(thing) + HEAD)
