"""Parts as separate objects, in a collection beside their source, which stays hidden as the truth.

`apply` makes them, or brings what an earlier `apply` made to another scale. Everything finds each other through pointer
properties, which survive renaming, saving and the absence of the add-on:

- on the source ``partgen_applied``: the collection, and how the source was shown before it was hidden;
- on the collection ``partgen_members``: the source, and all objects and collections that PartGen made in it;
- on every part ``partgen_of``: the source, the leaves, of which tree and shape they are, and the name and colour given.

Whatever else is in the collection, duplicates of parts included, is the artist's and is left alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection as Several
from collections.abc import Mapping
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.counting import counted
from partgen.errors import PartgenError

from . import cutting, grouping, originals, stored_parts, stored_tree, visibility
from .mesh_data import read_polygons
from .palette import colors_of_ranks

APPLIED = "partgen_applied"
MEMBERS = "partgen_members"
PART = "partgen_of"
HIERARCHIES = ("NONE", "PARENTING", "COLLECTIONS")

# Modifiers that rebuild the surface from what lies around, and shade the result themselves: they see the border that a cut
# makes, and custom normals along it would be in their way.
_REBUILDING_MODIFIERS = {"BEVEL", "DECIMATE", "MULTIRES", "REMESH", "SKIN", "SOLIDIFY", "SUBSURF"}


@dataclass(eq=False)
class _Part:
    """A part as it shall be. `kept` is the object that is it already; else `name` and `color` are what the artist chose.

    `given` is what the part was given in the tree, which goes before what an earlier object of it was given.
    """

    rank: int
    leaves: NDArray[np.int32]
    given: stored_parts.Given
    kept: bpy.types.Object | None = None
    name: str = ""
    color: tuple[float, ...] = ()


def apply(
    source: bpy.types.Object,
    scale: float,
    hierarchy: str = "NONE",
    keep_shading: bool = True,
    scene: bpy.types.Scene | None = None,
    view_layer: bpy.types.ViewLayer | None = None,
) -> bpy.types.Collection:
    """Makes every part of `source` at `scale` an object of its own. Returns the collection that they are in.

    `source` is a mesh object with a stored tree; it is hidden and otherwise left as it is. `hierarchy` is "NONE",
    "PARENTING" (to empties: one for the whole, one for every group of a coarser cut) or "COLLECTIONS" (nested alike).
    `scene` and `view_layer` are the current ones by default.

    Applied again, the same collection comes to the new scale: a part with the same leaves keeps its object, whatever the
    artist did to it; any other is replaced, and hands name and colour, where the artist chose them, to the new part that has
    most of its leaves. Where the source was reshaped or decomposed anew in the meantime, or shall be shaded otherwise, every
    part is cut anew.

    Raises PartgenError, and leaves everything as it was, where the source cannot be taken apart.
    """
    _require_applicable(source, hierarchy)
    stored = stored_tree.require(source.data)
    parts = _plan(stored, scale, stored_parts.read(source.data))
    identity = _identity(source, stored, keep_shading)
    _match(parts, parts_of(source), identity)
    objects = _make_objects(source, stored, parts, identity, keep_shading)
    _hide(source, view_layer or bpy.context.view_layer)
    _remove_members(source, keeping=[part.kept for part in parts if part.kept is not None])
    collection, home = _prepare_collection(source, scene or bpy.context.scene)
    _name_and_color(source, parts, objects)
    groups = grouping.nest(stored.tree, [int(part.leaves[0]) for part in parts])
    collections, empties = _arrange(source, objects, groups, collection, home, hierarchy)
    collection[MEMBERS] = {"source": source, "objects": [*objects, *empties], **({"collections": collections} if collections else {})}
    return collection


def restore(source: bpy.types.Object, view_layer: bpy.types.ViewLayer | None = None) -> None:
    """Undoes `apply`: removes the parts that it made and shows `source` as it was. Harmless where nothing was applied."""
    if APPLIED not in source:
        return
    collection = collection_of(source)
    _remove_members(source, keeping=())
    if collection is not None and not collection.objects and not collection.children:
        bpy.data.collections.remove(collection)
    visibility.restore(source, list(source[APPLIED]["shown"]), view_layer or bpy.context.view_layer)
    del source[APPLIED]


def parts_of(source: bpy.types.Object) -> list[bpy.types.Object]:
    """The parts of `source` that are in a scene, larger ones of the tree first; [] where none were applied."""
    collection = _recorded_collection(source)
    return part_objects(collection) if collection is not None else []


def part_objects(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The parts that `apply` made in `collection`, wherever the artist put them since; [] for any other collection."""
    members = collection.get(MEMBERS)
    objects = members.get("objects", ()) if members is not None else ()
    return [obj for obj in objects if obj is not None and PART in obj and obj.users_scene]


