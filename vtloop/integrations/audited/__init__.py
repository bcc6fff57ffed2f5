"""A new process, in which an audit runs a program again.

A map of the package, from the bottom up:

- `surroundings`: what the program is shown of the machine, and what it looks at
- `process`: runs the program, and tells of it
"""
