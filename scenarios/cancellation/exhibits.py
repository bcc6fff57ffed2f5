"""What is in the museum, and what is to be found in it.

A bug of asyncio's own occurs on the versions of Python that the exhibit names; one of a program, on
all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Program = Callable[[], Coroutine[Any, Any, None]]
Version = tuple[int, ...]


@dataclass(frozen=True)
class Exhibit:
    """One bug."""

    name: str  # of the module
    oracle: str  # that finds it
    classes: str  # of the moments at which it shows: these, and no others
    fixed_in: tuple[Version, ...] = ()  # the first version of each minor one that has it no more

    @property
    def main(self) -> Program:
        """The program that shows it."""
        program: Program = import_module(f"scenarios.cancellation.{self.name}").main
        return program

    @property
    def fixed(self) -> Program:
        """The program that does not."""
        program: Program = import_module(f"scenarios.cancellation.{self.name}").fixed
        return program

    def occurs(self, version: Version = sys.version_info[:3]) -> bool:
        """Tell whether the bug is in a version of Python."""
        same_minor = [fixed for fixed in self.fixed_in if fixed[:2] == version[:2]]
        if same_minor:
            return version < same_minor[0]
        return not self.fixed_in or version < min(self.fixed_in)


EXHIBITS = (
    Exhibit("wait_for_swallows", "cancel swallowed", "ABS", fixed_in=((3, 12),)),
    Exhibit("wait_for_an_item", "cancel swallowed", "ABDS", fixed_in=((3, 12),)),
    Exhibit("condition_drops_the_message", "message lost", "BCD", fixed_in=((3, 12, 2),)),
    Exhibit("condition_in_wait_for", "RuntimeError of asyncio", "D", fixed_in=((3, 12),)),
    Exhibit("task_group_forgets", "cancel swallowed", "ABDS", fixed_in=((3, 13),)),
    Exhibit("timeout_of_nothing", "cancel swallowed", "C"),
    Exhibit("item_never_done", "deadlock", "ABCD"),
    Exhibit("reply_to_somebody_else", "assertion", "ABCD"),
    Exhibit("connection_leaks", "left held", "DS"),
    Exhibit("generator_ends_late", "finalised late", "ABCDS"),
    Exhibit("siblings_go_on", "left behind", "ABCD"),
    Exhibit("wait_leaves_tasks", "left behind", "ACD"),
)
