"""A new look for one part of a model file: four views of it are painted by an inpainter and baked into a texture of its own.

    made = textured(model, labels, 3, inpainter, "rusty iron", seed=1)
    write_file(path, made.scene.export(file_type="glb"))

Section 3.3 of PartGen (Chen et al. 2024). The part keeps its shape; its neighbours keep everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from .errors import PartgenError
from .files import Model
from .geometry.rays import RayScene
from .model_editing import Part, check_part, cut_out, scene_of
from .rendering.buffers import Buffers, depth_image, render
from .rendering.cameras import Camera, apart, around_part, joined
from .rendering.colours import surface_colours
from .segmentation import Progress, no_progress
from .texturing.baking import Texels, bake, texels
from .texturing.grid import Grid, Inpainter
from .texturing.unwrapping import is_usable, unwrapped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.int32]

LINEAR = (".glb", ".gltf")
"""Formats whose colours of materials and vertices are amounts of light."""
SMALLEST, LARGEST = 128, 2048
"""Texels along the side of a texture."""
DETAIL = 2.0
"""Texels for a pixel in which a part is seen."""
ROUGHNESS = 0.8
"""Of a part whose material had none: what was painted has its own lights, and wants few more."""


@dataclass(frozen=True, eq=False)
class PartViews:
    """A part as four cameras see it: their `buffers`, the `scene` that they look at, and the `grid` for an inpainter.

    `facing` (F,) is -1 for faces that are seen more from behind than from before, else 1.
    """

    cameras: Sequence[Camera]
    buffers: Sequence[Buffers]
    scene: RayScene
    facing: Floats
    grid: Grid


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
    check_part(model, labels, part)
    points, faces = model.mesh.vertices.astype(np.float64), model.mesh.faces.astype(np.int64)
    chosen = labels == part
    scene = RayScene(points, faces)
    cameras = around_part(points[np.unique(faces)], points[np.unique(faces[chosen])], model.up, side // 2)
    buffers = [render(scene, points, faces, camera) for camera in cameras]
    masks = [seen.mask & chosen[seen.face] for seen in buffers]
    if not any(mask.any() for mask in masks):
        sentence = f"Part {part} of {model.path.name} is hidden: none of the four views around it sees it."
        raise PartgenError("edit.part_hidden", sentence, "Hide or remove what stands before it, then paint it.")
    colours = joined([_colours(model, seen) for seen in buffers])
    grid = Grid(colours, joined(masks), joined([depth_image(seen.depth) for seen in buffers]))
    return PartViews(cameras, buffers, scene, _facing(points, faces, cameras, buffers), grid)


def _colours(model: Model, seen: Buffers) -> Floats:
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


def _facing(points: Floats, faces: Ints, cameras: Sequence[Camera], buffers: Sequence[Buffers]) -> Floats:
    """Which side of each face (F,) the cameras see: 1, or -1 where it is turned inside out, as in many a file."""
    total = np.zeros(len(faces))
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    for camera, seen in zip(cameras, buffers, strict=True):
        count = np.bincount(seen.face[seen.mask], minlength=len(faces))
        total += count * np.sign(normal @ camera.towards)
    return np.where(total < 0, -1.0, 1.0)


# ---- baking ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Canvas:
    """One geometry of the part with a UV map that can be baked to, and its texels `found`. `is_new`: `had_map` or not, it had none
    that could."""

    geometry: trimesh.Trimesh
    uv: Floats
    found: Texels
    had_map: bool
    is_new: bool


def _baked(model: Model, labels: Labels, part: int, views: PartViews, picture: Floats, prompt: str) -> Textured:
    """Bakes a painted grid into textures of the part's own."""
    chosen = labels == part
    pixels = int(views.grid.mask.sum())
    of_piece = [np.flatnonzero(chosen[piece.faces]) for piece in model.pieces]
    facing = [views.facing[piece.faces[local]] for piece, local in zip(model.pieces, of_piece, strict=True) if len(local)]
    geometries = cut_out(model, chosen)
    area = sum(float(geometry.area) for geometry in geometries)
    canvases = [
        _canvas(geometry, sides, pixels * float(geometry.area) / max(area, 1e-300))
        for geometry, sides in zip(geometries, facing, strict=True)
    ]  # fmt: skip
    # All at once, so that what no view sees of one material is filled from another.
    colours, seen = bake(_together(canvases), views.cameras, apart(picture), apart(views.grid.mask), views.scene)
    if not seen.any():
        sentence = f"Of part {part} of {model.path.name} the four views see too little to paint it."
        raise PartgenError("edit.part_hidden", sentence, "Hide or remove what stands before it, or join it to a larger part.")
    made, first = [], 0
    for canvas in canvases:
        own = colours[first : first + len(canvas.found.face)]
        made.append(_painted(canvas, own, prompt))
        first += len(own)
    state = Part((tuple(made),), np.zeros((0, 3, 3)), np.zeros(3))
    share = float(seen.mean())
    return Textured(scene_of(model, labels, part, state), tuple(c.found.size for c in canvases), share, tuple(_notes(canvases, share)))


