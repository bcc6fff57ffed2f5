"""Plain values that every room speaks of, with no event loop in them.

Used from outside: `clock.Clock`, `choices.Choices`, `trace.Trace`, `trace.load`, `options.check`.
May import: `errors`, `private`.

A map of the package, from the bottom up:

- `clock`: virtual time in nanoseconds, and in words
- `source`, `callers`, `programs`: lines of source code, whose code calls, functions by name
- `text`, `columns`: words for what is counted, texts without addresses, texts in columns
- `options`: the check of options, against tables that are where the options are
- `choices`: the choices of a run, their token, which are simpler, and who makes them
- `files`, `progress`: files that are read and written, how far long work is
- `waits`, `trace`: what tasks wait for; what a run has recorded
"""
