"""Labelled models: meshes with the parts that people see in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..mesh import Mesh

Ints = NDArray[np.int32]

LAYOUT = "See partgen bench segmentation --help."


@dataclass(frozen=True, eq=False)
class Labelled:
    """A mesh, the benchmark set that it belongs to, one or several labelings (F,) of its faces, all of them right, and what it is."""

    collection: str
    mesh: Mesh
    truths: tuple[Ints, ...]
    category: str = ""

    @property
    def true_count(self) -> int:
        """The number of parts: the median over the labelings."""
        return int(np.median([len(np.unique(truth)) for truth in self.truths]))

    @property
    def main_truth(self) -> Ints:
        """The labeling (F,) with the median number of parts: the first of those that come nearest."""
        return min(self.truths, key=lambda truth: abs(len(np.unique(truth)) - self.true_count))


def read_labelled(path: Path, collection: str) -> Labelled:
    """Reads a benchmark file. Raises PartgenError where it is damaged, lacks an array, or has not one label for each face."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            numbered = sorted((n for n in arrays.files if n.startswith("face_labels_") and n[12:].isdigit()), key=lambda n: int(n[12:]))
            truths = tuple(arrays[name] for name in numbered or ["face_labels"])
            category = str(arrays["category"]) if "category" in arrays.files else ""
            mesh = Mesh.from_triangles(arrays["vertices"], arrays["faces"], path.stem)
    except KeyError as error:
        raise PartgenError("file.format", f"{path.name} has no array {error}.", LAYOUT) from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise PartgenError("file.damaged", f"{path.name} could not be read: it is damaged, or cut short.", "Get it again.") from error
    if any(truth.shape != (len(mesh.faces),) for truth in truths):
        raise PartgenError("file.format", f"{path.name} has not one label for each face.", LAYOUT)
    return Labelled(collection, mesh, truths, category)


def labelled_files(
    folder: Path, limit: int | None = None, collections: Sequence[str] = (), patterns: Sequence[str] = ("*",)
) -> list[tuple[str, Path]]:
    """The benchmark files in `folder`, or in its labelled/ and remeshed/, with their set: the name's first word, or remeshed.

    `limit` takes so many of each set, evenly chosen, always the same; `collections` takes these sets alone, `patterns` the
    objects whose names one of them fits ("pmndrs_*"). Raises PartgenError where there are none.
    """
    files: dict[str, list[Path]] = defaultdict(list)
    for place in (folder, folder / "labelled", folder / "remeshed"):
        for path in sorted({path for pattern in patterns for path in place.glob(f"{pattern}.npz")}):
            files["remeshed" if place.name == "remeshed" else path.stem.partition("_")[0]].append(path)
    if not files:
        called = "" if "*" in patterns else f" called {' or '.join(patterns)}"
        raise PartgenError("bench.no_data", f"{folder} holds no labelled models (.npz){called}.", "Name another folder with --data.")
    missing = [name for name in collections if name not in files]
    if missing:
        problem = f"{folder} holds no set {' or '.join(missing)}."
        raise PartgenError("bench.no_set", problem, f"Choose among: {', '.join(files)}.")
    return [(name, path) for name, paths in files.items() if not collections or name in collections for path in evenly(paths, limit)]


def evenly(paths: Sequence[Path], limit: int | None) -> Sequence[Path]:
    """At most `limit` of `paths`, evenly chosen; all where it is None."""
    return paths[:: max(1, len(paths) // limit)][:limit] if limit else paths


def face_areas(mesh: Mesh) -> NDArray[np.float64]:
    """The area of every face: (F,) float64."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
