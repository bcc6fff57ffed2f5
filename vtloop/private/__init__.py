"""What the standard library keeps to itself, and this package reads all the same.

A name with a leading underscore may be gone, or stay and mean nothing any more, in the next Python.
So each is read in one place: here if it is a module's or a class's. Fields of instances, such as
the future that a task waits for, are read where they are needed, as a function around them would
take longer than what it is for. A test (tests/proof/test_private_names.py) knows of all of them,
and shows on each Python that they are there and are filled.

On an interpreter that has another inside, importing this package says so.

May import: `errors`.

A map of the package, by whose names they are, from the bottom up:

- `pythons`: which interpreters are those
- `interpreter`: those of the interpreter, its frames, signals and warnings
- `threads`: those of threads, queues and executors
- `sockets`: the class of sockets that is written in C
- `events`: those of asyncio
"""

from vtloop.private.pythons import check

check()
