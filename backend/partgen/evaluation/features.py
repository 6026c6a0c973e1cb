"""Features of faces and the tree from them, measured: `partgen bench features`.

Seconds are those of one run on one machine, so each stands beside something of known size, or what it is to be compared
with, measured in the same process. The weights of PartField are random: they take as long as the released ones, and for how good
a tree is, features are made that tell parts apart. For what half precision costs, the released ones are taken where they are here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.linalg import eigsh

from ..errors import PartgenError
from ..geometry.adjacency import FaceGraph, face_graph
from ..geometry.rays import RayScene
from ..geometry.sampling import surface_samples
from ..geometry.thickness import log_thickness, shape_diameter
from ..segmentation.clustering import Links, labels_of_merges, unit_features, ward_merges
from ..segmentation.feature_tree import connections, feature_tree
from ..segmentation.geometric import GeometricSegmenter
from .isolation import peak_memory
from .labelled import Labelled, read_labelled
from .metrics import adjusted_rand, mean_iou

if TYPE_CHECKING:
    import torch

    from ..networks.partfield import PartField

Floats = NDArray[np.floating]
Row = dict[str, Any]
T = TypeVar("T")

POINTS, CHANNELS, RESOLUTION = 100_000, 448, 128
READ_AT = 10_000
"""Points at which features of two precisions are compared."""
MATRIX = 2048  # for the matmul beside the forward pass: 2 * 2048**3 operations
RUNS = 5
MANY, MOST = 50_000, 1_000_000
PARTS = range(2, 21)
PER_FACE = 1000
"""Samples that the authors take in every face."""
MOST_COMPARED = 30_000
"""Faces of the objects on which results are compared: the exact reference takes minutes beyond."""
FADING, BLUR, NOISE = 0.8, 1.0, 0.1
"""Of planes that tell parts apart: the difference of two parts over that of the two merged after them, cells, share of all."""


@dataclass(frozen=True)
class Question:
    """What to measure: `about` one of ABOUT, on the object in `path` where it takes one; of `precision` in these `precisions`."""

    about: str
    collection: str = ""
    path: Path | None = None
    precisions: tuple[str, ...] = ()


def answer(question: Question) -> Row:
    """Measures. Raises ModuleNotFoundError where scikit-learn is missing and to be compared with."""
    if question.about == "precision":
        return precision(question.precisions)
    if question.path is None:
        return ABOUT[question.about]()
    return COMPARED[question.about](read_labelled(question.path, question.collection))


# ---- seconds ------------------------------------------------------------------------------------------------------------


def forward() -> Row:
    """The network on 100,000 points, median of five, on the CPU beside a matmul."""
    import torch

    from ..devices import CPU, Placement
    from ..networks.partfield import PartField, PartFieldConfig
    from ..segmentation.partfield import planes_of

    torch.manual_seed(0)
    network = PartField(PartFieldConfig()).eval()
    points = torch.rand(1, POINTS, 3) * 1.8 - 0.9
    matrix = torch.rand(MATRIX, MATRIX)
    products = [timed(lambda: matrix @ matrix)[1:] for _ in range(RUNS)]
    planes_of(network, points, Placement(CPU, "float32"))
    passes = [timed(lambda: planes_of(network, points, Placement(CPU, "float32")))[1:] for _ in range(RUNS)]
    row: Row = {"threads": torch.get_num_threads(), "peak_memory": peak_memory()}
    row |= {"seconds": median(wall for wall, _ in passes), "cpu_seconds": median(cpu for _, cpu in passes)}
    return row | {"matmul_seconds": median(wall for wall, _ in products), "matmul_cpu_seconds": median(cpu for _, cpu in products)}


def precision(precisions: Sequence[str] = (), network: PartField | None = None, points: int = POINTS) -> Row:
    """What half precision does to features on the surface of an object, against float32 on the CPU, and how long it takes.

    In `precisions` on every device, or where these are empty on every accelerator in the one that it does well. `error` is the norm of
    what is wrong with all features over their norm, `worst` the same of the feature that is most wrong, over the mean norm.
    """
    import torch

    from ..devices import CPU, Placement, available_devices
    from ..networks.partfield import PartField, PartFieldConfig, sample_planes
    from ..segmentation.face_features import normalised
    from ..segmentation.partfield import planes_of, released_network

    row: Row = {"points": points, "weights": "given", "measured": []}
    if network is None:
        try:
            network, row["weights"] = released_network(), "released"
        except PartgenError:
            torch.manual_seed(0)
            network, row["weights"] = PartField(PartFieldConfig()).eval(), "random"
    graph = bumpy_ring(MANY)
    cloud = torch.from_numpy(surface_samples(normalised(graph.points), graph.corners, points)[0].astype(np.float32))[None]

    def features(planes: torch.Tensor) -> torch.Tensor:
        return sample_planes(planes, cloud[:, :READ_AT])[0]

    exact = features(planes_of(network, cloud, Placement(CPU, "float32")))
    for device in available_devices():
        halves = [one for one in device.precisions if one != "float32"][:1] if device.id != CPU.id else []
        for name in precisions or halves:
            there = Placement(device, name)
            planes_of(network, cloud, there)  # the first pass on a device sets it up
            planes, seconds, _ = timed(lambda: planes_of(network, cloud, there))  # noqa: B023
            wrong = (features(planes) - exact).norm(dim=1)
            row["measured"].append({
                "device": device.name, "precision": name, "seconds": seconds, "error": float(wrong.norm() / exact.norm()),
                "worst": float(wrong.max() / exact.norm(dim=1).mean()),
            })  # fmt: skip
    return row


def reading() -> Row:
    """Features of 50,000 and of a million faces from planes, and the peak memory with the features kept in half precision."""
    import torch

    from ..segmentation.face_features import face_features, normalised

    planes = torch.nn.functional.interpolate(torch.randn(3, CHANNELS, 16, 16), size=(RESOLUTION, RESOLUTION), mode="bicubic")
    row: Row = {}
    for count in (MANY, MOST):
        graph = bumpy_ring(count)
        vertices = normalised(graph.points)
        _, wall, cpu = timed(lambda: face_features(planes, vertices, graph.corners, dtype=torch.float16))  # noqa: B023
        row[str(count)] = {"faces": graph.face_count, "seconds": wall, "cpu_seconds": cpu, "peak_memory": peak_memory()}
    return row


def clustering() -> Row:
    """The tree of 50,000 faces beside scikit-learn's, median of five and of three."""
    from sklearn.cluster import AgglomerativeClustering

    graph = bumpy_ring(MANY)
    features = position_features(graph, np.float32)
    ours = [timed(lambda: feature_tree(graph, features))[1:] for _ in range(RUNS)]
    units = unit_features(features)
    joined = adjacency(graph.pairs, graph.face_count)
    theirs = [timed(lambda: AgglomerativeClustering(1, connectivity=joined, linkage="ward").fit(units))[1:] for _ in range(3)]
    row: Row = {"faces": graph.face_count, "seconds": median(w for w, _ in ours), "cpu_seconds": median(c for _, c in ours)}
    return row | {"sklearn_seconds": median(w for w, _ in theirs), "sklearn_cpu_seconds": median(c for _, c in theirs)}


