"""A process of an audit: it runs a program once, in its surroundings, and tells of it.

It is started by `vtloop.audit.processes`, as `python -c "…"`, with the path of an order.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from vtloop.audit.requests import (
    ERRORS,
    FUNCTION,
    MODULE,
    OUTPUT,
    SCRIPT,
    TEST,
    TOLD,
    Order,
    Program,
    Told,
)
from vtloop.core.options import Options
from vtloop.errors import UntilReached
from vtloop.integrations.audited.surroundings import (
    Witness,
    compiled,
    machine_date,
    show,
    shuffle_memory,
)
from vtloop.integrations.cli.scripts import (
    Observation,
    hide_own_frames,
    run_module,
    run_script,
)
from vtloop.recording.recording import Recording
from vtloop.simulation.run import Run
from vtloop.simulation.simulation import simulate_with
from vtloop.values.programs import load
from vtloop.values.text import without_addresses
from vtloop.values.trace import Trace

# What the process has imported, pytest cannot rewrite.
_QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


def main(path: str) -> None:
    """Do what an order says, in as many copies of this process."""
    order: Order = pickle.loads(Path(path).read_bytes())
    if len(order.directories) == 1:
        _run(order, Path(order.directories[0]))
        return
    status = 0
    # The first copy does nothing: to make one and to wait for it leaves some freed objects behind,
    # and the others are to find memory as they find it after it.
    for directory in ("", *order.directories):
        copy = os.fork()
        if copy == 0:
            if directory:
                _run(order, Path(directory))
            return
        status = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) or status
    sys.exit(status)


def _run(order: Order, directory: Path) -> None:
    for number, name in ((1, OUTPUT), (2, ERRORS)):
        file = os.open(directory / name, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    witness = Witness()
    memory = order.surroundings.memory
    show(order.surroundings)
    witness.begin()
    ballast = shuffle_memory(memory) if memory else []
    try:
        told = _RUNS[order.program.kind](order.program, order.surroundings.date)
    except Exception as error:  # of an import, of pytest, or of what is no program
        told = Told(f"cannot be run: {without_addresses(repr(error))}", begun=False)
    told = replace(told, reads=witness.reads, compiled=compiled())
    (directory / TOLD).write_bytes(pickle.dumps(told, protocol=4))
    del ballast


def _run_script(program: Program, date: str) -> Told:
    recordings: list[Recording] = []
    observation = Observation(recordings=recordings)
    run = run_module if program.kind == MODULE else run_script
    try:
        with machine_date(date if _sees_the_date(program) else ""):
            run(program.target, list(program.args), program.options, observation)
        outcome = "ended normally"
    except UntilReached:
        outcome = "stopped at its until"
    except SystemExit as stop:
        outcome = f"ended with exit status {stop.code!r}"
    except Exception as error:
        hide_own_frames(error)
        if error.__traceback__ is None:  # it is not of the program
            return Told(f"cannot be run: {error}", begun=False)
        outcome = f"raised {without_addresses(repr(error))}"
    return Told(outcome, tuple(recording.trace() for recording in recordings))


def _run_function(program: Program, date: str) -> Told:
    _find_as_before(program)
    options = program.options
    with machine_date(date):
        main = load(program.target)
        if _sees_the_date(program):
            return _simulated(main, options)
    return _simulated(main, options)


def _find_as_before(program: Program) -> None:
    """Let modules be found where the process finds them that audits the program."""
    sys.path[:0] = [directory for directory in program.path if directory not in sys.path]


def _sees_the_date(program: Program) -> bool:
    """Return whether the date of the machine is that of the run, and not only of imports."""
    return program.options.wall_clock in (None, "now")


def _simulated(main: Callable[[], Any], options: Options) -> Told:
    try:
        return told_of(simulate_with(main, options))
    except SystemExit as stop:
        return Told(f"ended with exit status {stop.code!r}")


def told_of(run: Run[Any]) -> Told:
    """Return what is told of a run."""
    outcome = "was stopped at its until"
    if run.error is not None:
        outcome = f"raised {without_addresses(repr(run.error))}"
    elif not run.stopped:
        outcome = f"returned {steady(run.value)}"
    return Told(outcome, (run.trace,), reproducible=run.reproducible)


def steady(value: Any) -> str:
    """Return a `repr` that is the same for equal values: without addresses, and sets in order."""
    if type(value) in (set, frozenset):
        return f"{type(value).__name__} of {sorted(map(steady, value))}"
    if type(value) in (list, tuple):
        return f"{type(value).__name__} of {list(map(steady, value))}"
    if type(value) is dict:
        return f"dict of {[(steady(key), steady(item)) for key, item in value.items()]}"
    return without_addresses(repr(value))


def _run_test(program: Program, date: str) -> Told:
    import pytest  # here, as most programs are no tests

    class Listener:
        """A plugin that keeps what becomes of the test."""

        told = Told("was not run", begun=False)
        imported: Callable[[], object]

        def pytest_runtestloop(self) -> None:
            self.imported()

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Any:
            report = yield
            if report.when == "call" or not report.passed:
                from vtloop.integrations.pytest.plugin import (
                    run_of,  # pytest is to be the first to import it
                )

                run = run_of(item)
                traces: tuple[Trace, ...] = () if run is None else (run.trace,)
                why = "" if call.excinfo is None else without_addresses(call.excinfo.exconly())
                reproducible = run is None or run.reproducible
                self.told = Told(f"{report.outcome} {why}".strip(), traces, (), reproducible)
            return report

    _find_as_before(program)
    listener = Listener()
    with ExitStack() as until_the_tests:
        until_the_tests.enter_context(machine_date(date))
        listener.imported = until_the_tests.close
        pytest.main([*program.args, *_QUIET, program.target], plugins=[listener])
    return listener.told


_RUNS: dict[str, Callable[[Program, str], Told]] = {
    SCRIPT: _run_script,
    MODULE: _run_script,
    FUNCTION: _run_function,
    TEST: _run_test,
}
