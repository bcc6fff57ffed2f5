"""Turns what a loop tells its recorder into a trace.

Used from outside: `recording.Recording`, `stdout.LineOutput`.
May import: `private`, `values`, `patching`, `core`.

A map of the package, from the bottom up:

- `suspensions`: where each task is suspended, and at which primitive
- `steps`: who woke whom, and how each step has ended
- `timeouts`: which timeouts tasks are within
- `openings`: where a program opens a socket
- `messages`: what is sent over the network, and what becomes of it
- `recording`: all that is told, as a trace
- `stdout`: what a program prints, line by line
"""
