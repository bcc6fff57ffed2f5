"""Many runs of one program, and what is seen of each.

May import: `private`, `values`, `patching`, `core`, `recording`, `errors`.

A map of the package, from the bottom up:

- `outcome`: what is known of a run when it is over, which is what oracles see
- `failures`: the exceptions that tasks and callbacks have ended with
- `location`: where in its functions a task is
- `releases`, `wakeups`, `witness`: what is gathered of a run while it goes on
- `invariants`: what a user says is always so
"""