def collection_of(source: bpy.types.Object) -> bpy.types.Collection | None:
    """The collection that `apply` made for `source`, or None where there is none in any scene (any more)."""
    collection = _recorded_collection(source)
    if collection is not None and any(collection in scene.collection.children_recursive for scene in bpy.data.scenes):
        return collection
    return None


def notes(source: bpy.types.Object) -> list[str]:
    """Sentences for the artist about what `apply` cannot keep of `source`, or leaves with it; [] where there is nothing."""
    found = []
    edges, vertices = cutting.loose_elements(source.data)
    loose = [counted(edges, "loose edge")] if edges else []
    loose += [counted(vertices, "loose vertex", "loose vertices")] if vertices else []
    if loose:
        found.append(f"{' and '.join(loose)} of {source.name} belong to no part: left with {source.name}, which is hidden.")
    rebuilding = [m.name for m in source.modifiers if m.type in _REBUILDING_MODIFIERS and m.show_viewport]
    if rebuilding:
        found.append(
            f"{source.name} has modifiers that shape every part by itself ({', '.join(rebuilding)}), so parts may not meet as before. "
            "Decompose it anew with Mesh: With Modifiers to keep the look."
        )
    return found


def source_of(part: bpy.types.Object) -> bpy.types.Object | None:
    """The source that `part` was cut from; None where it is no part, or its source is in no scene (any more)."""
    record = part.get(PART)
    source = record.get("source") if record is not None else None
    return source if source is not None and source.users_scene else None


def source_of_collection(collection: bpy.types.Collection) -> bpy.types.Object | None:
    """The source whose parts are in `collection`; None for a collection that `apply` did not make."""
    members = collection.get(MEMBERS)
    return members.get("source") if members is not None else None


def leaves_of(part: bpy.types.Object) -> NDArray[np.int32]:
    """The leaves of the tree that `part` is made of, rising: (n,) int32. Raises KeyError for an object that is no part."""
    return np.array(part[PART]["leaves"], np.int32)


def is_rebuilt(obj: bpy.types.Object) -> bool:
    """Whether a modifier of `obj` rebuilds its surface and shades the result itself, so that custom normals would be in its way."""
    return any(m.type in _REBUILDING_MODIFIERS and m.show_viewport for m in obj.modifiers)


def smooth_by_angle(obj: bpy.types.Object) -> cutting.SmoothByAngle | None:
    """The Smooth by Angle modifier that Shade Auto Smooth gave to `obj`, as numbers; None without one."""
    for modifier in obj.modifiers:
        group = modifier.node_group if modifier.type == "NODES" and modifier.show_viewport else None
        if group is not None and group.name.startswith("Smooth by Angle"):
            return cutting.SmoothByAngle(float(_input(modifier, "Input_1")), bool(_input(modifier, "Socket_1")))
    return None


def _input(modifier: bpy.types.NodesModifier, identifier: str) -> float:
    """The value of an input of a geometry nodes modifier."""
    if hasattr(modifier, "properties"):  # since Blender 5.2, where a modifier has no custom properties any more
        return getattr(modifier.properties.inputs, identifier).value
    return modifier[identifier]


