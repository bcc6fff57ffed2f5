"""CPython's own asyncio tests pass; `make conformance` runs all of them, this the telling part."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.conformance.run import nearest_to

RUN = Path(__file__).parent / "conformance" / "run.py"
UNKNOWN = 77


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", ["loop", pytest.param("network", marks=pytest.mark.once)])
def test_cpythons_own_tests_of_what_a_loop_does_pass(part):
    command = [sys.executable, str(RUN), "--fast", "--part", part]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == UNKNOWN:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("version", "nearest"),
    [("3.13.0", "3.13.0"), ("3.13.5", "3.13.0"), ("3.13.17", "3.13.18"), ("3.9.1", None)],
)
def test_what_is_known_of_the_nearest_python_of_the_same_minor_version_is_taken(version, nearest):
    assert nearest_to(version, ["3.12.1", "3.13.0", "3.13.18", "3.9"]) == nearest
