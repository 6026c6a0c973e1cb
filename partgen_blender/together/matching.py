"""Several decomposed objects made alike: the same parts have the same identity, color and name, and one slider drives all.

    match([chair, stool, bench])                 # chair leads: its parts are the identities
    alike(chair, [node])                         # the parts of all of them that are the same, by object
    share(chair, [node])                         # its name and color for all of these
    separate([stool])                            # stool goes its own way again

What the objects share is stored on their meshes (stored_identities.py), so the file and undo remember it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence

import bpy
import numpy as np
from numpy.typing import NDArray
from partgen.counting import counted
from partgen.errors import PartgenError
from partgen.identities import identified, identity_of_nodes, is_part
from partgen.part_tree import PartTree

from .. import applying, carrying, palette, regrouping, stored_identities, stored_parts, stored_tree
from ..refining import edits
from ..wording import names_in_words
from .surfaces import UP, comparable_surfaces

_is_following = False


def match(objects: Sequence[bpy.types.Object]) -> list[str]:
    """Finds which parts of decomposed objects are the same, and regroups all of them alike. Returns sentences for the artist.

    The first object leads. Objects that share a mesh count once. Names and colors that the artist gave to parts of the leader go to the
    same parts of all; those given to parts of others stay where the part is still one. Parts that the artist made, in whichever object,
    are parts still, as far as that can be; what cannot is said. Raises PartgenError, and changes nothing, for
    fewer than two, and for one without a usable tree or that cannot be changed.
    """
    for object_ in objects:
        stored_tree.require_mesh(object_)
    objects = list({object_.data.session_uid: object_ for object_ in reversed(objects)}.values())[::-1]
    if len(objects) < 2:
        raise PartgenError("together.one", "There is only one object to match.", "Select at least two objects of a kind.")
    for object_ in objects:
        stored_tree.require_editable(object_.data)
    surfaces, note = comparable_surfaces(objects)
    made = [_made(object_.data) for object_ in objects]
    found = identified(surfaces, UP, leader=0, kept=made)
    lost = []
    for number, (object_, its) in enumerate(zip(objects, made, strict=True)):
        without = gone(object_.data, found.trees[number])
        unmade = [node for node in its if node not in without and not is_part(found, number, surfaces[number].tree, node)]
        lost += _names(object_.data, [*without, *unmade])
    group = uuid.uuid4().hex
    given = _given_by_identity(objects[0].data, found.joint, found.identity_of_leaf[0], found.trees[0])
    for object_, tree, of_leaf in zip(objects, found.trees, found.identity_of_leaf, strict=True):
        nodes = identity_of_nodes(tree, found.joint, of_leaf)
        ranks = {node: int(found.ranks[identity]) for node, identity in nodes.items()}
        looks = {node: _look(object_, ranks[node], given.get(identity)) for node, identity in nodes.items()}
        replace_tree(object_.data, tree, looks)
        stored_identities.write(object_.data, group, found.joint, of_leaf)
    for object_ in objects:
        object_.data.partgen.scale = found.joint.default_scale
    count = found.joint.count(found.joint.default_scale)
    aside = [f"{names_in_words(lost)} could not stay a part of its own beside what the others have; Undo brings it back."] if lost else []
    return [f"{len(objects)} objects share {counted(count, 'part')}, as {objects[0].name} has them.", *([note] if note else []), *aside]


def replace_tree(mesh: bpy.types.Mesh, tree: PartTree, given: Mapping[int, stored_parts.Given]) -> None:
    """Stores another tree over the same leaves, with what its nodes are given; looks, hidden parts and separate objects go along.

    What the artist gave to parts that are parts of the new tree too stays, and goes before `given`.
    """
    had = carrying.Belongings.of(mesh)
    assert had is not None
    leaves = had.stored.leaf_of_polygon
    stored_tree.rewrite(mesh, tree, leaves)
    kept = {node: part for node, part in _carried(had.stored, tree, had.given).items() if part.is_made}
    carrying.carry(mesh, had, {**given, **kept}, np.arange(tree.leaf_count))


def members(mesh: bpy.types.Mesh) -> list[bpy.types.Object]:
    """The objects in scenes that `mesh` shares identities with, one for each mesh, by name; [] where it shares none that can be used."""
    if stored_identities.read(mesh) is None:
        return []
    meshes = {some.session_uid for some in stored_identities.meshes_of(stored_identities.group_of(mesh))}
    found: dict[int, bpy.types.Object] = {}
    for object_ in sorted(bpy.data.objects, key=lambda some: some.name):
        if object_.type == "MESH" and object_.data.session_uid in meshes and object_.users_scene and _is_original(object_):
            found.setdefault(object_.data.session_uid, object_)
    return list(found.values())


def alike(source: bpy.types.Object, nodes: Iterable[int]) -> dict[bpy.types.Object, list[int]]:
    """The parts that are the same as parts of `source`, nodes at its scale: those of every object that shares identities with it.

    Raises PartgenError where `source` shares none, its parts were changed since, or a node is none of them.
    """
    stored = _identities(source)
    tree = regrouping.tree_of(source.data)
    assert tree is not None
    scale, nodes = source.data.partgen.scale, list(nodes)
    if not np.isin(nodes, tree.nodes(scale)).all():
        raise PartgenError("part.missing", f"{source.name} has no such part at its scale.", "Choose a part in the list.")
    wanted = np.unique(stored.at(scale)[np.concatenate([np.empty(0, np.int32), *(tree.leaves(node) for node in nodes)])])
    found = {}
    for object_ in members(source.data):
        own, other = stored_identities.read(object_.data), regrouping.tree_of(object_.data)
        if own is None or other is None:
            continue
        is_wanted = np.isin(own.at(scale), wanted)
        parts = np.unique(other.nodes(object_.data.partgen.scale)[is_wanted]).tolist()
        if parts:
            found[object_] = parts
    return found


def share(source: bpy.types.Object, nodes: Iterable[int]) -> int:
    """Gives the name and color that parts of `source` have to the same parts of all objects but linked ones; returns the number of those
    parts.

    Raises PartgenError as `alike` does.
    """
    shared = 0
    tree = regrouping.tree_of(source.data)
    assert tree is not None
    for node in list(nodes):
        part = stored_parts.shown(tree, stored_parts.read(source.data), tree.count(source.data.partgen.scale)).get(node)
        for object_, others in alike(source, [node]).items():
            for other in others if object_.data.library is None else ():
                if part is not None and (object_, other) != (source, node):
                    _give(object_.data, other, part)
                    shared += 1
    return shared


def separate(objects: Iterable[bpy.types.Object]) -> None:
    """Lets objects go their own ways: their parts stay as they are, and follow nobody's slider any more."""
    for object_ in objects:
        stored_identities.forget(object_.data)


