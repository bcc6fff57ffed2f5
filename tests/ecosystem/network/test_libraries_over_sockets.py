"""Libraries that talk over sockets run unmodified, in virtual time, as they do over loopback.

Each program of `programs` runs on the stock loop and in a simulation: what it logs is what it says
itself, at the virtual times that it says, and the same in every process.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.ecosystem.network import stage
from tests.support.processes import printed_by

HERE = Path(__file__).parent
# These need nothing but what is installed for all tests, and import it quickly.
QUICK = [
    "aiohttp_fifty",
    "aiohttp_files",
    "aiohttp_plain",
    "aiohttp_proxy",
    "aiohttp_testserver",
    "aiohttp_tls",
    "aiohttp_websockets",
    "anyio_datagrams",
    "anyio_tcp",
    "httpx_streams",
    "httpx_uvicorn",
    "redis_client",
    "starttls_streams",
    "websockets_pings",
]
ALL = sorted(path.stem for path in (HERE / "programs").glob("*.py"))
OTHERS = sorted({*ALL} - {*QUICK})


def load(name):
    """Return the program, or skip the test if what it shows is not installed."""
    try:
        return stage.load(name)
    except ModuleNotFoundError as error:
        if name in QUICK or error.name.startswith("tests"):
            raise
        pytest.skip(f"{error.name} is not installed")


@pytest.mark.parametrize(
    "name", [*QUICK, *(pytest.param(name, marks=pytest.mark.once) for name in OTHERS)]
)
def test_a_program_does_in_virtual_time_what_it_does_over_loopback(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = load(name)
    said = stage.told_in_order(program)
    assert stage.on_stock(program) == [text for _, text in said]
    run, logged = stage.simulated(program)
    run.result()
    assert logged == said
    assert round(run.elapsed, 6) == said[-1][0]
    assert not run.notices
    assert run.reproducible
    assert not run.unretrieved


def digests(hash_seed, names, path):
    """Return what another process prints, in a directory of its own."""
    directory = path / str(hash_seed)
    directory.mkdir()
    stage = ("-m", "tests.ecosystem.network.stage", directory)
    return printed_by(*stage, *names, hash_seed=hash_seed)


@pytest.mark.ends
def test_programs_do_the_same_in_processes_with_other_hash_seeds(tmp_path):
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(partial(digests, names=QUICK, path=tmp_path), range(2))
    assert first == second
    assert first.count("\n") == len(QUICK)


@pytest.mark.once
def test_programs_do_the_same_in_eight_processes_with_other_hash_seeds(tmp_path):
    names = [name for name in ALL if is_installed(name)]
    with ThreadPoolExecutor(2) as pool:
        outputs = set(pool.map(partial(digests, names=names, path=tmp_path), range(1, 9)))
    (output,) = outputs
    assert output.count("\n") == len(names)


def is_installed(name):
    try:
        stage.load(name)
    except ModuleNotFoundError:
        return False
    return True


@pytest.mark.once
@pytest.mark.parametrize("name", ["aiohttp_run_app", "uvicorn_run"])
def test_a_signal_ends_a_server_that_is_run_as_a_script(name):
    """`vtloop run` gives the script loops of its own; requests that are on are answered first."""
    if name == "uvicorn_run":
        pytest.importorskip("starlette")
    script = HERE / "scripts" / f"{name}.py"
    by_python = printed_by(script, "0.3").splitlines()
    simulated = printed_by("-m", "vtloop", "run", script, "3600").splitlines()
    assert by_python[:-1] == simulated[:-1] == ["visitor: finished", "cleaned up"]
    assert simulated[-1] == "ended after 3 hours"
