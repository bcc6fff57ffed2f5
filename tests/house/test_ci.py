"""What .ci/run does with Pythons that are there, that can be had, and that cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(shutil.which("bash") is None, reason="it is written for bash"),
]

RUN = Path(__file__).parents[2] / ".ci" / "run"

# Python 3.14 and 3.12 are there, 3.13 can be installed; a job fails if it is told to, and so does
# what installs uv.
STAND_INS = {
    ".ci/pythons": """
        echo "3.14 /there/python3.14"
        echo "3.12 /there/python3.12"
        [ ! -e installed ] || echo "3.13 /installed/python3.13"
    """,
    ".ci/install": """
        if [ "$1" = 3.13 ]; then touch installed; else echo "there is no $1"; exit 1; fi
    """,
    "python3": """
        [ "$FAILING" != uv ] || { echo "no index"; exit 1; }
        while [ "$1" != --target ]; do shift; done
        mkdir -p "$2/bin" && echo '#!/bin/sh' >"$2/bin/uv" && chmod +x "$2/bin/uv"
    """,
    "make": """
        echo "make $*" >>made
        echo "===== 7 passed in 1.00s ====="
        case "$*" in *"$FAILING"*) exit 2 ;; esac
    """,
}


@pytest.fixture
def run(tmp_path):
    """Run it among stand-ins, and return the result and what make was called with."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(RUN, tmp_path / ".ci" / "run")
    for name, script in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}")
        (tmp_path / name).chmod(0o755)

    def run(failing="nothing"):
        done = subprocess.run(
            ["bash", str(tmp_path / ".ci" / "run")],
            env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAILING": failing},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, (tmp_path / "made").read_text().splitlines()

    return run


def test_each_python_that_is_there_or_can_be_had_is_checked_and_one_does_what_is_done_once(run):
    done, made = run()
    assert done.returncode == 0, done.stdout + done.stderr
    pythons = [f"/there/python3.{minor}" for minor in (14, 12)] + ["/installed/python3.13"]
    everything, less = (" test ", "'not (once)'"), (" pytest ", "'not (once or ends)'")
    for python, checks in zip(pythons, [everything, everything, less], strict=True):
        (line,) = (line for line in made if f"PYTHON={python}" in line and "'not (" in line)
        assert all(check in line for check in checks), "some is for the newest and the oldest"
    for target in ("once", "viewers"):
        (line,) = (line for line in made if f" {target} VENV=.venv-{target} " in line)
        assert "PYTHON=/there/python3.14" in line
    assert len(made) == 5


def test_a_python_that_cannot_be_had_is_named_at_the_beginning_and_at_the_end(run):
    done, _ = run()
    missing = "!!! NOTHING WAS CHECKED ON:\n"
    for minor in (15, 11):
        missing += f"!!!   Python 3.{minor}: there is no 3.{minor}\n"
    assert done.stdout.count(missing) == 2
    assert done.stdout.endswith(missing)


def test_a_job_that_fails_is_named_with_how_long_each_took_and_what_it_ran(run):
    done, made = run(failing="python3.12")
    assert done.returncode == 1
    assert len(made) == 5
    assert done.stdout.endswith("Failed: Python 3.12\n")
    assert done.stdout.count("===== 7 passed in 1.00s =====") == 10
    assert "Python 3.12, in 0 min 0 s:\n===== 7 passed" in done.stdout


@pytest.mark.parametrize(("failing", "installer"), [("nothing", "uv"), ("uv", "pip")])
def test_uv_installs_if_it_can_be_had_and_else_pip_which_is_said(run, failing, installer):
    done, made = run(failing)
    assert all(("/bin/uv " in line) == (installer == "uv") for line in made)
    assert ("pip installs all, as uv does not: no index\n" in done.stdout) == (installer == "pip")
    assert len(made) == 5
