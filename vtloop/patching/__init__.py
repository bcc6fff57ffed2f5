"""The means to replace functions of the process for a while, and to put them back.

Used from outside: `replacements.Replacements`, `replaced.replaces`, `swapped.STDOUT`,
`redirect.real`, `originals.TIME`.
May import: `private`.

What is replaced, and by what, is for others to say: most of it for `core.patches`, and
docs/replaced.md lists all.

A map of the package, from the bottom up:

- `originals`: the functions of the module time, as they are
- `memory`, `redirect`: a builtin function that does something else, wherever somebody keeps it
- `replaced`: the table of all that is replaced, to which the others add
- `replacements`: tables of names that stand for something else
- `swapped`: an attribute that several replace, in any order
"""
