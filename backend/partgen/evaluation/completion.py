"""Completed parts against the artists' own complete parts: `partgen bench completion`.

Two sets: *skin*, remeshed objects whose hidden surface is gone, and *fused*, exact unions. The truth is the artist's part where
that is closed, has volume and has 10 to 95 % of its area on the skin. The true part's longest side is 1. A third set, *shapes*, are
procedural shapes, remeshed, that no network of this project has seen in training.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from igl import fast_winding_number, point_mesh_squared_distance
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..completion import CompletedPart, completer
from ..completion.crossing import crossing_faces
from ..completion.touching import apart
from ..errors import PartgenError
from ..geometry.sampling import surface_samples
from ..mesh import Mesh

Floats = NDArray[np.float64]

SURFACE_SAMPLES, PATCH_SAMPLES, VOLUME_SAMPLES, OBJECT_SAMPLES = 10_000, 3_000, 20_000, 30_000
MEASURES = ("chamfer", "f1_05", "f1_02", "iou", "watertight", "moved", "crossed", "crossing")
NEAR, VERY_NEAR = 0.05, 0.02
EMPTIEST, LEAST_SEEN, MOST_SEEN = 0.02, 0.1, 0.95
EVERY_HELD_OUT = 25
"""The seeds that `training.examples` never draws are the multiples of this."""
SHAPE_CELLS = 56
"""Along the longest side of a shape that is remeshed, as in the benchmark."""


@dataclass(frozen=True, eq=False)
class Case:
    """An object with its labels (F,), and the true solids of those parts that can be scored."""

    collection: str
    mesh: Mesh
    labels: NDArray[np.int32]
    truths: dict[int, trimesh.Trimesh]


def cases(folder: Path, limit: int | None = None) -> Iterator[Case]:
    """The cases of a benchmark folder with labelled/ and remeshed/. Raises PartgenError where there are none."""
    found = 0
    for path in sorted((folder / "labelled").glob("*.npz")):
        if path.name.startswith("psb"):
            continue
        with np.load(path, allow_pickle=False) as arrays:
            if "part_watertight" not in arrays:
                continue
            surfaces = []
            if "fused_faces" in arrays:
                surfaces.append(("fused", arrays["fused_vertices"], arrays["fused_faces"], arrays["fused_labels"], None))
            skin = folder / "remeshed" / path.name
            if skin.exists():
                with np.load(skin, allow_pickle=False) as fused:
                    surfaces.append(("skin", fused["vertices"], fused["faces"], fused["face_labels"], fused["source_parts"]))
            for collection, vertices, faces, labels, sources in surfaces:
                truths = {}
                for label in np.unique(labels).tolist():
                    truth = _truth(arrays, int(label if sources is None else sources[label]), vertices, faces[labels == label])
                    if truth is not None:
                        truths[label] = truth
                if truths and (limit is None or found < limit):
                    found += 1
                    yield Case(collection, Mesh.from_triangles(vertices, faces, path.stem), labels.astype(np.int32), truths)
    if not found:
        raise PartgenError("bench.no_data", f"{folder} holds no objects with complete parts.", "Name another folder with --data.")


def shape_cases(count: int) -> Iterator[Case]:
    """The first held-out procedural shapes, remeshed to one skin; those without a part that can be scored are left out."""
    from ..shapes import make_shape
    from ..shapes.corruption import remesh

    index = found = 0
    while found < count:
        shape = make_shape(index * EVERY_HELD_OUT)
        skin = remesh(shape.skin(), np.random.default_rng(shape.seed), SHAPE_CELLS)
        truths = {}
        for label in np.unique(skin.part_of_face).tolist():
            solid = shape.solids()[label].to_mesh()
            whole = trimesh.Trimesh(solid.vert_properties[:, :3], solid.tri_verts, process=False)
            truth = _scorable(whole, skin.vertices, skin.faces[skin.part_of_face == label])
            if truth is not None:
                truths[label] = truth
        index += 1
        if truths and len(shape.parts) > 1:
            found += 1
            mesh = Mesh.from_triangles(skin.vertices, skin.faces, f"{shape.family} {shape.seed}")
            yield Case("shapes", mesh, skin.part_of_face, truths)


def _truth(arrays: Any, part: int, vertices: Floats, patch: NDArray) -> trimesh.Trimesh | None:
    """The artist's part as a solid, None where it cannot be scored."""
    solid = trimesh.Trimesh(arrays[f"part_{part}_vertices"], arrays[f"part_{part}_faces"], process=False)
    return _scorable(solid, vertices, patch) if arrays["part_watertight"][part] else None


def _scorable(solid: trimesh.Trimesh, vertices: NDArray, patch: NDArray) -> trimesh.Trimesh | None:
    """A true solid of which the triangles `patch` (n, 3) show neither too little nor all; None for others."""
    if abs(solid.volume) <= EMPTIEST * np.prod(solid.extents):
        return None
    seen = trimesh.Trimesh(vertices, patch, process=False).area / solid.area
    return solid if LEAST_SEEN < seen < MOST_SEEN else None