def most() -> Row:
    """The tree of a million faces, its features in half precision, and the peak memory with these."""
    graph = bumpy_ring(MOST)
    features = position_features(graph, np.float16)
    _, wall, cpu = timed(lambda: feature_tree(graph, features))
    return {"faces": graph.face_count, "seconds": wall, "cpu_seconds": cpu, "peak_memory": peak_memory()}


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """What `work` gives, how long it took, and how long the processor worked at it, all its threads together, in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def bumpy_ring(count: int) -> FaceGraph:
    """A closed surface of about `count` faces of many sizes."""
    sections = round((count / 4) ** 0.5)
    around, along = np.meshgrid(np.linspace(0, 2 * np.pi, sections, False), np.linspace(0, 2 * np.pi, 2 * sections, False), indexing="ij")
    radius = 0.3 + 0.1 * np.sin(5 * along) * np.cos(3 * around)
    outwards = 1 + radius * np.cos(around)
    vertices = np.stack([outwards * np.cos(along), outwards * np.sin(along), radius * np.sin(around)], axis=-1)
    here = np.arange(2 * sections**2).reshape(sections, 2 * sections)
    right, down = np.roll(here, -1, 0), np.roll(here, -1, 1)
    quads = np.stack([here, right, np.roll(right, -1, 1), down], axis=-1).reshape(-1, 4)
    return face_graph(vertices.reshape(-1, 3), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))


def position_features(graph: FaceGraph, dtype: type) -> Floats:
    """CHANNELS smooth functions of place and normal, with noise: (C, CHANNELS)."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(6, CHANNELS)).astype(np.float32) * 2
    told = np.concatenate([graph.centers, graph.normals], axis=1).astype(np.float32)
    features: Floats = np.empty((graph.face_count, CHANNELS), dtype)
    for start in range(0, len(told), 1 << 16):
        rows = slice(start, start + (1 << 16))
        clean = np.tanh(told[rows] @ mixing)
        features[rows] = clean + 0.1 * generator.standard_normal(clean.shape, np.float32)
    return features


