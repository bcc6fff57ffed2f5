"""Many runs of one program: tried, judged, remembered and replayed, whatever is searched.

What is searched is an `Experiment`: it says which cases there are, and how each is run. The engine
knows a case by its token. The least kind of search is in tests/search/test_experiment.py; a full
one is the sweep (`vtloop.sweep`). Its command goes into `integrations.cli`.

Used from outside: `experiment.Experiment`, `experiment.Plan`, `engine.Search`, `engine.run_again`,
`bench.Bench`, `conduct.Conduct`, `report.Report`, `replay.Replay`, `oracles.Rule`.
May import: `errors`, `private`, `values`, `patching`, `net`, `core`, `timeline`, `recording`,
`views`, `simulation`.

A map of the package, from the bottom up:

- `outcome`: what is known of a run when it is over, which is what oracles see
- `options`: what the options of any search can be
- `failures`: the exceptions that tasks and callbacks have ended with
- `location`: where in its functions a task is
- `calls`: the Python functions that a step calls, counted
- `releases`, `wakeups`, `witness`: what is gathered of a run while it goes on
- `noting`: what stands in for asyncio's functions, so that the witness of a run hears of them
- `invariants`: what a user says is always so
- `conduct`: the policy by which a case is carried out
- `surroundings`: what is entered once for all runs
- `bench`: running a program once, on a clean process
- `setting`: what is searched, as plain values
- `oracles`: the rules by which any run is judged; a new fact goes into `outcome`, and is filled in
  by `witness`, or by `bench` where it is about the main coroutine or its end
- `judge`: leaves out what the undisturbed run shows too
- `experiment`: what a kind of search says of itself; it is the seam to all that is below here
- `batches`, `journal`: trying many, also elsewhere, and not twice
- `replay`: one case, run again and recorded
- `engine`: how a search goes
- `report`: what it has found, in words
"""
