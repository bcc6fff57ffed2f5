"""Threads in virtual time: each may block without blocking the run, and one runs at a time.

Used from outside: `actor.here`, `actor.busy`, `thread_locks.Lock`, `all_threads.Threads`.
To understand it, start with `actor`.
May import: `errors`, `private`, `values`, `patching`, `net`.

A map of the package, from the bottom up:

- `polling`: programs that look at a clock again and again
- `actor`: `time.sleep` and `busy`, and what each kind of thread has to be able to do for them
- `probing`: what a thread is doing that runs on its own
- `external`: threads that the simulation does not control
- `baton`: how a thread sleeps and waits in virtual time: it hands on its turn, and gets it back
- `thread_locks`, `pools`: the locks that threads wait for, and the jobs of their pools
- `sockets`: how a thread waits for sockets
- `workers`, `program_threads`: threads of the run's own pools, and those that a program starts
- `alarms`: what is due while the loop's own thread is blocked: threads wake, messages arrive
- `baton_back`: how the loop gets the baton back, and when it stops waiting for it
- `other_executors`: executors of the program's own
- `all_threads`: the threads of a run, and who goes on next
"""
