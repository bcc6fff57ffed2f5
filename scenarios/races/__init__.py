"""A gallery of races: programs with a bug that another order or another duration brings to light.

Each race is a module with `broken`, the program with the bug, and `fixed`; both are plain asyncio,
pass as stock asyncio runs them, and know nothing of the search that finds the bug. They await
`pause()` where real code would do I/O, so that two programs come from each: in the variant *step* a
pause is a bare switch, and all depends on the order; in the variant *io* it takes a millisecond,
as real I/O does, and what can be otherwise is how long it takes. `pauses` has the two; `table` says
which races there are, and how little it takes to see each.
"""
