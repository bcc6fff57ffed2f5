"""Schedules that have failed, kept in a directory, so that the next search runs them first."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path

from vtloop.explore.schedule import Schedule, is_schedule

_LONGEST = 60  # characters of a program's name that are part of a file's


class Database:
    """The failing schedules of one program: a file of tokens, one a line, the last one first."""

    def __init__(self, directory: str | os.PathLike[str], program: str) -> None:
        legible = re.sub(r"[^\w.]+", "-", program)[-_LONGEST:]
        name = f"{legible}-{sha256(program.encode()).hexdigest()[:8]}.txt"
        self._path = Path(directory, name)

    def schedules(self) -> list[Schedule]:
        """Return what is kept."""
        return [Schedule.parse(token) for token in self._tokens()]

    def keep(self, schedule: Schedule) -> None:
        """Keep a schedule. That of stock asyncio is run first anyway."""
        token = str(schedule.choices)
        if schedule.deviations:
            self._write([token, *(one for one in self._tokens() if one != token)])

    def drop(self, schedule: Schedule) -> None:
        """Forget a schedule that does not fail any more."""
        tokens, token = self._tokens(), str(schedule.choices)
        if token in tokens:
            self._write([one for one in tokens if one != token])

    def _tokens(self) -> list[str]:
        """Return the tokens that are kept; what other versions may have written is passed over."""
        if not self._path.exists():
            return []
        return [*filter(is_schedule, self._path.read_text("utf-8").splitlines())]

    def _write(self, tokens: list[str]) -> None:
        """Write the file anew, at once: another process may read it meanwhile."""
        if not tokens:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(f".{os.getpid()}")
        written.write_text("".join(f"{token}\n" for token in tokens), "utf-8")
        written.replace(self._path)
