"""The command line: `vtloop run script.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from vtloop import __version__
from vtloop.errors import UntilReached
from vtloop.scripts import Options, hide_own_frames, run_module, run_script

_FIXED_DAY = date(2024, 1, 1)  # of a wall clock that is given as a time of day


def wall_clock(text: str) -> datetime:
    """Return the datetime that `text` means: 'now', an ISO datetime, or a time of day."""
    if text == "now":
        return datetime.now()
    try:
        return datetime.combine(_FIXED_DAY, time.fromisoformat(text))
    except ValueError:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"{text!r} is no time; give now, a time of day such as 09:24:00, "
                f"or an ISO datetime such as 2024-01-31T09:24:00"
            ) from None


def seconds(text: str) -> float:
    """Return `text` as a number of seconds that can be waited for."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; give a number of seconds from 0 on")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vtloop", description="Asyncio programs in virtual time: instant and reproducible."
    )
    parser.add_argument("--version", action="version", version=f"vtloop {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run an unmodified asyncio script",
        description="Run an unmodified asyncio script in virtual time, as python would run it.",
        usage="vtloop run [options] (script.py | -m module) [args …]",
    )
    run.add_argument(
        "--wall-clock",
        type=wall_clock,
        metavar="START",
        help="make all clocks virtual, from START on: now, 09:24:00, or 2024-01-31T09:24:00",
    )
    run.add_argument(
        "--until",
        type=seconds,
        metavar="SECONDS",
        help="stop at this virtual time, with exit status 0",
    )
    run.add_argument("--seed", type=int, default=0, help="of the module random (default: 0)")
    run.add_argument(
        "--timestamps",
        action="store_true",
        help="print the virtual time and the task before each line",
    )
    run.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, help="run a module, as with python -m"
    )
    run.add_argument("script", nargs=argparse.REMAINDER, help="the script and its arguments")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    target = arguments.module or arguments.script
    if not target:
        parser.error("vtloop run was called without a script; give script.py, or -m module")
    options = Options(arguments.wall_clock, arguments.until, arguments.seed, arguments.timestamps)
    start = run_module if arguments.module else run_script
    try:
        start(target[0], target[1:], options)
    except UntilReached as reached:
        print(f"vtloop: {reached}", file=sys.stderr)
    except SystemExit:
        raise
    except BaseException as error:
        _hide_frames_when_printed()
        if isinstance(error, OSError | ImportError) and not _is_of_the_program(error):
            parser.exit(2 if arguments.script else 1, f"vtloop: cannot run {target[0]}: {error}\n")
        raise  # so that the interpreter ends as it does for any program
    return 0


def _is_of_the_program(error: BaseException) -> bool:
    hide_own_frames(error)
    return error.__traceback__ is not None


def _hide_frames_when_printed() -> None:
    print_exception = sys.excepthook

    def hook(kind: Any, error: BaseException, traceback: Any) -> None:
        hide_own_frames(error)
        print_exception(kind, error, error.__traceback__)

    sys.excepthook = hook


if __name__ == "__main__":
    sys.exit(main())
