"""Run CPython's own asyncio tests on VirtualLoop and judge the outcome.

    python tests/proof/conformance/run.py            all of them (a few minutes)
    python tests/proof/conformance/run.py --fast     the modules that say most (a minute)
    python tests/proof/conformance/run.py --part network   those of connections

`cpython_tests.py` runs the installed CPython's `test.test_asyncio`, one process a test, against a
loop factory, and tells which tests count: those that the stock loop passes on this Python. What it
found out about the stock loop is kept beside it, for some versions; for another version it is found
out first (`--rebuild`, 5 minutes) and kept under build/. Else what is known of the nearest version
with the same minor one is taken: the tests are those of the installed Python, which came with what
they test, so one by the same name is passed by the stock loop as well; one that is not known there
does not count.

There are two parts. Of the part `loop`, each test of the categories `core` and `clock` is run by
itself. Those of the category `network` make sockets, and start threads that block on them, while no
loop runs yet. So each of them is run as a script is: in a run that is on before and after its loops
(see `one_run`).

Every counted test of these categories must pass, except those that `conformance.toml` lists with a
reason. Exits with 1 otherwise, and with 77 if nothing is known of
the stock loop of this minor version and `--rebuild` was not given.
"""

from __future__ import annotations

import argparse
import json
import lzma
import platform
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
BUILD = HERE.parents[2] / "build"
ANY = "reference-*.json"


class Part(NamedTuple):
    """Some of the tests, and how these are run."""

    categories: tuple[str, ...]
    how: tuple[str, ...]
    telling: str
    """The modules that say most."""


PARTS = {
    "loop": Part(
        ("core", "clock"),
        ("vtloop:VirtualLoop",),
        "test_base_events,test_futures2,test_locks,test_runners,test_taskgroups,test_tasks,"
        "test_timeouts,test_waitfor",
    ),
    "network": Part(
        ("network",),
        ("one_run:new_loop", "--around", "one_run:around"),
        "test_server,test_sock_lowlevel,test_sslproto,test_streams",
    ),
}
UNKNOWN = 77


def reference(directory: Path, rebuild: bool) -> Path | None:
    """Return the file that tells how the stock loop does on this Python, None if unknown."""
    version = platform.python_version()
    known = {version_of(path): path for path in (*BUILD.glob(ANY), *HERE.glob(f"{ANY}.xz"))}
    if rebuild and version not in known:
        BUILD.mkdir(exist_ok=True)
        return BUILD / ANY.replace("*", version)
    nearest = nearest_to(version, known)
    if nearest is None:
        return None
    if nearest != version:
        print(f"Which tests count is taken from Python {nearest}, the nearest that is known.")
    path = known[nearest]
    if path.suffix == ".json":
        return path
    unpacked = directory / path.stem
    unpacked.write_bytes(lzma.decompress(path.read_bytes()))
    return unpacked


def version_of(path: Path) -> str:
    """Return the version of Python in a reference's name."""
    return path.name.removeprefix("reference-").partition(".json")[0]


def nearest_to(version: str, known: Iterable[str]) -> str | None:
    """Return the known version that is nearest, of those with the same minor one; None without."""
    minor, _, micro = version.rpartition(".")
    same = [other for other in known if other.rpartition(".")[0] == minor]
    return min(
        same, key=lambda other: abs(int(other.rpartition(".")[2]) - int(micro)), default=None
    )


def judge(tests: dict[str, Any], exceptions: Collection[str]) -> int:
    """Print what was found; return how many tests should have passed and did not."""
    judged = [category for part in PARTS.values() for category in part.categories]
    outcomes = {category: Counter[str]() for category in judged}
    failed = []
    for name, record in tests.items():
        category, outcome = record.get("category"), record["outcome"]
        if category not in judged or not record["counted"]:
            continue
        if name in exceptions:
            outcome = "excepted" if outcome != "pass" else "passes, though excepted"
        outcomes[category][outcome] += 1
        if outcome not in ("pass", "excepted"):
            failed.append(f"  {outcome}: {name}: {record['reason']}")
    for category, counts in outcomes.items():
        if not counts:
            continue
        parts = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
        print(f"{category}: {parts} of {counts.total()}")
    print("\n".join(failed))
    return len(failed)


def main() -> int:
    """Run the tests; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="only the modules that say most")
    parser.add_argument("--part", choices=[*PARTS], help="only this part")
    parser.add_argument("--rebuild", action="store_true", help="find out about the stock loop")
    parser.add_argument("--jobs", type=int, default=2, help="modules at a time (default: 2)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    listed = tomllib.loads((HERE / "conformance.toml").read_text())["exceptions"]
    exceptions = {
        test
        for group in listed
        if sys.version_info >= tuple(map(int, group.get("since", "3.11").split(".")))
        for test in group["tests"]
    }
    with tempfile.TemporaryDirectory() as temporary:
        known = reference(Path(temporary), arguments.rebuild)
        if known is None:
            print(f"How the stock loop does on Python {platform.python_version()} is not known.")
            print("Find out with: make conformance")
            return UNKNOWN
        tests: dict[str, Any] = {}
        for part in [PARTS[arguments.part]] if arguments.part else PARTS.values():
            result = Path(temporary) / "result.json"
            command = [sys.executable, str(HERE / "cpython_tests.py"), *part.how]
            command += ["--reference", str(known), "--only", ",".join(part.categories)]
            command += ["--json", str(result), "--jobs", str(arguments.jobs)]
            command += ["--timeout-per-test", "15"]
            if arguments.fast:
                command += ["--modules", part.telling]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for name, record in json.loads(result.read_text())["tests"].items():
                if record.get("category") in part.categories:
                    tests[name] = record
    return 1 if judge(tests, exceptions) else 0


if __name__ == "__main__":
    sys.exit(main())
