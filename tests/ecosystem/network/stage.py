"""Runs a program of `programs` on the stock loop over loopback, or in a simulation.

A program has a coroutine function `main(log, hour)`, and in `TOLD` what it logs, a line for each
call of `log`, with the virtual second before it. An hour is 3600 s in a simulation; elsewhere it
passes quickly. What it writes, it writes into the current directory. As a
script, this prints the digests of programs that run in a directory:

    python -m tests.ecosystem.network.stage /tmp/scratch redis_client anyio_tcp
"""

import asyncio
import os
import sys
import warnings
from importlib import import_module

import vtloop

QUICK_HOUR = 0.05  # seconds of real time


def load(name):
    """Return the program; what a library's own code is warned of as it is imported is not heard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module(f"tests.ecosystem.network.programs.{name}")


def told_in_order(program):
    """Return what the program says that it logs: pairs of a second and a text."""
    lines = (line.partition(" ") for line in program.TOLD.splitlines())
    return [(float(second), text) for second, _, text in lines]


def on_stock(program, hour=QUICK_HOUR):
    """Return the texts that the program logs on the loop that asyncio has for this machine."""
    texts = []
    asyncio.run(program.main(lambda *words: texts.append(" ".join(map(str, words))), hour))
    return texts


def simulated(program):
    """Return the run of the program, and what it logged: pairs of a second and a text."""
    logged = []

    def log(*words):
        logged.append((round(vtloop.now(), 6), " ".join(map(str, words))))

    options = getattr(program, "OPTIONS", {})
    return vtloop.simulate(lambda: program.main(log, 3600.0), **options), logged


def digest(name):
    run, _ = simulated(load(name))
    run.result()
    return run.digest()


if __name__ == "__main__":
    _, directory, *names = sys.argv
    os.chdir(directory)
    for name in names:
        print(name, digest(name))