def follow_scale(mesh: bpy.types.Mesh) -> None:
    """Brings the others of a group to the scale of `mesh`: called whenever its parts may be others."""
    global _is_following
    group = stored_identities.group_of(mesh)
    if not group or _is_following:
        return
    _is_following = True
    try:
        for other in stored_identities.meshes_of(group):
            if other != mesh and other.library is None and other.partgen.scale != mesh.partgen.scale:
                other.partgen.scale = mesh.partgen.scale
    finally:
        _is_following = False


def _identities(source: bpy.types.Object) -> stored_identities.StoredIdentities:
    stored = stored_identities.read(source.data)
    if stored is not None:
        return stored
    if stored_identities.group_of(source.data):
        raise PartgenError(
            "together.stale", f"The parts of {source.name} were changed after they were matched.", "Match the objects again."
        )
    raise PartgenError("together.missing", f"{source.name} shares no parts with other objects.", "Select it with others and match them.")


def _made(mesh: bpy.types.Mesh) -> list[int]:
    """The parts of a mesh at its scale that the artist made or named, as nodes."""
    tree = regrouping.tree_of(mesh)
    assert tree is not None
    now = set(tree.nodes(mesh.partgen.scale).tolist())
    return [node for node, part in sorted(stored_parts.read(mesh).items()) if part.is_made and node in now]


def gone(mesh: bpy.types.Mesh, tree: PartTree) -> list[int]:
    """What the artist made or named at any scale and what no part of another tree over the same leaves is, as nodes."""
    stored = stored_tree.read(mesh)
    assert stored is not None
    leaves, made = stored.leaf_of_polygon, [node for node, part in sorted(stored_parts.read(mesh).items()) if part.is_made]
    kept = carrying.counterparts(stored.tree, leaves, tree, leaves, made)
    return [node for node in made if node not in kept]


def _names(mesh: bpy.types.Mesh, nodes: Sequence[int]) -> list[str]:
    tree, given = regrouping.tree_of(mesh), stored_parts.read(mesh)
    assert tree is not None
    return [given[node].name or stored_parts.default_name(tree, node) for node in nodes]


def _is_original(object_: bpy.types.Object) -> bool:
    """Whether an object carries its parts itself: not one that Apply made."""
    return applying.source_of(object_) == object_


def _look(object_: bpy.types.Object, rank: int, chosen: stored_parts.Given | None) -> stored_parts.Given:
    """What a part with an identity is called, and its color: as the artist has chosen for the leader's, else by the identity's rank."""
    color = tuple(palette.colors_of_ranks([rank])[0, :3].tolist())
    name = f"{object_.name} Part {rank + 1:02d}"
    return stored_parts.Given((chosen and chosen.name) or name, (chosen and chosen.color) or color, bool(chosen and chosen.is_made))


def _given_by_identity(
    mesh: bpy.types.Mesh, joint: PartTree, of_leaf: NDArray[np.int32], tree: PartTree
) -> dict[int, stored_parts.Given]:
    """What the artist gave to parts of the leader, by identity."""
    nodes = identity_of_nodes(tree, joint, of_leaf)
    stored = stored_tree.read(mesh)
    assert stored is not None
    carried = _carried(stored, tree, stored_parts.read(mesh))
    return {nodes[node]: part for node, part in carried.items() if node in nodes and part.is_made}


def _carried(before: stored_tree.StoredTree, after: PartTree, given: Mapping[int, stored_parts.Given]) -> dict[int, stored_parts.Given]:
    """What nodes were given, for the nodes of another tree over the same leaves that are the same parts."""
    leaves = before.leaf_of_polygon
    return {node: given[own] for own, node in carrying.counterparts(before.tree, leaves, after, leaves, given).items()}


def _give(mesh: bpy.types.Mesh, node: int, part: stored_parts.Given) -> None:
    if part.name:
        edits.rename(mesh, node, part.name)
    if part.color:
        edits.recolor(mesh, node, part.color)
