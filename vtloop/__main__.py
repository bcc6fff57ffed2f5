"""The command line: `vtloop run script.py`, and `vtloop chart`, `trace` and `sweep`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from vtloop import __version__
from vtloop.errors import SimulationError, UntilReached
from vtloop.options import add_options
from vtloop.progress import progress
from vtloop.recording import Recording
from vtloop.scripts import Options, hide_own_frames, run_module, run_script
from vtloop.sweep_command import add_command, run_command
from vtloop.timeline import Timeline
from vtloop.trace import Trace, load
from vtloop.views import FORMATS, format_for, write
from vtloop.wallclock import start_of

_VIEWS = ("chart", "trace")
_STOP = "stop at this virtual time, with exit status 0"


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
    add_options(run, _STOP)
    run.add_argument(
        "--timestamps",
        action="store_true",
        help="print the virtual time and the task before each line",
    )
    run.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, help="run a module, as with python -m"
    )
    run.add_argument("script", nargs=argparse.REMAINDER, help="the script and its arguments")
    for command, what, format in (("chart", "a chart", None), ("trace", "the trace", "trace")):
        view = commands.add_parser(
            command,
            help=f"run a script and write {what} of it",
            description=f"Run a script in virtual time and write {what} of what its loop did.",
            usage=f"vtloop {command} [options] (script.py | trace.jsonl) [-- args …]",
        )
        add_options(view, _STOP)
        view.add_argument("-o", "--output", metavar="FILE", help="default: named as the script")
        view.set_defaults(format=format)
        view.add_argument("script", help="the script, or a trace that was saved")
        if command == "chart":
            view.add_argument(
                "--format", choices=FORMATS, help="default: what the suffix of FILE says, or svg"
            )
            view.add_argument("--axis", choices=("time", "steps", "both"), help="what is across")
            view.add_argument("--theme", choices=("light", "dark"))
            view.add_argument("--title")
    add_command(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = _parser()
    argv, args = list(sys.argv[1:] if argv is None else argv), []
    if argv[:1] != ["run"] and "--" in argv:  # the rest is the script's; argparse would mix them up
        cut = argv.index("--")
        argv, args = argv[:cut], argv[cut + 1 :]
    elif argv[1:2] == ["--"]:  # of `vtloop run -- script.py`
        del argv[1]
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        hint = "; put those of the script behind --" if arguments.command in _VIEWS else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if arguments.command == "sweep":
        return run_command(parser, arguments)
    options = Options(arguments.wall_clock, arguments.until, arguments.seed)
    if arguments.command == "run":
        target = arguments.module or arguments.script
        if not target:
            parser.error("vtloop run was called without a script; give script.py, or -m module")
        options = replace(options, timestamps=arguments.timestamps)
        start = run_module if arguments.module else run_script
        start_it = partial(start, target[0], target[1:], options)
        return _run(parser, start_it, target[0], 1 if arguments.module else 2)
    try:
        return _view(parser, arguments, args, options)
    except SimulationError as error:
        parser.exit(2, f"vtloop: {error}\n")


def _run(parser: argparse.ArgumentParser, start: Callable[[], None], name: str, status: int) -> int:
    """Run a program as the interpreter would; `status` is for one that cannot be found."""
    try:
        start()
    except UntilReached as reached:
        print(f"vtloop: {reached}", file=sys.stderr)
    except SystemExit:
        raise
    except BaseException as error:
        _hide_frames_when_printed()
        if isinstance(error, OSError | ImportError) and not _is_of_the_program(error):
            parser.exit(status, f"vtloop: cannot run {name}: {error}\n")
        raise  # so that the interpreter ends as it does for any program
    return 0


def _view(
    parser: argparse.ArgumentParser,
    arguments: argparse.Namespace,
    args: list[str],
    options: Options,
) -> int:
    """Write what the arguments ask for, also of a script that ends with an error."""
    if arguments.script.endswith(FORMATS["trace"][0]):
        _write([load(arguments.script)], arguments)
        return 0
    first, format = _target(arguments)
    format_for(first, format)
    recordings: list[Recording] = []
    options = replace(options, recordings=recordings)
    start = partial(run_script, arguments.script, args, options)
    try:
        status = _run(parser, start, arguments.script, 2)
    finally:
        clock = start_of(options.wall_clock)
        header = {"seed": options.seed, "wall_clock": clock and clock.text}
        _write([recording.trace(**header) for recording in recordings], arguments)
    if not recordings:
        raise SimulationError(
            f"A view of {arguments.script!r} was asked for, while it ran no event loop; give a "
            "script that does, by asyncio.run for example"
        )
    return status


def _write(traces: Sequence[Trace], arguments: argparse.Namespace) -> None:
    """Write a view of each trace, and say where; the second and later ones get numbers."""
    style = {
        name: getattr(arguments, name)
        for name in ("axis", "theme", "title")
        if getattr(arguments, name, None) is not None
    }
    first, format = _target(arguments)
    numbers = range(2, len(traces) + 1)
    paths = [first, *(first.with_stem(f"{first.stem}-{number}") for number in numbers)]
    with progress(f"vtloop: writing {first}", 2 * len(traces)) as step_done:
        for trace, path in zip(traces, paths, strict=False):
            timeline = Timeline(trace)
            step_done()
            write(timeline, path, format, **style)
            step_done()
    for path in paths[: len(traces)]:
        print(f"vtloop: wrote {path}", file=sys.stderr)


def _target(arguments: argparse.Namespace) -> tuple[Path, str | None]:
    """Return where the first view goes, and the format that was asked for, if one was."""
    format = arguments.format or (None if arguments.output else "svg")
    suffix = FORMATS[format][0] if format else ""
    return Path(arguments.output or Path(arguments.script).stem + suffix), format


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
