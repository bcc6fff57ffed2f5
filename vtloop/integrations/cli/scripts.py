"""Run a script or module as `python` would, with its event loops in virtual time.

Whatever makes a loop in the script makes a virtual one (see `loop_makers`). Its loops and threads
share one clock, and `time.sleep` outside of them moves it too. The run ends when the threads have
for which the process waits.
"""

from __future__ import annotations

import builtins
import io
import os
import runpy
import sys
import types
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from itertools import pairwise
from typing import Any

from vtloop.core.loop import make_virtual
from vtloop.core.options import Options
from vtloop.core.patches.environment import Environment
from vtloop.core.threads.program_threads import join_all
from vtloop.integrations.cli.loop_makers import LoopMakers, own_loops_noted
from vtloop.integrations.cli.signals import Due, Signals
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDOUT
from vtloop.recording.recording import Recording
from vtloop.recording.stdout import LineOutput, Timestamps
from vtloop.values.clock import Clock
from vtloop.values.source import PACKAGE
from vtloop.values.text import counted

replaces(
    __name__,
    During.SCRIPT,
    "the script finds what it would find if `python` ran it",
    "sys.argv",
    "sys.path[0]",
    "sys.modules['__main__']",
)
replaces(
    __name__,
    During.SCRIPT,
    "lines are recorded, or written with their time and their task",
    "sys.stdout",
)

_OURS = (PACKAGE, "<frozen runpy>")


@dataclass(frozen=True, slots=True)
class Observation:
    """What is to be seen of a script beyond what it prints itself."""

    timestamps: bool = False
    """Whether the virtual time and the task stand before each line."""
    recordings: list[Recording] | None = None
    """Where to put what is recorded, one recording for each loop of the script; None: nowhere."""
    own_loops: list[str] | None = None
    """Where to put the place at which the script made the first virtual loop; None: nowhere."""


_NOTHING = Observation()


def run_script(
    path: str,
    args: list[str],
    options: Options,
    observation: Observation = _NOTHING,
    signals: Iterable[Due] = (),
) -> None:
    """Run the script at `path` as `__main__`; raises what it raises, SystemExit included.

    Of the options `until`, `seed` and `wall_clock` are a script's: it makes its loops itself. These
    `signals` arrive while they run.
    """
    directory = os.path.dirname(os.path.realpath(path))
    with _virtual_time(options, observation, signals), _as_main([path, *args], directory):
        if os.path.isdir(path):
            runpy.run_path(path, run_name="__main__")
        else:
            path = os.path.abspath(path)
            with io.open_code(path) as file:
                code = compile(file.read(), path, "exec", dont_inherit=True)
            module = types.ModuleType("__main__")
            loader = SourceFileLoader("__main__", path)
            vars(module).update(__file__=path, __loader__=loader, __builtins__=builtins)
            sys.modules["__main__"] = module
            exec(code, vars(module))


def run_module(
    name: str,
    args: list[str],
    options: Options,
    observation: Observation = _NOTHING,
    signals: Iterable[Due] = (),
) -> None:
    """Run a module as `python -m name` does; raises what it raises, SystemExit included."""
    with _virtual_time(options, observation, signals), _as_main([name, *args], os.getcwd()):
        own = {"__builtins__": builtins}
        runpy.run_module(name, init_globals=own, run_name="__main__", alter_sys=True)


@contextmanager
def _as_main(argv: list[str], directory: str) -> Iterator[None]:
    before = sys.argv, sys.path[0], sys.modules["__main__"]
    sys.argv, sys.path[0] = argv, directory
    try:
        yield
    finally:
        sys.argv, sys.path[0], sys.modules["__main__"] = before


@contextmanager
def _virtual_time(
    options: Options, observation: Observation, signals: Iterable[Due]
) -> Iterator[None]:
    clock = Clock()
    clock.network = options.network
    recordings, to_arrive = observation.recordings, Signals(signals)

    def make(loop: Any) -> None:
        recorder = None if recordings is None else Recording()
        if recordings is not None and recorder is not None:
            recordings.append(recorder)
        make_virtual(loop, clock=clock, until=options.until, recorder=recorder)
        to_arrive.expect(loop)

    clock.make_loop = lambda _, loop: make(loop)

    with ExitStack() as stack:
        environment = Environment(clock, False, options.wall_clock, options.seed)
        stack.enter_context(environment)
        environment.idle_thread.have_threads()  # so that threads go on from one loop to the next
        if observation.timestamps or recordings is not None:
            output = LineOutput(
                sys.stdout,
                clock,
                begun=Timestamps() if observation.timestamps else lambda at, who: "",
                ended=lambda *line: recordings[-1].printed_line(*line) if recordings else None,
            )
            stack.enter_context(STDOUT.by(output))
        stack.enter_context(LoopMakers(make))
        if observation.own_loops is not None:
            stack.enter_context(own_loops_noted(observation.own_loops))
        try:
            yield
            join_all()
        except Exception as error:
            clock.date_error(error)
            raise
        finally:
            if recordings is None and clock.outside:
                _tell_outside(clock)


def _tell_outside(clock: Clock) -> None:
    """Tell what from outside has had a say, as a recorded run does by its notices."""
    first, *others = sorted(clock.outside)
    more = f" (and {counted(len(others), 'other reason')})" if others else ""
    print(f"vtloop: the next run may differ: {first}{more}", file=sys.stderr)


def hide_own_frames(error: BaseException) -> None:
    """Leave this package's frames out of an exception's traceback, and of those behind it."""
    behind: list[BaseException | None] = [error]
    seen: set[int] = set()
    while behind:
        error_behind = behind.pop()
        if error_behind is None or id(error_behind) in seen:
            continue
        seen.add(id(error_behind))
        _hide_frames(error_behind)
        behind += [error_behind.__cause__, error_behind.__context__]
        if isinstance(error_behind, BaseExceptionGroup):
            behind += error_behind.exceptions


def _hide_frames(error: BaseException) -> None:
    frames: list[Any] = []
    traceback = error.__traceback__
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(_OURS):
            frames.append(traceback)
        traceback = traceback.tb_next
    for outer, inner in pairwise([*frames, None]):
        outer.tb_next = inner
    error.__traceback__ = frames[0] if frames else None
