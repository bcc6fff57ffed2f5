"""A pytest plugin that puts each test of another project into a run of its own.

Its fixtures make sockets and start threads while no loop runs, as scripts do. So the run is on from
before they are set up until they are torn down, and whatever makes an event loop meanwhile makes a
virtual one, on the run's clock. That a fixture goes on from test to test is not foreseen.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

from vtloop.core.loop import make_virtual
from vtloop.core.patches.environment import Environment
from vtloop.net.network import EVERYWHERE
from vtloop.patching.redirect import real
from vtloop.values.clock import Clock

SECONDS = pytest.StashKey[float]()

_real_time = real(time.perf_counter)


def _make(clock: Clock, loop: Any) -> None:
    make_virtual(loop, clock=clock)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    clock = Clock()
    clock.network = EVERYWHERE
    clock.make_loop = _make
    # Certificates that are made for the tests are valid from today on, by the clock of OpenSSL.
    environment = Environment(clock, False, "now", None)
    begun = _real_time()
    with environment:
        environment.idle_thread.have_threads()
        result = yield
    item.session.config.stash[SECONDS] += _real_time() - begun
    return result


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SECONDS] = 0.0


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.write_line(f"in real time: {terminalreporter.config.stash[SECONDS]:.2f} s")
