"""From a request to a result: polygons to triangles, the segmenter, and its leaves back to polygons."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from ..geometry.triangulation import triangulate
from ..mesh import Mesh
from ..progress import Progress
from ..protocol import MeshRequest, ProposedTree, SegmentRequest, SegmentResult
from ..segmentation import segmenter
from ..segmentation.proposals import propose


def segment(request: SegmentRequest, progress: Progress) -> SegmentResult:
    """Answers a request. Raises PartgenError for a mesh that nobody could segment, and Cancelled out of `progress`."""
    began = time.perf_counter()
    progress(0.0, "Reading the mesh")
    mesh = mesh_of(request)
    if request.proposals:
        return _proposed(request, mesh, progress, began)
    found = segmenter(request.method).segment(mesh, progress)
    return SegmentResult(
        leaf_of_polygon=leaf_of_polygon(mesh, found.leaf_of_face),
        merges=found.tree.merges,
        heights=found.tree.heights,
        default_scale=found.tree.default_scale,
        method=found.method,
        weights=found.weights,
        notes=found.notes,
        seconds=time.perf_counter() - began,
        leaf_features=np.empty((0, 0), np.float32) if found.leaf_features is None else found.leaf_features,
    )


def _proposed(request: SegmentRequest, mesh: Mesh, progress: Progress, began: float) -> SegmentResult:
    """Several trees over the same leaves, the first of them also as the result's own."""
    found = propose(mesh, request.proposals, request.method, request.seed, progress)
    first = found.proposals[0].tree
    return SegmentResult(
        leaf_of_polygon=leaf_of_polygon(mesh, found.leaf_of_face),
        merges=first.merges,
        heights=first.heights,
        default_scale=first.default_scale,
        method=found.method,
        weights=found.weights,
        notes=found.notes,
        seconds=time.perf_counter() - began,
        leaf_features=np.empty((0, 0), np.float32) if found.leaf_features is None else found.leaf_features,
        proposals=tuple(
            ProposedTree(given.tree.merges, given.tree.heights, given.tree.default_scale, given.confidences, given.recipe)
            for given in found.proposals
        ),
    )


def mesh_of(request: MeshRequest) -> Mesh:
    """The triangles of a request's polygons, scaled and sheared, their winding fixed where that mirrors them.

    Raises PartgenError where no segmenter could work with them.
    """
    faces, polygon_of_face = triangulate(request.vertices, request.corner_vertices, request.polygon_offsets, request.name)
    if np.linalg.det(request.linear) < 0:
        faces = faces[:, [0, 2, 1]]
    vertices = (request.vertices @ request.linear.T).astype(np.float32)
    mesh = Mesh(vertices, np.ascontiguousarray(faces), polygon_of_face, request.name)
    mesh.check()
    return mesh


def leaf_of_polygon(mesh: Mesh, leaf_of_face: NDArray[np.int32]) -> NDArray[np.int32]:
    """The leaf of every polygon, (P,) int32, from that of its triangles. Raises ValueError where these do not agree."""
    first_face = np.searchsorted(mesh.polygon_of_face, np.arange(mesh.polygon_count))
    leaves = leaf_of_face[first_face]
    if not np.array_equal(leaves[mesh.polygon_of_face], leaf_of_face):
        raise ValueError("the triangles of a polygon have different leaves")
    return leaves
