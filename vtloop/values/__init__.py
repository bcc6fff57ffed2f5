"""Plain values that every room speaks of, with no event loop in them.

Hands out: `Clock`, `Trace`, `load`, `Location`s of source code, tables of what options take.
May import: `errors`, `private`.

A map of the package, from the bottom up:

- `clock`: virtual time in nanoseconds, and in words
- `source`, `callers`, `programs`: lines of source code, whose code calls, functions by name
- `text`, `columns`: words for what is counted, texts without addresses, texts in columns
- `allowed`: what options can be
- `files`, `progress`: files that are read and written, how far long work is
- `trace`: what a run has recorded
"""
