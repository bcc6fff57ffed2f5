"""A run's own thread waits for other processes while the run's other threads go on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3]

PROGRAMS = {
    "a pool is left": """
        with multiprocessing.Pool(2) as pool:
            print(pool.map(square, [1, 2, 3]))
            print(await asyncio.to_thread(pool.map, square, [4, 5]))
        print("done at", time())
    """,
    "a pool is idle now and then": """
        with multiprocessing.Pool(2) as pool:
            await asyncio.sleep(3600)
            for _ in range(2):
                async with asyncio.timeout(60):
                    print(await asyncio.to_thread(pool.map, later, [1, 2]))
                await asyncio.sleep(3600)
        print("done at", time())
    """,
    "queues": """
        questions, answers = multiprocessing.Queue(), multiprocessing.Queue()
        process = multiprocessing.Process(target=answer, args=(questions, answers))
        process.start()
        for number in range(3):
            questions.put(number)
        print([answers.get() for _ in range(3)])
        questions.put(None)
        process.join()
        print(process.exitcode, "at", time())
    """,
    "a pipe": """
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=echo, args=(theirs,))
        process.start()
        ours.send("hello")
        print(ours.poll(5), ours.recv())
        process.join()
        print(ours.poll(0), process.exitcode, "at", time())
    """,
    "a lock that a thread of the run holds": """
        lock = multiprocessing.Lock()
        def hold():
            with lock:
                sleep(0.5)
        held = asyncio.get_running_loop().run_in_executor(None, hold)
        await asyncio.sleep(0.1)
        print(lock.acquire(False), lock.acquire(timeout=0.01))
        with lock:
            print("mine at", time())
        await held
    """,
}
PRINTED = {
    "a pool is left": "[1, 4, 9]\n[16, 25]\ndone at 0.0\n",
    "a pool is idle now and then": "[1, 2]\n[1, 2]\ndone at 10800.0\n",
    "queues": "[0, 1, 4]\n0 at 0.0\n",
    "a pipe": "True hello\nFalse 0 at 0.0\n",
    "a lock that a thread of the run holds": "False False\nmine at 0.5\n",
}
HEAD = """
import asyncio, multiprocessing
from time import sleep

def square(number):
    return number * number

def later(number):
    sleep(0.2)
    return number

def answer(questions, answers):
    while (number := questions.get()) is not None:
        answers.put(number * number)

def echo(pipe):
    pipe.send(pipe.recv())

def time():
    return asyncio.get_running_loop().time()

async def main():
"""
TAIL = """
if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are others there")
@pytest.mark.parametrize("what", PROGRAMS)
def test_a_wait_for_another_process_lets_the_threads_of_the_run_act(what, tmp_path):
    script = tmp_path / "program.py"
    body = "\n".join(line[4:] for line in PROGRAMS[what].splitlines())
    script.write_text(HEAD + body + TAIL, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "vtloop", "run", str(script)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == PRINTED[what], done.stderr
    assert done.returncode == 0
