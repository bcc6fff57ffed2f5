"""What an async test costs under our pytest plugin, and under pytest-asyncio on the stock loop."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import python

TESTS = 1_000

_TEST = """
{mark}
async def test_{number}():
    await asyncio.sleep(0)
"""
_CONFTEST = """
import time
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    session.config.started = time.process_time()

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    with open("seconds", "w") as file:
        file.write(str(time.process_time() - config.started))
"""
_PLAIN = ("-q", "-p", "no:cacheprovider", "-p", "no:anyio", "-p", "no:hypothesispytest")
_CONTENDERS = {
    "our plugin": (
        "@pytest.mark.vtloop",
        ("-p", "no:asyncio", "-p", "vtloop.pytest_plugin", "-p", "no:vtloop"),
    ),
    "pytest-asyncio": ("@pytest.mark.asyncio", ("-p", "no:vtloop")),
}


def microseconds(rounds: int) -> dict[str, list[float]]:
    """Return the µs of processor time per test of 1,000 trivial tests, by plugin, one a round.

    Collecting the tests and importing what runs them is part of it, starting Python and pytest is
    not.
    """
    samples: dict[str, list[float]] = {name: [] for name in _CONTENDERS}
    for _ in range(rounds):
        for name, (mark, options) in _CONTENDERS.items():
            with tempfile.TemporaryDirectory() as directory:
                samples[name].append(1e6 * _seconds(Path(directory), mark, options) / TESTS)
    return samples


def _seconds(directory: Path, mark: str, options: tuple[str, ...]) -> float:
    tests = "".join(_TEST.format(mark=mark, number=number) for number in range(TESTS))
    (directory / "test_it.py").write_text(f"import asyncio, pytest\n{tests}")
    (directory / "conftest.py").write_text(_CONFTEST)
    (directory / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    python("-m", "pytest", *_PLAIN, *options, cwd=directory, env=environment)
    return float((directory / "seconds").read_text())
