"""A trace as a schedule, and questions to it.

Used from outside: `timeline.Timeline`, `task_facts.TaskFacts`, `difference.first_difference`.
A timeline that shows itself in a notebook looks up `views.formats`: the only way up in the house.
May import: `private`, `values`.

A map of the package, from the bottom up:

- `spans`: what a timeline is made of
- `uses`, `timeouts`: what is done with primitives; who is within a timeout, and what that cancels
- `messages`: what was sent over the network, by which task and to which
- `lanes`: in which order the tasks stand
- `timeline`: all that a run did, as lanes of spans
- `participants`: who is in it, and how they are called
- `periods`: while something was so
- `task_facts`: what became of each task
- `difference`: where two schedules part
"""
