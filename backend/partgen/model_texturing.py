"""A new look for one part of a model file: four views of it are painted by an inpainter and baked into a texture of its own.

    made = textured(model, labels, 3, inpainter, "rusty iron", seed=1)
    write_file(path, made.scene.export(file_type="glb"))

Section 3.3 of PartGen (Chen et al. 2024). The part keeps its shape; its neighbours keep everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from .files import Model
from .model_editing import Part, check_part, cut_out, scene_of
from .progress import Progress, no_progress
from .rendering.buffers import Buffers
from .rendering.colours import surface_colours
from .texturing.canvases import Canvas, baked, canvas, notes
from .texturing.grid import Inpainter
from .texturing.unwrapping import is_usable, unwrapped
from .texturing.views import PartViews, Subject, views_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.int32]

LINEAR = (".glb", ".gltf")
"""Formats whose colours of materials and vertices are amounts of light."""
ROUGHNESS = 0.8
"""Of a part whose material had none: what was painted has its own lights, and wants few more."""


@dataclass(frozen=True, eq=False)
class Textured:
    """A model after a part got another look: `scene`, for each of the part's materials its texture's `sizes` in texels, which share
    of the part some view saw (`seen`), and sentences."""

    scene: trimesh.Scene
    sizes: tuple[int, ...]
    seen: float
    notes: tuple[str, ...] = ()


def textured(
    model: Model,
    labels: Labels,
    part: int,
    inpainter: Inpainter,
    prompt: str,
    seed: int = 0,
    strength: float = 1.0,
    progress: Progress = no_progress,
    views: PartViews | None = None,
) -> Textured:
    """The model with one part painted, each part a named node. Raises PartgenError, also where no view sees the part.

    `labels` (F,) as `partgen segment` writes them, `part` one of them. `views` are those of `part_views`, for several variations.
    """
    views = views or part_views(model, labels, part, inpainter.side)
    picture = inpainter(views.grid, prompt, seed, strength, progress)
    return _baked(model, labels, part, views, views.grid.with_part(picture), prompt)


# ---- views -----------------------------------------------------------------------------------------------------------


def part_views(model: Model, labels: Labels, part: int, side: int) -> PartViews:
    """Four views of a part in its surroundings, as a grid of `side` pixels. Raises PartgenError where there is no such part, and where
    none of them sees it."""
    return views_of(subject_of(model, labels, part), side)


def subject_of(model: Model, labels: Labels, part: int) -> Subject:
    """A part of a model as what is looked at. Raises PartgenError where there is no such part."""
    check_part(model, labels, part)
    points, faces = model.mesh.vertices.astype(np.float64), model.mesh.faces.astype(np.int64)
    return Subject(points, faces, labels == part, model.up, partial(model_colours, model), f"Part {part} of {model.path.name}")


def model_colours(model: Model, seen: Buffers) -> Floats:
    """The picture (H, W, 3) of a model in its own colours, white where nothing is."""
    picture = np.ones((*seen.face.shape, 3))
    piece_of = np.full(len(model.mesh.faces), -1)
    local = np.zeros(len(model.mesh.faces), np.int64)
    for number, piece in enumerate(model.pieces):
        piece_of[piece.faces], local[piece.faces] = number, np.arange(len(piece.faces))
    shown = np.where(seen.mask, piece_of[seen.face], -1)
    is_linear = model.path.suffix.lower() in LINEAR
    for number, piece in enumerate(model.pieces):
        at = shown == number
        if at.any():
            picture[at] = surface_colours(piece.geometry, local[seen.face[at]], seen.weights[at], is_linear)
    return picture


# ---- baking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Piece:
    """One geometry of the part with a UV map that can be baked to, and its canvas."""

    geometry: trimesh.Trimesh
    uv: Floats
    canvas: Canvas


def _baked(model: Model, labels: Labels, part: int, views: PartViews, picture: Floats, prompt: str) -> Textured:
    """Bakes a painted grid into textures of the part's own."""
    chosen = labels == part
    pixels = int(views.grid.mask.sum())
    of_piece = [np.flatnonzero(chosen[piece.faces]) for piece in model.pieces]
    facing = [views.facing[piece.faces[local]] for piece, local in zip(model.pieces, of_piece, strict=True) if len(local)]
    geometries = cut_out(model, chosen)
    area = sum(float(geometry.area) for geometry in geometries)
    pieces = [
        _piece(geometry, sides, pixels * float(geometry.area) / max(area, 1e-300))
        for geometry, sides in zip(geometries, facing, strict=True)
    ]  # fmt: skip
    canvases = [piece.canvas for piece in pieces]
    pictures, share = baked(canvases, views, picture, subject_of(model, labels, part).name)
    made = tuple(_painted(piece, texture, prompt) for piece, texture in zip(pieces, pictures, strict=True))
    state = Part((made,), np.zeros((0, 3, 3)), np.zeros(3))
    return Textured(scene_of(model, labels, part, state), tuple(len(texture) for texture in pictures), share, tuple(notes(canvases, share)))


def _piece(geometry: trimesh.Trimesh, facing: Floats, pixels: float) -> _Piece:
    """A geometry ready to be baked to, in a texture as fine as what `pixels` show of it."""
    points, faces = np.array(geometry.vertices), np.array(geometry.faces)
    visual = geometry.visual
    uv = np.array(visual.uv, np.float64) if isinstance(visual, TextureVisuals) and visual.uv is not None else None
    had_map, is_new = uv is not None, uv is None or not is_usable(points, faces, uv)
    if is_new or uv is None:
        flat = unwrapped(points, faces)  # which keeps faces in their order
        geometry = _over(geometry, flat.source, flat.faces)
        points, faces, uv = points[flat.source], flat.faces, flat.uv
    return _Piece(geometry, uv, canvas(points, faces, uv, facing, pixels, had_map, is_new))


def _over(geometry: trimesh.Trimesh, source: Ints, faces: Ints) -> trimesh.Trimesh:
    """A geometry over more vertices, each a copy of vertex `source` (W,), with normals and attributes; without its looks."""
    normals = geometry.vertex_normals[source] if "vertex_normals" in geometry._cache.cache else None
    made = trimesh.Trimesh(np.array(geometry.vertices)[source], faces, vertex_normals=normals, process=False)
    for name, values in geometry.vertex_attributes.items():
        if np.shape(values)[:1] == (len(geometry.vertices),):
            made.vertex_attributes[name] = np.asarray(values)[source]
    if isinstance(geometry.visual, TextureVisuals):
        made.visual = TextureVisuals(material=geometry.visual.material)
    return made


def _painted(piece: _Piece, texture: NDArray[np.uint8], prompt: str) -> trimesh.Trimesh:
    """The geometry of a piece with its new texture and a material for it."""
    before = piece.geometry.visual.material if isinstance(piece.geometry.visual, TextureVisuals) else None
    made = piece.geometry.copy(include_cache=True)
    made.visual = TextureVisuals(uv=piece.uv, material=painted_material(prompt, texture, before))
    return made


def painted_material(prompt: str, texture: NDArray[np.uint8], before: Any = None) -> PBRMaterial:
    """A material that shows a texture (n, n, 3), as rough as the one `before`."""
    roughness = getattr(before, "roughnessFactor", None)
    return PBRMaterial(
        name=" ".join(prompt.split())[:60] or "painted",
        baseColorTexture=Image.fromarray(texture),
        metallicFactor=0.0,
        roughnessFactor=ROUGHNESS if roughness is None else float(roughness),
        doubleSided=before is None or bool(getattr(before, "doubleSided", True)),
    )
