"""Edits of one part of a model file: the part's triangles change, with their materials and UVs; the rest stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.intersections import slice_faces_plane
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from .completion.caps import cap_faces
from .completion.patches import open_surface
from .editing.attachment import attached
from .editing.bevelling import bevelled
from .editing.copying import copies, is_copying, split_planes
from .editing.deforming import PartSurface, deformed, is_deformation, why_hardly_seen
from .editing.edits import Edit
from .editing.frame import Frame
from .editing.looks import Look, look
from .editing.replacing import fitted, is_round, no_such_thing, primitive, taken_over
from .errors import PartgenError
from .files import Model, cut
from .geometry.adjacency import weld

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """The part that is edited: one or several `bodies`, each of geometries with one material; `neighbours` (F, 3, 3) the triangles
    of the rest; `notes` for who asked."""

    bodies: tuple[tuple[trimesh.Trimesh, ...], ...]
    neighbours: Floats
    up: Floats
    metres_per_unit: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def geometries(self) -> tuple[trimesh.Trimesh, ...]:
        return tuple(geometry for body in self.bodies for geometry in body)

    @property
    def surface(self) -> PartSurface:
        """All geometries as one surface."""
        points, faces = _joined(self.geometries)
        touching = attached(points, self.neighbours.reshape(-1, 3), np.arange(3 * len(self.neighbours)).reshape(-1, 3))
        corners = self.neighbours.reshape(-1, 3)
        centre = (corners.min(axis=0) + corners.max(axis=0)) / 2 if len(corners) else None
        return PartSurface(points, faces, touching, self.up, self.metres_per_unit, centre)

    def noting(self, *notes: str) -> Part:
        return replace(self, notes=(*self.notes, *notes))

    def moved(self, points: Floats) -> Part:
        """The same geometries with their vertices at points (V, 3), in the order of `surface`."""
        bodies, first = [], 0
        for body in self.bodies:
            changed = []
            for geometry in body:
                changed.append(_with_vertices(geometry, points[first : first + len(geometry.vertices)]))
                first += len(geometry.vertices)
            bodies.append(tuple(changed))
        return replace(self, bodies=tuple(bodies))


@dataclass(frozen=True, eq=False)
class Edited:
    """A model after an edit: `scene`, the bounds (2, 3) of what the part became, and sentences."""

    scene: trimesh.Scene
    bounds: Floats
    notes: tuple[str, ...] = field(default=())


def edited(model: Model, labels: NDArray[np.int32], part: int, edits: Sequence[Edit], strength: float = 1.0) -> Edited:
    """The model with one part changed, each part a named node. Raises PartgenError where an edit cannot be done.

    `labels` (F,) as `partgen segment` writes them, `part` one of them.
    """
    check_part(model, labels, part)
    chosen = labels == part
    state = Part((cut_out(model, chosen),), model.mesh.vertices[model.mesh.faces[~chosen]].astype(np.float64), model.up)
    for edit in edits:
        state = _changed(state, edit if strength == 1 else edit.weaker(strength), model, labels)
    bounds = np.array([geometry.bounds for geometry in state.geometries]).reshape(-1, 3)
    return Edited(scene_of(model, labels, part, state), bounds, state.notes)


def check_part(model: Model, labels: NDArray[np.int32], part: int) -> None:
    """Raises PartgenError where a model has no such part."""
    if part not in labels:
        present = np.unique(labels)
        listed = ", ".join(str(label) for label in present[:12]) + (", ..." if len(present) > 12 else "")
        raise PartgenError("edit.no_part", f"{model.path.name} has no part {part}.", f"Its parts are {listed}.")


def _changed(part: Part, edit: Edit, model: Model, labels: NDArray[np.int32]) -> Part:
    edit = edit.complete()
    if is_deformation(edit):
        surface = part.surface
        points = deformed(surface, [edit])
        if sentence := why_hardly_seen(surface, edit, points, "subdivide it"):
            part = part.noting(sentence)
        return part.moved(points)
    if is_copying(edit):
        return _copied(part, edit)
    return OTHERS[edit.op](part, edit.parameters, model, labels)


# ---- copies, cuts, bevels --------------------------------------------------------------------------------------------


def _copied(part: Part, edit: Edit) -> Part:
    bodies = []
    for copy in copies(part.surface, edit):
        moved = part.moved(copy.points)
        for body in moved.bodies:
            bodies.append(tuple(_turned_over(geometry) if copy.flipped else geometry for geometry in body))
    if edit.op == "hollow":  # both skins are one body
        return replace(part, bodies=(tuple(geometry for body in bodies for geometry in body),))
    return replace(part, bodies=tuple(bodies))


def _split(part: Part, parameters: Mapping[str, Any], model: Model, labels: NDArray[np.int32]) -> Part:
    points, normal = split_planes(part.surface, Edit("split", parameters))
    left, bodies = part.geometries, []
    for point in points:
        below, left = _sliced(left, -normal, point), _sliced(left, normal, point)
        bodies.append(below)
    return replace(part, bodies=tuple(body for body in [*bodies, left] if body))


def _sliced(geometries: Sequence[trimesh.Trimesh], normal: Floats, point: Floats) -> tuple[trimesh.Trimesh, ...]:
    """What lies on the side of a plane to which its normal points, closed along the plane where it was closed before."""
    kept = []
    for geometry in geometries:
        uv = geometry.visual.uv if isinstance(geometry.visual, TextureVisuals) else None
        vertices, faces, new_uv = slice_faces_plane(np.array(geometry.vertices), np.array(geometry.faces), normal, point, uv=uv)
        if len(faces):
            sliced = trimesh.Trimesh(vertices, faces, process=False)
            if isinstance(geometry.visual, TextureVisuals):
                sliced.visual = TextureVisuals(uv=new_uv, material=geometry.visual.material)
            kept.append(sliced)
    if not kept:
        return ()
    welded_points, welded = weld(*(np.concatenate(list(rows)) for rows in zip(*_rows(kept), strict=True)))
    opened = open_surface(welded_points, welded)
    flat = [loop for loop in opened.loops if np.abs((opened.points[loop] - point) @ normal).max() < 1e-6 * max(opened.extent, 1e-12)]
    if len(flat) and len(flat) == len(opened.loops):
        new_points, new_faces = cap_faces(opened)
        lid = trimesh.Trimesh(np.concatenate([opened.points, new_points]), new_faces, process=False)
        lid.remove_unreferenced_vertices()
        kept[0] = _with_lid(kept[0], lid)
    return tuple(kept)


def _with_lid(geometry: trimesh.Trimesh, lid: trimesh.Trimesh) -> trimesh.Trimesh:
    """A geometry and what closes it as one, of the geometry's material."""
    if isinstance(geometry.visual, TextureVisuals):
        made = trimesh.Trimesh(*_joined([geometry, lid]), process=False)
        uv = geometry.visual.uv
        made.visual = TextureVisuals(
            uv=None if uv is None else np.concatenate([uv, np.zeros((len(lid.vertices), 2))]), material=geometry.visual.material
        )
        return made
    return trimesh.Trimesh(*weld(*_joined([geometry, lid])), process=False)


