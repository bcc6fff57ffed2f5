"""The cells of a notebook, in virtual time.

A map of the package, from the bottom up:

- `session`: cells that share a loop
- `magic`: `%%vtloop` and `%vtloop`
"""
