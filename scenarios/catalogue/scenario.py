"""What is known of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scenarios.claims import Statement

HERE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One script and what is known about it."""

    number: int
    name: str
    title: str
    statements: tuple[Statement, ...]
    wall_clock: str | None = None
    min_python: tuple[int, int] = (3, 11)
    folder: str = ""

    @property
    def script(self) -> Path:
        """The script itself."""
        return HERE / self.folder / f"{self.name}.py"

    @property
    def golden(self) -> Path:
        """The transcript it has to have."""
        return self.script.with_suffix(".txt")
