"""The command `vtloop`.

A map of the package, from the bottom up:

- `signals`: those that are to arrive at a script
- `loop_makers`, `scripts`: a script whose loops are virtual, however it makes them
- `searching`: what those commands share that search a program
- `sweep_command`, `explore_command`, `audit_command`: commands with many options
- `pipes`: the end of a command that nobody listens to any more
- `main`: all commands
"""
