"""Pictures of shapes: a contact sheet, one row a family, one colour a part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..geometry.rays import RayScene
from . import make_shape
from .shape import Skin

BACKGROUND = 250
LINE = 12
"""Pixels that the name of a family takes above its pictures."""


def contact_sheet(
    target: Path, families: Sequence[str], seeds: Sequence[int], size: int = 128, columns: int = 3, azimuth: float = 35
) -> None:
    """Writes a picture with every family's shapes of the seeds, `size` pixels each, families in `columns`, seen from `azimuth` degrees."""
    rows = -(-len(families) // columns)
    gap = size // 10
    width = len(seeds) * size + gap
    sheet = Image.new("RGB", (columns * width, rows * (size + LINE)), (BACKGROUND,) * 3)
    draw = ImageDraw.Draw(sheet)
    for number, family in enumerate(families):
        x, y = number // rows * width, number % rows * (size + LINE)
        draw.text((x + 2, y), family.replace("_", " "), fill=(60, 60, 60))
        for column, seed in enumerate(seeds):
            sheet.paste(Image.fromarray(picture(make_shape(seed, family).skin(), size, azimuth)), (x + column * size, y + LINE))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target, quality=85)


def picture(skin: Skin, size: int, azimuth: float = 35, elevation: float = 22) -> NDArray[np.uint8]:
    """The skin (size, size, 3) from a direction in degrees, 0 the front; parts in colours that differ, lit from the camera's left."""
    turn, rise = np.radians(azimuth), np.radians(elevation)
    towards = np.array([np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)])
    right = np.array([np.cos(turn), np.sin(turn), 0])
    up = np.cross(towards, right)
    centre = (skin.vertices.min(0) + skin.vertices.max(0)).astype(np.float64) / 2
    reach = 1.02 * max(np.abs((skin.vertices - centre) @ axis).max() for axis in (right, up))
    radius = float(np.linalg.norm(skin.vertices - centre, axis=1).max())
    steps = (np.arange(2 * size) + 0.5) / size - 1
    across, down = np.meshgrid(steps * reach, -steps * reach)
    origins = centre + 2 * radius * towards + across[..., None] * right + down[..., None] * up
    directions = np.broadcast_to(-towards, (4 * size * size, 3))
    _, hit = RayScene(skin.vertices.astype(np.float64), skin.faces).hits(origins.reshape(-1, 3), directions)
    normals = skin.normals()
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    light = towards + 0.6 * up - 0.7 * right
    shade = 0.3 + 0.7 * np.clip(0.5 + 0.5 * normals @ (light / np.linalg.norm(light)), 0, 1)
    colours = _colours(int(skin.part_of_face.max()) + 1)[skin.part_of_face] * shade[:, None]
    seen = np.where((hit >= 0)[:, None], colours[hit], BACKGROUND / 255)
    halves = seen.reshape(size, 2, size, 2, 3).mean((1, 3))
    return (255 * halves).astype(np.uint8)


def _colours(count: int) -> NDArray[np.float64]:
    """RGB colours (count, 3): hues a golden angle apart, light and dark in turns."""
    hue = (0.07 + 0.618034 * np.arange(count)) % 1
    strength, light = 0.35 + 0.3 * (np.arange(count) // 2 % 2), 1.0 - 0.18 * (np.arange(count) // 3 % 2)
    wave = np.clip(np.abs((hue[:, None] * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return light[:, None] * (1 - strength[:, None] * (1 - wave))
