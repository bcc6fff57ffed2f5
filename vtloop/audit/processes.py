"""Running a program in a process of its own, whose surroundings are chosen.

- The first run has a twin: a process that is copied (`fork`) before the program begins. Both have
  the same hash seed, and the same things at the same addresses. So what differs between the two
  comes from outside: a clock, chance, a thread in real time, a number of a process, a file.
  Where processes cannot be copied, it is just another process.
- No process writes bytecode: the first would compile and the second would not, and so have other
  addresses.
- A working directory of another name has links to all that the real one has in it.
"""

from __future__ import annotations

import os
import pickle
import site
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from vtloop.audit.requests import (
    ERRORS,
    ORDER,
    OUTPUT,
    TEST,
    TOLD,
    Order,
    Program,
    Surroundings,
    Told,
)
from vtloop.errors import SimulationError
from vtloop.values.source import PACKAGE
from vtloop.values.text import without_addresses

_AUDITED = "VTLOOP_AUDITED"  # an environment variable that processes of an audit have

# It finds this package also where that is not installed, and leaves `sys.path` as it was.
_BEGIN = (
    "import sys; sys.path.insert(0, sys.argv[1]); from vtloop.integrations.audited import process; "
    "del sys.path[0]; process.main(sys.argv[2])"
)


def tell(program: Program, surroundings: Surroundings, copies: int = 1) -> list[Told]:
    """Run a program in a new process, or in so many copies of one, and return what each tells.

    Raises SimulationError if the process could not begin.
    """
    if copies > 1 and not hasattr(os, "fork"):
        return [told for _ in range(copies) for told in tell(program, surroundings)]
    with tempfile.TemporaryDirectory(prefix="vtloop-audit-") as name:
        directory = Path(os.path.realpath(name))
        outs = [directory / str(number) for number in range(copies)]
        for out in outs:
            out.mkdir()
        order = Order(program, surroundings, tuple(map(str, outs)))
        (directory / ORDER).write_bytes(pickle.dumps(order, protocol=4))
        cwd = _elsewhere(directory) if surroundings.directory else os.getcwd()
        house = os.path.dirname(os.path.dirname(PACKAGE))
        done = subprocess.run(
            [surroundings.python, "-c", _BEGIN, house, str(directory / ORDER)],
            env=_environment(program, surroundings),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            check=False,
        )
        if not all((out / OUTPUT).exists() for out in outs):
            raise SimulationError(
                f"{program.name} was to be run by {surroundings.python}, while that ended with "
                f"status {done.returncode} before it began; let it import vtloop and the program:"
                f"\n{done.stderr.strip()}"
            )
        told = [_read(out, cwd, done.returncode) for out in outs]
        if program.kind == TEST:  # what pytest writes has the real time in it
            return [replace(one, output=(), errors=()) for one in told]
        return told


def _read(out: Path, cwd: str, status: int) -> Told:
    output, errors = (_text(out / name) for name in (OUTPUT, ERRORS))
    errors = without_addresses(errors).replace(cwd, ".")
    if (out / TOLD).exists():
        told: Told = pickle.loads((out / TOLD).read_bytes())
    else:
        told = Told(f"ended its process with status {status}: {errors.strip()[-200:]}")
    return replace(told, output=tuple(output.splitlines()), errors=tuple(errors.splitlines()))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="backslashreplace")


def _environment(program: Program, surroundings: Surroundings) -> dict[str, str]:
    environment = dict(os.environ)
    for name, value in surroundings.variables:
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    environment[_AUDITED] = "1"
    environment["PYTHONHASHSEED"] = str(surroundings.hash_seed)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment.pop("PYTHONMALLOC", None)
    if surroundings.memory % 3 == 2:
        environment["PYTHONMALLOC"] = "malloc"
    environment.setdefault("PYTHONUSERBASE", site.getuserbase())  # also with another HOME
    return environment


def _elsewhere(directory: Path) -> str:
    """Make a directory with the same in it as the working directory."""
    elsewhere = directory / "elsewhere"
    elsewhere.mkdir()
    for entry in os.scandir():
        (elsewhere / entry.name).symlink_to(os.path.abspath(entry.path))
    return str(elsewhere)


def own_path() -> tuple[str, ...]:
    """Return where this process finds modules, but for those of its Python and of others' code."""
    roots = {os.path.join(root, "") for root in (sys.prefix, sys.base_prefix)}
    return tuple(os.path.abspath(one) for one in sys.path if not one.startswith(tuple(roots)))


def is_audited() -> bool:
    """Return whether this is a process of an audit, which does not begin another one."""
    return _AUDITED in os.environ