def _require_applicable(source: bpy.types.Object, hierarchy: str) -> None:
    if hierarchy not in HIERARCHIES:
        raise ValueError(f"hierarchy must be one of {HIERARCHIES}, not {hierarchy!r}")
    stored_tree.require_mesh(source)
    if source.library is not None or source.data.library is not None:
        raise PartgenError("object.linked", f"{source.name} is linked.", "Decompose it: that makes a local copy to work on.")
    if hierarchy == "PARENTING" and source.parent is not None and source.parent_type in originals.DEFORMING_PARENTS:
        raise PartgenError(
            "parts.deforming_parent",
            f"{source.name} is deformed by its parent {source.parent.name}, and would not be under another one.",
            "Choose Collections, or replace the deforming parent by a modifier.",
        )


def _plan(stored: stored_tree.StoredTree, scale: float, given: Mapping[int, stored_parts.Given]) -> list[_Part]:
    """The parts at `scale`, by rank; without those whose faces the artist has deleted since."""
    leaves = np.flatnonzero(stored.polygons_of_leaf).astype(np.int32)
    nodes, part_of_leaf = np.unique(stored.tree.nodes(scale)[leaves], return_inverse=True)
    groups = np.split(leaves[np.argsort(part_of_leaf, kind="stable")], np.cumsum(np.bincount(part_of_leaf))[:-1])
    looks = stored_parts.shown(stored.tree, given, stored.tree.count(scale))
    ranks, none = stored.tree.node_ranks[nodes].tolist(), stored_parts.Given()
    parts = [_Part(rank, members, looks.get(node, none)) for node, rank, members in zip(nodes.tolist(), ranks, groups, strict=True)]
    return sorted(parts, key=lambda part: part.rank)


def _identity(source: bpy.types.Object, stored: stored_tree.StoredTree, keep_shading: bool) -> dict[str, str]:
    """What makes leaves comparable (`tree`), and parts of the same leaves the same (`shape`)."""
    return {"tree": tree_identity(stored), "shape": f"{read_polygons(source.data).fingerprint}:{keep_shading:d}"}


def tree_identity(stored: stored_tree.StoredTree) -> str:
    """What makes leaves comparable: a short fingerprint of tree and labels."""
    return f"{zlib.crc32(stored.leaf_of_polygon.data, zlib.crc32(stored.tree.merges.data)):08x}"


def follow_edit(source: bpy.types.Object, before: str, after: str, leaf_before: NDArray[np.int32]) -> None:
    """Tells the parts of `source` that its tree was edited, so that those that are parts still keep their objects.

    `before` and `after`: what `tree_identity` said; `leaf_before` (L',) the former leaf of each that there is now.
    """
    for obj in parts_of(source):
        if obj[PART]["tree"] == before:
            obj[PART]["leaves"] = np.flatnonzero(np.isin(leaf_before, leaves_of(obj))).astype(np.int32)
            obj[PART]["tree"] = after


def _match(parts: list[_Part], former: list[bpy.types.Object], identity: dict[str, str]) -> None:
    """Finds for every part the object that it keeps, or the one whose name and colour it takes over."""
    former = [obj for obj in former if obj[PART]["tree"] == identity["tree"]]
    same = {leaves_of(obj).tobytes(): obj for obj in former if obj[PART]["shape"] == identity["shape"]}
    for part in parts:
        part.kept = same.pop(part.leaves.tobytes(), None)
    kept = {part.kept for part in parts}
    for part, obj in _heirs([part for part in parts if part.kept is None], [obj for obj in former if obj not in kept]):
        part.name = obj.name if obj.name != obj[PART]["name"] else ""
        part.color = tuple(obj.color) if not np.allclose(obj.color, obj[PART]["color"], atol=1e-4) else ()


def _heirs(parts: list[_Part], former: list[bpy.types.Object]) -> list[tuple[_Part, bpy.types.Object]]:
    """Pairs parts with the former objects that they share most leaves with; nothing is in two pairs."""
    owner = np.full(1 + max((int(part.leaves[-1]) for part in parts), default=0), -1)
    for number, obj in enumerate(former):
        leaves = leaves_of(obj)
        owner[leaves[leaves < len(owner)]] = number
    overlaps = []
    for index, part in enumerate(parts):
        numbers, counts = np.unique(owner[part.leaves], return_counts=True)
        overlaps += [(-count, number, index) for number, count in zip(numbers.tolist(), counts.tolist(), strict=True) if number >= 0]
    heirs: dict[int, int] = {}
    served: set[int] = set()
    for _, number, index in sorted(overlaps):
        if number not in heirs and index not in served:
            heirs[number] = index
            served.add(index)
    return [(parts[index], former[number]) for number, index in heirs.items()]


