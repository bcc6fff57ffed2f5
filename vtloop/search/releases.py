"""Who has released a semaphore twice, and where.

A task has if it has released it more often than it has got a permit. One that was handed a permit
by another task looks the same, so this is told only of semaphores that have too many.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, TypeAlias

from vtloop.private.interpreter import getframe
from vtloop.values.source import is_library, line_at

_Line: TypeAlias = "tuple[CodeType, int]"


def programs_line() -> _Line:
    """Return the line of the program that runs now: the innermost that is no library's."""
    frame = getframe(1)
    while is_library(frame) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lineno


class Releases:
    """Takes note of the releases of all semaphores of a run."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}  # how many, by semaphore and task
        self._last: dict[tuple[int, int], _Line] = {}
        self._twice: dict[int, tuple[_Line, _Line]] = {}  # by semaphore
        self._once_more: dict[int, _Line] = {}

    def acquired(self, semaphore: Any, task: int) -> None:
        """Take note that a task, by its number, has got a permit."""
        key = id(semaphore), task
        self._held[key] = self._held.get(key, 0) + 1

    def released(self, semaphore: Any, task: int, made_with: int) -> None:
        """Take note that a task has just released a semaphore, made with so many permits."""
        key, line = (id(semaphore), task), programs_line()
        self._held[key] = held = self._held.get(key, 0) - 1
        before = self._last.get(key)
        self._last[key] = line
        if held < 0 and before is not None:
            self._twice.setdefault(id(semaphore), (before, line))
        if semaphore._value > made_with:
            self._once_more.setdefault(id(semaphore), line)

    def where(self, semaphore: Any) -> str:
        """Return where a semaphore was released too often, in words."""
        if (lines := self._twice.get(id(semaphore))) is not None:
            first, second = lines
            return f"released at {line_at(*first)}, and again at {line_at(*second)}"
        if (line := self._once_more.get(id(semaphore))) is not None:
            return f"released once too often, at {line_at(*line)} at the latest"
        return "released once too often"
