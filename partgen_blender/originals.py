"""The object whose mesh is worked on: the artist's own, a local copy of linked data, or a baked copy of the evaluated mesh.

`read` looks without touching anything, so that a job can run and fail with the scene as it was; `original_of` makes the
copy, where one is needed, at the moment a result is inserted.
"""

from __future__ import annotations

import bpy
from partgen.errors import PartgenError

from . import stored_parts, stored_tree, visibility
from .mesh_data import Polygons, read_polygons

COPY_OF = "partgen_copy_of"  # property of a local or baked copy: the object it stands for, how, and how that was hidden

_LINKED = "linked"
_EVALUATED = "evaluated"
# Parents of these types deform the mesh like a modifier does.
DEFORMING_PARENTS = {"ARMATURE", "LATTICE", "CURVE"}


def read(obj: bpy.types.Object, evaluated: bool, depsgraph: bpy.types.Depsgraph) -> Polygons:
    """The polygons that `original_of` would have, without changing anything.

    `evaluated`: with modifiers, shape keys and armature as the viewport shows them, else the mesh as it is modelled.
    Raises PartgenError where `obj` is no mesh, is in Edit Mode, or has no faces.
    """
    _require_mesh(obj)
    if not evaluated:
        return read_polygons(obj.data, obj.name)
    shown = obj.evaluated_get(depsgraph)
    try:
        return read_polygons(shown.to_mesh(), obj.name)
    finally:
        shown.to_mesh_clear()


def original_of(obj: bpy.types.Object, evaluated: bool = False, depsgraph: bpy.types.Depsgraph | None = None) -> bpy.types.Object:
    """The object whose mesh is worked on for `obj`; `obj` itself where that is possible.

    With `evaluated`, a baked copy without modifiers and shape keys; for linked data, a local copy. A copy stands in the
    collections of `obj`, which is hidden; asking again gives the same copy, with its mesh baked anew. `note` says it in words.
    Raises PartgenError, and changes nothing, where `obj` is no mesh, is in Edit Mode, or has no faces.
    """
    _require_mesh(obj)
    if not (evaluated or _is_linked(obj)):
        return obj
    depsgraph = depsgraph or bpy.context.evaluated_depsgraph_get()
    read(obj, evaluated, depsgraph)
    kind = _EVALUATED if evaluated else _LINKED
    copy = copy_of(obj, kind)
    if copy is not None and not evaluated:
        return copy
    mesh = _baked_mesh(obj, depsgraph) if evaluated else obj.data.copy()
    if copy is None:
        return _stand_in(obj, mesh, kind)
    before, copy.data = copy.data, mesh
    mesh.name = before.name
    if not before.users:
        bpy.data.meshes.remove(before)
    return copy


def copy_of(obj: bpy.types.Object, kind: str) -> bpy.types.Object | None:
    """The copy of `kind`, "linked" or "evaluated", that stands for `obj` in a scene, or None."""
    for candidate in bpy.data.objects:
        record = candidate.get(COPY_OF)
        if record is not None and record.get("object") == obj and record.get("kind") == kind and candidate.users_scene:
            return candidate
    return None


def standing_for(obj: bpy.types.Object, evaluated: bool) -> bpy.types.Object | None:
    """The object that carries what was found for `obj` before: the copy that `original_of` would give anew, else `obj` itself.

    None where there is no baked copy yet: what `obj` has is of its mesh without modifiers, and stays there.
    """
    if evaluated:
        return copy_of(obj, _EVALUATED)
    return (copy_of(obj, _LINKED) or obj) if _is_linked(obj) else obj


def original_record(obj: bpy.types.Object) -> tuple[bpy.types.Object | None, str]:
    """The object that `obj` is a copy of, and the kind of copy; (None, "") for an object of its own."""
    record = obj.get(COPY_OF)
    return (record.get("object"), str(record.get("kind"))) if record is not None else (None, "")


def note(obj: bpy.types.Object) -> str:
    """A sentence for the artist about what `obj` stands for; "" for an object of its own."""
    original, kind = original_record(obj)
    if original is None:
        return ""
    if kind == _EVALUATED:
        return f"{obj.name} is a copy of {original.name} with its modifiers and shape keys applied; {original.name} is hidden."
    library = original.library or original.data.library
    source = f" from {bpy.path.basename(library.filepath)}" if library else ""
    # This file can save that a linked object's eye is closed, but not that it is disabled in renders.
    until = " (in renders only until this file is closed: take it out of the scene to be sure)" if original.library else ""
    return f"{original.name} is linked{source}, so {obj.name} is a local copy to work on; the linked one is hidden{until}."


def discard(copy: bpy.types.Object, view_layer: bpy.types.ViewLayer | None = None) -> None:
    """Removes a copy that `original_of` made and shows its original again as it was. Harmless for an object of its own."""
    original, _ = original_record(copy)
    if original is None:
        return
    visibility.restore(original, list(copy[COPY_OF]["hidden"]), view_layer or bpy.context.view_layer)
    mesh = copy.data
    bpy.data.objects.remove(copy)
    if not mesh.users:
        bpy.data.meshes.remove(mesh)


def _stand_in(obj: bpy.types.Object, mesh: bpy.types.Mesh, kind: str) -> bpy.types.Object:
    """A copy of `obj` with `mesh`, in its place; `obj` is hidden."""
    view_layer = bpy.context.view_layer
    collections = [c for c in obj.users_collection if c.library is None and c.override_library is None] or [bpy.context.scene.collection]
    copy = obj.copy()
    try:
        if kind == _EVALUATED:
            copy.modifiers.clear()
            if copy.parent_type in DEFORMING_PARENTS:
                copy.parent_type = "OBJECT"
        copy.data = mesh
        copy.name = f"{obj.name} {'Evaluated' if kind == _EVALUATED else 'Local'}"
        mesh.name = copy.name
        for collection in collections:
            collection.objects.link(copy)
        copy[COPY_OF] = {"object": obj, "kind": kind, "hidden": visibility.hide(obj, view_layer)}
    except BaseException:
        bpy.data.objects.remove(copy)
        bpy.data.meshes.remove(mesh)
        raise
    return copy


def _baked_mesh(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bpy.types.Mesh:
    shown = obj.evaluated_get(depsgraph)
    mesh = bpy.data.meshes.new_from_object(shown, preserve_all_data_layers=True, depsgraph=depsgraph)
    for name, value in obj.data.items():  # Blender bakes everything but the custom properties
        mesh[name] = value
    stored_parts.show_polygons(mesh)
    stored_tree.clear(mesh)  # its leaves are those of the mesh before the modifiers
    return mesh


def _is_linked(obj: bpy.types.Object) -> bool:
    return obj.library is not None or obj.data.library is not None


def _require_mesh(obj: bpy.types.Object) -> None:
    if obj.type != "MESH":
        raise PartgenError("object.no_mesh", f"{obj.name} is not a mesh.", "Convert it with Object > Convert > Mesh first.")
    if obj.mode == "EDIT":
        raise PartgenError("mesh.edit_mode", f"{obj.name} is in Edit Mode.", "Leave Edit Mode and try again.")
