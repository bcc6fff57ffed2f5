"""The file from which a search goes on: what was tried, one case a line.

The first line says of which search it is. A last line that was not written to its end does not
count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Generic, TextIO

from vtloop.search.experiment import AnyCase, Experiment, Result
from vtloop.search.oracles import Finding

_VERSION = 2  # of the file's format


class Journal(Generic[AnyCase]):
    """Knows the results of earlier searches, by case, and takes down new ones while it is entered.

    `path` is that of the file; without one nothing is known or kept. `head` tells this search from
    others, in words. ValueError if the file is of another one.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        experiment: Experiment[AnyCase, Any],
        head: Mapping[str, str],
    ) -> None:
        self.known: dict[AnyCase, Result[AnyCase]] = {}
        self._path = path
        self._experiment = experiment
        self._search = experiment.wording.search
        self._kind = f"vtloop {self._search}"
        self._head = {self._kind: _VERSION, **head}
        self._file: TextIO | None = None

    def __enter__(self) -> Journal[AnyCase]:
        if self._path is not None:
            lines, end = _whole_lines(self._path)
            if lines:
                self._compare(lines[0])
                for line in lines[1:]:
                    result = self._result(json.loads(line))
                    self.known[result.case] = result
            # By a buffer for each line, so that what is killed loses one line at most.
            self._file = open(self._path, "a", 1, encoding="utf-8", newline="\n")
            self._file.truncate(end)
            if not lines:
                self._write(self._head)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: Result[AnyCase]) -> None:
        """Take down a result."""
        if self._file is not None:
            self._write(_plain(result))

    def _result(self, values: Mapping[str, Any]) -> Result[AnyCase]:
        return Result(
            self._experiment.case_of(values["case"]),
            values.get("missed", False),
            tuple(Finding(*finding) for finding in values.get("findings", ())),
            tuple(map(self._experiment.lead_of, values.get("again", "").split())),
        )

    def _write(self, values: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(values, ensure_ascii=False) + "\n")

    def _compare(self, line: str) -> None:
        """Raise ValueError if the first line of the file is not this search's."""
        begin = f"A {self._search} was to go on from {os.fspath(self._path or '')!r}, while that"
        end = "give the path of another file, or delete this one"
        try:
            theirs = json.loads(line)
        except ValueError:
            theirs = None
        if not isinstance(theirs, dict) or self._kind not in theirs:
            raise ValueError(f"{begin} is no file of a {self._search}; {end}")
        for what, value in self._head.items():
            if theirs.get(what) != value:
                raise ValueError(
                    f"{begin} is of another one: its {what} is {theirs.get(what)!r}, and that of "
                    f"this one {value!r}; {end}"
                )


def _whole_lines(path: str | os.PathLike[str]) -> tuple[list[str], int]:
    """Return the lines of a file that have an end, and the size of them all in bytes."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return [], 0
    end = data.rfind(b"\n") + 1
    if data and not end:
        return [data.decode("utf-8", "replace")], len(data)
    return data[:end].decode("utf-8", "replace").splitlines(), end


def _plain(result: Result[Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"case": str(result.case)}
    if result.missed:
        values["missed"] = True
    if result.findings:
        values["findings"] = result.findings
    if result.leads:
        values["again"] = " ".join(map(str, result.leads))
    return values
