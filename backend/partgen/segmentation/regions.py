"""The region graph: superfaces, what separates neighbours, and how much they see of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry.adjacency import FaceGraph, components, shells
from ..geometry.contacts import contacts
from ..geometry.rays import RayScene
from ..geometry.superfaces import superfaces
from ..geometry.thickness import log_thickness, shape_diameter
from ..geometry.visibility import mutual_visibility
from .outlines import INTEGRALS, body_integrals, outline_integrals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REGIONS = 650
MOST_REGIONS = 1300
# How orientation, place and thickness count against each other where superfaces form.
SUPERFACE_WEIGHTS = (1.0, 3.0, 1.0)
# A concave edge sharper than this is a crease, whatever the noise of the surface (radians).
CREASE = 0.35
# Components are parts of an assembly where there are so many, and half of them have so many faces each: what is modelled
# piece by piece in such detail was made piece by piece. Low-poly assets and their trimmings have far fewer.
ASSEMBLED_COMPONENTS, ASSEMBLED_FACES = 8, 500


@dataclass(frozen=True, eq=False)
class RegionGraph:
    """N regions and the E places where two of them meet. Lengths are shares of the diagonal, areas of the whole.

    `region_of_face` (C,) of the clean faces; `areas` (N,); `thickness` (N,) mean of the log; `components` (N,);
    `normals` (N, 3) mean normal; `spread` (N, 3, 3) mean of n nᵀ; `centers` (N, 3); `visibility` (N, N).
    `pairs` (E, 2), first < second; `lengths` (E,) of the shared boundary, 0 where regions only touch; `gaps` (E,)
    between them where they only touch. Integrals along the boundary (E,): `concave` and `convex` bends, `creases`
    (length that is sharply concave), `turns` (concave bends between the regions as wholes). `outlines` (E, INTEGRALS) and
    `bodies` (N, BODY_INTEGRALS) as in outlines.py; `surface` the whole area over the square of the diagonal; `assembled` whether the
    object is an assembly of its components.
    """

    region_of_face: Ints
    areas: Floats
    thickness: Floats
    components: Ints
    normals: Floats
    spread: Floats
    centers: Floats
    visibility: Floats
    pairs: Ints
    lengths: Floats
    gaps: Floats
    concave: Floats
    convex: Floats
    creases: Floats
    turns: Floats
    outlines: Floats
    bodies: Floats
    surface: float
    assembled: bool

    @property
    def count(self) -> int:
        return len(self.areas)


def region_graph(graph: FaceGraph, begin: Callable[[str], None] = lambda stage: None, regions: int = 0) -> RegionGraph:
    """Superfaces of a face graph, about `regions` of them (REGIONS where 0), and what lies between them.

    Calls `begin` with the name of each stage that it begins.
    """
    begin("Finding neighbours")
    touch = contacts(graph, components(graph.face_count, graph.pairs))
    component = shells(graph.corners)
    begin("Measuring thickness")
    scene = RayScene(graph.points, graph.corners)
    thickness = log_thickness(graph, shape_diameter(graph, scene))
    begin("Growing regions")
    wanted = min((regions or REGIONS) + int(component.max()), MOST_REGIONS)
    region = superfaces(graph, touch.links, thickness, component, wanted, SUPERFACE_WEIGHTS)
    count = int(region.max()) + 1
    begin("Looking through the inside")
    visibility = mutual_visibility(graph, scene, region, count)
    diagonal = float(np.linalg.norm(np.ptp(graph.points, axis=0)))
    areas = np.bincount(region, graph.areas, count)

    def mean(values: Floats) -> Floats:
        return np.bincount(region, graph.areas * values, count) / areas

    normals = np.column_stack([mean(graph.normals[:, i]) for i in range(3)])
    spread = np.column_stack([mean(graph.normals[:, i] * graph.normals[:, j]) for i in range(3) for j in range(3)])
    centers = np.column_stack([mean(graph.centers[:, i]) for i in range(3)]) / diagonal
    first, second = region[graph.pairs].T
    across = first != second
    pairs, slot = _distinct_pairs(first[across], second[across], count)
    length = graph.lengths[across] / diagonal
    bend = graph.bends[across]

    def along(values: Floats) -> Floats:
        return np.bincount(slot, length * values, len(pairs)).astype(np.float64)

    lengths = along(np.ones_like(length))
    touching, gaps = _touching(region, touch.links, touch.gaps, pairs, count)
    none = np.zeros(len(touching))
    return RegionGraph(
        region_of_face=region,
        areas=areas / areas.sum(),
        thickness=mean(thickness),
        components=_component_of_region(region, component, count),
        normals=normals,
        spread=spread.reshape(-1, 3, 3),
        centers=centers,
        visibility=visibility,
        pairs=np.concatenate([pairs, touching]),
        lengths=np.concatenate([lengths, none]),
        gaps=np.concatenate([np.zeros(len(pairs)), gaps]),
        concave=np.concatenate([along(np.maximum(bend, 0)), none]),
        convex=np.concatenate([along(np.maximum(-bend, 0)), none]),
        creases=np.concatenate([along((bend > CREASE).astype(np.float64)), none]),
        turns=np.concatenate([lengths * _concave_turns(normals, centers, pairs), none]),
        outlines=np.concatenate([outline_integrals(graph, region, pairs), np.zeros((len(touching), INTEGRALS))]),
        bodies=body_integrals(graph, region, count),
        surface=float(graph.areas.sum()) / diagonal**2,
        assembled=is_assembled(component),
    )


def is_assembled(component: Ints) -> bool:
    """Whether an object with these components (C,) of its faces is an assembly, each component a part."""
    faces = np.bincount(component)
    return len(faces) >= ASSEMBLED_COMPONENTS and float(np.median(faces)) >= ASSEMBLED_FACES


def _distinct_pairs(first: Ints, second: Ints, count: int) -> tuple[Ints, Ints]:
    key, slot = np.unique(np.minimum(first, second) * count + np.maximum(first, second), return_inverse=True)
    return np.stack([key // count, key % count], axis=1), slot.reshape(-1)


def _touching(region: Ints, links: Ints, gaps: Floats, pairs: Ints, count: int) -> tuple[Ints, Floats]:
    """Pairs of regions that touch without sharing an edge, and the smallest gap between them."""
    first, second = region[links].T
    keys = np.minimum(first, second) * count + np.maximum(first, second)
    new = (first != second) & ~np.isin(keys, pairs[:, 0] * count + pairs[:, 1])
    found, slot = _distinct_pairs(first[new], second[new], count)
    smallest = np.full(len(found), np.inf)
    np.minimum.at(smallest, slot, gaps[new])
    return found, smallest


def _component_of_region(region: Ints, component: Ints, count: int) -> Ints:
    owner = np.zeros(count, np.int64)
    owner[region] = component
    return owner


def _concave_turns(normals: Floats, centers: Floats, pairs: Ints) -> Floats:
    """The angle between the mean normals of two regions where they form a valley, else 0: (E,) radians."""
    unit = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    first, second = pairs[:, 0], pairs[:, 1]
    angle = np.arccos(np.clip((unit[first] * unit[second]).sum(axis=1), -1, 1))
    across = centers[second] - centers[first]
    return np.where((across * (unit[first] - unit[second])).sum(axis=1) > 0, angle, 0.0)
