"""Examples made of surfaces as they reach a user, with the parts that they are made of: of procedural shapes, or labelled meshes.

Two thirds of the shapes are closed skins without inner structure, as scans and generators give them; the rest is modelled,
in one piece or in loose shells. The same seed gives the same example.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import FaceGraph, face_graph
from ..geometry.sampling import surface_samples
from ..segmentation.face_features import normalised
from ..segmentation.regions import region_graph
from ..segmentation.superface_features import record
from ..shapes import Shape, Skin, make_shape
from ..shapes.corruption import add_noise, corrupt, decimate, punch_holes, remesh, rotate
from .assets import Asset
from .recipe import Arrays

REMESHED, MODELLED = 0.68, 0.18
"""Shares of the modes; what is left are loose shells."""
FEWEST_REGIONS, MOST_REGIONS = 350, 720
"""Superfaces of an object: a network that saw one number alone would count on it."""
POINTS = 16_384
UNTREATED = 0.2
"""Share of the draws of a labelled mesh that show it as it is, only turned."""
MOST_FACES = 40_000
"""Of a labelled mesh; what has more is decimated first, so that no example takes minutes."""


def regions_with_cover(seed: int) -> Arrays | None:
    """The record of the region graph of a skin, and what its regions cover; None where the shape has a single part.

    `cover` (N, P) float32, the area of each part in each region as a share of all; `levels` (L, P) as in `Shape.levels`;
    `family`, `mode`.
    """
    shape, rng = make_shape(seed), _generator(seed)
    if len(shape.parts) < 2:
        return None
    wanted = int(rng.integers(FEWEST_REGIONS, MOST_REGIONS))
    skin, mode = treated_skin(shape, rng)
    return {**_covered(skin, len(shape.parts), wanted), **_about(shape, mode)}


def regions_of_asset(asset: Asset, rng: np.random.Generator) -> Arrays:
    """The same of a labelled mesh, treated with that generator."""
    skin, parts = treated_asset(asset.skin, rng), asset.levels.shape[1]
    return {**_covered(skin, parts, int(rng.integers(FEWEST_REGIONS, MOST_REGIONS))), "levels": asset.levels, "mode": np.array("asset")}


def labelled_points(seed: int) -> Arrays | None:
    """Points on a skin with their parts; None where the shape has a single one.

    `points` (POINTS, 3) float32, centred, the longest side 1.8; `part` (POINTS,) int32; `levels` (L, P), `family`, `mode`.
    """
    shape, rng = make_shape(seed), _generator(seed)
    if len(shape.parts) < 2:
        return None
    skin, mode = treated_skin(shape, rng)
    points, face = surface_samples(normalised(skin.vertices), skin.faces, POINTS, seed)
    return {"points": points.astype(np.float32), "part": skin.part_of_face[face], **_about(shape, mode)}


def treated_skin(shape: Shape, rng: np.random.Generator) -> tuple[Skin, str]:
    """The surface of a shape as it reaches a user, and the mode: "remesh", "skin" (as modelled, in one piece) or "shells"."""
    chance = rng.random()
    if chance < REMESHED:
        mode, skin = "remesh", remesh(shape.skin(), rng)
        skin = add_noise(skin, rng) if rng.random() < 0.25 else skin
        skin = punch_holes(skin, rng) if rng.random() < 0.1 else skin
    elif chance < REMESHED + MODELLED:
        mode, skin = "skin", shape.skin()
        skin = decimate(skin, rng) if rng.random() < 0.3 else skin
        skin = add_noise(skin, rng) if rng.random() < 0.2 else skin
    else:
        mode, skin = "shells", corrupt(shape.shells(), rng, remeshed=0.0)
    return rotate(skin, rng), mode


def treated_asset(asset: Skin, rng: np.random.Generator) -> Skin:
    """A labelled mesh, turned, and mostly a little uneven or of fewer faces; gently: artists' own meshes are what users bring."""
    skin = decimate(asset, rng, share=MOST_FACES / len(asset.faces)) if len(asset.faces) > MOST_FACES else asset
    if rng.random() >= UNTREATED:
        skin = add_noise(skin, rng, strength=rng.uniform(0.0005, 0.003)) if rng.random() < 0.6 else skin
        skin = decimate(skin, rng, share=rng.uniform(0.4, 0.8)) if rng.random() < 0.5 else skin
    return rotate(skin, rng)


def _covered(skin: Skin, parts: int, wanted: int) -> Arrays:
    """The record of the region graph of a skin, of about `wanted` regions, and `cover`."""
    graph = face_graph(normalised(skin.vertices), skin.faces)
    regions = region_graph(graph, regions=wanted)
    cover = np.zeros((regions.count, parts), np.float32)
    np.add.at(cover, (regions.region_of_face, _part_of_clean_faces(skin, graph)), (graph.areas / graph.areas.sum()).astype(np.float32))
    return {**record(regions), "cover": cover}


def _generator(seed: int) -> np.random.Generator:
    """For what happens to the shape of a seed, apart from the one that makes it."""
    return np.random.default_rng([seed, 2])


def _about(shape: Shape, mode: str) -> Arrays:
    return {"levels": shape.levels(), "family": np.array(shape.family), "mode": np.array(mode)}


def _part_of_clean_faces(skin: Skin, graph: FaceGraph) -> NDArray[np.int32]:
    """The part of every face of the clean graph (C,); of faces that lie on one another, that of the first."""
    return skin.part_of_face[graph.input_of_face]
