"""A new shape for one part of a model file: painted views of it, their depth, and the closed surface that follows, with its picture.

    made = reshaped_part(model, labels, 3, inpainter, depth_network, "a lion's paw", seed=1)
    write_file(path, made.scene.export(file_type="glb"))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from .files import Model
from .geometry.rays import RayScene
from .model_editing import Part, scene_of
from .model_texturing import ROUGHNESS, model_colours, part_views
from .rendering.buffers import Buffers, render
from .segmentation import Progress, no_progress
from .texturing.canvases import baked, canvas, notes
from .texturing.depth import DepthEstimator
from .texturing.grid import Inpainter
from .texturing.reshaping import Shape, Surroundings, reshaped, with_room
from .texturing.unwrapping import unwrapped
from .texturing.views import PartViews, seen_by

Floats = NDArray[np.float64]
Labels = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Reshaped:
    """A model after a part got another shape: `scene`, the part's `surface`, the `size` of its texture in texels, which share of the
    part some view saw (`seen`), and sentences."""

    scene: trimesh.Scene
    surface: trimesh.Trimesh
    size: int
    seen: float
    notes: tuple[str, ...] = ()


def reshaped_part(
    model: Model,
    labels: Labels,
    part: int,
    inpainter: Inpainter,
    estimator: DepthEstimator,
    prompt: str,
    seed: int = 0,
    strength: float = 1.0,
    progress: Progress = no_progress,
    views: PartViews | None = None,
) -> Reshaped:
    """The model with one part made anew as a closed surface, each part a named node. Raises PartgenError, also where no view sees the
    part. `labels` (F,), `part` and `views` as for `textured`."""
    views = views or part_views(model, labels, part, inpainter.side)
    chosen = labels == part
    vertices, faces = model.mesh.vertices.astype(np.float64), model.mesh.faces.astype(np.int64)
    old = vertices[faces[chosen]]
    around = _without(model, chosen, views)
    roomy = with_room(views, around, old)
    picture = roomy.grid.with_part(inpainter(roomy.grid, prompt, seed, strength, progress))
    shape = reshaped(roomy, picture, around, estimator, old, model.up)
    return _painted(model, labels, part, views, picture, shape, prompt)


def _without(model: Model, chosen: NDArray[np.bool_], views: PartViews) -> Surroundings:
    """What the cameras see of a model without a part."""
    points, rest = model.mesh.vertices.astype(np.float64), np.flatnonzero(~chosen)
    faces = model.mesh.faces[rest].astype(np.int64)
    if not len(faces):
        nothing = [_nothing(seen) for seen in views.buffers]
        return Surroundings(points, faces, nothing, [np.ones((*seen.face.shape, 3)) for seen in nothing])
    scene = RayScene(points, faces)
    found = [render(scene, points, faces, camera) for camera in views.cameras]
    named = [Buffers(np.where(seen.mask, rest[seen.face], -1), seen.depth, seen.normal, seen.weights) for seen in found]
    return Surroundings(points, faces, named, [model_colours(model, seen) for seen in named])


def _nothing(like: Buffers) -> Buffers:
    return Buffers(np.full_like(like.face, -1), np.full_like(like.depth, np.inf), np.zeros_like(like.normal), np.zeros_like(like.weights))


def _painted(model: Model, labels: Labels, part: int, views: PartViews, picture: Floats, shape: Shape, prompt: str) -> Reshaped:
    """The new surface in place of the old one, with what was painted as its texture."""
    rest = model.mesh.faces[labels != part].astype(np.int64)
    points = np.concatenate([model.mesh.vertices.astype(np.float64), shape.points])
    faces = np.concatenate([rest, shape.faces + len(model.mesh.vertices)])
    chosen = np.arange(len(faces)) >= len(rest)
    name = f"Part {part} of {model.path.name}"
    anew = seen_by(views.cameras, points, faces, chosen, lambda seen: np.ones((*seen.face.shape, 3)), name)
    flat = unwrapped(shape.points, shape.faces)
    own = canvas(
        shape.points[flat.source], flat.faces, flat.uv, anew.facing[chosen], float(anew.grid.mask.sum()), had_map=False, is_new=False
    )
    (texture,), share = baked([own], anew, picture, name)
    material = PBRMaterial(
        name=" ".join(prompt.split())[:60] or "reshaped", baseColorTexture=Image.fromarray(texture), metallicFactor=0.0,
        roughnessFactor=ROUGHNESS,
    )  # fmt: skip
    made = trimesh.Trimesh(shape.points[flat.source], flat.faces, process=False, visual=TextureVisuals(uv=flat.uv, material=material))
    scene = scene_of(model, labels, part, Part(((made,),), np.zeros((0, 3, 3)), np.zeros(3)))
    surface = trimesh.Trimesh(shape.points, shape.faces, process=False)
    return Reshaped(scene, surface, len(texture), share, (*shape.notes, *notes([own], share)))
