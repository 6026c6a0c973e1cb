"""Examples of parts: what is visible of each, and the complete solid that it is a piece of.

What lies within other parts is hidden, as in an object that was modelled or scanned in one piece: of the skin of all parts together,
`seen_pairs` show what at least one camera around the object sees (Yang et al., "HoloPart", 2025, sect. 3), so that what lies in
narrow gaps is hidden, too; `skin_pairs` show all of the skin. Points come from the very code that shows a network the objects of a
user. The same seed gives the same example.
"""

from __future__ import annotations

import numpy as np
from igl import fast_winding_number
from manifold3d import Manifold
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..completion.part_clouds import Frame, ObjectClouds, PartCloud
from ..geometry.sampling import samples_with_normals
from ..geometry.visibility import cameras_around
from ..latent_diffusion.extraction import HALF_SIZE
from ..mesh import Mesh
from ..shapes import Skin, make_shape
from .recipe import Arrays

PARTS = 4
"""Of one shape, at most: making it costs more than they do."""
POINTS = 2048
"""On the patch, on the whole and on the solid."""
QUERIES = 4096
"""Points of which it is known whether they are inside: half of them near the surface."""
NEAR = (0.02, 0.1)
"""How far the near ones are from the surface, as standard deviations in the frame of the part."""
LEAST_SHARE = 0.002
"""Of the area of the skin that a part must show."""
CAMERAS = 32
"""Around an object: with twice as many, 1 % more of the skins is seen."""
MOST_OUTSIDE = 0.02
"""Of the surface of a solid, what may lie beyond the box in which surfaces are looked for."""


def seen_pairs(seed: int) -> Arrays | None:
    """Up to PARTS parts of a shape with more than one, by what CAMERAS around it see; None where none of them can be shown.

    Arrays as those of `skin_pairs`.
    """
    return _pairs(seed, by_cameras=True)


def skin_pairs(seed: int) -> Arrays | None:
    """Up to PARTS parts of a shape with more than one, by all of its skin; None where none of them can be shown.

    `patch`, `local` and `surface` (P, POINTS, 6), points with normals of what is visible, in the frame of the object and in that of
    the part, and of the complete solid in the latter; `whole` (P, POINTS, 7) with 1 where a point is the part's; `query`
    (P, QUERIES, 3) and `inside` (P, QUERIES) uint8 in the frame of the part; `family`.
    """
    return _pairs(seed, by_cameras=False)


def _pairs(seed: int, by_cameras: bool) -> Arrays | None:
    shape, rng = make_shape(seed), np.random.default_rng([seed, 6])
    if len(shape.parts) < 2:
        return None
    skin, solids = turned(shape.skin(), shape.solids(), rng)
    mesh, cameras = Mesh.from_triangles(skin.vertices, skin.faces), _cameras(skin, seed) if by_cameras else None
    clouds = ObjectClouds(mesh, skin.part_of_face, seed, POINTS, cameras)
    areas = np.bincount(skin.part_of_face, skin.areas(), len(solids))
    shown = np.flatnonzero(areas > LEAST_SHARE * areas.sum())
    pairs: list[Arrays] = []
    for number in rng.permutation(shown).tolist():
        if len(pairs) == PARTS:
            break
        if by_cameras and clouds.share_of_whole(number) < LEAST_SHARE:
            continue
        if (pair := _pair(clouds.part(number), solids[number], rng)) is not None:
            pairs.append(pair)
    if not pairs:
        return None
    return {name: np.stack([pair[name] for pair in pairs]) for name in pairs[0]} | {"family": np.array(shape.family)}


def _cameras(skin: Skin, seed: int) -> NDArray[np.float64]:
    """Cameras around a skin, turned in any way: (CAMERAS, 3)."""
    places = skin.vertices[skin.faces.reshape(-1)].astype(np.float64)
    turn = Rotation.random(rng=np.random.default_rng([seed, 7])).as_matrix()
    return cameras_around(places.min(axis=0), places.max(axis=0), CAMERAS, turn)


def turned(skin: Skin, solids: list[Manifold], rng: np.random.Generator) -> tuple[Skin, list[Manifold]]:
    """A shape's skin and solids, turned alike: about the upright axis, in one case of five in any way."""
    turn = Rotation.from_euler("z", rng.uniform(0, 360), degrees=True)
    if rng.random() < 0.2:
        turn = Rotation.random(rng=rng) * turn
    vertices = turn.apply(skin.vertices).astype(np.float32)
    matrix = np.concatenate([turn.as_matrix(), np.zeros((3, 1))], axis=1)
    return Skin(vertices, skin.faces, skin.part_of_face), [solid.transform(matrix) for solid in solids]


def _pair(cloud: PartCloud, solid: Manifold, rng: np.random.Generator) -> Arrays | None:
    """One part; None where its solid does not fit into the box of its frame."""
    surface, vertices, faces = surface_of(solid, cloud.frame, rng)
    if not len(faces) or (np.abs(surface[:, :3]) > HALF_SIZE).any(axis=1).mean() > MOST_OUTSIDE:
        return None
    query = queries(surface[:, :3], rng)
    inside = fast_winding_number(vertices, faces, query.astype(np.float64)) > 0.5
    return {
        "patch": cloud.patch, "whole": cloud.whole, "local": cloud.local, "surface": surface, "query": query,
        "inside": inside.astype(np.uint8),
    }  # fmt: skip


def surface_of(
    solid: Manifold, frame: Frame, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64]]:
    """Points with normals on a solid (POINTS, 6), its vertices (V, 3) and its triangles (F, 3), in a frame; empty where it is."""
    mesh = solid.to_mesh()
    vertices, faces = frame.inward(mesh.vert_properties[:, :3]), np.asarray(mesh.tri_verts).astype(np.int64)
    if not len(faces):
        return np.zeros((0, 6), np.float32), vertices, faces
    return samples_with_normals(vertices, faces, POINTS, int(rng.integers(2**32))), vertices, faces


def queries(surface: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Points (QUERIES, 3): a half at each of the distances NEAR from points of the surface (n, 3), a half anywhere in the box."""
    quarter = QUERIES // 4
    near = [surface[rng.integers(len(surface), size=quarter)] + rng.normal(0, distance, (quarter, 3)) for distance in NEAR]
    anywhere = rng.uniform(-HALF_SIZE, HALF_SIZE, (QUERIES - 2 * quarter, 3))
    return np.concatenate([*near, anywhere]).astype(np.float32)
