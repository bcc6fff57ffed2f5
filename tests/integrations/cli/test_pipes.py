"""A command ends quietly when nobody reads what it prints, as other Unix tools do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vtloop.integrations.cli.pipes import ENDED_UNHEARD

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="these are pipes of Unix"),
]

PROJECT = Path(__file__).parents[3]

PROGRAM = """\
import asyncio
import os
import sys


async def main():
    await asyncio.sleep(1)
    print("slept")
    if "much" in sys.argv:
        print("." * 100_000)
    if "elsewhere" in sys.argv:
        reads, writes = os.pipe()
        os.close(reads)
        os.write(writes, b"unheard")


if __name__ == "__main__":
    asyncio.run(main())
"""


def run_unheard(directory, *arguments, unbuffered="", reader_is_there=False):
    """Run a command whose standard output nobody reads; return what came of it."""
    reads, writes = os.pipe()
    if not reader_is_there:
        os.close(reads)
    Path(directory, "program.py").write_text(PROGRAM)
    with os.fdopen(writes, "wb") as nobody:
        return subprocess.run(
            [sys.executable, "-m", "vtloop", *arguments],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": unbuffered},
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["run", "program.py"],
        ["run", "--timestamps", "program.py", "much"],
        ["chart", "--format", "marbles", "program.py"],
        ["trace", "-o", "-", "program.py"],
        ["sweep", "program.py:main"],
    ],
    ids=" ".join,
)
def test_a_command_that_nobody_listens_to_ends_without_a_word(tmp_path, arguments):
    done = run_unheard(tmp_path, *arguments)
    assert done.returncode == ENDED_UNHEARD
    assert done.stderr in ("", "slept\n"), "what a script prints may go there"


def test_it_does_so_too_where_each_line_is_written_at_once(tmp_path):
    done = run_unheard(tmp_path, "run", "program.py", unbuffered="1")
    assert (done.returncode, done.stderr) == (ENDED_UNHEARD, "")


def test_an_error_of_the_program_is_told_though_nobody_reads_what_it_prints(tmp_path):
    done = run_unheard(tmp_path, "run", "program.py", "elsewhere", reader_is_there=True)
    assert done.returncode == 1
    assert done.stderr.endswith("BrokenPipeError: [Errno 32] Broken pipe\n")
