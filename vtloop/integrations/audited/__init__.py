"""A new process, in which an audit runs a program again.

A map of the package, from the bottom up:

- `outside`: what the program has from outside
- `audited`: the process
"""
