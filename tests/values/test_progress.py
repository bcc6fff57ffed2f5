"""Progress is told on a terminal, of long work, and nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tqdm")
pty = pytest.importorskip("pty", reason="there are no terminals to make here")
termios = pytest.importorskip("termios")

pytestmark = pytest.mark.once

CHART = "from vtloop.__main__ import main; main(['chart', 'nap.py', '-o', 'nap.txt'])"
SWEEP = "from vtloop.__main__ import main; main(['sweep', 'tests.support.swept:leaky'])"
GALLERY = "from scenarios.__main__ import main; main(['hello', '--gallery', 'gallery'])"


@pytest.fixture
def told(tmp_path):
    """Return a function that runs code, and returns what that writes to standard error."""
    (tmp_path / "nap.py").write_text("import asyncio; asyncio.run(asyncio.sleep(1))")

    def run(code, *, delay, terminal):
        reader, writer = pty.openpty() if terminal else os.pipe()
        if terminal:
            termios.tcsetwinsize(writer, (24, 100))
        home = str(Path(__file__).parents[2])
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import vtloop.values.progress as p; p.DELAY = {delay}; {code}",
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([home, *sys.path])},
            stdout=subprocess.DEVNULL,
            stderr=writer,
            check=True,
        )
        os.write(writer, b"<end>")
        text = ""
        while not text.endswith("<end>"):
            text += os.read(reader, 100_000).decode()
        os.close(writer)
        os.close(reader)
        return text.removesuffix("<end>")

    return run


def test_a_terminal_is_told_how_far_a_chart_is(told):
    text = told(CHART, delay=0, terminal=True)
    assert "vtloop: writing nap.txt" in text
    assert "0/2" in text
    assert text.rstrip().endswith("vtloop: wrote nap.txt"), "the bar is gone in the end"


def test_a_terminal_is_told_how_far_a_gallery_is(told):
    assert "drawing charts" in told(GALLERY, delay=0, terminal=True)


def test_short_work_has_no_bar(told):
    assert told(CHART, delay=60, terminal=True).strip() == "vtloop: wrote nap.txt"


def test_what_is_no_terminal_has_no_bar(told):
    assert told(CHART, delay=0, terminal=False) == "vtloop: wrote nap.txt\n"
    assert told(GALLERY, delay=0, terminal=False) == ""


def test_a_terminal_is_told_how_far_a_sweep_is(told):
    text = told(SWEEP, delay=0, terminal=True)
    assert "vtloop: cancelling once" in text
    assert "vtloop: cancelling twice" in text
    assert told(SWEEP, delay=0, terminal=False) == ""
