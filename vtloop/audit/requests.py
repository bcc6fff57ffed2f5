"""What a process of an audit is asked to run, in which surroundings, and what it tells of it.

All of these are plain values, which go from process to process by pickle.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import NamedTuple

from vtloop.core.options import USUAL, Options
from vtloop.values.trace import Trace

SCRIPT, MODULE, FUNCTION, TEST = "script", "module", "function", "test"
LATER, STOPPED = "later", "stopped"


@dataclass(frozen=True)
class Program:
    """What is run. A process that has just begun can find it by its name."""

    kind: str
    target: str
    """The path of a script, the name of a module or of a function, or the id of a test."""
    args: tuple[str, ...] = ()
    """The arguments of a script or module, or of the pytest that runs the test."""
    options: Options = USUAL
    """How it is run; a test has a marker for that."""
    path: tuple[str, ...] = ()
    """Where else than where its Python does a process finds modules."""

    @property
    def name(self) -> str:
        """What to call it in words."""
        return f"-m {self.target}" if self.kind == MODULE else self.target


@dataclass(frozen=True)
class Surroundings:
    """All that is another thing in another process, and is not to matter.

    The defaults are those of the first run. The order is that in which causes are looked for:
    where things lie in memory is another thing in each process, whatever else is varied.
    """

    memory: int = 0
    """Which layout; 0 is that of a process that does nothing else before."""
    hash_seed: int = 0
    variables: tuple[tuple[str, str | None], ...] = ()
    """Environment variables that have another value, or, with None, none."""
    directory: int = 0
    """1: the working directory has another name, with the same in it."""
    listing: int = 0
    """In which order directories are listed; 0 is the machine's."""
    processors: int = 0
    """How many processors there are more than the machine has."""
    host: str = ""
    """The name of the machine; '' is its own."""
    date: str = ""
    """The date of the machine: its own, `LATER` or `STOPPED`, as a run or an import sees it."""
    python: str = sys.executable


class Read(NamedTuple):
    """Something of the world outside that the program has looked at."""

    what: str  # one of the causes in `causes`
    subject: str  # such as the name of a variable
    place: str  # 'file.py:12 in worker: os.getpid()'
    installed: bool = False  # whether it is a library that looks, for the program


@dataclass(frozen=True)
class Order:
    """What a process is to do."""

    program: Program
    surroundings: Surroundings
    directories: tuple[str, ...]
    """Where to put what is told of each copy of the process."""


@dataclass(frozen=True)
class Told:
    """What a process tells of its run."""

    outcome: str
    """How the program ended."""
    traces: tuple[Trace, ...] = ()
    """Of each loop, in the order in which they were made."""
    reads: tuple[Read, ...] = ()
    reproducible: bool = True
    """As the run itself knows."""
    begun: bool = True
    """Whether the program could be found and called."""
    compiled: tuple[str, ...] = ()
    """The packages with compiled code that the program has imported."""
    output: tuple[str, ...] = ()
    """The lines on standard output."""
    errors: tuple[str, ...] = ()
    """Those on standard error, without addresses and the name of the working directory."""

    @property
    def python(self) -> str:
        """The version of Python; '' if no loop has run."""
        return str(self.traces[0].header["python"]) if self.traces else ""


ORDER, TOLD, OUTPUT, ERRORS = "order", "told", "output", "errors"
"""The names of the files by which a process is asked and tells."""
