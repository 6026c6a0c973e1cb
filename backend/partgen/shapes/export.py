"""Shapes as files: `.npz` part sets, as the benchmark's objects are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..geometry.solids import is_watertight
from . import VERSION
from .corruption import corrupt
from .shape import Shape, joined

LICENCE = "CC0-1.0"


def part_set(shape: Shape, is_corrupted: bool = False) -> dict[str, Any]:
    """The arrays of one file.

    `vertices` (V, 3) float32, `faces` (F, 3) int32 and `face_labels` (F,) int32: the parts' complete closed shells one in the
    other. `fused_vertices`, `fused_faces`, `fused_labels`: the skin; `corrupted_...` likewise where asked for. Of each part i
    `part_i_vertices`, `part_i_faces`, `part_i_name`, and in `part_names`, `part_kinds`, `part_captions`, `part_groups` ("/"
    between levels), `part_materials`, `part_colours` (P, 3), `part_watertight` and `part_visible_fraction` (P,) of its surface.
    `levels` (L, P) is the hierarchy, from coarse to fine.
    """
    solids, skin = shape.solids(), shape.skin()
    shells = joined(solids)
    shown = np.bincount(skin.part_of_face, skin.areas(), len(shape.parts))
    whole = np.array([solid.surface_area() for solid in solids])
    arrays: dict[str, Any] = {
        "vertices": shells.vertices,
        "faces": shells.faces,
        "face_labels": shells.part_of_face,
        "fused_vertices": skin.vertices,
        "fused_faces": skin.faces,
        "fused_labels": skin.part_of_face,
        "part_names": np.array([part.name for part in shape.parts]),
        "part_kinds": np.array([part.kind for part in shape.parts]),
        "part_captions": np.array([part.caption for part in shape.parts]),
        "part_groups": np.array(["/".join(part.group) for part in shape.parts]),
        "part_materials": np.array([part.material.name for part in shape.parts]),
        "part_colours": np.array([part.material.colour for part in shape.parts], np.float32),
        "part_visible_fraction": np.minimum(shown / whole, 1).astype(np.float32),
        "levels": shape.levels(),
        "category": np.array(shape.family),
        "caption": np.array(shape.caption),
        "source": np.array(f"partgen.shapes {VERSION}: make_shape({shape.seed}, {shape.family!r})"),
        "licence": np.array(LICENCE),
    }
    own_shells = [shells.kept(shells.part_of_face == number) for number in range(len(shape.parts))]
    arrays["part_watertight"] = np.array([is_watertight(own.faces.astype(np.int64)) for own in own_shells])
    for number, (part, own) in enumerate(zip(shape.parts, own_shells, strict=True)):
        arrays |= {f"part_{number}_vertices": own.vertices, f"part_{number}_faces": own.faces, f"part_{number}_name": np.array(part.name)}
    if is_corrupted:
        dirty = corrupt(skin, np.random.default_rng([shape.seed, *shape.family.encode(), 1]))
        arrays |= {"corrupted_vertices": dirty.vertices, "corrupted_faces": dirty.faces, "corrupted_labels": dirty.part_of_face}
    return arrays


def write_part_set(shape: Shape, folder: Path, is_corrupted: bool = False) -> Path:
    """Writes `<family>_<seed>.npz` into a folder, which is made, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{shape.family}_{shape.seed:06d}.npz"
    np.savez_compressed(target, allow_pickle=False, **part_set(shape, is_corrupted))
    return target