def _make_objects(
    source: bpy.types.Object, stored: stored_tree.StoredTree, parts: list[_Part], identity: dict[str, str], keep_shading: bool
) -> list[bpy.types.Object]:
    """The object of every part, kept or cut anew; those are in no collection yet. On an error nothing remains."""
    new = [part for part in parts if part.kept is None]
    part_of_leaf = np.full(stored.tree.leaf_count, -1, np.int32)
    for number, part in enumerate(new):
        part_of_leaf[part.leaves] = number
    keep_shading = keep_shading and not is_rebuilt(source)
    meshes = cutting.cut_out(source.data, part_of_leaf[stored.leaf_of_polygon], keep_shading, smooth_by_angle(source)) if new else []
    made: list[bpy.types.Object] = []
    try:
        for part, mesh in zip(new, meshes, strict=True):
            made.append(part_object(source, mesh))
            made[-1][PART] = {"source": source, "leaves": part.leaves, **identity}
    except BaseException:
        bpy.data.batch_remove([*made, *meshes])
        raise
    remaining = iter(made)
    return [part.kept or next(remaining) for part in parts]


def part_object(source: bpy.types.Object, mesh: bpy.types.Mesh) -> bpy.types.Object:
    """A copy of `source` with `mesh`: same transform, parent, modifiers, constraints, slots, groups and properties."""
    obj = source.copy()
    obj.data = mesh
    obj.hide_viewport = False
    # A source that is hidden for its parts would make later parts hidden too.
    obj.hide_render = bool(source[APPLIED]["shown"][2]) if APPLIED in source else source.hide_render
    for name in (APPLIED, originals.COPY_OF, PART):
        obj.pop(name, None)
    return obj


