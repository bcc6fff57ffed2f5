"""The file from which a sweep goes on: what was tried, one case a line.

The first line says of which sweep it is. A last line that was not written to its end does not
count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

from vtloop.sweep.batches import Result
from vtloop.sweep.moments import Case, case_of, moment_of
from vtloop.sweep.oracles import Finding

_VERSION = 2  # of the file's format


class Ledger:
    """Knows the results of earlier sweeps, by case, and takes down new ones while it is entered.

    `path` is that of the file; without one nothing is known or kept. `sweep` tells this sweep from
    others, in words. ValueError if the file is of another one.
    """

    def __init__(self, path: str | os.PathLike[str] | None, sweep: Mapping[str, str]) -> None:
        self.known: dict[Case, Result] = {}
        self._path = path
        self._head = {"vtloop sweep": _VERSION, **sweep}
        self._file: TextIO | None = None

    def __enter__(self) -> Ledger:
        if self._path is not None:
            lines, end = _whole_lines(self._path)
            if lines:
                self._compare(lines[0])
                for line in lines[1:]:
                    result = _result(json.loads(line))
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

    def add(self, result: Result) -> None:
        """Take down a result."""
        if self._file is not None:
            self._write(_plain(result))

    def _write(self, values: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(values, ensure_ascii=False) + "\n")

    def _compare(self, line: str) -> None:
        """Raise ValueError if the first line of the file is not this sweep's."""
        begin = f"A sweep was to go on from {os.fspath(self._path or '')!r}, while that"
        end = "give the path of another file, or delete this one"
        try:
            theirs = json.loads(line)
        except ValueError:
            theirs = None
        if not isinstance(theirs, dict) or "vtloop sweep" not in theirs:
            raise ValueError(f"{begin} is no file of a sweep; {end}")
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


def _plain(result: Result) -> dict[str, Any]:
    values: dict[str, Any] = {"case": str(result.case)}
    if result.missed:
        values["missed"] = True
    if result.findings:
        values["findings"] = result.findings
    if result.again:
        values["again"] = " ".join(map(str, result.again))
    return values


def _result(values: Mapping[str, Any]) -> Result:
    return Result(
        case_of(values["case"]),
        values.get("missed", False),
        tuple(Finding(*finding) for finding in values.get("findings", ())),
        tuple(map(moment_of, values.get("again", "").split())),
    )
