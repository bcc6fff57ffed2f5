"""Programs that know nothing of vtloop do under `vtloop run` what they do under `python`.

The programs are those in `scripts/`. Under stock Python they run with `--time-unit 0.01`, which
makes an hour (or a minute) of theirs last 10 ms; under vtloop with the same argument, for the same
output, and without it, for days of virtual time. What they log goes to standard error with the
time of day, so that only runs on virtual time can be compared there.
"""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import vtloop

pytestmark = pytest.mark.ends

SCRIPTS = Path(__file__).parent / "scripts"
PACKAGE = Path(vtloop.__file__).parent
QUICK = ("--time-unit", "0.01")

# Arguments for `python` and `vtloop run`, and what is typed in.
PROGRAMS = {
    "batch": (("batch.py", *QUICK), ""),
    "batch, another seed": (("batch.py", *QUICK, "--seed", "2", "--workers", "2"), ""),
    "batch, all jobs done": (("batch.py", *QUICK, "easy.plan"), ""),
    "crawl": (("crawl.py", *QUICK), "/\n"),
    "crawl, two addresses": (("crawl.py", *QUICK), "/1997\n\n/2001/11\n"),
    "crawl, stopped early": (("crawl.py", *QUICK, "--pages", "20"), "/\n"),
    "watch": (("watch.py", *QUICK), ""),
    "watch, all is well": (("watch.py", *QUICK, "--silent-from", "0"), ""),
    "mirror": (("mirror.py", "--seed", "two words", "-m"), ""),
    "mirror, a module": (("-m", "mirror", "--until", "then"), ""),
    "greenhouse, a package": (("-m", "greenhouse", "3", "0.01"), ""),
    "greenhouse, a module": (("-m", "greenhouse.control", "2", "0.01"), ""),
}

# These end before the first delay, with an error.
MISTAKES = {
    "an exception inside the loop": (("crawl.py",), "/\nhttps://elsewhere\n"),
    "an exception before the loop": (("batch.py", "missing.plan"), ""),
    "an exception in a module": (("-m", "greenhouse.control", "0"), ""),
    "arguments that argparse refuses": (("batch.py", "--workers", "many"), ""),
    "an exit with a message": (("watch.py", "--time-unit", "-1"), ""),
    "a script that is not Python": (("easy.plan",), ""),
    "a cry for help": (("crawl.py", "--help"), ""),
}

Result = subprocess.CompletedProcess[str]


