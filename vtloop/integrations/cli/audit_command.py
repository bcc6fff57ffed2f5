"""The command `vtloop audit script.py`: does it do the same in every process?"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from vtloop.audit import RUNS, audit_program, program_of
from vtloop.audit.requests import MODULE, SCRIPT, Program
from vtloop.errors import SimulationError
from vtloop.integrations.options import add_network, add_options, options_of, some


def add_audit_command(commands: Any) -> None:
    """Add it to the commands of a parser."""
    parser = commands.add_parser(
        "audit",
        help="say whether a script does the same in every process, and if not why",
        description="Run a script, module or function in new processes, where everything that is "
        "not to matter is another thing, and tell the first step that differs. The status is 1 if "
        "one does.",
        usage="vtloop audit [options] (script.py | -m module | module:function) [args …]",
    )
    add_options(parser, "stop each run at this virtual time")
    add_network(parser)
    add = parser.add_argument
    add("--runs", type=some, default=RUNS, metavar="N",
        help=f"processes in which everything is another thing (default: {RUNS}), besides three "
        "that are to be the same")  # fmt: skip
    add("--python", action="append", default=[], help="the path of another Python to run it with")
    add("--keep", action="append", default=[], metavar="NAME", help="an environment variable "
        "that is an input, so it is not varied")  # fmt: skip
    add("-m", dest="module", nargs=argparse.REMAINDER, help="run a module, as with python -m")
    add("program", nargs=argparse.REMAINDER, help="the script or function, and its arguments")


def run_audit_command(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """Run it; returns the exit status."""
    target = arguments.module or arguments.program
    if not target:
        parser.error("vtloop audit was called without a script; give script.py, or -m module")
    name, *args = target
    ways = arguments.runs, arguments.python, arguments.keep
    options = options_of(arguments)
    try:
        if arguments.module:
            done = audit_program(Program(MODULE, name, tuple(args), options), *ways)
        elif ":" in name and not os.path.exists(name):
            if args:
                parser.error(f"{name} is a function, which takes no arguments; leave out {args[0]}")
            sys.path.insert(0, os.getcwd())
            done = audit_program(program_of(name, options), *ways)
        else:
            if not os.path.exists(name):
                raise FileNotFoundError(f"there is no file {name}")
            done = audit_program(Program(SCRIPT, name, tuple(args), options), *ways)
    except (OSError, SimulationError, TypeError, ValueError) as error:
        parser.exit(2, f"vtloop: cannot audit {name}: {error}\n")
    print(done)
    return 0 if done.ok else 1
