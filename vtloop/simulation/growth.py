"""How a program's virtual time grows with its size: exactly, as virtual time has no noise."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from vtloop.claims import takes
from vtloop.errors import ClaimError
from vtloop.simulation.run import Run
from vtloop.simulation.simulation import simulate
from vtloop.values.clock import NANOSECONDS, Seconds, format_seconds, to_nanoseconds
from vtloop.values.options import Option, check, function, of_type

__tracebackhide__ = True  # for pytest: what the user wrote matters, not what is here

SIZES = (1, 2, 4, 8, 16, 32, 64)

# What a word says of n: up to a factor and a constant, the time is this.
LAWS: dict[str, Callable[[int], int]] = {
    "constant": lambda n: 0,
    "logarithmic": lambda n: (n - 1).bit_length(),  # log2, rounded up
    "linear": lambda n: n,
    "linearithmic": lambda n: n * (n - 1).bit_length(),
    "quadratic": lambda n: n * n,
    "exponential": lambda n: 1 << n,
}


class Growth(NamedTuple):
    """How long a program took at each of several sizes."""

    runs: Mapping[int, Run[Any]]
    """By size."""
    times: Mapping[int, int]
    """Nanoseconds of virtual time, by size."""

    @property
    def elapsed(self) -> dict[int, float]:
        """Virtual seconds, by size."""
        return {size: run.elapsed for size, run in self.runs.items()}

    @property
    def law(self) -> str | None:
        """The law in `LAWS` that the times follow exactly; None if there is none, or several."""
        laws = [law for law in LAWS if _follows(self.times, law)]
        return laws[0] if len(laws) == 1 else None

    def __repr__(self) -> str:
        times = ", ".join(f"{size}: {format_seconds(at)}" for size, at in self.times.items())
        return f"<Growth {self.law or 'by no law'}: {times}>"


def check_growth(
    program: Callable[[int], Coroutine[Any, Any, Any]],
    growth: str | Callable[[int], Seconds],
    sizes: Iterable[int] = SIZES,
    **options: Any,
) -> Growth:
    """Run a program at several sizes in virtual time, and claim how its time grows.

    `program(n)` is its main coroutine at a size. `growth` is a function from a size to seconds,
    which have to be met exactly; or a word of `LAWS`, such as "constant", "logarithmic" or
    "linear": then the times are a constant plus a multiple of that, again exactly. `options` are
    those of `simulate`.

    Returns the times. Raises ClaimError with a table, and what a program raises; TypeError or
    ValueError, before it runs, for what is none of this.

    >>> import asyncio
    >>> async def downloads(n: int) -> None:
    ...     gate = asyncio.Semaphore(4)
    ...     async def download() -> None:
    ...         async with gate:
    ...             await asyncio.sleep(1)
    ...     await asyncio.gather(*(download() for _ in range(n)))
    >>> check_growth(downloads, lambda n: n / 4, sizes=(4, 8, 400)).elapsed
    {4: 1.0, 8: 2.0, 400: 100.0}
    """
    given = [*sizes] if isinstance(sizes, Iterable) else sizes
    check(_OPTIONS, program=program, growth=growth, sizes=given)
    sizes = sorted({*given})
    if isinstance(growth, str):
        _check_that_it_shows(growth, sizes)
        expected = {}
    else:
        expected = {size: to_nanoseconds(growth(size)) for size in sizes}
    runs = {size: _run(program, size, options) for size in sizes}
    times = {size: run.trace.header["finished"] for size, run in runs.items()}
    found = Growth(runs, times)
    if isinstance(growth, str):
        if not _follows(times, growth):
            law = f"it is {found.law}" if found.law else f"it is none of {', '.join(LAWS)}"
            raise ClaimError(_table(f"is {growth} in its size; in fact {law}", times, None))
    elif wrong := [size for size in sizes if times[size] != expected[size]]:
        size = wrong[0]
        words = (
            f"takes {format_seconds(expected[size])} at size {size}; in fact "
            f"{format_seconds(times[size])}"
        )
        why = takes(Fraction(expected[size], NANOSECONDS)).of(runs[size])
        raise ClaimError(f"{_table(words, times, expected)}\nAt size {size}:\n{why}")
    return found


def _are_sizes(given: Any) -> bool:
    return all(of_type(int)(size) and size > 0 for size in given) and given != []


def _is_growth(given: Any) -> bool:
    return callable(given) or of_type(str)(given)


_OPTIONS = {
    "program": Option(function, "a function from a size to a coroutine"),
    "growth": Option(_is_growth, f"one of {', '.join(LAWS)}, or a function from a size to seconds"),
    "sizes": Option(_are_sizes, f"whole numbers from 1 on, such as {SIZES}"),
}


def _check_that_it_shows(law: str, sizes: list[int]) -> None:
    """Raise ValueError unless a law is known, and no other one looks the same at some sizes."""
    if law not in LAWS:
        raise ValueError(
            f"Growth was claimed to be {law!r}; name one of {', '.join(LAWS)}, or pass a function "
            "from a size to seconds"
        )
    for other, law_of in LAWS.items():
        if other != law and _follows({size: law_of(size) for size in sizes}, law):
            raise ValueError(
                f"Growth was claimed to be {law}, while at the sizes {sizes} it would look the "
                f"same if it were {other}; give more sizes, such as {SIZES}"
            )


def _run(program: Callable[[int], Any], size: int, options: dict[str, Any]) -> Run[Any]:
    try:
        run = simulate(partial(program, size), **options)
        run.result()
    except BaseException as error:
        error.add_note(f"The program was run at size {size}, to see how its time grows.")
        raise
    return run


def _follows(times: Mapping[int, int], law: str) -> bool:
    """Return whether times are a constant plus a positive multiple of a law, exactly."""
    points = [(LAWS[law](size), at) for size, at in times.items()]
    (first, start), (last, end) = points[0], points[-1]
    if first == last:
        return len({at for _, at in points}) == 1
    on_line = all((at - start) * (last - first) == (end - start) * (x - first) for x, at in points)
    return on_line and end > start


def _table(words: str, times: Mapping[int, int], expected: Mapping[int, int] | None) -> str:
    rows = [("size", "took", "" if expected is None else "claimed")]
    for size, at in times.items():
        claimed = "" if expected is None else format_seconds(expected[size])
        rows.append((str(size), format_seconds(at), claimed))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"Claimed: the program's time {words}"]
    for index, row in enumerate(rows):
        cells = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        wrong = expected is not None and index and row[1] != row[2]
        lines.append(f"  {cells}{'  <-' if wrong else ''}".rstrip())
    return "\n".join(lines)
