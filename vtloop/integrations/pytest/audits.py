"""Tests that are run in new processes as well, where they are to do the same (see `audit`)."""

from __future__ import annotations

import os

import pytest

from vtloop.audit import audit_program, is_audited, own_path
from vtloop.audit.requests import TEST, Program
from vtloop.errors import SimulationError


def audit_test(item: pytest.Item) -> None:
    """Audit a test that has passed; it fails with the report if it does not do the same."""
    __tracebackhide__ = True
    if is_audited():
        return
    config = item.config
    file, _, name = item.nodeid.partition("::")
    target = f"{os.path.join(config.rootpath, file)}::{name}"
    program = Program(TEST, target, _arguments(config), path=own_path())
    try:
        report = audit_program(program)
    except SimulationError as refused:
        raise pytest.fail.Exception(str(refused), pytrace=False) from None
    if not report.ok:
        pytest.fail(str(report), pytrace=False)


def _arguments(config: pytest.Config) -> tuple[str, ...]:
    """Return the arguments that let another pytest find the same test, and run it alike."""
    options = config.option
    arguments = ["-p", "no:cacheprovider", f"--rootdir={config.rootpath}"]
    if config.inipath is not None:
        arguments += ["-c", os.fspath(config.inipath)]
    for plugin in options.plugins:
        arguments += ["-p", plugin]
    for setting in options.override_ini or ():
        arguments += ["-o", setting]
    return tuple(arguments)
