"""All that a run replaces in the process around it (see `environment`).

How something is replaced and put back is in the room `patching`. What others replace is in the same
table, of which `docs/replaced.md` is the page.

Used from outside: `environment.Environment`, `environment.always`, `wall_clock.shift_wall_clock`,
`unawaited.told_to`.
May import: `errors`, `private`, `values`, `patching`, `net`.

A map of the package, from the bottom up:

- `wall_clock`, `time_functions`: the date and time of day, and the module time
- `system_chance`, `module_random`: what the operating system and the module random have for a run
- `default_names`, `library_sets`: names of threads that nobody has named, sets in order
- `asyncio_locks`, `asyncio_uses`, `asyncio_timeouts`: who holds a lock, does what with a queue or
  the like, and is within a timeout
- `recorded`: the table of these
- `gc_schedule`: when the garbage collector runs
- `unawaited`: who hears of coroutines that nobody has awaited
- `real_things`, `other_processes`: what a run is told of, and whom it waits for in real time
- `network_sockets`, `os_files`: sockets and names of the run's network, and their descriptors
- `network_sets`: sets of connections in order
- `polls`: what asks which sockets are ready
- `inner_loops`: event loops that a thread of the run makes
- `environment`: the tables of a run
"""
