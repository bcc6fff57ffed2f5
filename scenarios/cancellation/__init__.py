"""A museum of cancellation bugs, each a small program that shows it, beside one that does not.

Each exhibit is a module with `main`, the program with the bug, and `fixed`. They are plain asyncio,
and know nothing of the sweep that finds the bug. `exhibits` says which they are, what finds them,
and on which versions of Python; `controls` are programs in which there is nothing to find.
"""
