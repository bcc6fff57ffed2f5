"""A trace as a schedule, and questions to it.

Hands out: `Timeline`, `Lane`, `Span`, `TaskFacts`, `first_difference`.
May import: `private`, `values`.

A map of the package, from the bottom up:

- `timeline`: lanes of spans
- `participants`: who is in it, and how they are called
- `periods`: while something was so
- `task_facts`: what became of each task
- `difference`: where two schedules part
"""
