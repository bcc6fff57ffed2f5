"""Small asyncio programs, for tests of what runs or judges programs.

A program is its text, which can be read, kept and run as a script. The grammar is the tables below,
simplest first, as Hypothesis shrinks towards the first. A hole is filled by a delay, by a number,
or by a block of statements. There are no loops, so a program always comes to its end, or to a
deadlock.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

_THINGS = {
    "lock": "asyncio.Lock()",
    "semaphore": "asyncio.Semaphore(2)",
    "event": "asyncio.Event()",
    "queue": "asyncio.Queue(1)",
}

_STATEMENTS = (
    "await asyncio.sleep({delay})",
    "event.set()",
    "await event.wait()",
    "await queue.put({number})",
    "await queue.get()",
    "await asyncio.wait_for(queue.get(), {delay})",
    "await asyncio.shield(asyncio.create_task(asyncio.sleep({delay})))",
    "raise ValueError({number})",
)

_COMPOUNDS = (
    "async with lock:\n    {block}",
    "async with semaphore:\n    {block}",
    "async with asyncio.timeout({delay}):\n    {block}",
    "try:\n    {block}\nfinally:\n    {block}",
    "try:\n    {block}\nexcept TimeoutError:\n    {block}",
)

_MAINS = (
    "async with asyncio.TaskGroup() as group:\n    {started}",
    "await asyncio.gather({calls})",
    "await asyncio.gather({calls}, return_exceptions=True)",
)

_DELAYS = ("0", "1", "2", "0.5")  # few, so that deadlines meet
_DEPTH = 2  # of blocks in one another
_HOLE = re.compile(r"^( *)\{(block)\}|\{(\w+)\}", re.MULTILINE)


@dataclass(frozen=True)
class Program:
    """A program: call it for the coroutine of its main function."""

    text: str

    def __call__(self) -> Coroutine[Any, Any, Any]:
        names: dict[str, Any] = {"__name__": "program"}
        exec(compile(self.text, "<program>", "exec"), names)
        main: Coroutine[Any, Any, Any] = names["main"]()
        return main

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Program:\n\n{textwrap.indent(self.text, '    ')}"


@st.composite
def programs(draw: st.DrawFn, *, tasks: int = 4) -> Program:
    """Return a strategy for programs of up to so many tasks besides the main one.

    They sleep, take locks and permits, wait for events, pass items, have timeouts, clean up and
    fail. They shrink to one task that sleeps for no time.
    """
    workers = draw(st.lists(_blocks(_DEPTH), min_size=1, max_size=tasks))
    names = [f"worker{number}" for number in range(1, len(workers) + 1)]
    calls = [f"{name}()" for name in names]
    body = "\n".join(
        f"async def {name}():\n{textwrap.indent(block, '    ')}\n"
        for name, block in zip(names, workers, strict=True)
    )
    main = draw(st.sampled_from(_MAINS)).format(
        calls=", ".join(calls),
        started="\n    ".join(f"group.create_task({call})" for call in calls),
    )
    things = "".join(f"{name} = {made}\n" for name, made in _THINGS.items() if name in body)
    text = textwrap.indent(f"{things}\n{body}\n{main}", "    ").lstrip("\n")
    return Program(
        f"import asyncio\n\n\nasync def main():\n{text}\n\n\n"
        'if __name__ == "__main__":\n    asyncio.run(main())\n'
    )


def _blocks(depth: int) -> st.SearchStrategy[str]:
    return st.lists(_statements(depth), min_size=1, max_size=3).map("\n".join)


@st.composite
def _statements(draw: st.DrawFn, depth: int) -> str:
    template = draw(st.sampled_from(_STATEMENTS + _COMPOUNDS if depth else _STATEMENTS))

    def filled(hole: re.Match[str]) -> str:
        if hole[2] == "block":
            return textwrap.indent(draw(_blocks(depth - 1)), hole[1])
        return str(draw(st.sampled_from(_DELAYS) if hole[3] == "delay" else st.integers(0, 9)))

    return _HOLE.sub(filled, template)
