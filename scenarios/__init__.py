"""Examples of asyncio as plain scripts, each with its golden transcript beside it.

    python -m scenarios                  # all of them
    python -m scenarios two_tasks 13     # by name or by number

    python -m scenarios.deck DIR         # the lecture as pictures for slides

The scripts know nothing of the simulator that runs them, but that those in `network` set their
scene with its hosts and links. `catalogue` says what they are called, in which order they come and
what is said of them, in the claims of `vtloop.claims`; `claims` how a statement is judged by them;
`transcript` how a script is run and its output read. Imports go only that way, from left to right.
"""
