"""Standard output that knows when, and in which task, each line was begun."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from vtloop.core.threads.actor import here
from vtloop.patching.swapped import STDOUT
from vtloop.values.clock import Clock, plain_seconds
from vtloop.values.columns import carried, columns, cut_in_the_middle, padded, plain


class LineOutput:
    """A text stream that passes on to another one, and tells of each line.

    `begun(at, who)` is asked at the first character of a line what to write before it; `at` is in
    nanoseconds and `who` is the label of the task, or '-'. `ended(at, who, text)` is told the whole
    line, without its newline.
    """

    def __init__(
        self,
        target: Any,
        clock: Clock,
        begun: Callable[[int, str], str] = lambda at, who: "",
        ended: Callable[[int, str, str], object] = lambda at, who, text: None,
    ) -> None:
        self.target = target
        self._clock = clock
        self._begun = begun
        self._ended = ended
        self._at = 0
        self._who = "-"
        self._line: list[str] = []

    def write(self, text: str) -> int:
        for part in text.splitlines(keepends=True):
            if not self._line:
                self._at = self._clock.now
                self._who = "-" if here.actor is None else here.actor.whoami()
                if before := self._begun(self._at, self._who):
                    self.target.write(carried(before, self.target))
            self.target.write(part)
            self._line.append(part)
            if part.endswith("\n"):
                self.end_line()
        return len(text)

    def end_line(self) -> None:
        """Tell of the line that has been begun, if there is one."""
        if self._line:
            line = "".join(self._line).removesuffix("\n")
            self._line.clear()
            self._ended(self._at, self._who, line)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def close(self) -> None:
        """Do nothing: the stream behind it is somebody else's."""

    def __enter__(self) -> LineOutput:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.flush()

    def __getattr__(self, name: str) -> Any:  # flush, encoding, isatty, buffer, reconfigure…
        return getattr(self.target, name)


# Not derived from it, as the finalizer of io's classes takes longer than most short runs print.
io.TextIOBase.register(LineOutput)


class StandardOutput:
    """While it is entered, standard output is another one; in the end that tells its last line."""

    def __init__(self, output: LineOutput) -> None:
        self._output = output

    def __enter__(self) -> None:
        STDOUT.enter(self._output)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool | None:
        STDOUT.leave(self._output)
        self._output.end_line()
        return None


_LEAST, _MOST = 12, 28  # columns of a task's name


class Timestamps:
    """What stands before the lines of a transcript: '     1.500  worker#2     | '.

    Names are in a column that grows with them. They are shortened where two do not look alike then.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Make room for some names, as far as they are known before they occur."""
        self._width = _LEAST
        self._shown: dict[str, str] = {}
        for name in names:
            self._show(name)

    def __call__(self, at: int, who: str) -> str:
        """Return what stands before a line that a task begins at an instant, in nanoseconds."""
        name = self._shown.get(who) or self._show(who)
        return f"{plain_seconds(at, digits=3):>10}  {padded(name, self._width)} | "

    def _show(self, who: str) -> str:
        short = cut_in_the_middle(who, _MOST)
        shown = self._shown[who] = plain(who) if short in self._shown.values() else short
        self._width = max(self._width, columns(shown))
        return shown
