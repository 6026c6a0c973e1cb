"""What happens to surfaces on their way to a user: scanning, generating, decimating, exporting.

Every corruption takes a `Skin` and a generator and returns a `Skin` whose faces keep the labels of what they came from. All
lengths are shares of the skin's diagonal. The same generator state gives the same result.
"""

from __future__ import annotations

from collections.abc import Callable

import fast_simplification
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from skimage.measure import marching_cubes

from .shape import Skin, joined
from .solids import ellipsoid

Corruption = Callable[[Skin, np.random.Generator], Skin]

SAMPLES = 20_000
"""Points on the old surface that tell new faces their labels."""


def corrupt(skin: Skin, rng: np.random.Generator, remeshed: float = 0.5) -> Skin:
    """A random mixture, turned at random: with the chance `remeshed` as scans and generated meshes are, else as modelled ones are."""
    steps: list[tuple[Corruption, float]]
    if rng.random() < remeshed:
        steps = [(remesh, 1.0), (decimate, 0.3), (add_noise, 0.4), (punch_holes, 0.2), (add_crumbs, 0.15), (unweld, 0.1)]
    else:
        steps = [(decimate, 0.4), (add_noise, 0.2), (punch_holes, 0.2), (separate, 0.2), (double_faces, 0.2), (unweld, 0.2)]
    for step, chance in [*steps, (rotate, 1.0)]:
        if rng.random() < chance:
            skin = step(skin, rng)
    return skin


# ---- another surface -------------------------------------------------------------------------------------------------


