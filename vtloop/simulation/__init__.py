"""One run, and all that is known of it.

Used from outside: `simulation.simulate`, `simulation.run`, `run.Run`, `growth.check_growth`.
May import: `errors`, `patching`, `values`, `net`, `core`, `timeline`, `recording`, `views`,
`claims`, `audit`.

A map of the package, from the bottom up:

- `runnable`: what can be run
- `run`: what is known of a run that is over
- `execution`: running a program once, whoever does it
- `simulation`: a run from its beginning to its end
- `segments`: a loop that is run in parts, and the trace of each
- `growth`: several runs, of growing size
"""
