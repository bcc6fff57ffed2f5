"""Where users come in: the command line, notebooks, pytest.

May import: everything else but the doors.

A map of the package, from the bottom up:

- `options`: options in words, as on a command line
- `cli`: the command `vtloop`; a package, with a map of its own
- `notebook`: the cells of a notebook; a package, with a map of its own
- `pytest`: tests in virtual time; a package, with a map of its own
- `audited`: the child process that an audit starts; a package, with a map of its own
"""