def remesh(skin: Skin, rng: np.random.Generator, cells: int = 0, face_limit: int = 12_000) -> Skin:
    """One closed skin over whatever is inside, as scans and generated meshes have it: what is thinner than a cell is thickened or lost.

    `cells` along the longest side, 44 to 72 where it is 0; decimated to `face_limit`. What encloses nothing comes back as it is.
    """
    cells = cells or int(rng.integers(44, 73))
    pitch = float(np.ptp(skin.vertices, axis=0).max()) / (2 * cells)
    low = skin.vertices.min(0) - 4 * pitch
    counts = 2 * np.ceil((np.ptp(skin.vertices, axis=0) / pitch + 8) / 2).astype(int)
    fine = inside_of_grid(skin, low, pitch, counts).astype(np.float32)
    blocks = fine.reshape(counts[0] // 2, 2, counts[1] // 2, 2, counts[2] // 2, 2)
    coarse = blocks.max((1, 3, 5)) if rng.random() < 0.7 else blocks.mean((1, 3, 5))
    smooth = np.pad(gaussian_filter(coarse, rng.uniform(0.5, 0.9)), 1)
    if smooth.max() <= 0.5:
        return skin
    vertices, faces, _, _ = marching_cubes(smooth, 0.5)
    vertices, faces = (vertices - 0.5) * 2 * pitch + low, faces[:, ::-1]
    if len(faces) > face_limit:
        vertices, faces = _simplified(vertices, faces, face_limit)
    return relabelled(skin, vertices, faces, rng)


def inside_of_grid(skin: Skin, low: NDArray, pitch: float, counts: NDArray) -> NDArray[np.bool_]:
    """Whether the centre of each cell (x, y, z) lies inside, where the surface winds around it; overlapping shells are united.

    Scan conversion along z: every face adds its turn to the columns it covers, at the height where it covers them.
    """
    corners = (skin.vertices[skin.faces].astype(np.float64) - low) / pitch - 0.5
    # Centres are moved off the round numbers that modelled corners have, so that no column runs along an edge.
    corners[:, :, :2] -= (1.234e-4, 2.345e-4)
    first = np.maximum(np.ceil(corners[:, :, :2].min(1)).astype(int), 0)
    last = np.minimum(np.floor(corners[:, :, :2].max(1)).astype(int), counts[:2] - 1)
    size = np.maximum(last - first + 1, 0)
    covered = size.prod(1)
    face = np.repeat(np.arange(len(corners)), covered)
    place = np.arange(len(face)) - np.repeat(np.cumsum(covered) - covered, covered)
    x, y = first[face, 0] + place // size[face, 1], first[face, 1] + place % size[face, 1]
    a, b, c = corners[face].transpose(1, 0, 2)
    double_area = _turn(a, b, c[:, 0], c[:, 1])
    shares = np.stack([_turn(b, c, x, y), _turn(c, a, x, y), _turn(a, b, x, y)])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares /= double_area
    is_hit = (double_area != 0) & (shares >= 0).all(0)
    height = np.einsum("ij,ij->j", shares[:, is_hit], np.stack([a, b, c])[:, is_hit, 2])
    winding = np.zeros((*counts[:2], counts[2] + 1), np.int32)
    level = np.clip(np.ceil(height).astype(int), 0, counts[2])
    np.add.at(winding, (x[is_hit], y[is_hit], level), -np.sign(double_area[is_hit]).astype(np.int32))
    return np.cumsum(winding, axis=2)[:, :, :-1] > 0


def decimate(skin: Skin, rng: np.random.Generator, share: float = 0.0) -> Skin:
    """Fewer faces: `share` of them, 0.15 to 0.7 where it is 0, at least 60, or as few as thin parts allow."""
    target = max(int(len(skin.faces) * (share or rng.uniform(0.15, 0.7))), 60)
    if len(skin.faces) <= target:
        return skin
    vertices, faces = _simplified(skin.vertices, skin.faces, target)
    return relabelled(skin, vertices, faces, rng) if len(faces) else skin


def relabelled(skin: Skin, vertices: NDArray, faces: NDArray, rng: np.random.Generator) -> Skin:
    """A new surface, each face with the part of the old surface that is nearest to its centre."""
    areas = skin.areas()
    sampled = rng.choice(len(areas), SAMPLES, p=areas / areas.sum())
    points = np.einsum("ij,ijk->ik", rng.dirichlet((1, 1, 1), SAMPLES), skin.vertices[skin.faces[sampled]])
    _, nearest = cKDTree(points).query(vertices[faces].mean(1))
    return Skin(vertices.astype(np.float32), np.ascontiguousarray(faces, np.int32), skin.part_of_face[sampled[nearest]])


# ---- the same surface, changed ---------------------------------------------------------------------------------------


def add_noise(skin: Skin, rng: np.random.Generator, strength: float = 0.0) -> Skin:
    """Uneven: corners moved along the normal, partly each on its own, partly with their neighbours; 0.001 to 0.005 where 0."""
    strength = strength or rng.uniform(0.001, 0.005)
    welded = weld(skin)
    count = len(welded.vertices)
    normals = np.zeros((count, 3))
    np.add.at(normals, welded.faces.ravel(), np.repeat(welded.normals(), 3, axis=0))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    start, end = welded.faces.ravel(), np.roll(welded.faces, 1, axis=1).ravel()
    neighbours = coo_array((np.ones(len(start)), (start, end)), shape=(count, count)).tocsr()
    smooth = rng.standard_normal(count)
    for _ in range(4):
        smooth = (smooth + neighbours @ smooth) / (1 + neighbours.sum(1))
    smooth /= max(float(smooth.std()), 1e-12)
    height = rng.uniform(0, 0.5) * rng.standard_normal(count) + smooth * 0.7
    moved = welded.vertices + (strength * _diagonal(skin) * height)[:, None] * normals
    return Skin(moved.astype(np.float32), welded.faces, welded.part_of_face)


def punch_holes(skin: Skin, rng: np.random.Generator, count: int = 0, radius: float = 0.06) -> Skin:
    """Open: faces within a few balls are gone, 1 to 5 where `count` is 0; never more than half of them."""
    centres = skin.vertices[skin.faces].mean(1)
    is_kept = np.ones(len(centres), bool)
    for _ in range(count or int(rng.integers(1, 6))):
        reach = rng.uniform(0.3, 1.0) * radius * _diagonal(skin)
        left = is_kept & (np.linalg.norm(centres - centres[rng.integers(len(centres))], axis=1) > reach)
        if left.sum() * 2 >= len(centres):
            is_kept = left
    return skin.kept(is_kept)


def double_faces(skin: Skin, rng: np.random.Generator, share: float = 0.0) -> Skin:
    """Two-sided: a share of the faces is there once more, the other way around; all of them, or 0.1 to 0.9 where it is 0."""
    share = share or (1.0 if rng.random() < 0.5 else rng.uniform(0.1, 0.9))
    twice = np.flatnonzero(rng.random(len(skin.faces)) < share)
    back = skin.faces[twice][:, ::-1] + len(skin.vertices)
    faces = np.concatenate([skin.faces, back]).astype(np.int32)
    labels = np.concatenate([skin.part_of_face, skin.part_of_face[twice]])
    return Skin(np.concatenate([skin.vertices, skin.vertices]), faces, labels).kept(np.ones(len(faces), bool))


def add_crumbs(skin: Skin, rng: np.random.Generator, count: int = 0) -> Skin:
    """Loose shells: small closed crumbs that float at the surface, as scans have them; 1 to 12 where `count` is 0."""
    near = rng.integers(len(skin.faces), size=count or int(rng.integers(1, 13)))
    centres, normals, diagonal = skin.vertices[skin.faces[near]].mean(1), skin.normals()[near], _diagonal(skin)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    places = centres + normals * diagonal * rng.uniform(0.01, 0.05, (len(near), 1))
    crumbs = joined([ellipsoid(place, diagonal * rng.uniform(0.002, 0.008, 3), 6) for place in places])
    faces = np.concatenate([skin.faces, crumbs.faces + len(skin.vertices)]).astype(np.int32)
    labels = np.concatenate([skin.part_of_face, skin.part_of_face[near][crumbs.part_of_face]])
    return Skin(np.concatenate([skin.vertices, crumbs.vertices]), faces, labels)


def separate(skin: Skin, rng: np.random.Generator, gap: float = 0.0) -> Skin:
    """In pieces: the surface of every part is a loose sheet of its own, moved by up to `gap`, 0 to 0.005 where it is 0."""
    gap = (gap or rng.uniform(0, 0.005)) * _diagonal(skin)
    corners = np.stack([np.repeat(skin.part_of_face, 3), skin.faces.ravel()], axis=1)
    used, faces = np.unique(corners, axis=0, return_inverse=True)
    moves = rng.uniform(-gap, gap, (int(skin.part_of_face.max()) + 1, 3))
    vertices = skin.vertices[used[:, 1]] + moves[used[:, 0]]
    return Skin(vertices.astype(np.float32), faces.reshape(-1, 3).astype(np.int32), skin.part_of_face)


def unweld(skin: Skin, rng: np.random.Generator, share: float = 1.0) -> Skin:
    """Soup: a share of the faces has corners of its own."""
    loose = np.flatnonzero(rng.random(len(skin.faces)) < share)
    faces = skin.faces.copy()
    faces[loose] = len(skin.vertices) + np.arange(3 * len(loose), dtype=np.int32).reshape(-1, 3)
    vertices = np.concatenate([skin.vertices, skin.vertices[skin.faces[loose]].reshape(-1, 3)])
    return Skin(vertices, faces, skin.part_of_face).kept(np.ones(len(faces), bool))


def weld(skin: Skin, rng: np.random.Generator | None = None) -> Skin:
    """Corners at the very same place become one, and faces that have none left to span are gone."""
    vertices, number = np.unique(skin.vertices, axis=0, return_inverse=True)
    faces = number.reshape(-1)[skin.faces].astype(np.int32)
    spans = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return Skin(vertices, faces, skin.part_of_face).kept(spans)


def rotate(skin: Skin, rng: np.random.Generator) -> Skin:
    """Turned about the upright axis, in one case of five in any way."""
    turn = Rotation.from_euler("z", rng.uniform(0, 360), degrees=True)
    if rng.random() < 0.2:
        turn = Rotation.random(rng=rng) * turn
    centre = (skin.vertices.min(0) + skin.vertices.max(0)) / 2
    return Skin((turn.apply(skin.vertices - centre) + centre).astype(np.float32), skin.faces, skin.part_of_face)


def _simplified(vertices: NDArray, faces: NDArray, target: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Quadric edge collapses down to about `target` faces."""
    points, corners = np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32)
    return fast_simplification.simplify(points, corners, target_count=target)


def _diagonal(skin: Skin) -> float:
    return float(np.linalg.norm(np.ptp(skin.vertices, axis=0)))


def _turn(start: NDArray, end: NDArray, x: NDArray, y: NDArray) -> NDArray[np.float64]:
    """Twice the signed area of the triangles that edges (n, 2+) make with points, seen from above."""
    return (end[:, 0] - start[:, 0]) * (y - start[:, 1]) - (end[:, 1] - start[:, 1]) * (x - start[:, 0])
