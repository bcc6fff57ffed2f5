"""CPython's own asyncio tests pass; `make conformance` runs all of them, this the telling part."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "conformance" / "run.py"
UNKNOWN = 77


@pytest.mark.timeout(300)
def test_cpythons_own_tests_of_what_a_loop_does_pass():
    done = subprocess.run(
        [sys.executable, str(RUN), "--fast"], capture_output=True, text=True, check=False
    )
    if done.returncode == UNKNOWN:
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
