"""Proposals in memory: asked for, kept until another file is opened, and one of them written on the mesh when it is chosen.

    ask(lamp, count=10)          # returns at once, as jobs.decompose; nothing of the file changes when the answer comes
    kept = of(lamp)              # the answer, once it is there
    choose(kept, 2)              # the third becomes the part tree of the mesh: slider, preview and Apply go on with it

All proposals of an object have the same leaves, so choosing another one later writes another tree over the same labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.errors import PartgenError
from partgen.part_tree import PartTree
from partgen.protocol import ProposedTree, SegmentRequest, SegmentResult

from .. import applying, jobs, mesh_data, originals, regrouping
from . import thumbnails


@dataclass(kw_only=True)
class Asking(jobs.Decomposition):
    """An object for which proposals are being made. What comes is kept in memory."""

    title = "Propose"
    done = "looked at for proposals"
    changes_file = False

    def insert(self) -> list[str]:
        assert self.result is not None
        if not self.result.proposals:
            sentence = f"The backend gave no proposals for {self.object_name}: it is an older version."
            raise PartgenError("proposals.none", sentence, "Update the backend.")
        kept = Kept(self, self.result)
        _kept[self.object_uid] = kept
        object_ = jobs.object_of(self)
        thumbnails.make(kept.key, self.polygons, self.result.leaf_of_polygon, kept.trees, object_.matrix_world)
        return [f"{self.object_name}: {kept.count} proposals ({self.result.seconds:.1f} s). Flip through them in the sidebar."]


@dataclass(frozen=True, eq=False)
class Kept:
    """The proposals of one object, best first, and what they were asked with."""

    job: Asking
    result: SegmentResult

    @property
    def count(self) -> int:
        return len(self.result.proposals)

    @property
    def key(self) -> str:
        """What their thumbnails are known by."""
        return f"{self.job.object_uid} {self.job.request_id}"

    @property
    def trees(self) -> list[PartTree]:
        return [tree_of(given) for given in self.result.proposals]

    def confidence(self, place: int) -> float:
        """The mean confidence of the parts of a proposal, in [0, 1]."""
        return float(self.result.proposals[place].confidences.mean())

    def part_count(self, place: int) -> int:
        return len(self.result.proposals[place].confidences)

    def in_words(self, place: int) -> str:
        """A line about a proposal: "2 of 10 · 9 parts · 59 %"."""
        count = self.part_count(place)
        parts = "1 part" if count == 1 else f"{count} parts"
        return f"{place + 1} of {self.count} · {parts} · {self.confidence(place):.0%}"


_kept: dict[int, Kept] = {}


def tree_of(given: ProposedTree) -> PartTree:
    """The part tree of a proposal."""
    return PartTree(given.merges, given.heights, given.default_scale)


def ask(object_: bpy.types.Object, count: int = 10, seed: int = 0, method: str = "auto", evaluated: bool = False) -> Asking:
    """Asks the backend for `count` proposals and returns at once; `jobs.pump` takes them in, and `of` gives them then.

    `evaluated` is as for `jobs.decompose`. Raises PartgenError, with nothing started, where there is no backend, or the object has no
    surface.
    """
    client = jobs.begin()
    bakes = jobs.needs_baking(object_, evaluated)
    polygons = originals.read(object_, bakes, bpy.context.evaluated_depsgraph_get())
    job = Asking(
        subject=f"proposals {object_.session_uid}",
        object_name=object_.name,
        object_uid=object_.session_uid,
        polygons=polygons,
        bakes=bakes,
        apply_with=None,
    )
    request = SegmentRequest(
        object_.name,
        method,
        polygons.vertices,
        polygons.corner_vertices,
        polygons.polygon_offsets,
        mesh_data.linear_part(object_.matrix_world),
        proposals=count,
        seed=seed,
    )
    jobs.start(client, job, request)
    return job


def subject(context: bpy.types.Context) -> bpy.types.Object | None:
    """The object that proposals are about: the active mesh, or the source of the active part."""
    active = context.view_layer.objects.active
    if active is None or active.type != "MESH":
        return None
    source = applying.source_of(active)
    return active if source is None else source


def of(object_: bpy.types.Object | None) -> Kept | None:
    """The proposals that are kept for an object, or for the one that it is a copy of; None where there are none."""
    if object_ is None:
        return None
    original, _ = originals.original_record(object_)
    uids = [object_.session_uid, *([original.session_uid] if original is not None else [])]
    return next((_kept[uid] for uid in uids if uid in _kept), None)


def forget(kept: Kept) -> None:
    """Drops the proposals of an object; what was chosen stays on its mesh."""
    _kept.pop(kept.job.object_uid, None)
    thumbnails.forget(kept.key)


def forget_all() -> None:
    _kept.clear()


def chosen(kept: Kept, object_: bpy.types.Object) -> int | None:
    """The proposal whose tree the mesh of an object has, wherever the slider stands; None where it has another, or none."""
    tree = regrouping.tree_of(object_.data) if object_.type == "MESH" else None
    if tree is None:
        return None
    for place, given in enumerate(kept.result.proposals):
        if np.array_equal(given.merges, tree.merges) and np.float32(given.default_scale) == np.float32(tree.default_scale):
            return place
    return None


def choose(kept: Kept, place: int) -> bpy.types.Object:
    """Writes a proposal on the mesh, in place of the tree that it has, at the scale that was proposed. Returns the object that has it.

    Raises PartgenError, and changes nothing, where there is no such proposal, and where the object is gone or was edited since.
    """
    if not 0 <= place < kept.count:
        raise PartgenError("proposals.number", f"{kept.job.object_name} has no proposal {place + 1}.", f"There are {kept.count}.")
    given = kept.result.proposals[place]
    result = replace(kept.result, merges=given.merges, heights=given.heights, default_scale=given.default_scale, proposals=())
    return jobs.insert_tree(kept.job, result)


def require_unchanged(kept: Kept) -> bpy.types.Object:
    """The object of the proposals. Raises PartgenError where it is gone, or no longer what they were made for."""
    object_ = jobs.object_of(kept.job)
    now = originals.read(object_, kept.job.bakes, bpy.context.evaluated_depsgraph_get())
    if not mesh_data.is_same_surface(now, kept.job.polygons):
        sentence = f"{object_.name} was edited since its proposals were made, so they no longer fit it."
        raise PartgenError("mesh.edited", sentence, "Ask for proposals again.")
    return object_


def part_of_polygon(kept: Kept, place: int) -> NDArray[np.int32]:
    """The part of every polygon in a proposal: (P,) int32."""
    tree = tree_of(kept.result.proposals[place])
    return tree.cut(tree.default_scale)[kept.result.leaf_of_polygon]
