"""Running a program in many processes, and finding out why they do not do the same.

1. Two copies of one process: what differs there comes from a clock, chance, a thread, or another
   thing outside. Runs with virtual clocks, and with a seed, tell which, if it went without.
2. Processes in which everything else is another thing, all at once. If they do the same as the
   first, nothing of it matters. If one does not, each thing is varied alone, in the order of
   `Surroundings`, and the first that makes a difference is the cause: if it makes the same one
   again. Else it is memory, where no two processes are alike.
3. The first process again, when more than a second has passed.
4. Other Pythons.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, NamedTuple, Protocol

from vtloop.audit.causes import Cause, cause_of, cause_of_copies
from vtloop.audit.parting import Parting, parting
from vtloop.audit.processes import tell
from vtloop.audit.requests import FUNCTION, LATER, STOPPED, TEST, Program, Surroundings, Told
from vtloop.core.options import USUAL
from vtloop.errors import SimulationError
from vtloop.values.progress import progress

_LAYOUTS = 3  # of memory that are tried first
_SOON = 1.1  # seconds: a clock of whole seconds shows another one then
_HOST = "another-machine"

# Of the interpreter, and of how it finds what is installed: another value would be another program.
_KEPT = ("PYTHON", "PATH", "LD_", "DYLD_", "VIRTUAL_ENV", "CONDA", "PYTEST", "VTLOOP", "COV_")
_ALWAYS = ("LANG", "LC_ALL", "TZ")  # also code that is no Python looks at them
_OTHERS = {"LANG": "C", "LC_ALL": "C", "TZ": "JST-9"}


class Found(NamedTuple):
    """What an audit has come to."""

    first: Told
    processes: int
    differing: Told | None = None
    parting: Parting | None = None
    cause: Cause | None = None
    varied: tuple[str, ...] = ()
    """The environment variables that had other values."""
    pythons: tuple[str, ...] = ()
    """The versions of Python that have run it."""


class Tell(Protocol):
    """Runs a program in some surroundings; `processes.tell` does."""

    def __call__(
        self, program: Program, surroundings: Surroundings, copies: int = 1
    ) -> list[Told]: ...


class Comparison:
    """Runs of one program that are compared with each other."""

    def __init__(
        self,
        program: Program,
        runs: int,
        pythons: Sequence[str] = (),
        keep: Sequence[str] = (),
        tell: Tell = tell,
    ) -> None:
        self._program = program
        self._tell = tell
        self._runs = runs
        self._pythons = pythons
        self._keep = keep
        self._processes = 0
        self._step_done: Callable[[], object] = lambda: None

    def run(self) -> Found:
        """Return what it comes to."""
        total = 1 + self._runs + 1 + len(self._pythons)
        with progress(f"vtloop: audit of {self._program.name}", total) as self._step_done:
            began = time.monotonic()
            first, twin = self._twins(self._program, Surroundings())
            if not (first.begun or twin.begun):
                raise SimulationError(
                    f"{self._program.name} was to be audited, while it {first.outcome}"
                )
            names = self._variables(first)
            found = Found(first, 2, varied=names, pythons=(first.python,))
            if apart := parting(first, twin):
                return self._found(found, twin, apart, self._cause_of_copies(first, twin))
            for number in range(1, self._runs + 1):
                varied = _varied(number, names)
                told = self._told(varied)
                if apart := parting(first, told):
                    return self._why(found, varied, told, apart)
            time.sleep(max(0.0, began + _SOON - time.monotonic()))
            told = self._told(Surroundings())
            if apart := parting(first, told):
                return self._found(found, told, apart, cause_of("later", [first, told]))
            versions = [first.python]
            for python in self._pythons:
                told = self._told(Surroundings(python=python))
                if apart := parting(first, told):
                    words = f"{first.python} and {told.python or python}"
                    cause = cause_of("python", [first, told], proof=words)
                    return self._found(found, told, apart, cause)
                versions.append(told.python)
            return found._replace(processes=self._processes, pythons=tuple(versions))

    def _told(self, surroundings: Surroundings) -> Told:
        (told,) = self._tell(self._program, surroundings)
        self._processes += 1
        self._step_done()
        return told

    def _twins(self, program: Program, surroundings: Surroundings) -> list[Told]:
        twins = self._tell(program, surroundings, copies=2)
        self._processes += 2
        self._step_done()
        return twins

    def _found(self, found: Found, told: Told, apart: Parting, cause: Cause) -> Found:
        return found._replace(processes=self._processes, differing=told, parting=apart, cause=cause)

    # Two copies

    def _cause_of_copies(self, first: Told, twin: Told) -> Cause:
        """Return why they differ: what would let them do the same, or what they have looked at."""
        for name, how, program, surroundings in self._tamed():
            if parting(*self._twins(program, surroundings)) is None:
                proof = f"{how} two copies of one process do the same"
                return cause_of(name, [first, twin], proof=proof)
        return cause_of_copies([first, twin])

    def _tamed(self) -> Iterator[tuple[str, str, Program, Surroundings]]:
        """Yield ways to run it that leave less to the world outside: cause, words, and the way."""
        program, options = self._program, self._program.options
        for option, name in (("wall_clock", "virtual clocks"), ("seed", "seed")):
            if getattr(options, option) is None:
                usual: Any = {option: getattr(USUAL, option)}
                tamed = replace(program, options=options._replace(**usual))
                yield name, f"with {option}={usual[option]!r}", tamed, Surroundings()
        if program.kind in (FUNCTION, TEST):  # what a script imports, it imports in the run
            yield "clock", "with a stopped clock", program, Surroundings(date=STOPPED)

    # Everything at once, and one thing at a time

    def _why(self, found: Found, varied: Surroundings, told: Told, apart: Parting) -> Found:
        """Find out which of the things that were varied makes the difference."""
        for name, alone in self._one_at_a_time(varied):
            other = self._told(alone)
            if apart_alone := parting(found.first, other):
                proof = "it is enough that this is another one"
                if name != "memory" and parting(other, self._told(alone)):
                    name, proof = "memory", "in the same surroundings it differs as well"
                if name == "variables":
                    return self._which_variables(found, alone, other, apart_alone)
                if name == "hash_seed":
                    proof = f"with PYTHONHASHSEED=0 and {alone.hash_seed} alone it differs"
                cause = cause_of(name, [found.first, other], proof=proof)
                return self._found(found, other, apart_alone, cause)
        cause = cause_of_copies([found.first, told])._replace(
            proof="it differs now and then, and not by any one thing alone"
        )
        return self._found(found, told, apart, cause)

    def _one_at_a_time(self, varied: Surroundings) -> Iterator[tuple[str, Surroundings]]:
        for memory in range(1, _LAYOUTS + 1):
            yield "memory", Surroundings(memory=memory)
        for field in fields(Surroundings):
            if field.name != "memory" and getattr(varied, field.name) != field.default:
                yield field.name, Surroundings(**{field.name: getattr(varied, field.name)})

    def _which_variables(
        self, found: Found, alone: Surroundings, told: Told, apart: Parting
    ) -> Found:
        """Find the one that matters, by halves; all of them, if several are needed together."""
        variables = alone.variables
        while len(variables) > 1:
            middle = len(variables) // 2
            for half in (variables[:middle], variables[middle:]):
                other = self._told(Surroundings(variables=half))
                if half_apart := parting(found.first, other):
                    variables, told, apart = half, other, half_apart
                    break
            else:
                break
        subject = ", ".join(name for name, _ in variables)
        values = ", ".join(f"{name}={value!r}" for name, value in variables)
        proof = f"with {values} alone it differs".replace("=None", " unset")
        return self._found(found, told, apart, cause_of("variables", [found.first], subject, proof))

    def _variables(self, first: Told) -> tuple[str, ...]:
        """Return the environment variables that are given other values: those that are read.

        Of those that a library reads only the ones that are set, as it may not take any value.
        """
        read = (
            read.subject
            for read in first.reads
            if read.what == "variables" and (not read.installed or read.subject in os.environ)
        )
        names = dict.fromkeys([*read, *_ALWAYS])
        return tuple(
            name for name in names if not name.startswith(_KEPT) and name not in self._keep
        )


def _varied(number: int, variables: Sequence[str]) -> Surroundings:
    """Return surroundings in which everything is another thing; there are many such."""
    return Surroundings(
        memory=number,
        hash_seed=number,
        variables=tuple((name, _other_value(name, number)) for name in variables),
        directory=int(os.name == "posix"),
        listing=number,
        processors=number,
        host=_HOST,
        date=LATER,
    )


def _other_value(name: str, number: int) -> str | None:
    """Return another value than a variable has; that it has none is one, if it has one."""
    value = os.environ.get(name)
    if name in _OTHERS:
        return None if value == _OTHERS[name] else _OTHERS[name]
    if number % 2 == 0 and value is not None:
        return None
    return str(int(value) + number) if value and value.isdecimal() else str(number)
