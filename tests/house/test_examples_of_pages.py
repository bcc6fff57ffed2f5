"""The examples on the pages about the network and about exploring are true, each as it prints."""

import re
from pathlib import Path

import pytest

from tests.support.processes import printed_by
from tests.support.pytests import run_tests

__all__ = ["run_tests"]

pytestmark = pytest.mark.once

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = "".join((DOCS / name).read_text("utf-8") for name in ("network.md", "explore.md"))
BLOCKS = re.findall(r"^```python\n(.*?)^```\n(?:\n^```\n(.*?)^```\n)?", PAGES, re.M | re.S)
TESTS = [block for block in BLOCKS if block[0].startswith("# test_")]
PROGRAMS = [block for block in BLOCKS if block not in TESTS]


def _without_counts(text):
    """Return what a search tells without how many runs it took: that is another number with each
    improvement of how it draws them.
    """
    return re.sub(r"[\d,]+ schedules? of (\S+) run, .* fails$", r"\1 fails", text, flags=re.M)


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_an_example_prints_what_the_page_says(program, printed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("example.py").write_text(program, "utf-8")
    assert _without_counts(printed_by("example.py")) == _without_counts(printed)


@pytest.mark.parametrize(("tests", "told"), TESTS)
def test_an_example_for_pytest_passes_or_fails_as_the_page_says(tests, told, run_tests):
    done = run_tests(tests)
    outcomes = set(done.outcomes.values())
    if told:
        assert outcomes == {"failed"}
        name = re.match(r"# (\w+)\.py", tests)[1]
        written = re.sub(r"test_an_example\w+", name, done.text)
        assert _without_counts(told) in _without_counts(written)
    else:
        assert outcomes == {"passed"}
