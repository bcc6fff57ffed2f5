"""The loops that are measured, each as its own documentation says to run a program on it.

Limits that would end a long program are lifted; apart from that, everything has its default. What
a loop needs is imported when it runs: most of these packages are not installed most of the time.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from typing import Any, TypeAlias

import vtloop
from benchmarks import network

Main: TypeAlias = Callable[[], Coroutine[Any, Any, object]]

_UNLIMITED = 1 << 60  # steps


class Kind(Enum):
    """What a contender is, which decides what it is compared in."""

    OURS = "vtloop"
    REAL = "asyncio on a real clock"
    VIRTUAL = "asyncio in virtual time"
    OWN = "an interface of its own"


@dataclass(frozen=True, slots=True)
class Contender:
    """A loop, and how to run a program on a new one."""

    name: str
    kind: Kind
    package: str
    """Its name on PyPI; empty for what is here anyway."""
    run: Callable[[Main], object] | None
    """Run a main coroutine on a new loop; None for those with an interface of their own."""
    programs: str = ""
    """The module with the workloads in an interface of its own, as `PROGRAMS` by name."""

    def version(self) -> str | None:
        """Return the version installed, '' for what is here anyway, None for what is not."""
        if not self.package:
            return ""
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return None

    def own_programs(self) -> dict[str, Callable[[int], None]]:
        """Return its own versions of the workloads."""
        module: Any = importlib.import_module(self.programs)
        programs: dict[str, Callable[[int], None]] = module.PROGRAMS
        return programs


def _on(module: str, factory: str) -> Callable[[Main], object]:
    """Return how to run a program on the loops that a function of a module makes."""

    def run(main: Main) -> object:
        make = getattr(importlib.import_module(module), factory)
        with asyncio.Runner(loop_factory=make) as runner:
            return runner.run(main())

    return run


def _on_aiotools(main: Main) -> object:
    clock = importlib.import_module("aiotools").VirtualClock()

    async def patched() -> None:
        with clock.patch_loop():
            await main()

    return asyncio.run(patched())


def _on_seedloop(main: Main) -> object:
    return importlib.import_module("seedloop").check(lambda world: main(), seeds=1)


def _on_simloop(main: Main) -> object:
    loop = importlib.import_module("simloop").SimLoop(seed=0)
    host = loop.net.host(network.HOST)  # elsewhere nobody could connect to it

    async def on_host() -> object:
        return await host.create_task(main())

    try:
        return loop.run_until_complete(on_host())
    finally:
        loop.close()


def _on_detangle(main: Main) -> object:
    return importlib.import_module("detangle").run(main, max_steps=_UNLIMITED)


def _on_simloom(main: Main) -> object:
    run = importlib.import_module("simloom").run
    return run(main, seed=0, max_steps_per_instant=_UNLIMITED)


STOCK = "asyncio"
OURS = "vtloop"
RECORDED = "simulate"

CONTENDERS = (
    Contender(OURS, Kind.OURS, "", vtloop.run),
    Contender(RECORDED, Kind.OURS, "", lambda main: vtloop.simulate(main).result()),
    Contender(STOCK, Kind.REAL, "", lambda main: asyncio.run(main())),
    Contender("uvloop", Kind.REAL, "uvloop", _on("uvloop", "new_event_loop")),
    Contender("seedloop", Kind.VIRTUAL, "seedloop", _on_seedloop),
    Contender("looptime", Kind.VIRTUAL, "looptime", _on("looptime", "new_event_loop")),
    Contender("solipsism", Kind.VIRTUAL, "async-solipsism", _on("async_solipsism", "EventLoop")),
    Contender("aiotools", Kind.VIRTUAL, "aiotools", _on_aiotools),
    Contender("simloop", Kind.VIRTUAL, "simloop", _on_simloop),
    Contender("detangle", Kind.VIRTUAL, "detangle", _on_detangle),
    Contender("simloom", Kind.VIRTUAL, "simloom", _on_simloom),
    Contender("simpy", Kind.OWN, "simpy", None, "benchmarks.on_simpy"),
    Contender("usim", Kind.OWN, "usim", None, "benchmarks.on_usim"),
    Contender("trio", Kind.OWN, "trio", None, "benchmarks.on_trio"),
)


def named(name: str) -> Contender:
    """Return a contender by name; KeyError if there is none."""
    return {contender.name: contender for contender in CONTENDERS}[name]
