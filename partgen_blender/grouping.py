"""Where parts hang: in one collection, under empties, or in nested collections, grouped by coarser cuts of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from partgen.part_tree import PartTree

# Every level has about a third as many groups as the one below: enough to be a help, few enough to read.
_GROUP_SIZE = 3


@dataclass(eq=False)
class Group:
    """Things that are one part in a coarser cut; `members` are indices of parts, and groups."""

    rank: int
    members: list[int | Group] = field(default_factory=list)


def nest(tree: PartTree, leaf_of_part: Sequence[int]) -> list[int | Group]:
    """Groups parts, given by one leaf each, by coarser cuts of `tree`. Returns parts (their indices) and groups of them."""
    count = max(len(leaf_of_part) // _GROUP_SIZE, 2 if len(leaf_of_part) > 3 else 0)
    levels: list[NDArray[np.int32]] = []
    while count > 1:
        levels.insert(0, tree.nodes_into(count)[np.asarray(leaf_of_part)])
        count //= _GROUP_SIZE
    return _nest(tree, list(range(len(leaf_of_part))), levels)


def _nest(tree: PartTree, parts: list[int], levels: list[NDArray[np.int32]]) -> list[int | Group]:
    if not levels or len(parts) < 2:
        return list(parts)
    by_node: dict[int, list[int]] = {}
    for part in parts:
        by_node.setdefault(int(levels[0][part]), []).append(part)
    if len(by_node) == 1:
        return _nest(tree, parts, levels[1:])
    # A group of one would only be a second name for its part.
    return [
        Group(int(tree.node_ranks[node]), _nest(tree, members, levels[1:])) if len(members) > 1 else members[0]
        for node, members in by_node.items()
    ]


def place(obj: bpy.types.Object, collection: bpy.types.Collection, home: bpy.types.Collection) -> None:
    """Moves `obj` from `home` to `collection`; one that is in neither, because the artist put it elsewhere, stays there."""
    is_home = home in obj.users_collection
    if (is_home or not obj.users_collection) and collection not in obj.users_collection:
        collection.objects.link(obj)
    # Unlinked last, because an object that is in no collection for a moment loses its selection and its eye.
    if is_home and home != collection:
        home.objects.unlink(obj)


def collect(
    name: str,
    items: Sequence[int | Group],
    objects: Sequence[bpy.types.Object],
    collection: bpy.types.Collection,
    home: bpy.types.Collection,
) -> list[bpy.types.Collection]:
    """Moves `objects` from `home` to `collection` and to new collections in it, one for every group. Returns the new ones."""
    made = []
    for item in items:
        if isinstance(item, Group):
            nested = bpy.data.collections.new(group_name(name, item))
            collection.children.link(nested)
            made += [nested, *collect(name, item.members, objects, nested, home)]
        else:
            place(objects[item], collection, home)
    return made


def hang_under_empties(
    name: str,
    items: Sequence[int | Group],
    objects: Sequence[bpy.types.Object],
    source: bpy.types.Object,
    collection: bpy.types.Collection,
) -> list[bpy.types.Object]:
    """Parents `objects`, which hang where `source` hangs, to new empties: one for the whole, one for every group.

    Nothing moves: empties only stand at the source's origin, and the parts keep their own location, rotation and scale.
    An object that has another parent than the source keeps it. Returns the empties.
    """
    root = _empty(f"{name} Parts", source, collection)
    hang_like(root, source)
    root.location = source.location
    return [root, *_hang(name, items, objects, source, collection, root)]


def _hang(
    name: str,
    items: Sequence[int | Group],
    objects: Sequence[bpy.types.Object],
    source: bpy.types.Object,
    collection: bpy.types.Collection,
    parent: bpy.types.Object,
) -> list[bpy.types.Object]:
    made = []
    for item in items:
        if isinstance(item, Group):
            empty = _empty(group_name(name, item), source, collection)
            empty.parent = parent
            made += [empty, *_hang(name, item.members, objects, source, collection, empty)]
        elif objects[item].parent == source.parent:
            objects[item].parent, objects[item].parent_type = parent, "OBJECT"
            objects[item].matrix_parent_inverse = Matrix.Translation(source.location).inverted()
    return made


def hang_like(obj: bpy.types.Object, source: bpy.types.Object) -> None:
    """Gives `obj` the parent of `source`, bone and all."""
    obj.parent = source.parent
    if source.parent is not None:
        obj.parent_type, obj.parent_bone = source.parent_type, source.parent_bone
        obj.parent_vertices = source.parent_vertices
    obj.matrix_parent_inverse = source.matrix_parent_inverse


def group_name(name: str, group: Group) -> str:
    return f"{name} Group {group.rank + 1:02d}"


def _empty(name: str, source: bpy.types.Object, collection: bpy.types.Collection) -> bpy.types.Object:
    empty = bpy.data.objects.new(name, None)
    empty.empty_display_size = max(0.1 * max(source.dimensions), 1e-6)
    collection.objects.link(empty)
    return empty
