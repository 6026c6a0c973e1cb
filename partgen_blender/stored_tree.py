"""The part tree as the .blend file remembers it: a face attribute for the leaves, one property of the mesh for the tree.

Both survive saving, reopening, undo and duplication, with or without the add-on, because they are ordinary mesh data:

- face attribute ``partgen_leaf`` (INT): the leaf of every polygon;
- face attribute ``partgen_part`` (INT): the part of every polygon, derived from leaf, tree and scale;
- face attribute ``partgen_hidden`` (BOOLEAN): the polygons that were hidden with their parts, where there are any;
- property ``partgen_tree`` of the mesh: a group of `version`, `method`, `weights`, `default_scale`, `merges` (flat pairs),
  `heights`, and the `topology` fingerprint of the mesh that was decomposed. After edits also `numbers`, which the parts keep as
  their colors, and `revision`, one more with every edit; what the artist gave to parts is there too, see stored_parts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray
from partgen.counting import counted
from partgen.errors import PartgenError
from partgen.part_tree import PartTree

from .mesh_data import Polygons, corner_vertices, polygon_offsets

LEAF = "partgen_leaf"
PART = "partgen_part"
HIDDEN = "partgen_hidden"
TREE = "partgen_tree"
FEATURES = "partgen_features"
"""What the leaves look like, where the method knows: a property beside the tree, see stored_features.py. It goes with the tree."""
IDENTITIES = "partgen_identities"
"""Which parts are the same in other objects: a property beside the tree, see stored_identities.py. Pieces cut out begin without."""
COMPLETED = "partgen_completed"
"""How a part was completed: a property of its mesh, see completion/patches.py. Parts of it begin without."""
VERSION = 1

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class StoredTree:
    """A part tree and the leaf of every polygon, as read from a mesh.

    `leaf_of_polygon` (P,) int32; `edited` is a sentence for the artist where the mesh is no longer the one that was
    decomposed (its labels are then a guess wherever faces are new), else "".
    """

    tree: PartTree
    leaf_of_polygon: Ints
    method: str
    weights: str = ""
    notes: tuple[str, ...] = ()
    edited: str = ""

    @cached_property
    def polygons_of_leaf(self) -> NDArray[np.int64]:
        """(L,) int64: the number of polygons in every leaf."""
        return np.bincount(self.leaf_of_polygon, minlength=self.tree.leaf_count)

    def part_of_polygon(self, scale: float) -> Ints:
        """The part of every polygon at `scale`: (P,) int32."""
        return self.tree.cut(scale)[self.leaf_of_polygon]


def write(
    mesh: bpy.types.Mesh,
    tree: PartTree,
    leaf_of_polygon: ArrayLike,
    method: str,
    weights: str = "",
    notes: Sequence[str] = (),
) -> None:
    """Stores `tree` and the leaf of every polygon, (P,) integers, on `mesh`, in place of what was stored before.

    `method` and `weights` say who made the tree. Raises PartgenError, and changes nothing, where labels and mesh do not fit.
    """
    leaves = np.ascontiguousarray(leaf_of_polygon, np.int32).reshape(-1)
    if len(leaves) != len(mesh.polygons):
        raise PartgenError(
            "tree.stale",
            f"{mesh.name} has {len(mesh.polygons)} faces, but the result is for {len(leaves)}: it was edited in the meantime.",
            "Decompose the object again.",
        )
    if len(leaves) and (leaves.min() < 0 or leaves.max() >= tree.leaf_count):
        raise PartgenError("tree.invalid", f"The labels of {mesh.name} name leaves that its tree lacks.", "Decompose the object again.")
    require_editable(mesh)
    clear(mesh)
    _write_faces(mesh, LEAF, leaves)
    mesh[TREE] = {
        "version": VERSION,
        "method": method,
        "weights": weights,
        "notes": "\n".join(notes),
        "default_scale": tree.default_scale,
        **_arrays(tree),
        "topology": _topology(mesh),
    }


def rewrite(mesh: bpy.types.Mesh, tree: PartTree, leaf_of_polygon: ArrayLike) -> None:
    """Stores the edited `tree` and its leaves, (P,) integers, in place of those that `mesh` has; who found the parts stays said.

    What the artist gave to parts and what the leaves look like is of the tree before: whoever calls this writes both anew.
    Raises PartgenError, and changes nothing, where `mesh` has no tree, cannot be changed, or the labels do not fit.
    """
    stored = mesh.get(TREE)
    if stored is None:
        raise PartgenError("tree.missing", f"{mesh.name} has not been decomposed.", "Decompose it first.")
    topology, revision = stored.get("topology", ""), int(stored.get("revision", 0))
    notes = [line for line in str(stored.get("notes", "")).split("\n") if line]
    write(mesh, tree, leaf_of_polygon, str(stored.get("method", "")), str(stored.get("weights", "")), notes)
    mesh[TREE]["topology"] = topology  # of the mesh that was decomposed: an edit of parts makes no edit of the mesh undone
    mesh[TREE]["revision"] = revision + 1


def touch(mesh: bpy.types.Mesh) -> None:
    """Notes that something beside the tree was changed, so that nobody goes on with what was read before."""
    mesh[TREE]["revision"] = int(mesh[TREE].get("revision", 0)) + 1


def read(mesh: bpy.types.Mesh) -> StoredTree | None:
    """The tree that is stored on `mesh`, checked; None where there is none or it cannot be used: see `require`."""
    try:
        return require(mesh)
    except PartgenError:
        return None


def require(mesh: bpy.types.Mesh) -> StoredTree:
    """The tree that is stored on `mesh`, checked. Raises PartgenError, with what to do, where there is none or it cannot be used."""
    tree = read_tree(mesh)
    stored = mesh[TREE]
    if mesh.is_editmode:
        raise PartgenError("mesh.edit_mode", f"{mesh.name} is in Edit Mode.", "Leave Edit Mode and try again.")
    leaves = leaf_of_polygon(mesh)
    if leaves is None or not len(leaves):
        raise PartgenError("tree.no_leaves", f"The face attribute {LEAF} of {mesh.name} is gone.", "Decompose the object again.")
    if leaves.min() < 0 or leaves.max() >= tree.leaf_count:
        raise PartgenError(
            "tree.invalid",
            f"The face attribute {LEAF} of {mesh.name} does not fit its part tree: it was changed, or joined with another object.",
            "Decompose the object again.",
        )
    notes = tuple(line for line in str(stored.get("notes", "")).split("\n") if line)
    edited = _edited(mesh, str(stored.get("topology", "")))
    return StoredTree(tree, leaves, str(stored.get("method", "")), str(stored.get("weights", "")), notes, edited)


def read_tree(mesh: bpy.types.Mesh) -> PartTree:
    """The tree alone, which can be read in Edit Mode too. Raises PartgenError where there is none or it cannot be used."""
    stored = mesh.get(TREE)
    if stored is None:
        raise PartgenError("tree.missing", f"{mesh.name} has not been decomposed.", "Decompose it first.")
    return _tree(mesh, stored)


def require_mesh(object_: bpy.types.Object) -> None:
    """Raises PartgenError for an object that is no mesh, which nobody can have decomposed."""
    if object_.type != "MESH":
        raise PartgenError("object.no_mesh", f"{object_.name} is not a mesh.", "Choose a mesh that was decomposed.")


def is_stored(mesh: bpy.types.Mesh) -> bool:
    """Whether `mesh` has a stored tree at all, readable or not: fast enough for a panel's draw."""
    return TREE in mesh


