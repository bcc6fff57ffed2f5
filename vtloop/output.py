"""Standard output that knows when, and in which task, each line was begun."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from vtloop.blocking import here
from vtloop.clock import Clock, plain_seconds


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
                self.target.write(self._begun(self._at, self._who))
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


def timestamp(at: int, who: str) -> str:
    """Return what stands before a line of a transcript: '     1.500  worker#2     | '."""
    return f"{plain_seconds(at, digits=3):>10}  {who:<12} | "
