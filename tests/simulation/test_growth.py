"""How a program's virtual time grows with its size."""

import asyncio
from fractions import Fraction

import pytest

from vtloop import check_growth
from vtloop.errors import ClaimError
from vtloop.simulation.growth import LAWS


async def together(n):
    await asyncio.gather(*(asyncio.sleep(1) for _ in range(n)))


async def in_a_row(n):
    for _ in range(n):
        await asyncio.sleep(0.1)


async def pairs(n):
    for _ in range(n):
        await in_a_row(n)


async def tree(n):
    """Split the work in two until there is only one piece."""
    await asyncio.sleep(1)
    if n > 1:
        await asyncio.gather(tree(n // 2), tree(n - n // 2))


async def sorts(n):
    if n > 1:
        await sorts(n // 2)
        await sorts(n - n // 2)
        await asyncio.sleep(n)


async def subsets(n):
    if n:
        await subsets(n - 1)
        await subsets(n - 1)
    await asyncio.sleep(1)


def downloads(at_once):
    async def download(gate):
        async with gate:
            await asyncio.sleep(1)

    async def main(n):
        gate = asyncio.Semaphore(at_once)
        await asyncio.gather(*(download(gate) for _ in range(n)))

    return main


PROGRAMS = {
    "constant": together,
    "logarithmic": tree,
    "linear": in_a_row,
    "linearithmic": sorts,
    "quadratic": pairs,
    "exponential": subsets,
}


@pytest.mark.parametrize("claimed", LAWS)
@pytest.mark.parametrize("actual", LAWS)
def test_a_program_that_grows_by_one_law_grows_by_no_other(actual, claimed):
    sizes = (1, 2, 4, 8)
    if actual == claimed:
        assert check_growth(PROGRAMS[actual], claimed, sizes).law == actual
    else:
        with pytest.raises(
            ClaimError, match=f"time is {claimed} in its size; in fact it is {actual}"
        ):
            check_growth(PROGRAMS[actual], claimed, sizes)


def test_downloads_through_a_semaphore_take_their_number_over_its_size():
    for k in (1, 2, 4):
        growth = check_growth(downloads(k), lambda n, k=k: Fraction(n, k), sizes=(4, 8, 400))
        assert growth.elapsed == {4: 4 / k, 8: 8 / k, 400: 400 / k}


def test_a_growth_that_is_off_by_a_nanosecond_at_one_size_is_told_in_a_table():
    async def program(n):
        await asyncio.sleep(n + 1e-9 * (n == 4))

    with pytest.raises(ClaimError) as caught:
        check_growth(program, lambda n: n, sizes=(1, 2, 4, 8))
    table, _, picture = str(caught.value).partition("\nAt size 4:\n")
    assert table.splitlines() == [
        "Claimed: the program's time takes 4 s at size 4; in fact 4.000000001 s",
        "  size           took  claimed",
        "     1            1 s      1 s",
        "     2            2 s      2 s",
        "     4  4.000000001 s      4 s  <-",
        "     8            8 s      8 s",
    ]
    assert picture.startswith(
        "Claimed: the run takes 4 s; in fact the run took 4.000000001 s, 1 ns"
    )
    assert "seconds    0              4.000000001" in picture
    with pytest.raises(ClaimError, match="linear in its size; in fact it is none of constant, "):
        check_growth(program, "linear", sizes=(1, 2, 4, 8))


def test_what_a_program_raises_is_raised_with_its_size():
    async def program(n):
        if n == 2:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        check_growth(program, "constant")
    assert caught.value.__notes__ == ["The program was run at size 2, to see how its time grows."]
    with pytest.raises(Exception, match="until"):
        check_growth(in_a_row, "linear", until=1)


def test_a_claim_of_growth_that_says_nothing_is_refused():
    with pytest.raises(ValueError, match="name one of constant, logarithmic, linear"):
        check_growth(together, "fast")
    with pytest.raises(ValueError, match="pass whole numbers from 1 on"):
        check_growth(together, lambda n: n, sizes=())
    with pytest.raises(ValueError, match="pass whole numbers from 1 on"):
        check_growth(together, "constant", sizes=(0, 1, 2))


@pytest.mark.parametrize("sizes", [(1,), (1, 2), (1, 2, 3)])
def test_sizes_at_which_two_laws_look_the_same_are_refused(sizes):
    with pytest.raises(ValueError, match=r"look the same if it were .*; give more sizes, such as"):
        check_growth(in_a_row, "logarithmic", sizes)


def test_the_times_of_a_growth_are_shown():
    growth = check_growth(in_a_row, "linear", sizes=(1, 2, 4))
    assert repr(growth) == "<Growth linear: 1: 0.1 s, 2: 0.2 s, 4: 0.4 s>"
    assert growth.runs[4].elapsed == 0.4
    growth = check_growth(in_a_row, lambda n: n / 10, sizes=(1, 2))
    assert repr(growth) == "<Growth by no law: 1: 0.1 s, 2: 0.2 s>"
