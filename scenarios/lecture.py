"""The lecture as a notebook, executed in a kernel of its own.

`python -m scenarios.lecture` executes `lecture.ipynb` and writes what its cells print and return
into it. Charts are left out of the file, as they are large, and so are the lines of tracebacks,
which name files of the machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import nbclient
import nbformat

NOTEBOOK = Path(__file__).with_suffix(".ipynb")
REAL_SECONDS_PER_CELL = 60  # a cell that hangs is a bug of the simulator

# Without types.
_formats: Any = nbformat
_client: Any = nbclient.NotebookClient


class Told(NamedTuple):
    """What a cell told its reader."""

    printed: str
    value: str
    error: str


def read() -> Any:
    """Return the notebook as it is in the file."""
    return _formats.read(NOTEBOOK, as_version=4)


def execute(notebook: Any) -> None:
    """Run a notebook's cells; raises `nbclient.exceptions.CellExecutionError`."""
    resources = {"metadata": {"path": str(NOTEBOOK.parent.parent)}}  # where vtloop is found
    _client(notebook, timeout=REAL_SECONDS_PER_CELL, resources=resources).execute()


def told(cell: Any) -> Told:
    """Return what a cell told its reader, charts aside."""
    printed = value = error = ""
    for output in cell.get("outputs", ()):
        if output.output_type == "stream":
            printed += output.text
        elif output.output_type == "execute_result":
            value = output.data["text/plain"]
        elif output.output_type == "error":
            error = f"{output.ename}: {output.evalue}"
    return Told(printed, value, error)


def charts(cell: Any) -> int:
    """Return how many charts a cell shows."""
    return sum(
        "image/svg+xml" in output.data
        for output in cell.get("outputs", ())
        if output.output_type == "display_data"
    )


def _for_the_file(cell: Any) -> None:
    """Leave nothing in a cell that differs from machine to machine or from time to time."""
    cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
    if cell.cell_type != "code":
        return
    texts = told(cell)
    outputs: list[Any] = []
    if texts.printed:
        outputs.append(_formats.v4.new_output("stream", name="stdout", text=texts.printed))
    if texts.value:
        data = {"text/plain": texts.value}
        count = cell.execution_count
        outputs.append(_formats.v4.new_output("execute_result", data, execution_count=count))
    if texts.error:
        name, _, value = texts.error.partition(": ")
        made = _formats.v4.new_output("error", ename=name, evalue=value, traceback=[texts.error])
        outputs.append(made)
    cell.outputs = outputs


def main() -> None:
    notebook = read()
    execute(notebook)
    for cell in notebook.cells:
        _for_the_file(cell)
    del notebook.metadata["language_info"]  # which names the version of Python
    _formats.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
