"""Runs the async tests of other projects on the loop that they expect, and on a virtual one.

    python tests/proof/upstream/run.py [project…]

Their sdists are downloaded, in the versions below, into build/upstream. For projects that wait on
time, only the loop is swapped (see `swapped_loop`); for those that talk over the network, each test
is put into a run (see `in_runs`). The outcomes are compared test by test; differences that are
explained in `README.md`, beside this file, are named there with their reason, and any other one is
an error. A test that fails with its own loop is none.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build" / "upstream"
NEEDED = ["dunamai", "tornado", "trio", "typeguard", "typing-extensions"]


class Project(NamedTuple):
    """A project whose tests are run."""

    requirement: str  # of pip, with a version
    tests: str
    sources: str = "."
    options: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """What is installed for it alone, for a project that talks over the network."""

    @property
    def plugin(self) -> str:
        """The plugin that lets its tests be in virtual time."""
        return "in_runs" if self.needs else "swapped_loop"


BY_ANYIO = ("-o", "addopts=", "-p", "no:asyncio")
BY_ASYNCIO = ("-o", "addopts=", "-o", "asyncio_mode=strict", "-p", "no:anyio")
BY_ITSELF = ("-o", "addopts=", "-o", "filterwarnings=", "-p", "no:asyncio", "-p", "no:anyio")

PROJECTS = {
    "tenacity": Project("tenacity==9.1.2", "tests/test_asyncio.py"),
    "aiostream": Project("aiostream==0.7.0", "tests"),
    "async-timeout": Project("async-timeout==5.0.1", "tests"),
    "aiolimiter": Project("aiolimiter==1.3.0", "tests", "src", ("--asyncio-mode=auto",)),
    "aiosmtplib": Project(
        "aiosmtplib==5.1.3",
        "tests",
        "src",
        ("-p", "no:anyio"),
        ("aiosmtpd==1.4.6", "hypothesis", "trustme"),
    ),
    "hypercorn": Project(
        "hypercorn==0.18.0",
        "tests/asyncio tests/protocol tests/middleware",
        "src",
        BY_ASYNCIO,
        ("h2", "priority", "trio", "wsproto"),
    ),
    "uvicorn": Project(
        "uvicorn==0.54.0",
        "tests --ignore=tests/benchmarks --ignore=tests/supervisors",
        ".",
        BY_ANYIO,
        (
            *("a2wsgi", "anyio==4.16.0", "click", "h11", "httptools", "httpx", "httpx2"),
            *("pytest-mock", "python-dotenv", "pyyaml", "trustme", "typing-extensions"),
            *("watchfiles", "websockets", "wsproto", "zttp"),
        ),
    ),
    "anyio": Project(
        "anyio==4.16.0",
        "tests/streams -k not(trio)and(not(uvloop)) -o anyio_mode=auto",
        "src",
        BY_ANYIO,
        ("exceptiongroup", "idna", "psutil", "pytest-mock", "trio", "trustme"),
    ),
    "aiohttp": Project(
        "aiohttp==3.14.5",
        " ".join(
            f"tests/test_{name}.py"
            for name in (
                *("client_functional", "client_ws_functional", "connector", "proxy_functional"),
                *("test_utils", "web_functional", "web_runner", "web_sendfile_functional"),
                *("web_server", "web_websocket_functional"),
            )
        ),
        ".",
        (*BY_ITSELF, "-p", "aiohttp.pytest_plugin"),
        (
            *("aiohappyeyeballs", "aiosignal", "attrs", "brotli", "freezegun", "isal"),
            *("multidict", "propcache", "proxy.py", "pytest-mock", "trustme", "yarl"),
            *("zlib-ng",),
        ),
    ),
}

_EXPLAINED = re.compile(r"^\| `(\S+?)` \| `(\S+?)` \|", re.MULTILINE)

_IN_REAL_TIME = re.compile(r"^in real time: ([\d.]+) s$", re.MULTILINE)


def main(names: list[str]) -> int:
    """Run the projects named, or all; return 1 if a difference is not explained."""
    BUILD.mkdir(parents=True, exist_ok=True)
    explained = set(_EXPLAINED.findall((HERE / "README.md").read_text("utf-8")))
    unexplained = 0
    for name in names or PROJECTS:
        project = PROJECTS[name]
        packages = _installed(name if project.needs else "packages", project.needs or NEEDED)
        sources = _sources(project.requirement)
        expected, real = _run(project, sources, packages, "-p", "no:cacheprovider")
        found, virtual = _run(project, sources, packages, "-p", project.plugin)
        if project.needs:  # what waits in real time may fail, on a machine that has much to do
            expected = {test: one for test, one in expected.items() if one == "passed"}
            found = {test: one for test, one in found.items() if test in expected}
        same = sum(found.get(test) == outcome for test, outcome in expected.items())
        print(
            f"{project.requirement}: {same} of {len(expected)} tests come out equal; "
            f"{real:.2f} s with its own loop, {virtual:.2f} s in virtual time"
        )
        for test in sorted(expected.keys() | found.keys()):
            outcomes = expected.get(test, "missing"), found.get(test, "missing")
            if outcomes[0] != outcomes[1]:
                reason = "explained" if (name, test) in explained else "NOT EXPLAINED"
                unexplained += reason != "explained"
                print(f"  {test}: {outcomes[0]}, and in virtual time {outcomes[1]} ({reason})")
    return int(unexplained > 0)


def _pip(*arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", *arguments, *quiet], check=True)


def _installed(name: str, requirements: Sequence[str]) -> Path:
    """Return where packages are, after installing them if need be."""
    folder = BUILD / f"for-{name}"
    if not folder.exists():
        _pip("install", "--target", str(folder), *requirements)
    return folder


def _sources(requirement: str) -> Path:
    """Return where the sources of a project are, after downloading them if need be."""
    name, _, version = requirement.partition("==")
    for _ in range(2):
        for spelling in (name, name.replace("-", "_")):
            if (found := BUILD / f"{spelling}-{version}").is_dir():
                return found
            if (archive := BUILD / f"{spelling}-{version}.tar.gz").is_file():
                with tarfile.open(archive) as tar:
                    tar.extractall(BUILD, filter="data")
                return found
        _pip("download", "--no-binary", name, "--no-deps", "--dest", str(BUILD), requirement)
    raise SystemExit(f"The sdist of {requirement} was downloaded, and is not in {BUILD}")


def _run(
    project: Project, sources: Path, packages: Path, *options: str
) -> tuple[dict[str, str], float]:
    """Return the outcome of each test, by name, and the real seconds that they took together."""
    report = sources / "report.xml"
    report.unlink(missing_ok=True)
    paths = [sources / project.sources, sources, packages, HERE, ROOT]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    plain = ("-c", str(HERE / "pytest.ini"), "--rootdir", str(sources), f"--junitxml={report}")
    command = [sys.executable, "-m", "pytest", *plain, *project.options, *options]
    command += project.tests.split()
    done = subprocess.run(
        command, cwd=sources, env=environment, capture_output=True, text=True, check=False
    )
    if not report.exists():
        raise SystemExit(f"The tests of {project.requirement} were not run:\n{done.stdout}")
    cases = list(ElementTree.parse(report).iter("testcase"))
    if done.returncode not in (0, 1):  # 1: some have failed
        raise SystemExit(f"The tests of {project.requirement} were not run:\n{done.stdout}")
    outcomes = {
        f"{Path(case.get('classname', '').replace('.', '/')).name}::{case.get('name')}": next(
            (child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed"
        )
        for case in cases
    }
    told = _IN_REAL_TIME.search(done.stdout)  # by a plugin that lets pytest's clock be virtual
    seconds = sum(float(case.get("time", 0)) for case in cases)
    return outcomes, float(told[1]) if told else seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
