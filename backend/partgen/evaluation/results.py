"""What was measured already: one line of JSON for each piece of work, so that an interrupted run goes on.

Several runs may share a file. A line counts only for the program, the object and the options that it was made with.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import PartgenError
from .baselines import BASELINES

Row = dict[str, Any]

MEASURING = tuple(f"evaluation/{name}.py" for name in ("labelled", "metrics", "segmentation", "baselines", "robustness", "disturbances"))
DECIDING = ("mesh.py", "part_tree.py", "devices.py", "segmentation", "geometry", "networks", "weights/bundled", *MEASURING)
"""What of the program decides about the numbers of a method: files and folders of the package."""
DECIDING_FOR_BENCHMARK = {"clicks": ("refining", "logistic.py", "evaluation/clicks.py")}
"""What more decides about the numbers of one benchmark."""
DECIDING_FOR_BASELINES = ("mesh.py", "geometry/adjacency.py", *MEASURING)


class Results:
    """Rows by what they were measured of, kept in a file where there is one.

    With `of_any_version` those count too that another version of the program has made; a row of this one comes first.
    """

    def __init__(self, file: Path | None = None, of_any_version: bool = False) -> None:
        self.file = file
        self.of_any_version = of_any_version
        self.others = 0
        """Rows in the file that another version of the program has made."""
        self._rows: dict[str, Row] = {}
        self._read_until = 0

    def find(self, key: Row) -> Row | None:
        """The row that was measured of `key`, also if another run has just written it. None where there is none, or it failed."""
        self._read()
        row = self._rows.get(_identity(key))
        if row is None and self.of_any_version:
            row = self._rows.get(_identity(key | OF_ANY_VERSION))
        return row if row and "failed" not in row else None

    def add(self, key: Row, row: Row) -> None:
        """Keeps a row. Raises PartgenError where the file cannot be written."""
        row = {**key, **row}
        self._rows[_identity(key)] = row
        if self.file is None:
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                # One write at the end of the file, whoever else writes there; after what an interrupted run left half done.
                size = os.fstat(handle).st_size
                start = b"\n" if size and os.lseek(handle, size - 1, os.SEEK_SET) >= 0 and os.read(handle, 1) != b"\n" else b""
                os.write(handle, start + json.dumps(row).encode() + b"\n")
            finally:
                os.close(handle)
        except OSError as error:
            problem = f"{self.file} cannot be written: {error.strerror}."
            raise PartgenError("file.unwritable", problem, "Choose another place for the results.") from error

    def _read(self) -> None:
        """Takes in the whole lines that the file has more than when it was last read."""
        if self.file is None or not self.file.exists():
            return
        with self.file.open("rb") as lines:
            lines.seek(self._read_until)
            new = lines.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read_until += len(whole)
        for line in whole.splitlines():
            try:
                row = json.loads(line)
                key = {name: row[name] for name in KEY}
            except (ValueError, KeyError, TypeError):
                continue  # half a line, from a run that was cut off
            if key["program"] == program_digest(key["method"], key["benchmark"]):
                self._rows[_identity(key)] = row
            else:
                self.others += 1
                self._rows[_identity(key | OF_ANY_VERSION)] = row


KEY = ("benchmark", "set", "object", "data", "method", "options", "program")
"""What tells one piece of work from another."""
OF_ANY_VERSION = {"program": "any"}


def key_of(benchmark: str, collection: str, path: Path, method: str, options: Mapping[str, Any]) -> Row:
    """What a row is measured of. Raises PartgenError where the object cannot be read."""
    try:
        data = hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
    except OSError as error:
        raise PartgenError("file.unreadable", f"{path} cannot be read: {error.strerror}.") from error
    values = (benchmark, collection, path.stem, data, method, dict(options), program_digest(method, benchmark))
    return dict(zip(KEY, values, strict=True))


def _identity(key: Mapping[str, Any]) -> str:
    return json.dumps([key[name] for name in KEY], sort_keys=True)


@cache
def program_digest(method: str = "", benchmark: str = "") -> str:
    """A digest of the code and the bundled weights that decide about a method's numbers in a benchmark."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.blake2b(digest_size=6)
    deciding = (*(DECIDING_FOR_BASELINES if method in BASELINES else DECIDING), *DECIDING_FOR_BENCHMARK.get(benchmark, ()))
    for path in deciding_files(root / name for name in deciding):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def deciding_files(places: Iterable[Path]) -> list[Path]:
    """The files at `places` and in the folders there, in a fixed order, without what Python compiled."""
    found = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)
