"""What colour a surface has: of its texture, of its vertices or faces, of its material. White where it has none; no light falls on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL.Image import Image
from trimesh.visual import TextureVisuals

from ..srgb import displayed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def surface_colours(geometry: trimesh.Trimesh, face: Ints, weights: Floats, is_linear: bool) -> Floats:
    """The colours (n, 3) in 0..1, as pictures hold them (sRGB), at points of triangles `face` (n,) with barycentric `weights` (n, 3).

    `is_linear`: colours of materials and vertices are amounts of light, as in glTF, not those of pictures. What is transparent shows
    white behind it.
    """
    visual = geometry.visual
    corners = np.array(geometry.faces)[face]
    if isinstance(visual, TextureVisuals):
        found = _textured(visual, corners, weights, is_linear)
    elif visual is not None and visual.kind == "face":
        found = _encoded(np.array(visual.face_colors)[face], is_linear)
    elif visual is not None and visual.kind == "vertex":
        found = _encoded(_blended(np.array(visual.vertex_colors), corners, weights), is_linear)
    else:
        found = np.ones((len(face), 4))
    alpha = found[:, 3:]
    return np.clip(found[:, :3] * alpha + 1 - alpha, 0, 1)


def sampled(picture: NDArray[np.uint8], uv: Floats) -> Floats:
    """A picture (H, W, k) at `uv` (n, 2), v upwards, repeated beyond 0..1 and blended between its pixels: (n, k) in 0..1."""
    height, width = picture.shape[:2]
    uv = np.nan_to_num(uv, posinf=0, neginf=0)  # some files have such
    column, row = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    left, top = np.floor(column).astype(np.int64), np.floor(row).astype(np.int64)
    across, down = (column - left)[:, None], (row - top)[:, None]
    at = [[picture[(top + y) % height, (left + x) % width] / 255.0 for x in (0, 1)] for y in (0, 1)]
    return (at[0][0] * (1 - across) + at[0][1] * across) * (1 - down) + (at[1][0] * (1 - across) + at[1][1] * across) * down


def _textured(visual: TextureVisuals, corners: Ints, weights: Floats, is_linear: bool) -> Floats:
    """Texture times material times vertex colours, (n, 4): what of these there is."""
    found = np.ones((len(corners), 4))
    factor = getattr(visual.material, "baseColorFactor", None)
    if factor is not None:
        found *= _encoded(np.asarray(factor)[None, :], is_linear)
    picture = getattr(visual.material, "baseColorTexture", None)
    if isinstance(picture, Image) and visual.uv is not None:
        found *= sampled(np.array(picture.convert("RGBA")), _blended(np.asarray(visual.uv, np.float64), corners, weights))
    colours = visual.vertex_attributes.get("color")
    if colours is not None:
        found *= _encoded(_blended(np.asarray(colours), corners, weights), is_linear)
    return found


def _blended(values: NDArray[Any], corners: Ints, weights: Floats) -> Floats:
    """Values (V, k) of vertices at points between `corners` (n, 3): (n, k)."""
    return (weights[:, :, None] * values[corners]).sum(axis=1)


def _encoded(colours: NDArray[Any], is_linear: bool) -> Floats:
    """Colours (n, 3 or 4), whole numbers to 255 or 0..1, as (n, 4) in 0..1 as pictures hold them."""
    values = colours.astype(np.float64) / (255.0 if colours.max(initial=0) > 1 else 1.0)
    if values.shape[1] == 3:
        values = np.concatenate([values, np.ones((len(values), 1))], axis=1)
    if is_linear:
        values[:, :3] = displayed(values[:, :3])
    return values
