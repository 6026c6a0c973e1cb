"""From a request to completed parts, one at a time: polygons to triangles, the completer, and its faces back to the polygons' vertices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..completion import SEEDED, CompletedPart, Completer, Options, completer, of_proposal
from ..errors import PartgenError
from ..mesh import Mesh
from ..progress import Progress
from ..protocol import CompleteForecast, CompleteRequest, CompleteResult
from .segmenting import mesh_of

_REMESH = "Turn on Remesh Instead, which replaces it by an even, closed surface, or close it by hand."


def complete(request: CompleteRequest, progress: Progress, deliver: Callable[[CompleteResult | CompleteForecast], None]) -> tuple[str, ...]:
    """Answers a request, every part of it as soon as it is there. A part that cannot be closed is delivered with its problem.

    Proposals come one after the other, all parts of each, so that a cancel leaves every part with at least one where it can; after
    each how true it is expected to be, where its method knows that.
    Returns sentences for the artist about all parts.
    Raises PartgenError for a mesh or labels that nobody could complete, and Cancelled out of `progress`.
    """
    progress(0.0, "Reading the mesh")
    mesh = mesh_of(request)
    back = _way_back(request)
    labels = request.part_of_polygon[mesh.polygon_of_face]
    chosen = completer(request.method, request.model)
    wanted = sorted(set(request.wanted.tolist()))
    rounds = max(request.proposals, 1) if chosen.method in SEEDED else 1
    notes: dict[str, None] = {}
    for number in range(rounds):
        ahead = rounds - number - 1
        options = Options(request.reach, request.seed + number, request.steps or None, 1, request.remesh, ahead, request.flat_cuts)

        def hand_over(part: CompletedPart, seed: int = options.seed) -> None:
            deliver(_result(part, mesh, back, request, chosen, seed))

        completion = chosen.complete(mesh, labels, wanted, options, of_proposal(progress, number, rounds), hand_over)
        notes |= dict.fromkeys(completion.notes)
        for proposal in completion.about.get("proposals", ()):
            deliver(CompleteForecast(proposal["seed"], proposal["expected_overlap"]))
    return tuple(notes)


def _way_back(request: CompleteRequest) -> NDArray[np.float64]:
    """From the space in which parts are completed to that of the request's vertices: (3, 3) float64, for column vectors."""
    sizes = np.linalg.svd(request.linear, compute_uv=False)
    if not sizes[-1] > 1e-9 * sizes[0]:
        sentence = f"{request.name} is scaled to nothing along an axis, so its parts have no inside."
        raise PartgenError("object.flat", sentence, "Give it a scale that is not zero.")
    back: NDArray[np.float64] = np.linalg.inv(request.linear).astype(np.float64)
    return back


def _result(
    part: CompletedPart, mesh: Mesh, back: NDArray[np.float64], request: CompleteRequest, chosen: Completer, seed: int
) -> CompleteResult:
    """What of a completed part is new, on the vertices of the request."""
    notes = part.notes
    replaces = part.made_by == "remesh"
    if part.made_by == "open" or (replaces and not request.remesh):
        problem = part.notes[0] if part.notes else f"Part {part.label} of {request.name} could not be closed without moving its surface."
        none, empty = np.empty(0, np.int32), np.empty((0, 3), np.float32)
        return CompleteResult(
            part.label, none, empty, empty.astype(np.int32), chosen.method, part.made_by, chosen.weights,
            problem=problem, remedy=_REMESH, notes=notes[1:], seed=seed,
        )  # fmt: skip
    corners = _on_own_vertices(part, mesh)
    if _looks_inward(part) != (np.linalg.det(request.linear) < 0):
        corners = corners[:, ::-1]
    is_own = corners < len(mesh.vertices)
    kept, of_kept = np.unique(corners[is_own], return_inverse=True)
    faces = np.empty(corners.shape, np.int32)
    faces[is_own] = of_kept.reshape(-1)
    faces[~is_own] = corners[~is_own] - len(mesh.vertices) + len(kept)
    added = (part.vertices[len(part.input_vertices) :].astype(np.float64) @ back.T).astype(np.float32)
    return CompleteResult(
        part.label, kept.astype(np.int32), added, faces, chosen.method, part.made_by, chosen.weights, replaces, notes=notes, seed=seed
    )


def _on_own_vertices(part: CompletedPart, mesh: Mesh) -> NDArray[np.int64]:
    """The corners of the generated faces, (G, 3): vertices of `mesh` that this very part uses, then V + i for the i-th new one.

    A completer takes vertices in one place for one. Where a mesh has several there (along seams of UV maps, at sharp edges),
    each generated face gets those of the face that it is stitched to.
    """
    own = mesh.faces[part.original_faces].astype(np.int64)
    own = np.where(part.turned[:, None], own[:, ::-1], own)
    count = len(part.original_faces)
    welded, generated = part.faces[:count].astype(np.int64), part.faces[count:].astype(np.int64)
    vertex_of = np.arange(len(part.vertices)) - len(part.input_vertices) + len(mesh.vertices)
    vertex_of[welded] = own
    found = vertex_of[generated]
    along, here, there = _half_edges(welded, own, len(part.vertices))
    order = np.argsort(along, kind="stable")
    along, here, there = along[order], here[order], there[order]
    for corner in (0, 1, 2):
        after = (corner + 1) % 3
        against = generated[:, after] * len(part.vertices) + generated[:, corner]
        place = np.searchsorted(along, against)
        stitched = np.flatnonzero(along[np.minimum(place, len(along) - 1)] == against) if len(along) else np.empty(0, np.int64)
        found[stitched, after] = here[place[stitched]]
        found[stitched, corner] = there[place[stitched]]
    return found


def _half_edges(
    welded: NDArray[np.int64], own: NDArray[np.int64], vertex_count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of every edge of every triangle, in its direction: a number that names its welded ends, and its own two vertices."""
    following = np.roll(welded, -1, axis=1)
    return (welded * vertex_count + following).reshape(-1), own.reshape(-1), np.roll(own, -1, axis=1).reshape(-1)


def _looks_inward(part: CompletedPart) -> bool:
    """Whether most of the part's own triangles are wound against what is outside: the generated ones then agree with them."""
    return bool(2 * np.count_nonzero(part.turned) > len(part.turned))