def measure(folder: Path | None, method: str, limit: int | None = None, shapes: int = 0, model: str = "") -> dict[str, Any]:
    """Completes everything in `folder`, and so many procedural shapes, and scores it. Returns what `table` prints, as plain data."""
    rows: dict[str, list[dict[str, float]]] = {}
    overlaps: dict[str, list[float]] = {}
    seconds: list[float] = []
    ways: dict[str, int] = {}
    for case in chain(cases(folder, limit) if folder is not None else (), shape_cases(shapes)):
        started = time.perf_counter()
        parts = completer(method, model).complete(case.mesh, case.labels).parts
        seconds.append(time.perf_counter() - started)
        for part in parts:
            ways[part.made_by] = ways.get(part.made_by, 0) + 1
            if part.label in case.truths:
                rows.setdefault(case.collection, []).append(score(part, case.truths[part.label], case.mesh))
        overlaps.setdefault(case.collection, []).append(penetration(parts))
    sets = {
        name: {"parts": len(found)}
        | {key: round(float(np.mean([row[key] for row in found])), 4) for key in MEASURES}
        | {"penetration": round(float(np.mean(overlaps[name])), 4)}
        for name, found in rows.items()
    }
    return {"method": f"{method} {model}".rstrip(), "sets": sets, "made_by": ways, "seconds_per_object": round(float(np.mean(seconds)), 2)}


def score(part: CompletedPart, truth: trimesh.Trimesh, mesh: Mesh) -> dict[str, float]:
    """The measures of one part; lengths in the true part's longest side.

    `crossing` counts its generated triangles that go through its surface, `crossed` is 1 where there are any.
    """
    scale = 1 / truth.extents.max()
    result = trimesh.Trimesh(part.vertices, part.faces, process=False)
    theirs = surface_samples(truth.vertices, truth.faces, SURFACE_SAMPLES, seed=0)[0]
    ours = surface_samples(part.vertices, part.faces, SURFACE_SAMPLES, seed=1)[0]
    there, back = cKDTree(ours).query(theirs)[0] * scale, cKDTree(theirs).query(ours)[0] * scale
    low, high = truth.bounds
    room = (high - low) * 0.1
    probes = np.random.default_rng(3).uniform(low - room, high + room, (VOLUME_SAMPLES, 3))
    inside, truly = _inside(result, probes), _inside(truth, probes)
    patch = (mesh.vertices, mesh.faces[part.original_faces]) if len(part.original_faces) else (part.vertices, part.faces)
    seen = surface_samples(*patch, PATCH_SAMPLES, seed=2)[0]
    moved = np.sqrt(point_mesh_squared_distance(seen, result.vertices.view(np.ndarray), result.faces.view(np.ndarray))[0]) * scale
    crossing = len(crossing_faces(part.vertices, part.faces, part.generated))
    return {
        "chamfer": float(there.mean() + back.mean()) / 2, "f1_05": _f1(there, back, NEAR), "f1_02": _f1(there, back, VERY_NEAR),
        "iou": float((inside & truly).sum() / max((inside | truly).sum(), 1)),
        "watertight": float(_is_closed_as_written(part)),
        "moved": float(np.percentile(moved, 95)),
        "crossed": float(crossing > 0), "crossing": float(crossing),
    }  # fmt: skip


def _is_closed_as_written(part: CompletedPart) -> bool:
    """Whether a reader that merges vertices at one place finds the part closed and its windings in agreement."""
    vertices, faces, _ = apart(part.vertices, part.faces, part.generated)
    merged = trimesh.Trimesh(vertices, faces, process=True)
    return bool(merged.is_watertight and merged.is_winding_consistent)


def _f1(there: Floats, back: Floats, near: float) -> float:
    recall, precision = float((there < near).mean()), float((back < near).mean())
    return 2 * recall * precision / max(recall + precision, 1e-9)


def _inside(solid: trimesh.Trimesh, points: Floats) -> NDArray[np.bool_]:
    return fast_winding_number(solid.vertices.view(np.ndarray), solid.faces.view(np.ndarray), points) > 0.5


def penetration(parts: tuple[CompletedPart, ...]) -> float:
    """The volume inside two or more parts, over that inside any."""
    solids = [trimesh.Trimesh(part.vertices, part.faces, process=False) for part in parts if len(part.faces)]
    low, high = np.min([solid.bounds[0] for solid in solids], axis=0), np.max([solid.bounds[1] for solid in solids], axis=0)
    probes = np.random.default_rng(5).uniform(low, high, (OBJECT_SAMPLES, 3))
    depth = np.sum([_inside(solid, probes) for solid in solids], axis=0)
    return float((depth > 1).sum() / max((depth > 0).sum(), 1))


def table(result: dict[str, Any]) -> str:
    """`measure`'s result to read."""
    lines = [f"{'set':8s} {'parts':>6s} " + " ".join(f"{name:>10s}" for name in (*MEASURES, "penetration"))]
    for name, values in result["sets"].items():
        lines.append(f"{name:8s} {values['parts']:6d} " + " ".join(f"{values[key]:10.4f}" for key in (*MEASURES, "penetration")))
    made = ", ".join(f"{count} {way}" for way, count in sorted(result["made_by"].items()))
    return "\n".join([*lines, "", f"method: {result['method']}; made by: {made}; {result['seconds_per_object']} s an object"])
