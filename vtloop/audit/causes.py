"""Why two processes do not do the same: what can be the cause, in words, and what to do then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from vtloop.audit.requests import Read, Told


class _Words(NamedTuple):
    cause: str
    advice: str
    reads: tuple[str, ...] = ()  # the kinds of looks that are evidence for it


# By the field of `Surroundings` that was varied, or the kind of look that the program has taken.
_CAUSES = {
    "memory": _Words(
        "where objects lie in memory, which differs from process to process: the order of a set of "
        "objects that hash by their address, id(), or an address that is printed",
        "keep them in a list, or as the keys of a dict, which are in order; sort by something of "
        "their own; or give their class a __hash__ and __eq__",
        ("id", "hash"),
    ),
    "hash_seed": _Words(
        "the hash seed of the process: the order of a set of texts, bytes or dates, or hash()",
        "sort the set, or take dict.fromkeys(…) in its place, which keeps the order; for a number "
        "that is always the same take zlib.crc32 or hashlib in place of hash()",
        ("hash",),
    ),
    "variables": _Words(
        "the environment",
        "pass the value to the program, set it at its start, or, if it is meant as an input, tell "
        "the audit to keep it: --keep NAME",
        ("variables",),
    ),
    "directory": _Words(
        "the name of the working directory",
        "use paths relative to it, or to the file of the program",
        ("directory",),
    ),
    "listing": _Words(
        "the order in which a directory is listed", "sort what is listed", ("listing",)
    ),
    "processors": _Words(
        "the number of processors of the machine",
        "let the program, or its test, give the number of workers",
        ("processors",),
    ),
    "host": _Words("the name of the machine", "pass it to the program", ("host",)),
    "date": _Words(
        "the date of the machine",
        "look at the clock within the run, where the date is the run's; give wall_clock= a date",
        ("clock",),
    ),
    "python": _Words(
        "the version of Python", "make the code independent of it, or use only one", ()
    ),
    "virtual clocks": _Words(
        "a real clock, as wall_clock=None has it",
        "leave wall_clock= out, so that all clocks are the run's",
    ),
    "seed": _Words(
        "the module random, which seed=None leaves unseeded",
        "leave seed= out, or give it a number",
    ),
    "chance": _Words(
        "chance that is not seeded",
        "give the generator a seed: random.Random(1), numpy.random.default_rng(1)",
    ),
    "pid": _Words("the number of the process", "take a number or a name of the program's own"),
    "thread": _Words(
        "a thread in real time, from before the run or outside of it",
        "start it within the run, where its waits take virtual time",
    ),
    "clock": _Words(
        "a real clock that is read outside of the run, as a module is imported for one",
        "read it within the run, where it is the run's",
        ("clock",),
    ),
    "process": _Words("another process", "let a stand-in answer in its place"),
    "compiled": _Words(
        "a clock or chance of compiled code",
        "pass it the time or the seed, which it would take from the machine",
    ),
    "stat": _Words("the time of a file", "set it before it is looked at, with os.utime for one"),
    "file": _Words(
        "a file, or what an earlier run has left in it",
        "let each run begin with the same files, such as those of tmp_path",
    ),
    "later": _Words(
        "a real clock: it differs only after a while",
        "pass the time to whatever reads it (SQLite, numpy, another process)",
    ),
    "unknown": _Words(
        "chance, or a thread or clock that none of Python's functions tells of",
        "look for compiled code, other processes and files",
    ),
}

# Looks at the outside that can make two copies of one process differ, the surest first.
_OF_COPIES = ("thread", "stat", "process", "clock", "pid", "chance", "compiled", "file")


class Cause(NamedTuple):
    """Why two processes do not do the same, as far as it is known."""

    name: str
    subject: str = ""  # such as the name of an environment variable
    reads: tuple[Read, ...] = ()
    """The lines of the program that have looked at it, or at what may be it."""
    proof: str = ""
    """How it was found."""
    others: tuple[Read, ...] = ()
    """Where the program has looked at other things that may be it, if that is all that is known."""

    def __str__(self) -> str:
        words = _CAUSES[self.name].cause
        return f"{words}: {self.subject}" if self.subject else words

    @property
    def advice(self) -> str:
        """What to do."""
        return _CAUSES[self.name].advice


def cause_of(name: str, told: Iterable[Told], subject: str = "", proof: str = "") -> Cause:
    """Return a cause that has been found by varying it, with the lines that look at it."""
    kinds = _CAUSES[name].reads
    reads = dict.fromkeys(
        read
        for one in told
        for read in one.reads
        if read.what in kinds and (not subject or read.subject in subject.split(", "))
    )
    own_first = sorted(reads, key=lambda read: read.installed)
    return Cause(name, subject, tuple(own_first), proof)


def cause_of_copies(told: Iterable[Told]) -> Cause:
    """Return why two copies of one process differ, by what they have looked at."""
    told = list(told)
    reads: dict[str, list[Read]] = {kind: [] for kind in _OF_COPIES}
    for read in dict.fromkeys(read for one in told for read in one.reads):
        if read.what in reads:
            reads[read.what].append(read)
    packages = ", ".join(told[0].compiled)
    evident = {kind for kind, found in reads.items() if found}
    if not all(one.reproducible for one in told):
        evident.add("thread")
    if packages:
        evident.add("compiled")
    name = next((kind for kind in _OF_COPIES if kind in evident), "unknown")
    return Cause(
        name,
        packages if name == "compiled" and not reads[name] else "",
        tuple(reads.pop(name, ())),
        "two copies of one process differ",
        tuple(read for found in reads.values() for read in found),
    )
