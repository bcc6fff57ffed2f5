"""Tests in virtual time, for pytest.

A map of the package, from the bottom up:

- `leaks`: what tests leave behind
- `networks`: the network of a test
- `loops`: the loops on which tests and fixtures run
- `vt`: what the fixture `vt` is
- `one_test`: a test from its setup to its teardown
- `report`, `durations`: what is said of tests that fail, and of those that took long
- `searches`, `sweep_option`, `sweeps`, `explore_summary`, `explorations`, `audits`: tests that are
  run again and again
- `async_functions`, `suitable`, `items`: which tests and fixtures are async, which tests can be run
  in virtual time, and as what pytest knows them
- `plugin`: the hooks
"""
