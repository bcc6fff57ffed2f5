"""Test files that are run by a pytest of their own, with this package's plugin and others."""

import re
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import vtloop

PACKAGE = Path(vtloop.__file__).parent
OURS = () if entry_points(group="pytest11", name="vtloop") else ("-p", "vtloop.pytest_plugin")

CONFIG = """
[pytest]
filterwarnings = error
{}
"""

_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) \S*?::(\S+)", re.MULTILINE)


class Done:
    """What a pytest has told."""

    def __init__(self, result: pytest.RunResult) -> None:
        self.result = result
        self.text = result.stdout.str()
        self.errors = result.stderr.str()
        self.outcomes = {name: outcome.lower() for outcome, name in _OUTCOME.findall(self.text)}
        """By the names of tests. A test that also failed in its teardown is an 'error'."""

    def section(self, test: str) -> str:
        """Return the part of the report that is about one test, the last of several."""
        parts = re.split(r"^_{3,} (.+?) _{3,}$", self.text, flags=re.MULTILINE)
        parts[-1] = re.split(r"^={3,} ", parts[-1], maxsplit=1, flags=re.MULTILINE)[0]
        named = dict(zip(parts[1::2], parts[2::2], strict=True))
        return next(text for name, text in named.items() if name.split()[-1] == test)


@pytest.fixture
def run_tests(pytester, monkeypatch):
    """Run a test file with this plugin alone, as others take longer to load than most tests.

    `config` is for pytest.ini, `conftest` for conftest.py, `cache` the directory of pytest's cache.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return _runner(pytester, monkeypatch, "-p", "vtloop.pytest_plugin")


@pytest.fixture
def run_beside_others(pytester, monkeypatch):
    """Run a test file with all plugins that are installed."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-o asyncio_default_fixture_loop_scope=function")
    return _runner(pytester, monkeypatch, *OURS)


def _runner(pytester, monkeypatch, *plugin):
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    monkeypatch.setenv("COLUMNS", "120")

    def run(tests, *arguments, config="", conftest="", cache=None):
        pytester.makepyfile(tests)
        pytester.makeini(CONFIG.format(config))
        if conftest:
            pytester.makeconftest(conftest)
        caching = ("-p", "no:cacheprovider") if cache is None else ("-o", f"cache_dir={cache}")
        options = (*caching, "-rA", *plugin, *arguments)
        return Done(pytester.run(sys.executable, "-m", "pytest", *options))

    return run