def _rows(geometries: Sequence[trimesh.Trimesh]) -> list[tuple[Floats, Ints]]:
    """Vertices and faces of each, the faces over all vertices together."""
    rows, first = [], 0
    for geometry in geometries:
        rows.append((np.array(geometry.vertices), np.array(geometry.faces) + first))
        first += len(geometry.vertices)
    return rows


def _joined(geometries: Sequence[trimesh.Trimesh]) -> tuple[Floats, Ints]:
    rows = _rows(geometries)
    return np.concatenate([points for points, _ in rows]), np.concatenate([faces for _, faces in rows]).astype(np.int64)


def _bevelled(part: Part, parameters: Mapping[str, Any], model: Model, labels: NDArray[np.int32]) -> Part:
    """Every body by itself. Corners look like those that they came from, so UVs and materials go on."""
    bodies = []
    for body in part.bodies:
        alone = replace(part, bodies=(body,))
        made = bevelled(alone.surface, parameters)
        owner = np.repeat(np.arange(len(body)), [len(geometry.faces) for geometry in body])
        first = np.cumsum([0, *(len(geometry.faces) for geometry in body)])
        of_face = owner[made.corner_source[:, 0] // 3]
        bodies.append(
            tuple(
                _remade(geometry, made.points, made.faces[of_face == k], made.corner_source[of_face == k] - 3 * first[k])
                for k, geometry in enumerate(body)
                if (of_face == k).any()
            )
        )
    return replace(part, bodies=tuple(bodies))


def _remade(geometry: trimesh.Trimesh, points: Floats, faces: Ints, corner_source: Ints) -> trimesh.Trimesh:
    """Triangles over `points` that look like a geometry, corner by corner."""
    visual = geometry.visual
    if not isinstance(visual, TextureVisuals):
        made = trimesh.Trimesh(points, faces, process=False)
        made.remove_unreferenced_vertices()
        return made
    looks = np.array(geometry.faces).reshape(-1)[corner_source.reshape(-1)]
    pairs, corners = np.unique(np.stack([faces.reshape(-1), looks], axis=1), axis=0, return_inverse=True)
    made = trimesh.Trimesh(points[pairs[:, 0]], corners.reshape(-1, 3), process=False)
    made.visual = TextureVisuals(uv=None if visual.uv is None else visual.uv[pairs[:, 1]], material=visual.material)
    return made


# ---- replacements and looks ------------------------------------------------------------------------------------------


def _replaced(part: Part, parameters: Mapping[str, Any], model: Model, labels: NDArray[np.int32]) -> Part:
    words = str(parameters.get("with", ""))
    if not words:
        raise no_such_thing("")
    frame = part.surface.frame
    shape = primitive(words)
    if shape is None:
        return replace(part, bodies=(_taken_over(part, words, frame, model, labels),))
    fans = [(p[0], p[k], p[k + 1]) for p in shape.polygons for k in range(1, len(p) - 1)]
    made = trimesh.Trimesh(fitted(shape.points, frame, is_round(words)), fans, process=False)
    visual = part.geometries[0].visual
    if isinstance(visual, TextureVisuals):
        around = np.arctan2(shape.points[:, 2], shape.points[:, 1]) / (2 * np.pi) + 0.5
        made.visual = TextureVisuals(uv=np.stack([around, (shape.points[:, 0] + 1) / 2], axis=1), material=visual.material)
    return replace(part, bodies=((made,),))


def _taken_over(part: Part, words: str, frame: Frame, model: Model, labels: NDArray[np.int32]) -> tuple[trimesh.Trimesh, ...]:
    """Another part of the model, named by its number, in the place of this one."""
    numbers = re.findall(r"\d+", words)
    if len(numbers) != 1 or int(numbers[0]) not in labels:
        raise no_such_thing(words)
    chosen = labels == int(numbers[0])
    corners = model.mesh.vertices[model.mesh.faces[~chosen]].astype(np.float64)
    source = replace(part, bodies=(cut_out(model, chosen),), neighbours=corners)
    return source.moved(taken_over(source.surface.points, source.surface.frame, frame)).geometries


def _looking(part: Part, parameters: Mapping[str, Any], model: Model, labels: NDArray[np.int32]) -> Part:
    found = look({key: str(value) for key, value in parameters.items()})
    material = gltf_material(found)

    def painted(geometry: trimesh.Trimesh) -> trimesh.Trimesh:
        made = geometry.copy()
        uv = geometry.visual.uv if isinstance(geometry.visual, TextureVisuals) else None
        made.visual = TextureVisuals(uv=uv if uv is not None else np.zeros((len(made.vertices), 2)), material=material)
        return made

    notes = [f"These words of the material were not understood: {', '.join(found.about)}."] if found.about else []
    if found.speckled or found.bump:
        notes.append("A file holds the material's colour and shine; its grain and spots are made in Blender.")
    return replace(part, bodies=tuple(tuple(painted(geometry) for geometry in body) for body in part.bodies)).noting(*notes)


def gltf_material(found: Look) -> PBRMaterial:
    """A look as glTF's core material has it: what lets light through is transparent, spots are mixed into the colour."""
    share = 0.5 * found.speckled
    colour = [(1 - share) * own + share * spot for own, spot in zip(found.colour, found.speckle, strict=True)]
    alpha = 1 - 0.75 * found.transmission
    return PBRMaterial(
        name=found.name or "material",
        baseColorFactor=np.round(np.array([*colour, alpha]) * 255).astype(np.uint8),
        metallicFactor=found.metallic,
        roughnessFactor=found.roughness,
        emissiveFactor=[min(1.0, found.glow / 4 * channel) for channel in found.colour] if found.glow else None,
        alphaMode="BLEND" if alpha < 1 else "OPAQUE",
        doubleSided=True,
    )


OTHERS: Mapping[str, Callable[[Part, Mapping[str, Any], Model, NDArray[np.int32]], Part]] = {
    "split": _split, "bevel": _bevelled, "replace": _replaced, "material": _looking,
}  # fmt: skip


# ---- geometry of the file --------------------------------------------------------------------------------------------


def cut_out(model: Model, chosen: NDArray[np.bool_]) -> tuple[trimesh.Trimesh, ...]:
    """The chosen triangles (F,) as geometries, one for each material."""
    cuts = [cut(piece.geometry, np.flatnonzero(chosen[piece.faces])) for piece in model.pieces if chosen[piece.faces].any()]
    return tuple(cuts)


def _with_vertices(geometry: trimesh.Trimesh, points: Floats) -> trimesh.Trimesh:
    return _looking_like(trimesh.Trimesh(points, geometry.faces, process=False), geometry)


def _turned_over(geometry: trimesh.Trimesh) -> trimesh.Trimesh:
    return _looking_like(trimesh.Trimesh(geometry.vertices, np.array(geometry.faces)[:, ::-1], process=False), geometry)


def _looking_like(made: trimesh.Trimesh, geometry: trimesh.Trimesh) -> trimesh.Trimesh:
    """`made`, which has the vertices of a geometry in its order, with its UVs, colours and material."""
    if geometry.visual is not None:
        made.visual = geometry.visual.copy()
    return made


def scene_of(model: Model, labels: NDArray[np.int32], part: int, state: Part) -> trimesh.Scene:
    """All parts as named nodes: the others as they are, the edited one with a node for each of its bodies and materials."""
    scene = trimesh.Scene()
    place = trimesh.transformations.translation_matrix(model.origin)

    def add(geometries: Sequence[trimesh.Trimesh], name: str) -> None:
        for number, geometry in enumerate(geometries):
            key = name if len(geometries) == 1 else f"{name}.{number + 1}"
            scene.add_geometry(geometry, node_name=key, geom_name=key, transform=place)

    for label in np.unique(labels).tolist():
        name = part_name(model.path, label)
        if label != part:
            add(cut_out(model, labels == label), name)
            continue
        for number, body in enumerate(state.bodies):
            add(body, name if len(state.bodies) == 1 else f"{name} {number + 1}")
    return scene


def part_name(path: Path, label: int) -> str:
    """What the node of a part is called."""
    return f"{path.stem} Part {label:02d}"
