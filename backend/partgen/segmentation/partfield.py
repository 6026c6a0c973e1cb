"""The PartField segmenter: one pass of a trained network, then clusters of faces that it finds alike.

Its weights are a download with a licence of its own. The paper and the authors' code leave the number of parts to the
user; the default here is the fewest clusters that explain most of what tells the faces apart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..devices import CPU, Placement, place_as_told, with_retries
from ..errors import Action, PartgenError
from ..geometry.adjacency import face_graph, weld
from ..geometry.sampling import surface_samples
from ..mesh import Mesh
from ..networks.partfield import PartField, PartFieldConfig
from ..part_tree import PartTree
from ..progress import Progress, no_progress
from ..weights.loading import load
from . import Segmentation
from .clustering import unit_features
from .face_features import corner_features, face_features, normalised, random_face_features
from .feature_tree import feature_tree
from .geometric import leaf_of_faces, notes, whole_polygons, without_empty_leaves
from .merging import Merges
from .published import CONNECTIVITIES, published_tree, with_close_vertices_merged

WEIGHTS = "partfield"
POINTS = 100_000
"""What the released network is shown of an object: as many points as in training."""
EXPLAINED = 0.85
"""The share of the differences between faces that the parts of the default scale explain."""
MOST_PARTS = 20
"""At the default scale: as far as the authors go, whatever is left unexplained."""


CONTACTS = "contacts"
"""The connectivity that is not the authors': neighbours, and components that touch; over superfaces, which are found first."""
EVEN, VERTICES = "even", "vertices"
"""Where features are read: as many samples in a face as its size asks for, or at its vertices. A number means so many at random."""


class PartFieldSegmenter:
    """Segments by the features of a PartField network, the released one by default. Deterministic on one device.

    `points` is how many of a surface the network is shown: as many as in its training. The rest are the authors' ways, each of which
    may be taken instead of ours: `clean` merges close vertices before anything; `face_samples` is how many random samples of each face
    are read, or VERTICES; `connectivity` is CONTACTS or one of `published.CONNECTIVITIES`, with Ward's linkage of all faces, which
    count one each.
    """

    method = "partfield"

    def __init__(
        self, network: Callable[[], PartField] | None = None, points: int = POINTS, connectivity: str = CONTACTS,
        face_samples: int | str = EVEN, clean: bool = False,
    ) -> None:  # fmt: skip
        """Raises PartgenError for a way that there is not."""
        if connectivity not in (CONTACTS, *CONNECTIVITIES):
            choices = ", ".join((CONTACTS, *CONNECTIVITIES))
            raise PartgenError("method.options", f"PartField has no connectivity {connectivity}.", f"Choose one of: {choices}.")
        if face_samples not in (EVEN, VERTICES) and not (isinstance(face_samples, int) and face_samples > 0):
            sentence = f"PartField cannot read {face_samples} samples in a face."
            raise PartgenError("method.options", sentence, f"Choose {EVEN}, {VERTICES} or a number from 1 on.")
        self._network = network or released_network
        self._points = points
        self._connectivity = connectivity
        self._face_samples = face_samples
        self._clean = clean

    def segment(self, mesh: Mesh, progress: Progress = no_progress) -> Segmentation:
        """A part tree for `mesh`. Raises PartgenError where there is no surface, no weights, no device as chosen, or no numbers from it."""
        mesh.check()
        progress(0.0, "Reading the surface")
        places = with_close_vertices_merged(mesh.vertices, mesh.faces) if self._clean else mesh.vertices
        graph = face_graph(places, mesh.faces)
        if not graph.face_count:
            raise PartgenError("mesh.no_area", f"No face of {mesh.name} has an area.", "Choose an object that has a surface.")
        progress(0.05, "Loading the network")
        placement = place_as_told()
        network = self._network()
        vertices = normalised(graph.points)
        samples, _ = surface_samples(vertices, graph.corners, self._points)
        points = torch.from_numpy(samples.astype(np.float32))[None]
        progress(0.1, "Looking at the object")
        attempt = with_retries(lambda _, where: planes_of(network, points, where), 1, placement)
        if not torch.isfinite(attempt.result).all():
            problem = f"The network found no numbers for {mesh.name}, computing with {placement.words}."
            action = Action.NONE if placement.device.id == CPU.id else Action.USE_CPU
            raise PartgenError("network.not_finite", problem, "Choose the precision float32, or the CPU.", action)
        progress(0.7, "Reading features")
        # The authors cluster the faces of the file as they are, also those that are doubled or have no area.
        as_in_the_file = self._connectivity != CONTACTS and not self._clean
        corners = weld(places, mesh.faces)[1] if as_in_the_file else graph.corners
        features = self._features(attempt.result[0], vertices, corners)
        progress(0.8, "Building the part tree")
        if self._connectivity == CONTACTS:
            found = feature_tree(graph, features)
        else:
            joined = mesh.faces if as_in_the_file else corners
            found = published_tree(features, graph.points[corners].mean(axis=1), joined, self._connectivity)
        leaf = found.region.astype(np.int32) if as_in_the_file else leaf_of_faces(mesh, graph, found.region)
        leaf = whole_polygons(mesh, leaf, graph)
        alike = unit_features(found.means[np.unique(leaf)]).astype(np.float32)
        leaf, kept = without_empty_leaves(leaf, Merges(found.nodes, found.costs))
        tree = PartTree.from_merges(kept.nodes, explaining_count(kept.costs))
        told = () if as_in_the_file else notes(mesh, graph)
        return Segmentation(leaf, tree, self.method, WEIGHTS, (*told, *attempt.notes), alike)

    def _features(self, planes: Tensor, vertices: NDArray[np.float32], corners: NDArray[np.int64]) -> NDArray[np.floating]:
        """The features of faces (N, 3) over normalised vertices (V, 3), read as was chosen: (N, C)."""
        if self._face_samples == VERTICES:
            return corner_features(planes, vertices, corners)
        if isinstance(self._face_samples, int):
            return random_face_features(planes, vertices, corners, self._face_samples, np.random.default_rng(0))
        return face_features(planes, vertices, corners, dtype=torch.float16).numpy()


def released_network() -> PartField:
    """The network with the authors' weights. Raises PartgenError where these are not here."""
    weights = load(WEIGHTS)
    with torch.device("meta"):
        network = PartField(PartFieldConfig())
    network.load_state_dict(weights, assign=True)
    return network.eval()


def planes_of(network: PartField, points: Tensor, placement: Placement) -> Tensor:
    """The part planes of clouds (B, N, 3), computed where and as precisely as `placement` says: (B, 3, C, R, R) float32 on the CPU."""
    device = torch.device(placement.device.id)
    precision = getattr(torch, placement.precision)
    try:
        with torch.inference_mode(), torch.autocast(device.type, precision, enabled=precision != torch.float32):
            planes = network.to(device).planes(points.to(device))
            return planes[:, :, network.config.sdf_channels :].float().cpu()
    finally:
        network.cpu()


def explaining_count(costs: NDArray[np.float64], explained: float = EXPLAINED) -> int:
    """The fewest parts, from 2 to MOST_PARTS, that explain this share of what all merges (L-1,), dearest last, give up together.

    One where there is nothing to merge.
    """
    if not len(costs):
        return 1
    given_up = np.cumsum(costs)
    return int(np.clip((given_up > (1 - explained) * given_up[-1]).sum() + 1, 2, MOST_PARTS))
