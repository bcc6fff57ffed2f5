"""asyncio's event loop on a clock that jumps, with three collaborators and no fourth.

Hands out: `VirtualLoop`, `Policy`, `Recorder`, `Network`, `Runner`, `now`, `section`, `busy`.
May import: `errors`, `private`, `values`, `patching`.

A map of the package, from the bottom up:

- `tasks`, `sets`: tasks with numbers, and sets of them in order
- `handles`, `timers`: the timer queue
- `policy`, `recorder`, `unsupported`: the collaborators, and what is refused
- `waits`: what a suspended task waits for
- `borrowed`: what asyncio's own loop lends
- `threads`: who may block, and what that means; a package, with a map of its own
- `hazards`: deadlock, livelock, spinning
- `loop_thread`, `idle_thread`: a run's own thread, while its loop runs and while it does not
- `patches`: all that a run replaces in the process; a package, with a map of its own
- `options`: what the options of a run can be
- `executors`, `scheduling`, `loop`: the event loop
- `nested`: where another loop runs already
- `explanations`, `runner`: what Hypothesis does not trace, and `asyncio.Runner` for one loop
- `probes`: what a program asks and says of itself
"""