def clear(mesh: bpy.types.Mesh) -> None:
    """Removes the tree, its features and both face attributes from `mesh`; harmless where there are none."""
    require_editable(mesh)
    for name in (LEAF, PART):
        attribute = mesh.attributes.get(name)
        if attribute is not None:
            mesh.attributes.remove(attribute)
    for name in (TREE, FEATURES):
        if name in mesh:
            del mesh[name]


def leaf_of_polygon(mesh: bpy.types.Mesh) -> Ints | None:
    """The stored leaf of every polygon, unchecked: (P,) int32, or None where `mesh` has none (or is in Edit Mode)."""
    return _read_faces(mesh, LEAF)


def part_of_polygon(mesh: bpy.types.Mesh) -> Ints | None:
    """The derived part of every polygon as last written: (P,) int32, or None."""
    return _read_faces(mesh, PART)


def write_parts(mesh: bpy.types.Mesh, part_of_leaf: ArrayLike) -> None:
    """Derives the face attribute ``partgen_part`` from the stored leaves: `part_of_leaf` (L,) integers, as `PartTree.cut` gives.

    Under 3 ms for a million faces, because the slider calls it at every move. Raises PartgenError where no leaves are stored.
    """
    leaves = leaf_of_polygon(mesh)
    if leaves is None:
        raise PartgenError("tree.missing", f"{mesh.name} has not been decomposed.", "Decompose it first.")
    # Clipped because an artist may have painted or joined labels: a wrong colour is better than an error at every move.
    _write_faces(mesh, PART, np.asarray(part_of_leaf, np.int32).take(leaves, mode="clip"))