def _hide(source: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    shown = visibility.hide(source, view_layer)
    if APPLIED not in source:
        source[APPLIED] = {"shown": shown}


def _prepare_collection(source: bpy.types.Object, scene: bpy.types.Scene) -> tuple[bpy.types.Collection, bpy.types.Collection]:
    """The collection for the parts of `source`, made where there is none, and the one in which kept parts are now."""
    collection = collection_of(source)
    if collection is not None:
        return collection, collection
    deleted = _recorded_collection(source)
    if deleted is not None:
        bpy.data.collections.remove(deleted)
    # Where an artist deletes a collection, Blender moves its objects up into the one that held it.
    beside = _collection_of_source(source, scene)
    collection = bpy.data.collections.new(f"{_title(source)} Parts")
    beside.children.link(collection)
    collection[MEMBERS] = {"source": source}
    source[APPLIED]["collection"] = collection
    return collection, beside


def _remove_members(source: bpy.types.Object, keeping: Several[bpy.types.Object]) -> None:
    """Removes the objects and nested collections that an earlier `apply` made for `source`, but for those in `keeping`."""
    for nested in _recorded(source, "collections"):
        _empty_into(nested, _recorded_collection(source))
        bpy.data.collections.remove(nested)
    doomed = [obj for obj in _recorded(source, "objects") if obj not in keeping]
    for obj in doomed:
        restore(obj)  # a part that was itself taken apart goes with its parts
    for child in {child for obj in doomed for child in obj.children}.difference(doomed):
        _release(child, source)
    meshes = {obj.data for obj in doomed if obj.type == "MESH"}
    bpy.data.batch_remove(doomed)
    bpy.data.batch_remove([mesh for mesh in meshes if not mesh.users])


def _empty_into(nested: bpy.types.Collection, collection: bpy.types.Collection) -> None:
    """Links to `collection` what is in `nested` and not yet in it."""
    for obj in nested.objects:
        if collection not in obj.users_collection:
            collection.objects.link(obj)
    for child in nested.children:
        if child not in list(collection.children):
            collection.children.link(child)


def _release(child: bpy.types.Object, source: bpy.types.Object) -> None:
    """Takes `child` from a parent that will be removed: a part hangs where its source hangs, anything else stays in place."""
    if PART in child:
        grouping.hang_like(child, source)
        return
    world = child.matrix_world.copy()
    child.parent = None
    child.matrix_world = world


def _collection_of_source(source: bpy.types.Object, scene: bpy.types.Scene) -> bpy.types.Collection:
    """The collection that `source` is in, where something can be put beside it, else the scene's own."""
    in_scene = [scene.collection, *scene.collection.children_recursive]
    for collection in source.users_collection:
        if collection in in_scene and collection.library is None and collection.override_library is None:
            return collection
    return scene.collection


def _name_and_color(source: bpy.types.Object, parts: list[_Part], objects: list[bpy.types.Object]) -> None:
    """Names and colours new objects: as the artist chose, else by rank; a colour that the artist gave the source stays."""
    is_white = np.allclose(source.color, 1.0)
    colors = colors_of_ranks([part.rank for part in parts])
    for part, obj, color in zip(parts, objects, colors.tolist(), strict=True):
        if part.given.color:
            color = [*part.given.color, 1.0]
        elif not is_white:
            color = list(source.color)
        name = part.given.name or name_by_number(source, part.rank)
        if part.kept is not None:
            _follow_given(obj, part.given, name, color)
            continue
        obj.name, obj.color = name, color
        obj[PART]["name"], obj[PART]["color"], obj[PART]["asked"] = obj.name, list(obj.color), name
        obj.name = obj.name if part.given.name else part.name or obj.name
        obj.color = obj.color if part.given.color else part.color or obj.color
        obj.data.name = obj.name


def _follow_given(obj: bpy.types.Object, given: stored_parts.Given, name: str, color: list[float]) -> None:
    """Gives an object that stays what its part was given since, unless the artist named or coloured the object itself."""
    record = obj[PART]
    if given.name and record.get("asked", "") != name and obj.name == record["name"]:
        obj.name = obj.data.name = name
        record["name"], record["asked"] = obj.name, name
    if given.color and np.allclose(obj.color, record["color"], atol=1e-4):
        obj.color = color
        record["color"] = color


def _arrange(
    source: bpy.types.Object,
    objects: list[bpy.types.Object],
    groups: list[int | grouping.Group],
    collection: bpy.types.Collection,
    home: bpy.types.Collection,
    hierarchy: str,
) -> tuple[list[bpy.types.Collection], list[bpy.types.Object]]:
    """Puts `objects` into `collection` in the chosen hierarchy. Returns the nested collections and the empties made for it."""
    if hierarchy == "COLLECTIONS":
        return grouping.collect(_title(source), groups, objects, collection, home), []
    for obj in objects:
        grouping.place(obj, collection, home)
    if hierarchy == "PARENTING":
        return [], grouping.hang_under_empties(_title(source), groups, objects, source, collection)
    return [], []


def name_by_number(source: bpy.types.Object, rank: int) -> str:
    """What the object of a part of `source` is called whose part has no name."""
    return f"{_title(source)} Part {rank + 1:02d}"


def _title(source: bpy.types.Object) -> str:
    """What the artist calls the source: for a local or baked copy, the name of the object that it stands for."""
    original, _ = originals.original_record(source)
    return (original or source).name


def _recorded_collection(source: bpy.types.Object) -> bpy.types.Collection | None:
    """The collection in the record of `source`, in a scene or not. A duplicate of the source has the record, but no claim."""
    record = source.get(APPLIED)
    collection = record.get("collection") if record is not None else None
    members = collection.get(MEMBERS) if collection is not None else None
    return collection if members is not None and members.get("source") == source else None


def _recorded(source: bpy.types.Object, what: str) -> list[bpy.types.ID]:
    """The "objects" or "collections" that an earlier `apply` made for `source` and that still exist."""
    collection = _recorded_collection(source)
    return [made for made in collection[MEMBERS].get(what, ()) if made is not None] if collection is not None else []