def _canvas(geometry: trimesh.Trimesh, facing: Floats, pixels: float) -> _Canvas:
    """A geometry ready to be baked to, in a texture as fine as what `pixels` show of it."""
    points, faces = np.array(geometry.vertices), np.array(geometry.faces)
    visual = geometry.visual
    uv = np.array(visual.uv, np.float64) if isinstance(visual, TextureVisuals) and visual.uv is not None else None
    had_map, is_new = uv is not None, uv is None or not is_usable(points, faces, uv)
    if is_new or uv is None:
        flat = unwrapped(points, faces)
        geometry = _over(geometry, flat.source, flat.faces)
        points, faces, uv = points[flat.source], flat.faces, flat.uv
    size = _size(faces, uv, pixels)
    found = texels(points, faces, uv, size)
    turned = replace(found, normal=found.normal * facing[found.face, None])  # unwrapping keeps faces in their order
    return _Canvas(geometry, uv, turned, had_map, is_new)


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


def _size(faces: Ints, uv: Floats, pixels: float) -> int:
    """Texels along the side of a texture, a power of two: DETAIL for each of `pixels` on what the UV map uses of it."""
    first, second = uv[faces[:, 1]] - uv[faces[:, 0]], uv[faces[:, 2]] - uv[faces[:, 0]]
    used = max(float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()) / 2, 1e-6)
    return int(np.clip(2 ** np.ceil(np.log2(max(np.sqrt(DETAIL * pixels / used), 1))), SMALLEST, LARGEST))


def _together(canvases: Sequence[_Canvas]) -> Texels:
    """The texels of all canvases, one after the other, to be baked; faces and places in a texture are those of each canvas."""
    found = [canvas.found for canvas in canvases]
    rows = ((one.row, one.column, one.face, one.position, one.normal) for one in found)
    return Texels(0, *(np.concatenate(column) for column in zip(*rows, strict=True)))


def _painted(canvas: _Canvas, colours: Floats, prompt: str) -> trimesh.Trimesh:
    """The geometry of a canvas with its new texture and a material for it."""
    before = canvas.geometry.visual.material if isinstance(canvas.geometry.visual, TextureVisuals) else None
    picture = Image.fromarray(np.round(np.clip(canvas.found.image(colours), 0, 1) * 255).astype(np.uint8))
    roughness = getattr(before, "roughnessFactor", None)
    material = PBRMaterial(
        name=" ".join(prompt.split())[:60] or "painted",
        baseColorTexture=picture,
        metallicFactor=0.0,
        roughnessFactor=ROUGHNESS if roughness is None else float(roughness),
        doubleSided=before is None or bool(getattr(before, "doubleSided", True)),
    )
    made = canvas.geometry.copy(include_cache=True)
    made.visual = TextureVisuals(uv=canvas.uv, material=material)
    return made


def _notes(canvases: Sequence[_Canvas], share: float) -> list[str]:
    notes = []
    if share < 0.995:
        notes.append(f"The views saw {100 * share:.0f} % of the part; the rest got the colours nearest to it.")
    if any(canvas.is_new for canvas in canvases):
        had_map = any(canvas.had_map and canvas.is_new for canvas in canvases)
        why = "its UV map has no place of its own for every spot" if had_map else "it had no UV map"
        notes.append(f"The part was unwrapped, because {why}.")
    return notes