def adjacency(pairs: NDArray[np.int64], count: int) -> csr_array:
    """(N, N), 1 where two things are a pair."""
    first, second = pairs.T
    return coo_array((np.ones(2 * len(pairs)), (np.r_[first, second], np.r_[second, first])), shape=(count, count)).tocsr()


# ---- how good -----------------------------------------------------------------------------------------------------------


def quality(labelled: Labelled) -> Row:
    """Best mIoU of the cuts into 2 to 20 parts: of our tree, of ours with every face counting one, and of scikit-learn's."""
    from sklearn.cluster import ward_tree

    graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
    if not 2 < graph.face_count <= MOST_COMPARED:
        return {"skipped": graph.face_count}
    links = connections(graph)
    features = telling_features(graph, links)
    truths = [truth[graph.input_of_face] for truth in labelled.truths]
    alike = even(graph)

    def best(nodes: NDArray[np.int64], leaf: NDArray[np.int64]) -> float:
        cuts = [labels_of_merges(nodes, parts)[leaf] for parts in PARTS if parts <= len(nodes) + 1]
        return float(np.mean([max(mean_iou(cut, truth) for cut in cuts) for truth in truths]))

    exact = ward_tree(unit_features(features), connectivity=adjacency(links.pairs, graph.face_count))[0]
    ours, uniform = feature_tree(graph, features), feature_tree(alike, features)
    return {
        "faces": graph.face_count,
        "by_area": best(ours.nodes, ours.region),
        "by_faces": best(uniform.nodes, uniform.region),
        "sklearn": best(exact, np.arange(graph.face_count)),
    }


def even(graph: FaceGraph) -> FaceGraph:
    """The same graph with faces of one size: the authors count them so."""
    return replace(graph, areas=np.ones(graph.face_count))


def telling_features(graph: FaceGraph, links: Links) -> NDArray[np.float32]:
    """CHANNELS features that tell parts apart about as well as a network: orientation, thickness, place and diffusion, mixed.

    Random Fourier features of these, with noise: (C, CHANNELS).
    """
    generator = np.random.default_rng(0)
    size = float(np.linalg.norm(np.ptp(graph.points, axis=0)))
    thickness = log_thickness(graph, shape_diameter(graph, RayScene(graph.points, graph.corners)))
    flow = 1.5 * diffusion(graph, links, thickness)
    told = np.column_stack([flow, 0.5 * graph.normals, thickness - thickness.mean(), graph.centers / size])
    mixing = 0.5 * generator.normal(size=(told.shape[1], CHANNELS))
    clean = np.cos(told @ mixing + generator.uniform(0, 2 * np.pi, CHANNELS))
    return (clean + generator.normal(0, 0.15, clean.shape)).astype(np.float32)


