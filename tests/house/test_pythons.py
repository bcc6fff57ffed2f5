"""Interpreters that a loop does not run on, or not as promised, are told of when it is imported."""

import subprocess
import sys
import sysconfig
import warnings
from types import SimpleNamespace

import pytest

from vtloop.errors import SimulationWarning
from vtloop.private import pythons


@pytest.fixture
def interpreter(monkeypatch):
    """Return a function that lets this Python seem to be another one."""

    def seem(name="cpython", version=(3, 13, 1), free_threaded=False, lock=True):
        monkeypatch.setattr(sys, "implementation", SimpleNamespace(name=name))
        monkeypatch.setattr(sys, "version_info", version)
        monkeypatch.setattr(pythons, "gil_is_enabled", lambda: lock)
        variables = {"Py_GIL_DISABLED": int(free_threaded)}
        monkeypatch.setattr(sysconfig, "get_config_var", variables.get)

    return seem


@pytest.mark.parametrize(
    ("is_one", "words"),
    [
        ({"name": "pypy", "version": (3, 11, 13)}, "imported by pypy, as Python 3.11.13, while"),
        ({"name": "graalpy", "version": (3, 12, 8)}, "run it with one of these"),
        ({"version": (3, 10, 4)}, "imported by cpython, as Python 3.10.4, while"),
        ({"free_threaded": True, "lock": False}, "without its global lock.*PYTHON_GIL=1"),
    ],
)
def test_what_a_loop_cannot_run_on_is_an_error_that_says_what_to_do(interpreter, is_one, words):
    interpreter(**is_one)
    with pytest.raises(ImportError, match=words):
        pythons.check()


@pytest.mark.parametrize(
    ("is_one", "words"),
    [
        ({"free_threaded": True}, "is free-threaded, on which.*use a Python that is not"),
        ({"version": (3, 14, 0)}, r"is 3\.14\.0, whose garbage collector is incremental"),
        ({"version": (3, 14, 4)}, r"sets of bare coroutines.*use 3\.14\.5 or later"),
    ],
)
def test_what_changes_runs_is_a_warning_that_says_what(interpreter, is_one, words):
    interpreter(**is_one)
    with pytest.warns(SimulationWarning, match=words):
        pythons.check()


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 9), (3, 14, 5), (3, 15, 0)])
def test_of_others_nothing_is_said(interpreter, version):
    interpreter(version=version)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pythons.check()


@pytest.mark.parametrize(
    "use", ["vtloop.VirtualLoop", "vtloop.run", "from vtloop.core.loop import VirtualLoop"]
)
def test_it_is_said_before_a_loop_is_imported_and_not_before_it_is_used(use):
    code = (
        "import sys, sysconfig, vtloop\n"
        "sysconfig.get_config_var = {'Py_GIL_DISABLED': 1}.get\n"
        "print('imported')\n"
        "sys._current_frames = None\n"  # of what is known of the inside, nothing is there
        f"{use}"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "imported\n"
    assert "vtloop.errors.SimulationWarning: vtloop was imported by a Python that is" in done.stderr
