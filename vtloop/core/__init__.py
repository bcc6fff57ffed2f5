"""asyncio's event loop on a clock that jumps.

It has two collaborators: a policy decides, a recorder is told. Its sockets are those of the room
`net`.

Used from outside: `loop.VirtualLoop`, `policy.Policy`, `policy.LoopView`, `ties.Ties`,
`recorder.Recorder`, `runner.Runner`, `left_open.left_open`, `probes.now`, `probes.section`.
Where its code is clever, docs/tricks.md says why.
May import: `errors`, `private`, `values`, `patching`, `net`.

A map of the package, from the bottom up:

- `tasks`, `sets`: tasks with numbers, and sets of them in order
- `timers`: handles, and the queue of timers
- `policy`: what a policy sees and can do, with one that prefers the newest task
- `recorder`: what a recorder is told
- `ties`: a policy that orders timers of one instant (the policies that cancel are in `sweep`)
- `unsupported`: which methods are refused, and which only without a network
- `await_stacks`, `network_waits`, `waits`: what a suspended task waits for
- `threads`: who may block, and what that means; a package, with a map of its own
- `network`: the kernel of a run's network, when a thread needs it
- `signals`: what is called for a signal
- `connections`: what asyncio's selector loops lend, for simulated sockets
- `borrowed`: what asyncio's own loop lends
- `hazards`: deadlock, livelock, spinning
- `loop_thread`, `idle_thread`: a run's own thread, while its loop runs and while it does not
- `home`: in which thread a loop runs, and which other threads belong to it
- `limits`: how far a run may go
- `patches`: all that a run replaces in the process; a package, with a map of its own
- `options`: what the options of a run can be
- `executors`, `scheduling`: what is put into a loop
- `crashes`: what becomes of the tasks of a host of the network that crashes
- `advancing`, `loop`: how its clock moves, and what it does
- `left_open`: what a program leaves open in its network
- `nested`: where another loop runs already
- `explanations`: keeps this package's own lines out of what Hypothesis explains
- `runner`: what `asyncio.Runner` is, for one loop
- `probes`: `now()` and `section()`, by which a program asks and says where it is
"""
