"""A new shape for one part of a model file: painted views of it, their depth, and the closed surface that follows, with its picture.

made = reshaped_part(model, labels, 3, inpainter, depth_network, "a lion's paw", seed=1)
write_file(path, made.scene.export(file_type="glb"))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.visual import TextureVisuals

from .files import Model
from .model_editing import Part, scene_of
from .model_texturing import painted_material, subject_of
from .progress import Progress, no_progress
from .texturing.depth import DepthEstimator
from .texturing.grid import Inpainter
from .texturing.renewing import renewed
from .texturing.views import PartViews, views_of

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
    subject = subject_of(model, labels, part)
    made = renewed(subject, views or views_of(subject, inpainter.side), inpainter, estimator, prompt, seed, strength, progress)
    points, material = made.points[made.flat.source], painted_material(prompt, made.texture)
    mesh = trimesh.Trimesh(points, made.flat.faces, process=False, visual=TextureVisuals(uv=made.flat.uv, material=material))
    scene = scene_of(model, labels, part, Part(((mesh,),), np.zeros((0, 3, 3)), np.zeros(3)))
    surface = trimesh.Trimesh(made.points, made.faces, process=False)
    return Reshaped(scene, surface, len(made.texture), made.seen, made.notes)
