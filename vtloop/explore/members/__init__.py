"""Members of a search: each is a rule by which schedules are drawn, with its source and guarantee.

A member of *order* says which of the lanes that are ready takes the next step, a member of *time*
how much later than asked each timer fires. A run has one of each, or leaves one of them to asyncio.

A map of the package, from the bottom up:

- `member`: what a member is
- `fifo`, `replaying`: asyncio's own order, and that of a schedule which is known
- `one_by_one`: what members share that come to an end
- `random_walk`, `urw`, `pos`, `pct`, `holds`, `exhaustive`: members of order
- `some`: what several members of time share
- `lates`, `meet`, `slow`, `heavy`, `paced`: members of time
"""
