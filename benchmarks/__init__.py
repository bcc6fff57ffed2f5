"""What vtloop costs, beside stock asyncio and the other loops in virtual time.

    python -m benchmarks            # the tables; see the README beside this file

A map, from the bottom up; a module imports only from those named before it:

- `workloads`: the programs, plain asyncio
- `on_simpy`, `on_usim`, `on_trio`: the same where a library has an interface of its own
- `rivals`: the loops that run them
- `sample`: one program on one loop, in this process
- `rounds`: all of them in turn, each in a fresh process
- `measures`: what is not a matter of programs on loops, such as the cost of an import
- `table`, `chart`: readers of the results
- `__main__`: the command line
"""
