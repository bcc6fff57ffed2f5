"""The examples on the page about the network are true, each with what it prints."""

import re
from pathlib import Path

import pytest

from tests.support.processes import printed_by
from tests.support.pytests import run_tests

__all__ = ["run_tests"]

pytestmark = pytest.mark.once

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "network.md"
BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n^```\n(.*?)^```\n)?", PAGE.read_text("utf-8"), re.M | re.S
)
TESTS = [block for block in BLOCKS if block[0].startswith("# test_")]
PROGRAMS = [block for block in BLOCKS if block not in TESTS]


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_an_example_prints_what_the_page_says(program, printed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("example.py").write_text(program, "utf-8")
    assert printed_by("example.py") == printed


@pytest.mark.parametrize(("tests", "told"), TESTS)
def test_an_example_for_pytest_passes_or_fails_as_the_page_says(tests, told, run_tests):
    done = run_tests(tests)
    outcomes = set(done.outcomes.values())
    if told:
        assert outcomes == {"failed"}
        name = re.match(r"# (\w+\.py)", tests)[1]
        written = re.sub(r"test_an_example\w+\.py", name, done.text)
        assert told in written
    else:
        assert outcomes == {"passed"}
