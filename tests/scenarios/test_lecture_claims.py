"""What the lecture and its readers say of asyncio is true, false or half true, as expected."""

import asyncio
from collections import Counter

import pytest

import vtloop
from scenarios import waiting_is_free
from scenarios.catalogue import SCENARIOS
from scenarios.claims import HALF_TRUE, NOT_SHOWN, REFUTED
from tests.support.scenarios import golden, statement, statements


@pytest.mark.parametrize(("scenario", "said"), statements())
def test_a_statement_comes_out_as_expected(scenario, said):
    verdict = said.judge(golden(scenario), scenario.wall_clock)
    assert verdict.outcome is said.expected, verdict.actual


def test_what_the_lecture_got_wrong_is_known():
    expected = Counter(said.expected for scenario in SCENARIOS for said in scenario.statements)
    assert (expected[REFUTED], expected[HALF_TRUE], expected[NOT_SHOWN]) == (1, 1, 0)
    assert statement("gather_one_raises", "error occured")[1].expected is REFUTED
    assert statement("shield_and_cancellation", "if the caller")[1].expected is HALF_TRUE


def test_any_number_of_waits_takes_as_long_as_one_and_any_number_of_blocking_calls_their_sum():
    async def waits(n):
        await asyncio.gather(*map(waiting_is_free.wait, range(n)))

    async def blocks(n):
        await asyncio.gather(*map(waiting_is_free.block, range(n)))

    vtloop.check_growth(waits, "constant", sizes=(1, 10, 100, 1000))
    vtloop.check_growth(blocks, "linear", sizes=(1, 10, 100, 1000, 2000))
