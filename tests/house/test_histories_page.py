"""The examples on the page about histories are true, each with what it prints."""

import re
from pathlib import Path

import pytest

from tests.support.processes import printed_by
from tests.support.pytests import run_tests

__all__ = ["run_tests"]

pytestmark = pytest.mark.once

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "histories.md"
BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n^```\n(.*?)^```\n)?", PAGE.read_text("utf-8"), re.M | re.S
)
TESTS = [tests for tests, _ in BLOCKS if tests.startswith("# test_")]
PROGRAMS = [block for block in BLOCKS if block[0] not in TESTS]


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_an_example_prints_what_the_page_says(program, printed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("example.py").write_text(program, "utf-8")
    assert printed_by("example.py") == printed


@pytest.mark.parametrize("tests", TESTS)
def test_an_example_for_pytest_passes(tests, run_tests):
    assert set(run_tests(tests).outcomes.values()) == {"passed"}
