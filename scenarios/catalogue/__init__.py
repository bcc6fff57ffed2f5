"""The scenarios in order: what each is called, when its wall clock starts, what is claimed of it.

Numbers 1 to 18 are the examples of a lecture on asyncio, with the lecture's claims in its words
where it made any, and otherwise with what its readers saw (`tasks`, `primitives`). Later numbers
are about what asyncio has gained since (`newer`), and what programs do on a network (`network`). To
add a scenario, write `NAME.py`, add an entry to one of these, and let `python -m scenarios --update
NAME` write its golden transcript.
"""

from __future__ import annotations

from scenarios.catalogue.network import NETWORK
from scenarios.catalogue.newer import NEWER
from scenarios.catalogue.primitives import PRIMITIVES
from scenarios.catalogue.scenario import HERE as HERE
from scenarios.catalogue.scenario import Scenario as Scenario
from scenarios.catalogue.tasks import TASKS

SCENARIOS = (*TASKS, *PRIMITIVES, *NEWER, *NETWORK)