def _tree(mesh: bpy.types.Mesh, stored: object) -> PartTree:
    """The PartTree in the property group `stored`. Raises PartgenError where it is damaged or from a newer PartGen."""
    damaged = PartgenError("tree.invalid", f"The part tree stored on {mesh.name} is damaged.", "Decompose the object again.")
    try:
        version = int(stored["version"])  # type: ignore[index]
        merges = np.array(stored.get("merges", ()), np.int32)  # type: ignore[attr-defined]
        heights = np.array(stored.get("heights", ()), np.float32)  # type: ignore[attr-defined]
        numbers = np.array(stored.get("numbers", ()), np.int32)  # type: ignore[attr-defined]
        default_scale = float(stored["default_scale"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise damaged from error
    if version > VERSION:
        sentence = f"The part tree on {mesh.name} was stored by a newer PartGen."
        raise PartgenError("tree.newer", sentence, "Update the add-on, or decompose the object again.")
    if merges.ndim != 1 or len(merges) % 2:
        raise damaged
    return PartTree(merges, heights, default_scale, numbers if len(numbers) else None)


def _edited(mesh: bpy.types.Mesh, topology: str) -> str:
    """A sentence that says how the polygons of `mesh` differ from those that were decomposed, "" where they do not."""
    if _topology(mesh) == topology:
        return ""
    before, _, _ = topology.partition(":")
    change = len(mesh.polygons) - int(before) if before.isdecimal() else 0
    what = f"has {counted(abs(change), 'face')} {'more' if change > 0 else 'fewer'} than" if change else "is not connected as it was"
    return (
        f"{mesh.name} {what} when it was decomposed. "
        "New faces have the part of the face they were made from, or the first; decompose it again to be sure."
    )


def _arrays(tree: PartTree) -> dict[str, Ints | NDArray[np.float32]]:
    """The arrays of a tree as properties. A property cannot be an empty array, so of a tree of one leaf there are none."""
    numbers = {} if tree.numbers is None else {"numbers": tree.numbers}
    return {"merges": tree.merges.reshape(-1), "heights": tree.heights, **numbers} if len(tree.merges) else {}


def _topology(mesh: bpy.types.Mesh) -> str:
    return Polygons(np.empty((0, 3), np.float32), corner_vertices(mesh), polygon_offsets(mesh)).topology


def require_editable(mesh: bpy.types.Mesh) -> None:
    """Raises PartgenError for a mesh in Edit Mode and for a linked one: neither can be changed."""
    if mesh.is_editmode:
        raise PartgenError("mesh.edit_mode", f"{mesh.name} is in Edit Mode.", "Leave Edit Mode and try again.")
    require_local(mesh)


def require_local(mesh: bpy.types.Mesh) -> None:
    """Raises PartgenError for a linked mesh."""
    if mesh.library is not None:
        sentence = f"{mesh.name} is linked from {bpy.path.basename(mesh.library.filepath)}."
        raise PartgenError("mesh.linked", sentence, "Make it local, or work on a local copy.")


def _read_faces(mesh: bpy.types.Mesh, name: str) -> Ints | None:
    attribute = mesh.attributes.get(name)
    if attribute is None or attribute.domain != "FACE" or attribute.data_type != "INT" or mesh.is_editmode:
        return None
    values = np.empty(len(mesh.polygons), np.int32)
    attribute.data.foreach_get("value", values)
    return values


def _write_faces(mesh: bpy.types.Mesh, name: str, values: Ints) -> None:
    """Writes the INT face attribute `name`, replacing one of the same name and another kind."""
    attribute = mesh.attributes.get(name)
    if attribute is not None and (attribute.domain != "FACE" or attribute.data_type != "INT"):
        mesh.attributes.remove(attribute)
        attribute = None
    if attribute is None:
        attribute = mesh.attributes.new(name, "INT", "FACE")
    attribute.data.foreach_set("value", np.ascontiguousarray(values, np.int32))
    mesh.update_tag()
