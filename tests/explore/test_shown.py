"""A report is shown with the line that fails, in a notebook with the chart of the schedule too."""

import asyncio
import json
import re
import sys

import pytest

from tests.support import raced
from vtloop.explore import explore


def test_an_error_is_told_with_the_innermost_line_of_the_program():
    async def main():
        json.loads("{")

    (failure,) = explore(main).failures
    assert failure.detail.startswith("the program raises JSONDecodeError(")
    assert re.search(r"\n  at \S*test_shown\.py:\d+ in main: json\.loads\(", str(failure))


def test_an_error_that_nobody_looks_at_and_one_of_a_check_have_their_lines_too():
    async def main():
        tasks.append(asyncio.create_task(fails()))
        await asyncio.sleep(1)

    async def fails():
        raise ValueError

    def judges(value):
        assert value

    tasks = []
    assert re.search(r"ValueError\(\)\n  at \S+ in fails: raise ValueError", str(explore(main)))
    told = str(explore(raced.safe, check=judges))
    assert re.search(r"AssertionError\(.*\)\n  at \S+ in judges: assert value", told)


def test_a_notebook_shows_the_text_and_below_it_the_chart_of_what_fails():
    pytest.importorskip("matplotlib")
    report = explore(raced.sold_twice)
    shown = report._repr_html_()
    assert shown.startswith("<pre ")
    assert "<svg" in shown.partition("</pre>")[2]
    assert report.failures[0].token in shown
    assert "<svg" in report.failures[0]._repr_html_()


def test_without_matplotlib_it_shows_marbles(monkeypatch):
    monkeypatch.setitem(sys.modules, "vtloop.views.chart", None)
    shown = explore(raced.sold_twice)._repr_html_()
    assert "sold_twice#1  |" in shown.partition("</pre>")[2]


def test_a_report_without_a_failure_is_text_in_which_nothing_is_html():
    async def main():
        pass

    report = explore(main)
    assert report._repr_html_().count("<") == 2, "a pre, and its end"
    assert "&lt;locals&gt;" in report._repr_html_()


def test_the_terminal_of_ipython_shows_the_same_text():
    pretty = pytest.importorskip("IPython.lib.pretty")
    report = explore(raced.sold_twice)
    assert pretty.pretty(report) == str(report)
    assert pretty.pretty(report.failures[0]) == str(report.failures[0])
