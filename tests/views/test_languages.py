"""Views and reports in any language, also where the stream cannot carry it."""

import asyncio
import io
import json
import sys
import xml.etree.ElementTree

import pytest

import vtloop
from tests.support.pytests import run_tests
from vtloop.claims import task
from vtloop.errors import ClaimError
from vtloop.integrations.cli.main import main
from vtloop.values.trace import load
from vtloop.views.formats import FORMATS

pytestmark = pytest.mark.ends

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]

ODD = "имя \udcff\x1b[31m\u202e"


async def work(seconds):
    await asyncio.sleep(seconds)


async def of_odd_names():
    async with vtloop.section(ODD):
        await asyncio.create_task(work(1), name=ODD)
    raise ValueError(ODD)


@pytest.mark.parametrize("format", FORMATS)
def test_every_view_of_a_run_with_odd_names_is_written_and_well_formed(tmp_path, format):
    path = tmp_path / f"run{FORMATS[format][0]}"
    vtloop.views.formats.write(vtloop.simulate(of_odd_names).timeline, path, format)
    if format == "trace":
        assert load(path).tasks[1].label == ODD
    elif format not in ("png", "pdf"):
        text = path.read_text("utf-8")
        assert "\x1b" not in text
        if format == "svg":  # not if it has control characters
            xml.etree.ElementTree.fromstring(text)
        if format == "perfetto":
            json.loads(text)


def test_a_claim_that_fails_shows_names_as_they_are_and_escapes_the_rest():
    async def main():
        await asyncio.gather(
            asyncio.create_task(work(1), name="загрузка"), asyncio.create_task(work(1), name=ODD)
        )

    run = vtloop.simulate(main)
    with pytest.raises(ClaimError, match=r"^Claimed: загрузка finishes at 2 s; in fact загрузка "):
        task("загрузка").finishes.at(2).check(run)
    with pytest.raises(ClaimError) as raised:
        task(ODD).finishes.at(2).check(run)
    assert str(raised.value).replace("\n", "").isprintable()
    assert str(raised.value).count(r"имя \udcff\x1b[31m\u202e finishe") == 2


SCRIPT = """\
import asyncio

async def работа(seconds):
    await asyncio.sleep(seconds)
    print("done")

async def main():
    await asyncio.gather(работа(1), работа(2))

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def in_ascii(tmp_path, monkeypatch):
    """Run a command on a standard output that carries ASCII alone; return what it printed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text(SCRIPT, "utf-8")

    def run(*arguments):
        stream = io.TextIOWrapper(io.BytesIO(), "ascii", newline="\n")
        monkeypatch.setattr(sys, "stdout", stream)
        main(arguments)
        stream.flush()
        return stream.buffer.getvalue().decode("ascii")

    return run


def test_timestamps_are_printed_to_any_stream(in_ascii):
    assert in_ascii("run", "--timestamps", "program.py") == (
        "     1.000  \\u0440\\u0430\\u0431\\u043e\\u0442\\u0430#2     | done\n"
        "     2.000  \\u0440\\u0430\\u0431\\u043e\\u0442\\u0430#3     | done\n"
    )


def test_the_report_of_a_sweep_is_printed_to_any_stream(in_ascii):
    report = in_ascii("sweep", "program.py:main", "--classes", "A")
    assert "moments tried, of main#1, \\u0440\\u0430\\u0431\\u043e\\u0442\\u0430#2" in report
    again = in_ascii("sweep", "program.py:main", "--replay", "работа#2@A1")
    assert again.startswith("\\u0440\\u0430\\u0431\\u043e\\u0442\\u0430#2@A1")
    assert "\n  \\u0440\\u0430\\u0431\\u043e\\u0442\\u0430#3  |" in again


TESTS = """\
import asyncio
import pytest

async def работа(seconds):
    await asyncio.sleep(seconds)

@pytest.mark.vtloop
async def test_it(vt):
    await asyncio.gather(работа(1), asyncio.create_task(работа(2), name="任务"))
    assert vt.now() == 3
"""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_failed_test_is_reported_in_lines_to_any_terminal(run_tests, monkeypatch, encoding):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    told = run_tests(TESTS).section("test_it")
    lines = [
        "  任务      |--------------2s-------------|",
        "  работа#3  |------1s------|",
        "  2 s  任务      ends normally",
    ]
    if encoding == "ascii":
        lines = [ascii(line).strip("'") for line in lines]
    for line in lines:
        assert line in told.splitlines()
