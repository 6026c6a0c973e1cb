"""Labelled meshes that a training learns from beside procedural shapes: a folder of `.npz` files that may be learned from.

A file holds `vertices` (V, 3), `faces` (F, 3), `face_labels` (F,), and `licence`, text that begins with the name of a
permissive licence. Whoever trains answers for its being true; what states none, or another one, is refused. It may hold
`levels` (L, P), too: the groups of its P parts, from coarse to fine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..errors import PartgenError
from ..segmentation.face_features import normalised
from ..shapes import Skin
from .recipe import Arrays

PERMISSIVE = re.compile(r"\s*(CC0|MIT|BSD|Apache)\b", re.IGNORECASE)
"""How the licence of what may be learned from begins."""
RESTRICTED = re.compile(r"non-?\s?commercial|research", re.IGNORECASE)
"""What takes back what a permissive name promises."""
EVALUATION = re.compile(r"(^|[^a-z])(psb|pnm|partnet)([^a-z]|$)", re.IGNORECASE)
"""Names of what is for evaluation only: the Princeton Segmentation Benchmark and PartNet-Mobility."""
REMEDY = "Take it out of the folder."


@dataclass(frozen=True, eq=False)
class Asset:
    """A labelled mesh: its `skin`, and the hierarchy of its parts, `levels` (L, P) int32 as in `Shape.levels`."""

    skin: Skin
    levels: NDArray[np.int32]


@dataclass(frozen=True)
class Assets:
    """The labelled meshes in `folder` and the folders in it: their `names` in order, and a digest of names and contents."""

    folder: Path
    names: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, folder: Path) -> Assets:
        """Reads and checks every one of them. Raises PartgenError where one cannot be learned from, or there is none."""
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.npz"))
        if not names:
            raise PartgenError("training.no_assets", f"There are no labelled meshes (.npz) in {folder}.", "Name another folder.")
        digest = hashlib.sha256()
        for name in names:
            read_asset(folder / name)
            digest.update(f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
        return cls(folder, tuple(names), digest.hexdigest())


@dataclass(frozen=True)
class AssetExamples:
    """Makes an example of one of the meshes, by seed: `learn` makes it of a mesh, treated with a generator."""

    assets: Assets
    learn: Callable[[Asset, np.random.Generator], Arrays | None]

    def __call__(self, seed: int) -> Arrays | None:
        """The example, None where the mesh has none; `family` tells the file.

        Raises what goes wrong in making it, with the name of the file as a note.
        """
        rng = np.random.default_rng([seed, 7])
        name = self.assets.names[int(rng.integers(len(self.assets.names)))]
        try:
            example = self.learn(read_asset(self.assets.folder / name), rng)
            return None if example is None else example | {"family": np.array(Path(name).stem)}
        except Exception as error:
            error.add_note(f"This was made of {name}.")
            raise


def read_asset(path: Path) -> Asset:
    """A labelled mesh, centred, its longest side 1.8, labels dense from 0. Raises PartgenError where it cannot be learned from."""
    if EVALUATION.search(path.stem):
        sentence = f"{path.name} belongs to a benchmark that is for evaluation only."
        raise PartgenError("training.asset_licence", sentence, REMEDY)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            check_licence(path.name, str(arrays["licence"]) if "licence" in arrays else "")
            vertices, faces, labels = (arrays[key] for key in ("vertices", "faces", "face_labels"))
            levels = arrays.get("levels")
        skin = labelled_skin(vertices, faces, labels)
        return Asset(skin, part_levels(int(skin.part_of_face.max()) + 1, levels))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise PartgenError("training.asset", f"{path.name} is no labelled mesh: {error}.", REMEDY) from error


def check_licence(name: str, licence: str) -> None:
    """Raises PartgenError where a licence does not say that one may learn from what it is given for."""
    if PERMISSIVE.match(licence) and not RESTRICTED.search(licence):
        return
    found = f"its licence is “{licence}”" if licence.strip() else "it has no `licence`"
    remedy = f"{REMEDY} Or, where that is true, give it a `licence` that begins with CC0, MIT, BSD or Apache."
    raise PartgenError("training.asset_licence", f"{name} may not be learned from: {found}.", remedy)


def labelled_skin(vertices: np.ndarray, faces: np.ndarray, labels: np.ndarray) -> Skin:
    """The skin of a mesh with a label for every face (F,). Raises ValueError where they do not fit, or all labels are one."""
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise ValueError("its `vertices` are not three numbers each")
    if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu" or not len(faces):
        raise ValueError("its `faces` are no triangles")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise ValueError("its `faces` name vertices that it has not")
    if labels.shape != (len(faces),):
        raise ValueError("its `face_labels` are not one for each face")
    found, label = np.unique(labels, return_inverse=True)
    if len(found) < 2:
        raise ValueError("it has a single part")
    return Skin(normalised(vertices), faces.astype(np.int32), label.astype(np.int32).reshape(-1))


def part_levels(count: int, levels: NDArray | None) -> NDArray[np.int32]:
    """The hierarchy of so many parts, (L, P): that of `levels`, or none but the parts. Raises ValueError where it does not fit."""
    if levels is None:
        return np.arange(count, dtype=np.int32)[None]
    if levels.ndim != 2 or not len(levels) or levels.shape[1] != count or levels.dtype.kind not in "iu":
        raise ValueError("its `levels` are not whole numbers, one for each part")
    return levels.astype(np.int32)
