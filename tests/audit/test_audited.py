"""Audits of real programs in real processes: each source of nondeterminism is named, each clean
program passes.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import vtloop
from scenarios.catalogue import SCENARIOS
from tests.support.pytests import run_tests
from vtloop.audit import audit, audit_program, comparison
from vtloop.audit.parting import parting
from vtloop.audit.processes import tell
from vtloop.audit.requests import LATER, MODULE, SCRIPT, Program, Surroundings
from vtloop.core.options import Options
from vtloop.errors import SimulationError
from vtloop.strategies import programs

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]

ROOT = Path(vtloop.__file__).parent.parent

# By its cause: a program that does not do the same every time, and where it looks.
PLANTED = {
    "addresses in a set": (
        "memory",
        """
        class Job:
            def __init__(self, number): self.number = number
        async def main():
            for job in {Job(number) for number in range(6)}:
                await asyncio.sleep(1)
                print(job.number)
        """,
    ),
    "an address that is printed": (
        "memory",
        """
        async def main():
            await asyncio.sleep(1)
            print(id(main))  # here
        """,
    ),
    "addresses to sort by": (
        "memory",
        """
        async def main():
            futures = [asyncio.get_running_loop().create_future() for _ in range(8)]
            for future in sorted(futures, key=id):  # here
                await asyncio.sleep(futures.index(future))
        """,
    ),
    "a set of texts": (
        "hash_seed",
        """
        async def fetch(host): await asyncio.sleep(len(host))
        async def main():
            hosts = {"eu.example", "us.example.org", "asia.example.com", "af"}
            await asyncio.gather(*map(fetch, hosts))
        """,
    ),
    "a hash of a text": (
        "hash_seed",
        """
        async def main():
            await asyncio.sleep(hash("key") % 1000)  # here
        """,
    ),
    "a generator in C": (
        "chance",
        """
        import _random
        async def main():
            await asyncio.sleep(_random.Random().random())  # here
        """,
    ),
    "a clock in C": (
        "compiled",
        """
        import sqlite3
        async def main():
            database = sqlite3.connect(":memory:")  # here
            (now,) = database.execute("select strftime('%f', 'now')").fetchone()
            await asyncio.sleep(float(now))
        """,
    ),
    "the number of the process": (
        "pid",
        """
        import os
        async def main():
            await asyncio.sleep(os.getpid() / 1000)  # here
        """,
    ),
    "an environment variable": (
        "variables",
        """
        import os
        async def main():
            await asyncio.sleep(int(os.environ.get("RETRIES", "3")))  # here
        """,
    ),
    "the working directory": (
        "directory",
        """
        import os
        async def main():
            await asyncio.sleep(len(os.getcwd()))  # here
        """,
    ),
    "the order of a directory": (
        "listing",
        """
        import os
        async def main():
            for name in os.listdir("."):  # here
                await asyncio.sleep(len(name))
        """,
    ),
    "the processors": (
        "processors",
        """
        import os
        async def main():
            await asyncio.sleep(os.cpu_count())  # here
        """,
    ),
    "the machine": (
        "host",
        """
        import os
        async def main():
            await asyncio.sleep(len(os.uname().nodename))  # here
        """,
    ),
    "another process": (
        "process",
        """
        import subprocess
        async def main():
            now = subprocess.run(["date", "+%N"], capture_output=True).stdout  # here
            await asyncio.sleep(int(now))
        """,
    ),
    "the time of a file": (
        "stat",
        """
        import os, tempfile
        async def main():
            with tempfile.NamedTemporaryFile() as file:
                await asyncio.sleep(os.path.getmtime(file.name) % 1)  # here
        """,
    ),
    "what an earlier run has left": (
        "file",
        """
        async def main():
            with open("log", "a+") as file:  # here
                file.write("x")
                await asyncio.sleep(file.tell())
        """,
    ),
}


def script(directory, source):
    lines = source.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    text = "\n".join(line[margin:] for line in lines)
    (directory / "script.py").write_text(f"import asyncio\n{text}\nasyncio.run(main())\n")
    for name in ("a", "ccc", "bb"):
        (directory / name).write_text("")


@pytest.mark.once
@pytest.mark.parametrize("name", PLANTED)
def test_what_is_not_the_same_every_time_is_named_with_its_line(name, tmp_path, monkeypatch):
    cause, source = PLANTED[name]
    if cause != "memory":
        monkeypatch.setattr(comparison, "_LAYOUTS", 1)  # as every process takes a while
    script(tmp_path, source)
    monkeypatch.chdir(tmp_path)
    report = audit_program(Program(SCRIPT, "script.py"), runs=2)
    assert not report.ok
    assert report.cause.name == cause
    if "# here" in source:
        assert any("# here" in read.place for read in report.cause.reads), str(report)


@pytest.mark.once
@pytest.mark.parametrize("option", ["wall_clock", "seed"])
def test_an_option_that_leaves_something_to_the_machine_is_named(option, tmp_path, monkeypatch):
    script(
        tmp_path,
        """
        import random, time
        async def main():
            await asyncio.sleep(random.random() + time.perf_counter())
        """,
    )
    monkeypatch.chdir(tmp_path)
    program = Program(SCRIPT, "script.py", options=Options(**{option: None}))
    report = audit_program(program, runs=0)
    assert f"{option}=None" in str(report.cause)


# Programs that do the same every time

SIX = settings(
    max_examples=30,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def generated():
    texts = []

    @SIX
    @given(programs())
    def note(program):
        texts.append(program.text)

    note()
    return texts


@pytest.mark.once
def test_fifty_clean_programs_are_the_same_in_every_process(tmp_path, monkeypatch):
    """They are parts of one script, as to audit each would take minutes."""
    parts = [one.script.read_text() for one in SCENARIOS if sys.version_info >= one.min_python]
    parts += generated()
    assert len(parts) >= 50
    for number, part in enumerate(parts):
        (tmp_path / f"part{number}.py").write_text(part)
    (tmp_path / "script.py").write_text(
        "import runpy, sys\n"
        f"for number in range({len(parts)}):\n"
        "    try:\n"
        "        runpy.run_path(f'part{number}.py', run_name='__main__')\n"
        "    except BaseException as error:\n"
        "        print(type(error).__name__)\n"
    )
    monkeypatch.chdir(tmp_path)
    report = audit_program(Program(SCRIPT, "script.py"), runs=3)
    assert report.ok, str(report)
    assert report.processes == 6


# How a program is found, and its surroundings


@pytest.mark.once
def test_a_module_is_run_with_its_arguments_as_python_would(tmp_path, monkeypatch):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(
        "import sys, asyncio\nprint(sys.argv[1:], __name__)\nasyncio.run(asyncio.sleep(1))\n"
    )
    monkeypatch.chdir(tmp_path)
    (told,) = tell(Program(MODULE, "package", ("a", "b")), Surroundings())
    assert told.output == ("['a', 'b'] __main__",)
    assert told.outcome == "ended normally"
    assert len(told.traces) == 1


def test_two_copies_of_a_process_have_the_same_addresses_and_another_number(tmp_path, monkeypatch):
    # Imports look into the directory again whenever something has been made in it meanwhile.
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "script.py"
    path.write_text("import os\nprint(id([]), hash('a'))\nprint(os.getpid())\n")
    one, other = tell(Program(SCRIPT, str(path)), Surroundings(), copies=2)
    assert one.output[0] == other.output[0]
    assert one.output[1] != other.output[1]
    assert parting(one, other).sides[0].does == f"prints '{one.output[1]}'"


@pytest.mark.once
def test_surroundings_are_what_the_program_sees(tmp_path, monkeypatch):
    path = tmp_path / "script.py"
    path.write_text(
        "import glob, os, pathlib, platform, asyncio, datetime\n"
        "print(os.environ.get('COLOUR'), os.environ.get('SHAPE'))\n"
        "print(hash('a'))\n"
        "print(os.getcwd(), sorted(os.listdir()))\n"
        "print([name for name in os.listdir() if name.startswith('x')])\n"
        "print([path.name for path in pathlib.Path().glob('x*')])\n"
        "print(os.cpu_count(), len(os.sched_getaffinity(0)))\n"
        "print(os.uname().nodename, platform.node())\n"
        "print(datetime.datetime.now().year)\n"
    )
    for name in ("x1", "x2", "x3"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHAPE", "round")
    program = Program(SCRIPT, "script.py", options=Options(wall_clock=None))
    others = Surroundings(
        hash_seed=7,
        variables=(("COLOUR", "red"), ("SHAPE", None)),
        directory=1,
        listing=1,
        processors=3,
        host="elsewhere",
        date=LATER,
    )
    (usual,), (other,) = tell(program, Surroundings()), tell(program, others)
    assert usual.output[0] == "None round"
    assert other.output[0] == "red None"
    assert usual.output[1] != other.output[1]
    here, there = usual.output[2].partition(" "), other.output[2].partition(" ")
    assert here[0] == str(tmp_path) != there[0]
    assert here[2] == there[2]
    assert other.output[3] == other.output[4] == "['x3', 'x2', 'x1']"
    processors = [int(number) for number in other.output[5].split()]
    assert processors[0] == processors[1] > int(usual.output[5].split()[0])
    assert other.output[6] == "elsewhere elsewhere"
    assert int(other.output[7]) - int(usual.output[7]) in (1, 2)
    names = {read.subject for read in usual.reads if read.what == "variables"}
    assert {"COLOUR", "SHAPE"} <= names


def test_a_process_that_ends_itself_is_told_of_as_such(tmp_path):
    path = tmp_path / "script.py"
    path.write_text("import os, sys\nprint('last words', file=sys.stderr, flush=True)\nos._exit(3)")
    (told,) = tell(Program(SCRIPT, str(path)), Surroundings())
    assert told.outcome == "ended its process with status 3: last words"


@pytest.mark.once
def test_the_command_tells_and_its_status_is_1_if_a_step_differs(tmp_path):
    (tmp_path / "app.py").write_text(
        "import asyncio, os\n"
        "async def same(): await asyncio.sleep(1)\n"
        "async def other(): await asyncio.sleep(os.getpid())\n"
    )

    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "vtloop", "audit", "--runs", "1", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = command("app.py:same")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{tmp_path}/app.py:same does the same every time: 4 processes,")
    done = command("--until", "5", "app:other")
    assert (done.returncode, done.stderr) == (1, "")
    assert "Likely cause: the number of the process" in done.stdout
    assert "app.py:3 in other" in done.stdout


@pytest.mark.once
def test_simulate_audits_a_function_of_a_module_and_raises_if_it_is_not_the_same():
    from tests.support import swept

    assert vtloop.simulate(swept.safe, audit=True).elapsed == 1
    with pytest.raises(SimulationError, match="no_such_function"):
        audit("tests.support.swept:no_such_function", runs=1)


@pytest.mark.once
def test_a_test_that_is_marked_is_audited(run_tests):
    done = run_tests(
        """
        import asyncio, os
        import pytest, vtloop

        STARTED = os.getpid()

        @pytest.fixture
        async def gate():
            await asyncio.sleep(1)
            return asyncio.Semaphore(2)

        class TestClass:
            @pytest.mark.vtloop(audit=True)
            @pytest.mark.parametrize("number", [1])
            async def test_same(self, gate, number, tmp_path):
                async with gate:
                    await asyncio.sleep(number)

        @pytest.mark.vtloop(audit=True)
        async def test_other():
            await asyncio.sleep(STARTED)

        @pytest.mark.vtloop
        async def test_not_audited():
            await asyncio.sleep(STARTED)

        @pytest.mark.vtloop(audit=True)
        def test_not_async(vt):
            pass
        """
    )
    assert done.outcomes == {
        "TestClass::test_same[1]": "passed",
        "test_other": "failed",
        "test_not_audited": "passed",
        "test_not_async": "error",
    }, done.text
    assert "Likely cause:" in done.section("test_other")
    assert "an audit runs async tests" in done.text
