"""Proposals: what a part could be, kept with it until the artist decides for one.

One of them is shown: its faces are stitched to the part's own. The others are numbers in a property, so that they cost little and
cannot be rendered, selected or lost. They lie in the group ``partgen_completed`` of the part's mesh (see patches.py): `proposals`,
a group of each, and `shown`, the name of one. The artist's own faces are in no proposal: what is done to them stays, whichever is
shown; where their corners were moved, no other proposal fits them any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import bpy
import numpy as np
from partgen.errors import PartgenError

from ..mesh_data import Polygons
from .patches import COMPLETED, is_completed, patch_of
from .replacing import replace
from .stitching import Addition, close

MOST = 8
"""Of a part. Where there would be more the oldest goes."""

_ARRAYS = {"kept": (np.int32, (-1,)), "added": (np.float32, (-1, 3)), "faces": (np.int32, (-1, 3))}
_PROPOSALS, _SHOWN = "proposals", "shown"


@dataclass(frozen=True)
class Maker:
    """Who made a proposal, and how: `method`, `made_by` and `weights` as in a CompleteResult, `seed`, `reach`, `steps` and `flat_cuts` as
    they were asked for; `expected_overlap` as in a CompleteForecast, 0 where nobody knows."""

    method: str = ""
    made_by: str = ""
    weights: str = ""
    seed: int = 0
    reach: float = 1.0
    steps: int = 0
    expected_overlap: float = 0.0
    flat_cuts: bool = True


@dataclass(frozen=True, eq=False)
class Proposal:
    """Faces that close a part with the `surface` (see `surface_of`), or with `replaces` the whole part, over added vertices alone.

    `inner` names the material that was chosen for them, "" for the one that PartGen makes.
    """

    maker: Maker
    addition: Addition
    surface: str
    replaces: bool = False
    inner: str = ""

    def is_same(self, other: Proposal) -> bool:
        """Whether both give the same part."""
        mine, others = self.addition, other.addition
        same = all(np.array_equal(getattr(mine, name), getattr(others, name)) for name in _ARRAYS)
        return same and self.replaces == other.replaces


@dataclass(frozen=True)
class Shown:
    """Which proposal of a part is shown: its `number` of `count`, from 1 on, and who made it."""

    number: int
    count: int
    maker: Maker
    is_remeshed: bool


def surface_of(polygons: Polygons) -> str:
    """A fingerprint of a surface, by which a proposal knows the part that it fits."""
    digest = blake2b(digest_size=16)
    for array in (polygons.polygon_offsets, polygons.corner_vertices, polygons.vertices):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def shown(mesh: bpy.types.Mesh) -> Shown | None:
    """What `mesh` shows; None where it is not completed. Fast enough for a panel's draw."""
    if not is_completed(mesh):
        return None
    record = mesh[COMPLETED]
    kept = list(record.get(_PROPOSALS, ()))
    number = kept.index(record[_SHOWN]) + 1 if record.get(_SHOWN) in kept else 1
    return Shown(number, max(len(kept), 1), _maker(record), record.get("open") is not None)


def of(mesh: bpy.types.Mesh) -> list[Proposal]:
    """All proposals of a part, the oldest first."""
    kept = mesh[COMPLETED].get(_PROPOSALS) if is_completed(mesh) else None
    return [] if kept is None else [_read(kept[name]) for name in kept]


def add(part: bpy.types.Object, new: list[Proposal]) -> None:
    """Gives a part further proposals, and shows the first of them. Those of before are forgotten where the part was edited since."""
    fresh = [proposal for at, proposal in enumerate(new) if not any(proposal.is_same(earlier) for earlier in new[:at])]
    before = [p for p in of(part.data) if p.surface == new[0].surface and not any(p.is_same(proposal) for proposal in fresh)]
    kept = before[max(len(before) + len(fresh) - MOST, 0) :]
    _show([*kept, *fresh], len(kept), part)


def show(part: bpy.types.Object, number: int) -> None:
    """Shows another proposal of a part, in place of the one that it shows. `number` counts from 1. Raises as `require`."""
    _show(require(part, number), number - 1, part)


def require(part: bpy.types.Object, number: int) -> list[Proposal]:
    """The proposals of a part. Raises PartgenError where it has not so many, or was edited so that this one does not fit any more."""
    kept = of(part.data)
    if not 1 <= number <= len(kept):
        has = "no proposals" if not kept else "1 proposal" if len(kept) == 1 else f"{len(kept)} proposals"
        raise PartgenError("proposal.none", f"{part.name} has {has}, so there is no proposal {number}.", "Complete it again.")
    if kept[number - 1].surface != surface_of(patch_of(part.data, part.name).polygons):
        sentence = f"{part.name} was edited since its proposals were made, so they no longer fit it."
        raise PartgenError("proposal.stale", sentence, "Complete it again.")
    return kept


def keep(part: bpy.types.Object) -> int:
    """Forgets all proposals of a part but the one that it shows. Returns how many."""
    record = part.data.get(COMPLETED)
    others = [name for name in record.get(_PROPOSALS, ()) if name != record[_SHOWN]] if record is not None else []
    for name in others:
        del record[_PROPOSALS][name]
    return len(others)


def next_seed(mesh: bpy.types.Mesh) -> int:
    """A seed that no proposal of a part has had."""
    return 1 + max((proposal.maker.seed for proposal in of(mesh)), default=-1)


def _show(kept: list[Proposal], index: int, part: bpy.types.Object) -> None:
    chosen = kept[index]
    inner = _inner(part.data) or bpy.data.materials.get(chosen.inner)
    record = {name: getattr(chosen.maker, name) for name in Maker.__dataclass_fields__}
    if chosen.replaces:
        replace(part, chosen.addition.added, chosen.addition.faces, record)
    else:
        close(part, chosen.addition, inner, record)
    part.data[COMPLETED][_PROPOSALS] = {str(number): _stored(proposal) for number, proposal in enumerate(kept)}
    part.data[COMPLETED][_SHOWN] = str(index)


def _inner(mesh: bpy.types.Mesh) -> bpy.types.Material | None:
    """The material in the slot of the faces that are shown: the artist may have put another one there."""
    if not is_completed(mesh) or mesh[COMPLETED].get("open") is not None:
        return None
    slot = max(int(mesh[COMPLETED].get("slots", 0)), 1)
    return mesh.materials[slot] if slot < len(mesh.materials) else None


def _stored(proposal: Proposal) -> dict[str, Any]:
    """A proposal as a property can be: no empty arrays."""
    arrays = {name: getattr(proposal.addition, name).astype(kind).reshape(-1) for name, (kind, _) in _ARRAYS.items()}
    said = {name: getattr(proposal.maker, name) for name in Maker.__dataclass_fields__}
    said |= {"surface": proposal.surface, "replaces": proposal.replaces, "inner": proposal.inner}
    return said | {name: array for name, array in arrays.items() if len(array)}


def _read(stored: Any) -> Proposal:
    arrays: dict[str, Any] = {name: np.array(stored.get(name, ()), kind).reshape(shape) for name, (kind, shape) in _ARRAYS.items()}
    return Proposal(_maker(stored), Addition(**arrays), str(stored["surface"]), bool(stored["replaces"]), str(stored["inner"]))


def _maker(stored: Any) -> Maker:
    nothing = Maker()
    return Maker(**{name: stored.get(name, getattr(nothing, name)) for name in Maker.__dataclass_fields__})
