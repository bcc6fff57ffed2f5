"""The same program gives the same run in any process."""

import os
import random
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

PROGRAM = """
import asyncio, os, random, sys, tempfile, uuid, weakref
sys.path.insert(0, sys.argv[2])
import anyio
import vtloop

assert anyio.__file__.startswith(sys.argv[2])

ballast = [bytearray(random.SystemRandom().randrange(1, 5000)) for _ in range(int(sys.argv[1]))]
holes = ballast[::3]; del ballast[::2]   # free some, so that addresses are reused out of order

async def child(name):
    try:
        await asyncio.sleep(10)
    finally:
        print("cleanup of", name, random.random())

async def aborted_group():
    try:
        async with asyncio.TaskGroup() as group:
            for name in range(12):
                group.create_task(child(name))
            await asyncio.sleep(1)
            raise ValueError
    except* ValueError:
        pass

async def speak(name, delay=1):
    await asyncio.sleep(delay)
    print("spoke", name)
    return name

async def completed_of_a_set():
    for next_done in asyncio.as_completed({speak(name) for name in range(12)}):
        print("done", await next_done)

async def waited_for_in_sets():
    tasks = {asyncio.create_task(speak(name)) for name in range(12)}
    for task in tasks:
        print("in the set:", task.get_name())
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    print("done", [task.result() for task in done], "pending", len(pending))
    done, pending = await asyncio.wait(
        [asyncio.create_task(speak(name, name)) for name in range(12)], timeout=5.5)
    print("done", [task.result() for task in done])
    for task in pending:
        task.cancel()

async def groups_of_foreign_tasks():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options))
    await aborted_group()
    loop.set_task_factory(None)

async def left_to_the_runner():
    for name in range(12):
        asyncio.create_task(child(name))
    await asyncio.sleep(0)

async def generators_left_over():
    async def numbers(name):
        try:
            yield 1
        finally:
            print("generator closed", name)
    for name in range(12):
        async for _ in (generator := numbers(name)):
            kept.append(generator)
            break

kept = []

async def in_threads():
    import time
    def work(name):
        time.sleep(1 + name % 3)
        print("worked", name)
    await asyncio.gather(*(asyncio.to_thread(work, name) for name in range(6)))

async def timeouts_of_anyio():
    with anyio.move_on_after(1):
        await anyio.sleep(5)

async def groups_of_anyio():
    async def nested(name):
        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(child, f"{name}.{number}")
    try:
        async with anyio.create_task_group() as group:
            for name in range(12):
                group.start_soon(nested, name)
            await anyio.sleep(1)
            raise ValueError
    except* ValueError:
        pass

class Client:
    def __init__(self, name):
        self.name = name

async def weak_sets():
    clients = [Client(name) for name in range(30)]
    known = weakref.WeakSet(clients[::2])
    known.update(clients)
    known.discard(clients[4])
    del clients[7]
    print("known", [client.name for client in known])

async def identifiers():
    generator = random.Random()
    for _ in range(5):
        await asyncio.sleep(generator.random())
        print("made", uuid.uuid4(), uuid.uuid1())
    with tempfile.TemporaryDirectory(dir=sys.argv[2]) as directory:
        print("directory", os.path.basename(directory))

async def main():
    for part in (aborted_group, completed_of_a_set, waited_for_in_sets, groups_of_foreign_tasks,
                 in_threads, generators_left_over, timeouts_of_anyio, groups_of_anyio, weak_sets,
                 identifiers, left_to_the_runner):
        print("#", part.__name__)
        await part()

run = vtloop.simulate(main)
run.result()
assert run.reproducible
print("DIGEST", run.digest())
print(run.marbles())
print(run.trace.stacks)
"""


def output_of_a_fresh_process(hash_seed: int, ballast: int, packages: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ballast), str(packages)],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.once
def test_a_program_full_of_sets_runs_the_same_in_twenty_processes(tmp_path):
    places = [tmp_path / name / "site-packages" for name in ("here", "further/away")]
    for place in places:
        place.mkdir(parents=True)
        (place / "anyio").symlink_to(Path(anyio.__file__).parent)
    chance = random.SystemRandom()
    outputs = {
        output_of_a_fresh_process(
            chance.randrange(1, 10_000), chance.randrange(0, 20_000), places[number % 2]
        )
        for number in range(20)
    }
    assert len(outputs) == 1
    (output,) = outputs
    assert "DIGEST" in output
    assert "anyio/_core/_eventloop.py" in output
    assert str(tmp_path) not in output
    known = [*range(0, 4, 2), *range(6, 30, 2), *range(1, 7, 2), *range(9, 30, 2)]
    assert f"known {known}" in output
    completed = [line for line in output.splitlines() if line.startswith("spoke")][:12]
    assert completed == [f"spoke {name}" for name in range(12)], "a set in order of creation"


@pytest.mark.parametrize("other", ["seed=1", "until=1000", "settle=True"])
def test_only_a_difference_that_shows_changes_the_digest(other):
    program = (
        "import asyncio, random, vtloop\n"
        "async def main():\n"
        "    await asyncio.sleep(random.random())\n"
        f"print(vtloop.simulate(main).digest() == vtloop.simulate(main, {other}).digest())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ("False\n" if other == "seed=1" else "True\n")
