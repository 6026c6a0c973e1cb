"""One part of a model file replaced by a new one that words ask for: it takes the old one's place, name and looks; the rest stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from trimesh.visual import ColorVisuals, TextureVisuals

from .files import Model
from .generation.making import NewPart, Place
from .generation.wishing import Wish, each_wished_part
from .model_editing import Part, check_part, cut_out, scene_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Generated:
    """A model with a new part: `scene`, the bounds (2, 3) of the part, and the part."""

    scene: trimesh.Scene
    bounds: Floats
    part: NewPart

    @property
    def notes(self) -> tuple[str, ...]:
        return self.part.notes


def generated(model: Model, labels: NDArray[np.int32], part: int, wish: Wish) -> list[Generated]:
    """The model with one part replaced by what is wished, once for each variation. Raises PartgenError."""
    check_part(model, labels, part)
    chosen = labels == part
    old = cut_out(model, chosen)
    made = list(each_wished_part(place_of(model, chosen), wish))
    rest = model.mesh.vertices[model.mesh.faces[~chosen]].astype(np.float64)
    results = []
    for one in made:
        geometry = looking_like(one.points, one.faces, old)
        scene = scene_of(model, labels, part, Part(((geometry,),), rest, model.up))
        results.append(Generated(scene, np.array(geometry.bounds), one))
    return results


def place_of(model: Model, chosen: NDArray[np.bool_]) -> Place:
    """Where the chosen triangles (F,) are."""
    return Place.of(model.mesh.vertices.astype(np.float64), model.mesh.faces.astype(np.int64), chosen, model.up)


def looking_like(points: Floats, faces: Ints, old: Sequence[trimesh.Trimesh]) -> trimesh.Trimesh:
    """A surface in the looks of what was there: the material of most of it, and its colours from where it is nearest."""
    made = trimesh.Trimesh(points, faces, process=False)
    like = max(old, key=lambda geometry: float(geometry.area))
    centres = np.asarray(like.triangles_center)
    nearest = cKDTree(centres).query(np.asarray(points)[faces].mean(axis=1))[1]
    visual = like.visual
    if isinstance(visual, TextureVisuals):
        if visual.uv is None:
            made.visual = TextureVisuals(material=visual.material)
            return made
        made = trimesh.Trimesh(points, faces, process=False)
        close = cKDTree(np.asarray(like.vertices)).query(points)[1]
        made.visual = TextureVisuals(uv=np.asarray(visual.uv)[close], material=visual.material)
    elif isinstance(visual, ColorVisuals) and visual.kind is not None:
        made.visual = ColorVisuals(made, face_colors=visual.face_colors[nearest])
    return made
