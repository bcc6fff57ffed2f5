"""All that this package changes in the process around it, in one table.

- Whoever replaces something says so here when its module is imported: what, while what goes on, and
  why. So does who keeps state of its own for the whole process.
- `docs/replaced.md` is this table. A test compares the page with the table, and the table with what
  is found to differ inside of a run, a sweep, a test and a script.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class During(Enum):
    """While what something is replaced."""

    PROCESS = "From the import of the package on"
    RUN = "While a run is on"
    LOOP = "While a virtual loop runs, on its thread"
    RECORDED = "While a recorded run is on"
    BESIDE_A_LOOP = "While a run is on in a thread whose loop runs, such as a notebook's"
    SEARCH = "While a search, such as a sweep, is on"
    TEST = "While a test is on that must leave nothing behind"
    SCRIPT = "While `vtloop` runs a script"
    CELL = "While a cell of a notebook runs"
    AUDIT = "In the processes that an audit starts"


class Replaced(NamedTuple):
    """Something of the process that is another one for a while."""

    what: str  # its full name, 'asyncio.tasks.set', or in words, 'the local time zone'
    during: During
    by: str  # the module that replaces it
    why: str


class Kept(NamedTuple):
    """Something that changes, and of which there is one for the whole process."""

    what: str  # its full name
    why: str


_replaced: dict[Replaced, None] = {}
_kept: dict[Kept, None] = {}


def replaces(by: str, during: During, why: str, *what: str) -> None:
    """Say that a module replaces something, in one phrase why."""
    _replaced.update(dict.fromkeys(Replaced(one, during, by, why) for one in what))


def keeps(by: str, why: str, *names: str) -> None:
    """Say that a module keeps, by names of its own, something for the whole process."""
    _kept.update(dict.fromkeys(Kept(f"{by}.{name}", why) for name in names))


def all_replaced() -> tuple[Replaced, ...]:
    """Return all that is replaced, as far as modules have been imported that do so."""
    return tuple(_replaced)


def all_kept() -> tuple[Kept, ...]:
    """Return all that is kept, likewise."""
    return tuple(_kept)


def page() -> str:
    """Return both as a page in Markdown."""
    lines = [
        "# What is replaced in the process, and what is kept",
        "",
        "`python -m tests.support.page_of_replaced` makes this page of the tables in the code.",
        "Names with an underscore are those of Python, and differ from one version to the next.",
        "What is replaced does what it always does for threads that belong to no run.",
    ]
    for during in During:
        groups: dict[tuple[str, str], list[str]] = {}
        for one in _replaced:
            if one.during is during:
                groups.setdefault((one.why, one.by), []).append(one.what)
        lines += ["", f"## {during.value}", "", "| what | why | by |", "| --- | --- | --- |"]
        lines += [
            f"| {', '.join(map(_named, names))} | {why} | `{by}` |"
            for (why, by), names in sorted(groups.items(), key=lambda item: item[0][::-1])
        ]
    lines += ["", "## State of this package's own, one for the process", ""]
    lines += ["| what | why |", "| --- | --- |"]
    lines += [f"| `{one.what}` | {one.why} |" for one in sorted(_kept)]
    return "".join(f"{line}\n" for line in lines)


def _named(what: str) -> str:
    return what if " " in what else f"`{what}`"


keeps(__name__, "these tables", "_replaced", "_kept")
