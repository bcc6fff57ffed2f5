"""The command line: `vtloop run`, and `chart`, `trace`, `sweep`, `explore` and `audit`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from vtloop import __version__
from vtloop.core.options import Options
from vtloop.core.patches.wall_clock import start_of
from vtloop.errors import SimulationError, UntilReached
from vtloop.integrations.cli.audit_command import add_audit_command, run_audit_command
from vtloop.integrations.cli.explore_command import add_explore_command, run_explore_command
from vtloop.integrations.cli.pipes import ends_with_its_reader
from vtloop.integrations.cli.scripts import (
    Observation,
    hide_own_frames,
    run_module,
    run_script,
)
from vtloop.integrations.cli.signals import due
from vtloop.integrations.cli.sweep_command import add_command, run_command
from vtloop.integrations.options import (
    add_looks,
    add_network,
    add_options,
    looks_of,
    options_of,
)
from vtloop.patching.replaced import During, replaces
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.values.options import check
from vtloop.values.progress import progress
from vtloop.values.trace import Trace, is_file_of_trace, load
from vtloop.views.formats import (
    FORMATS,
    check_view,
    format_for,
    suffix_of,
    write,
    write_out,
    write_series,
)
from vtloop.views.options import LOOKS, OF_CHARTS

_VIEWS = ("chart", "trace")
_STOP = "stop at this virtual time, with exit status 0"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vtloop", description="Asyncio programs in virtual time: instant and reproducible."
    )
    parser.add_argument("--version", action="version", version=f"vtloop {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run an unmodified asyncio script",
        description="Run an unmodified asyncio script in virtual time, as python would run it.",
        usage="vtloop run [options] (script.py | -m module) [args …]",
    )
    add_options(run, _STOP)
    add_network(run)
    _add_signal(run)
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
            usage=f"vtloop {command} [options] (script.py | trace.jsonl[.gz]) [-- args …]",
        )
        add_options(view, _STOP)
        add_network(view)
        _add_signal(view)
        view.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help="default: named as the script; - for standard output, and then what the script "
            "prints goes to standard error",
        )
        view.set_defaults(format=format)
        view.add_argument("script", help="the script, or a trace that was saved")
        if command == "chart":
            view.add_argument(
                "--format",
                choices=FORMATS,
                help="default: what the suffix of FILE says, or svg; marbles are printed, unless "
                "there is a FILE",
            )
            add_looks(view, *LOOKS, "outlines", "at")
    add_command(commands)
    add_explore_command(commands)
    add_audit_command(commands)
    return parser


def _add_signal(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--signal",
        dest="signals",
        type=due,
        action="append",
        default=[],
        metavar="NAME@SECONDS",
        help="a signal that arrives at this virtual time, such as SIGTERM@30",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    with ends_with_its_reader():
        return _command(argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = _parser()
    argv, args = list(sys.argv[1:] if argv is None else argv), []
    # The rest is the script's; argparse would mix them up.
    if argv[:1] not in (["run"], ["audit"]) and "--" in argv:
        cut = argv.index("--")
        argv, args = argv[:cut], argv[cut + 1 :]
    elif argv[1:2] == ["--"]:  # of `vtloop run -- script.py`
        del argv[1]
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        hint = "; put those of the script behind --" if arguments.command in _VIEWS else ""
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    if arguments.command is None:
        parser.print_help(sys.stderr)
        return 2
    if arguments.command == "sweep":
        return run_command(parser, arguments)
    if arguments.command == "explore":
        return run_explore_command(parser, arguments)
    if arguments.command == "audit":
        return run_audit_command(parser, arguments)
    options = options_of(arguments)
    if arguments.command == "run":
        target = arguments.module or arguments.script
        if not target:
            parser.error("vtloop run was called without a script; give script.py, or -m module")
        start = run_module if arguments.module else run_script
        observation = Observation(timestamps=arguments.timestamps)
        start_it = partial(start, target[0], target[1:], options, observation, arguments.signals)
        return _run(parser, start_it, target[0], 1 if arguments.module else 2)
    try:
        target = _target(arguments)
        traces = _traces_of_file(arguments.script)
    except (OSError, SimulationError, TypeError, ValueError) as error:
        parser.exit(2, f"vtloop: {error}\n")
    if traces is not None:
        return _write(traces, target)
    return _view(parser, arguments, args, options, target)


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


class _Target(NamedTuple):
    """Where views go, and how they are to look."""

    first: Path
    format: str
    style: dict[str, Any]
    printed: bool = False  # to standard output instead

    def path(self, number: int) -> Path:
        """Return the path of one of several; the second and later ones have numbers."""
        if number == 1:
            return self.first
        ending = self.first.name[self.first.name.rindex(suffix_of(self.first) or "") :]
        stem = self.first.name.removesuffix(ending)
        return self.first.with_name(f"{stem}-{number}{ending}")


def _target(arguments: argparse.Namespace) -> _Target:
    """Return the target that was asked for; raises unless it can be written."""
    style = looks_of(arguments)
    format = arguments.format or (None if arguments.output else "svg")
    suffix = FORMATS[format][0] if format else ""
    if "at" in style:
        check(OF_CHARTS, path=arguments.output or "{}")
        suffix = f"-{{}}{suffix}"
    if arguments.output == "-" or (arguments.output is None and format == "marbles"):
        format = format or "marbles"
        check_view("-", format, **style)
        return _Target(Path("-"), format, style, printed=True)
    first, script = Path(arguments.output or Path(arguments.script).stem + suffix), arguments.script
    if first.exists() and os.path.exists(script) and first.samefile(script):
        raise SimulationError(
            f"A view of {script!r} was to be written over it; give another file with -o"
        )
    return _Target(first, format_for(first, format, **style), style)


def _traces_of_file(name: str) -> list[Trace] | None:
    """Return what was saved, if that is a file of traces."""
    return [load(name)] if is_file_of_trace(name) else None


def _view(
    parser: argparse.ArgumentParser,
    arguments: argparse.Namespace,
    args: list[str],
    options: Options,
    target: _Target,
) -> int:
    """Run a script and write views of it, also if it ends with an error."""
    recordings: list[Recording] = []
    own_loops: list[str] = []
    script, observation = arguments.script, Observation(False, recordings, own_loops)
    start = partial(run_script, script, args, options, observation, arguments.signals)
    prints = redirect_stdout(sys.stderr) if target.printed else nullcontext()
    try:
        with prints:
            status = _run(parser, start, script, 2)
    finally:
        clock = start_of(options.wall_clock)
        header = {"seed": options.seed, "wall_clock": clock and clock.text}
        written = _write([recording.trace(**header) for recording in recordings], target)
    if not recordings:
        only = f" but those of its own, the first made at {own_loops[0]}" if own_loops else ""
        parser.exit(
            2,
            f"vtloop: A view of {script!r} was asked for, while it ran no event loop{only}; let it "
            "run one, by asyncio.run for example\n",
        )
    return status or written


def _write(traces: Sequence[Trace], target: _Target) -> int:
    """Write a view of each trace, and say where; returns the exit status."""
    status = 0
    if target.printed and traces[1:] and target.format != "marbles":
        print(f"vtloop: printed the first of {len(traces)} views; give a FILE", file=sys.stderr)
        traces = traces[:1]
    with progress(f"vtloop: writing {target.first}", 2 * len(traces)) as step_done:
        for number, trace in enumerate(traces, 1):
            timeline, path = Timeline(trace), target.path(number)
            written = [path]
            step_done()
            try:
                if target.printed:
                    print(end="\n" * (number > 1))
                    write_out(timeline, target.format, **target.style)
                elif "at" in target.style:
                    written = write_series(timeline, path, target.format, **target.style)
                else:
                    write(timeline, path, target.format, **target.style)
            except (OSError, SimulationError) as error:
                if target.printed and isinstance(error, BrokenPipeError):
                    raise
                print(f"vtloop: {path} was not written: {error}", file=sys.stderr)
                status = 1
            else:
                if not target.printed:
                    first, last = written[0], written[-1]
                    pictures = f"{first} … {last}" if written[1:] else str(first)
                    print(f"vtloop: wrote {pictures}", file=sys.stderr)
            step_done()
    return status


def _is_of_the_program(error: BaseException) -> bool:
    hide_own_frames(error)
    return error.__traceback__ is not None


def _hide_frames_when_printed() -> None:
    print_exception = sys.excepthook

    def hook(kind: Any, error: BaseException, traceback: Any) -> None:
        hide_own_frames(error)
        print_exception(kind, error, error.__traceback__)

    sys.excepthook = hook


replaces(
    __name__,
    During.SCRIPT,
    "tracebacks go without lines of this package; as the process ends then, it stays so",
    "sys.excepthook",
)


if __name__ == "__main__":
    sys.exit(main())
