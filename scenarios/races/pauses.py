"""What a program awaits where real code would do I/O: a bare switch, or a millisecond."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Pause: TypeAlias = Callable[[], Awaitable[None]]

MILLISECOND = 0.001


async def step() -> None:
    """Let the others run, in no time."""
    await asyncio.sleep(0)


async def io() -> None:
    """Take a millisecond."""
    await asyncio.sleep(MILLISECOND)
