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
    since: Version = (3, 11)  # the first in which the program can be run

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


_ALL = (
    Exhibit("wait_for_swallows", "cancel swallowed", "ABDS", fixed_in=((3, 12),)),
    Exhibit("wait_for_an_item", "cancel swallowed", "ABDS", fixed_in=((3, 12),)),
    Exhibit("condition_drops_the_message", "message lost", "BCD", fixed_in=((3, 12, 2),)),
    Exhibit("condition_in_wait_for", "RuntimeError of asyncio", "D", fixed_in=((3, 12),)),
    Exhibit("task_group_forgets", "cancel swallowed", "ABDS", fixed_in=((3, 13),)),
    Exhibit("groups_wait_for_ever", "deadlock", "FS", fixed_in=((3, 13),)),
    Exhibit("uncancel_leaves_one", "cancelled by nobody", "D", fixed_in=((3, 13),)),
    Exhibit(
        "eager_sibling_fails",
        "deadlock",
        "AD",
        fixed_in=((3, 12, 9), (3, 13, 2)),
        since=(3, 12),
    ),
    Exhibit("race_leaves_tasks", "assertion", "ACDS", fixed_in=((3, 12, 9), (3, 13, 2))),
    Exhibit("shield_hides_an_error", "hidden by shield", "ADS", fixed_in=((3, 14),)),
    Exhibit("timeout_of_nothing", "cancel swallowed", "C"),
    Exhibit("item_never_done", "deadlock", "ABCD"),
    Exhibit("reply_to_somebody_else", "assertion", "ABCD"),
    Exhibit("reply_to_the_last_one", "assertion", "T"),
    Exhibit("connection_leaks", "left held", "DS"),
    Exhibit("generator_ends_late", "finalised late", "ABCDS"),
    Exhibit("siblings_go_on", "left behind", "ABCD"),
    Exhibit("wait_leaves_tasks", "left behind", "ACD"),
    Exhibit("as_completed_leaves_tasks", "left behind", "ABCD"),
)
EXHIBITS = tuple(one for one in _ALL if sys.version_info >= one.since)
"""Those that can be run on this Python."""
