"""The Python functions that a step calls, one by one.

- On Python 3.12 and later `sys.monitoring` tells of them, before that `sys.settrace`, whose tracer
  is taken away meanwhile. Either calls something only while a step is followed. To switch events on
  or off takes as long as a short case, as each function is changed when it runs next; so they stay
  on, with nobody to listen to them, until some runs in a row have followed no step. Only those of
  functions that never count are switched off, one by one, when they come for the first time.
- The first thing that a step does is to begin or to resume its coroutine: that is call 0. From
  then on functions count when they begin, and not when they are resumed, as by an await.
- Not counted: this package's own functions and those that a recorder calls, so that a recorded run
  has the same calls; what the simulated network calls, and whoever replaces things in the process,
  as they do more for the first socket of a process; callbacks of weak references; pytest's words
  for a failed assertion, as it caches them, so that the number of their calls varies.
- Nor are the functions of tasks and futures that are written in Python: those in C have none.
- What other threads call meanwhile is none of the step's.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import CodeType, FrameType
from typing import Any

from vtloop.core import waits
from vtloop.patching.replaced import During, keeps, replaces
from vtloop.private.events import TWINS
from vtloop.private.interpreter import WEAKREF_FILES, getframe
from vtloop.recording import recording, steps, suspensions
from vtloop.values.source import PACKAGE

replaces(
    __name__,
    During.SEARCH,
    "the calls of a step are counted; on Python 3.11 it is the tracer of the thread",
    "tool 4 of `sys.monitoring`",
)
keeps(__name__, "for how long it is worth while to switch events off one by one", "_tidying")

_NOT_COUNTED = (PACKAGE, *WEAKREF_FILES)
_TWINS = frozenset(map(id, TWINS))
_PYTEST = f"{os.sep}_pytest{os.sep}"
_ROOMS = tuple(f"{PACKAGE}{room}{os.sep}" for room in ("net", "patching", "values"))
_RECORDERS = {module.__file__ for module in (recording, suspensions, steps, waits)}


class Calls:
    """Follows one step at a time, `recorded` or not."""

    def __init__(self, called: Callable[[int], object], recorded: bool = False) -> None:
        self.count = 0
        """How many calls the step has made so far."""
        self._called = called
        self._recorded = recorded
        self._thread = 0
        self._tracer: Any = None

    def _begun(self, resumed: bool) -> None:
        if resumed and self.count:
            return
        if _is_called_by_others(self._recorded):
            return
        number = self.count
        self.count = number + 1
        self._called(number)

    if sys.version_info >= (3, 12):

        def start(self) -> None:
            """Follow the step that is about to begin."""
            self.count = 0
            self._thread = threading.get_ident()
            if monitoring.get_tool(_TOOL) is None:
                monitoring.use_tool_id(_TOOL, _NAME)
                monitoring.set_events(_TOOL, sum(_EVENTS))
                _tidying.runs_left = _TIDIED
            _tidying.unused = 0
            for event, resumed in _EVENTS.items():
                monitoring.register_callback(_TOOL, event, partial(self._listen, resumed))

        def stop(self) -> None:
            """Follow the step no longer."""
            _tidying.listen()

        def _listen(self, resumed: bool, code: CodeType, *_: Any) -> None:
            if (
                not code.co_filename.startswith(_NOT_COUNTED)
                and id(code) not in _TWINS
                and threading.get_ident() == self._thread
            ):
                self._begun(resumed)

    else:

        def start(self) -> None:
            """Follow the step that is about to begin."""
            self.count = 0
            self._tracer = sys.gettrace()
            sys.settrace(self._trace)

        def stop(self) -> None:
            """Follow the step no longer."""
            sys.settrace(self._tracer)

        def _trace(self, frame: FrameType, event: str, argument: object) -> None:
            # A frame that begins stands at an instruction RESUME 0.
            code, at = frame.f_code.co_code, frame.f_lasti
            if (
                not frame.f_code.co_filename.startswith(_NOT_COUNTED)
                and id(frame.f_code) not in _TWINS
            ):
                self._begun(resumed=code[at] != _RESUME or code[at + 1] != 0)


def _is_called_by_others(recorded: bool) -> bool:
    """Return whether it was not the step that called the function that begins.

    Then what records a run did so, pytest, or what stands in for the operating system.
    """
    frame = getframe(2)
    while frame.f_code.co_filename.startswith(PACKAGE) and frame.f_back is not None:
        frame = frame.f_back  # from those that listen to the function
    by_pytest = False
    while not frame.f_code.co_filename.startswith(PACKAGE):
        by_pytest = by_pytest or _PYTEST in frame.f_code.co_filename
        if frame.f_back is None:
            return False  # of no loop of this package's
        frame = frame.f_back
    caller = frame.f_code.co_filename
    return by_pytest or caller.startswith(_ROOMS) or (recorded and caller in _RECORDERS)


if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    _TOOL, _NAME = 4, "vtloop.search"  # the number is one of those that are nobody's
    _TIDIED = 12  # runs, as much the same goes on in all of them
    _UNUSED = 10  # runs without a step that is followed, after which events are switched off
    _EVENTS = {
        monitoring.events.PY_START: False,
        monitoring.events.PY_RESUME: True,
        monitoring.events.PY_THROW: True,
    }

    class _Tidying:
        """Switches off, one by one, the events that never count, as they come between two steps."""

        runs_left = 0
        """In how many runs it is worth while."""
        unused = 0
        """How many runs in a row have followed no step."""

        def listen(self) -> None:
            """Listen for as long as it is worth while, and nobody else."""
            listener = self._switch_off if self.runs_left > 0 else None
            for event in _EVENTS:
                lasts = event == monitoring.events.PY_THROW  # cannot be switched off one by one
                monitoring.register_callback(_TOOL, event, None if lasts else listener)

        def _switch_off(self, code: CodeType, *_: Any) -> object:
            return monitoring.DISABLE if code.co_filename.startswith(_NOT_COUNTED) else None

        def end_run(self) -> None:
            self.runs_left -= 1
            if self.runs_left == 0:
                self.listen()
            if self.unused == _UNUSED:
                forget_calls()
            self.unused += 1

    _tidying = _Tidying()

    def end_run() -> None:
        """Take note that a run has ended."""
        if monitoring.get_tool(_TOOL) == _NAME:
            _tidying.end_run()

    def forget_calls() -> None:
        """Let functions be as they were: no more steps are followed."""
        if monitoring.get_tool(_TOOL) == _NAME:
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)

else:
    import opcode

    _RESUME = opcode.opmap["RESUME"]

    def end_run() -> None:
        """Do nothing: a tracer leaves nothing behind."""

    forget_calls = end_run
