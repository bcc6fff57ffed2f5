"""The threads of a run: who may block, and what that means. One of them runs at a time.

Hands out: `Actor`, `here`, `busy`, `Lock`, `Threads`.
May import: `errors`, `private`, `values`, `patching`.

A map of the package, from the bottom up:

- `actor`: what blocking a thread means; `time.sleep` and `busy`
- `polling`, `probing`: programs that look at a clock again and again, and threads that are blocked
- `external`: threads that the simulation does not control
- `baton`: whose turn it is
- `locks`, `pools`: what threads wait for, and what they do
- `workers`, `program_threads`, `foreign`: the run's own threads, the program's, other executors
- `threads`: all of them, and the baton on its way
"""
