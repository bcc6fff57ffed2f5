"""What type checkers say of users' programs: `typing/right.py`, and `typing/wrong.py` line by line.

mypy reads both in its strict mode whenever the checks of style and types are made; pyright, which
is behind Pylance in editors, does so here if it is installed.
"""

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vtloop
from vtloop import claims, histories, net, strategies, sweep

PROGRAMS = Path(__file__).parent / "typing"
RIGHT = PROGRAMS / "right.py"


PUBLIC = {
    "vtloop": {*vtloop.__all__},
    "claims": {*claims.__all__},
    "histories": {*histories.__all__},
    "sweep": {*sweep.__all__},
    "strategies": {*strategies.__all__},
    "net": {*net.__all__},
    "choices": {"Choices", "Chooser", "Keeping", "Random", "Replaying", "Ties"},
    "chart": {"draw", "figure", "compare", "save"},
    "marbles": {"marbles"},
    "mermaid": {"gantt", "sequence"},
    "perfetto": {"perfetto", "save"},
}


@pytest.mark.parametrize("module", PUBLIC)
def test_a_users_program_uses_every_public_name(module):
    used = {
        node.attr
        for node in ast.walk(ast.parse(RIGHT.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }
    assert used >= PUBLIC[module]


@pytest.mark.once
def test_the_program_that_type_checkers_accept_runs(tmp_path):
    spec = importlib.util.spec_from_file_location("right", RIGHT)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    program.everything(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.html", "run.json", "run.svg"]


@pytest.mark.once
@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed")
def test_pyright_accepts_what_is_right_and_rejects_what_is_wrong(tmp_path):
    for path in PROGRAMS.glob("*.py"):
        shutil.copy(path, tmp_path)
    config = {
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": "error",  # so that each comment is an assertion
        "extraPaths": [str(PROGRAMS.parent.parent)],
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    done = subprocess.run(
        ["pyright", "--pythonpath", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "0 errors, 0 warnings" in done.stdout, done.stdout