def diffusion(graph: FaceGraph, links: Links, thickness: Floats) -> Floats:
    """The slowest ways to diffuse over the faces, which valleys and steps of thickness hold back: (C, ≤ 16)."""
    first, second = links.pairs.T
    size = float(np.linalg.norm(np.ptp(graph.points, axis=0)))
    assert links.boundaries is not None
    lengths, bends = links.boundaries.T
    apart = np.linalg.norm(graph.centers[first] - graph.centers[second], axis=1) / size + 1e-4
    valleys = np.divide(bends, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    resistance = 4 * valleys + 0.5 * np.abs(thickness[first] - thickness[second])
    conductance = np.where(lengths > 0, lengths / apart * np.exp(-resistance), 0.02) + 1e-6
    coupling = coo_array((np.tile(conductance, 2), (np.r_[first, second], np.r_[second, first])), shape=(graph.face_count,) * 2).tocsr()
    mass = np.sqrt(graph.areas / graph.areas.sum() + 1e-9)
    scaling = diags_array(1 / mass)
    laplacian = (scaling @ (diags_array(coupling.sum(axis=1)) - coupling) @ scaling).tocsc()
    start = np.random.default_rng(0).normal(size=graph.face_count)
    shift = -1e-5 * float(laplacian.diagonal().mean())
    values, vectors = eigsh(laplacian, min(17, graph.face_count - 1), sigma=shift, v0=start)
    order = np.argsort(values)[1:]
    slowest = np.maximum(values[order], 1e-9)
    return vectors[:, order] / mass[:, None] * np.sqrt(slowest[:1] / slowest)


def agreement(labelled: Labelled) -> Row:
    """Adjusted Rand index, median over 2 to 20 parts, with the clusters of PER_FACE random samples in every face.

    For our samples; for as many random ones of another seed, which is as near as one can come; and for our tree.
    """
    import torch

    from ..segmentation.face_features import face_features, normalised, random_face_features

    graph = face_graph(labelled.mesh.vertices, labelled.mesh.faces)
    if not max(PARTS) < graph.face_count <= MOST_COMPARED:
        return {"skipped": graph.face_count}
    vertices, pairs = normalised(graph.points), connections(graph).pairs
    planes = torch.from_numpy(telling_planes(labelled, graph, vertices))
    first, again = (random_face_features(planes, vertices, graph.corners, PER_FACE, np.random.default_rng(seed)) for seed in (0, 1))
    read = face_features(planes, vertices, graph.corners).numpy()
    reference = cuts(first, pairs)
    tree = feature_tree(even(graph), read)
    return {
        "faces": graph.face_count,
        "ours": agreement_of(reference, cuts(read, pairs)),
        "another_seed": agreement_of(reference, cuts(again, pairs)),
        "ours_with_our_tree": agreement_of(reference, [labels_of_merges(tree.nodes, parts)[tree.region] for parts in PARTS]),
    }


def telling_planes(labelled: Labelled, graph: FaceGraph, vertices: Floats) -> NDArray[np.float32]:
    """Planes that tell apart the parts of a hierarchy, coarse ones most, as those of a trained network do: (3, CHANNELS, R, R).

    Each part of the geometric method's tree has a feature, near that of what it is a part of. A cell holds the mean of the
    surface above it, a little blurred, with noise. Planes of random weights will not do: with these, samples of two seeds
    agree no better than 0.55 to 0.75 with each other.
    """
    from ..networks.partfield import PLANE_AXES

    generator = np.random.default_rng(0)
    found = GeometricSegmenter().segment(labelled.mesh)
    merges = found.tree.merges
    of_node = np.zeros((2 * len(merges) + 1, CHANNELS), np.float32)
    for rank, (step, pair) in enumerate(reversed(list(enumerate(merges)))):
        of_node[pair] = of_node[len(merges) + 1 + step] + FADING**rank * generator.normal(size=(2, CHANNELS))
    points, face = surface_samples(vertices, graph.corners, 2 * POINTS)
    told = of_node[found.leaf_of_face[graph.input_of_face[face]]]
    planes = np.empty((3, CHANNELS, RESOLUTION, RESOLUTION), np.float32)
    for plane, (column, row) in zip(planes, PLANE_AXES, strict=True):
        cell = np.rint((points[:, [row, column]] + 1) / 2 * (RESOLUTION - 1)).astype(np.int64) @ (RESOLUTION, 1)
        above = coo_array((np.ones(len(cell), np.float32), (cell, np.arange(len(cell)))), shape=(RESOLUTION**2, len(cell))).tocsr()
        sums = np.column_stack([above @ told, above.sum(axis=1)]).T.reshape(-1, RESOLUTION, RESOLUTION)
        sums = gaussian_filter(sums, (0, BLUR, BLUR)) + 1e-4 * gaussian_filter(sums, (0, 6 * BLUR, 6 * BLUR))
        noise = gaussian_filter(generator.standard_normal(plane.shape, np.float32), (0, BLUR, BLUR))
        plane[:] = sums[:-1] / np.maximum(sums[-1], 1e-9) + NOISE * told.std() / noise.std() * noise
    return planes


def cuts(features: Floats, pairs: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """The parts (C,) into which Ward's linkage along pairs that connect everything cuts the directions of features."""
    nodes, _ = ward_merges(unit_features(features), pairs)
    return [labels_of_merges(nodes, parts) for parts in PARTS]


def agreement_of(some: list[NDArray[np.int32]], others: list[NDArray[np.int32]]) -> float:
    """The median adjusted Rand index of cuts into the same numbers of parts."""
    return median(adjusted_rand(one, other) for one, other in zip(some, others, strict=True))


ABOUT: dict[str, Callable[[], Row]] = {
    "forward": forward,
    "precision": precision,
    "reading": reading,
    "clustering": clustering,
    "most": most,
}
"""What can be measured without objects."""
COMPARED: dict[str, Callable[[Labelled], Row]] = {"agreement": agreement, "quality": quality}
"""What is measured on labelled objects."""


# ---- to read ------------------------------------------------------------------------------------------------------------


def lines(question: Question, row: Row) -> Iterator[str]:
    """An answer to read, with what it is to be compared with."""
    if question.about == "forward":
        yield f"PartField on {POINTS:,} points, {row['threads']} threads, median of {RUNS}: {_seconds(row)}, peak {_size(row)}"
        factor = row["cpu_seconds"] / row["matmul_cpu_seconds"]
        beside = _seconds({name: row[f"matmul_{name}"] for name in ("seconds", "cpu_seconds")})
        yield f"  a product of two {MATRIX} x {MATRIX} matrices beside it: {beside}; the network takes {factor:.0f} times as long"
    elif question.about == "precision":
        yield f"PartField in half precision against float32, {row['points']:,} points, {row['weights']} weights:"
        for there in row["measured"]:
            told = f"{there['seconds']:.2f} s, error of the features {there['error']:.1e} of their norm, the worst {there['worst']:.1e}"
            yield f"  {there['device']}, {there['precision']}: {told}"
        if not row["measured"]:
            yield "  no accelerator here; --precision bfloat16 measures the CPU"
    elif question.about == "reading":
        for about in row.values():
            yield f"Features of {about['faces']:,} faces from planes: {_seconds(about)}, peak {_size(about)}"
    elif question.about == "clustering":
        theirs = {name: row[f"sklearn_{name}"] for name in ("seconds", "cpu_seconds")}
        yield f"Tree of {row['faces']:,} faces x {CHANNELS}, median of {RUNS}: {_seconds(row)}"
        factors = (
            f"{theirs['seconds'] / row['seconds']:.1f} times by the clock, {theirs['cpu_seconds'] / row['cpu_seconds']:.1f} times by CPU"
        )
        yield f"  scikit-learn's ward with connectivity: {_seconds(theirs)}; ours is {factors} as fast"
    elif question.about == "most":
        yield f"Tree of {row['faces']:,} faces x {CHANNELS} in half precision: {_seconds(row)}, peak {_size(row)}"
    else:
        told = ", ".join(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value:,}" for name, value in row.items())
        yield f"{question.about}: {question.collection} {question.path.stem if question.path else ''}: {told}"


def means(about: str, rows: list[Row]) -> Iterator[str]:
    """The mean over objects of everything that was measured on them, to read; nothing where there were none."""
    rows = [row for row in rows if "skipped" not in row]
    if rows:
        names = [name for name in rows[0] if name != "faces"]
        told = ", ".join(f"{name} {np.mean([row[name] for row in rows]):.3f}" for name in names)
        yield f"{about}, mean of {len(rows)} objects: {told}"


def _seconds(row: Row) -> str:
    return f"{row['seconds']:.2f} s ({row['cpu_seconds']:.2f} CPU s)"


def _size(row: Row) -> str:
    return f"{row['peak_memory'] / 2**30:.1f} GiB"
