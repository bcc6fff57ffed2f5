"""A timeline, drawn or written.

Used from outside: `chart`, `marbles`, `mermaid`, `perfetto`, `words`, and `formats`, which has all
views.
May import: `errors`, `private`, `values`, `timeline`.

A map of the package, from the bottom up:

- `phrases`, `waiting`, `words`, `message_words`, `titles`: what views say, in some languages
- `options`: what the options of views can be
- `style`: colours, patterns, marks and sizes
- `chart`: a picture; a package, with a map of its own
- `marble_rows`, `marbles`: one character for a stretch of time
- `perfetto`, `mermaid`, `html`: for the programs of these names, and a page for a browser
- `formats`: all of them, by the suffix of a file
"""