@cache
def python(*arguments: str, stdin: str = "", hash_seed: int = 0) -> Result:
    """Run this Python among the scripts, in UTC."""
    env = os.environ | {
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONIOENCODING": "utf-8",
        "TZ": "UTC",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=SCRIPTS,
        env=env,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def vtloop_run(*arguments: str, stdin: str = "", hash_seed: int = 0) -> Result:
    return python("-m", "vtloop", "run", *arguments, stdin=stdin, hash_seed=hash_seed)


def on_monday(*arguments: str, stdin: str = "", hash_seed: int = 0) -> Result:
    """Run a program on virtual time from midnight on Monday, 5 January 2026."""
    start = ("--wall-clock", "2026-01-05T00:00:00")
    return vtloop_run(*start, *arguments, stdin=stdin, hash_seed=hash_seed)


@pytest.mark.parametrize(("arguments", "stdin"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_prints_the_same_and_exits_the_same(
    arguments: tuple[str, ...], stdin: str
) -> None:
    stock = python(*arguments, stdin=stdin)
    virtual = vtloop_run(*arguments, stdin=stdin)
    assert virtual.stdout == stock.stdout != ""
    assert virtual.returncode == stock.returncode
    assert "Traceback" not in stock.stderr + virtual.stderr


@pytest.mark.parametrize(("arguments", "stdin"), MISTAKES.values(), ids=MISTAKES)
def test_a_program_that_ends_early_says_the_same(arguments: tuple[str, ...], stdin: str) -> None:
    stock = python(*arguments, stdin=stdin)
    virtual = vtloop_run(*arguments, stdin=stdin)
    assert virtual.stdout == stock.stdout
    assert virtual.returncode == stock.returncode
    assert last_line(virtual.stderr) == last_line(stock.stderr)
    if "Traceback" not in stock.stderr:
        assert virtual.stderr == stock.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [mistake for name, mistake in MISTAKES.items() if name.startswith("an exception")],
    ids=[name for name in MISTAKES if name.startswith("an exception")],
)
def test_a_traceback_shows_the_program_and_not_vtloop(
    arguments: tuple[str, ...], stdin: str
) -> None:
    stock = python(*arguments, stdin=stdin)
    virtual = vtloop_run(*arguments, stdin=stdin)
    assert virtual.stderr.startswith("Traceback (most recent call last):\n")
    assert own_frames(virtual.stderr) == own_frames(stock.stderr) != []
    assert str(PACKAGE) not in virtual.stderr


@pytest.mark.parametrize("arguments", [("missing.py",), ("-m", "missing")], ids=" ".join)
def test_a_program_that_is_not_there_is_named_in_one_line(arguments: tuple[str, ...]) -> None:
    stock, virtual = python(*arguments), vtloop_run(*arguments)
    assert virtual.returncode == stock.returncode
    assert len(virtual.stderr.splitlines()) == len(stock.stderr.splitlines()) == 1
    assert "missing" in virtual.stderr


def test_two_days_of_batch_jobs_are_over_at_once() -> None:
    result = on_monday("batch.py")
    assert result.stdout == python("batch.py", *QUICK).stdout
    assert result.returncode == 1
    assert "2026-01-05 02:00:00,000 INFO    ingest-returns is done\n" in result.stderr
    assert last_line(result.stderr) == "2026-01-07 04:16:13,336 INFO    the plan is through"


def test_two_hours_of_crawling_are_over_at_once() -> None:
    result = on_monday("crawl.py", stdin="/\n")
    assert result.stdout == python("crawl.py", *QUICK, stdin="/\n").stdout
    assert result.returncode == 1
    assert last_line(result.stderr) == "2026-01-05 01:52:42,000 the crawl has ended with 66 pages"


def test_a_week_on_watch_is_over_at_once() -> None:
    result = on_monday("watch.py")
    assert result.stdout.endswith("\nno sign of life after sign 13\n")
    assert result.returncode == 3
    assert result.stderr == WEEK_ON_WATCH


def test_the_same_week_passes_in_every_process() -> None:
    for arguments, stdin in [(("batch.py",), ""), (("crawl.py",), "/\n"), (("watch.py",), "")]:
        one, other = (on_monday(*arguments, stdin=stdin, hash_seed=seed) for seed in (1, 2))
        assert (one.stdout, one.stderr) == (other.stdout, other.stderr)


def test_time_stamps_come_before_what_a_program_prints_and_change_nothing_else() -> None:
    plain = vtloop_run("watch.py")
    stamped = vtloop_run("--timestamps", "watch.py")
    lines = [line.split(" | ", 1) for line in stamped.stdout.splitlines()]
    assert [text for _, text in lines] == plain.stdout.splitlines()
    assert all(re.search(r"\d", stamp) for stamp, _ in lines)
    assert stamped.returncode == plain.returncode


def last_line(text: str) -> str:
    return text.splitlines()[-1] if text else ""


def own_frames(traceback: str) -> list[str]:
    """The lines of a traceback that point into the scripts."""
    return [line for line in traceback.splitlines() if str(SCRIPTS) in line]


WEEK_ON_WATCH = """\
2026-01-05 00:00:00,000 [-] the watch begins
2026-01-06 00:00:00,000 [backup 1] the tape is running
2026-01-06 02:00:00,000 [backup 1] the tape is back on its shelf
2026-01-07 00:00:00,000 [backup 2] the tape is running
2026-01-07 02:00:00,000 [backup 2] the tape is back on its shelf
2026-01-08 00:00:00,000 [backup 3] the tape is running
2026-01-08 02:00:00,000 [backup 3] the tape is back on its shelf
2026-01-08 12:00:00,000 [listen] the line has gone quiet
2026-01-09 00:00:00,000 [backup 4] the tape is running
2026-01-09 02:00:00,000 [backup 4] the tape is back on its shelf
2026-01-09 09:00:00,000 [listen] no sign of life after sign 13
2026-01-10 00:00:00,000 [backup 5] the tape is running
2026-01-10 02:00:00,000 [backup 5] the tape is back on its shelf
2026-01-11 00:00:00,000 [backup 6] the tape is running
2026-01-11 02:00:00,000 [backup 6] the tape is back on its shelf
2026-01-12 00:00:00,000 [backup 7] the tape is running
2026-01-12 02:00:00,000 [backup 7] the tape is back on its shelf
2026-01-12 02:00:00,000 [-] the watch has taken 7 days, 2:00:00
"""
