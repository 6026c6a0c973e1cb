"""Promises of what the server is made of: its memory, its estimate, and the way from polygons to a part tree and back."""

from __future__ import annotations

import io

import hypothesis.strategies as some
import numpy as np
import partgen.server.segmenting
import pytest
from hypothesis import given
from partgen.errors import PartgenError
from partgen.mesh import Mesh
from partgen.part_tree import PartTree
from partgen.progress import no_progress
from partgen.protocol import Done, SegmentRequest, SegmentResult, read_message, write_message
from partgen.segmentation import METHODS, Segmentation
from partgen.server.estimate import TimeLeft
from partgen.server.results import ResultStore, digest_of
from partgen.server.segmenting import mesh_of, segment

# ---- memory ----


def result_of(size: int) -> SegmentResult:
    return SegmentResult(np.zeros(size), np.zeros((0, 2)), np.zeros(0), 0.5, "geometric")


def test_the_result_not_asked_for_the_longest_is_forgotten_first():
    store = ResultStore(maximum_bytes=1000)
    store.put("old", result_of(100))
    store.put("new", result_of(100))
    assert store.get("old") is not None
    store.put("newest", result_of(100))
    assert store.get("new") is None
    assert store.get("old") is not None
    assert store.get("newest") is not None


@given(some.lists(some.tuples(some.sampled_from("abcd"), some.integers(0, 400)), max_size=20))
def test_the_store_never_holds_more_than_it_may(puts):
    store = ResultStore(maximum_bytes=1000)
    for digest, size in puts:
        store.put(digest, result_of(size))
        held = {d: store.get(d) for d in "abcd"}
        assert sum(r.leaf_of_polygon.nbytes for r in held.values() if r) <= 1000
        assert (held[digest] is not None) == (4 * size <= 1000)


def quad(**changes) -> SegmentRequest:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    plain = {"name": "Lamp", "method": "auto", "vertices": square, "corner_vertices": [0, 1, 2, 3], "polygon_offsets": [0, 4]}
    return SegmentRequest(**{**plain, **changes})


def test_equal_work_has_equal_digests_and_any_difference_another():
    different = [
        quad(),
        quad(name="Chair"),
        quad(method="geometric"),
        quad(vertices=quad().vertices * 2),
        quad(corner_vertices=[1, 2, 3, 0]),
        quad(corner_vertices=[0, 1, 2, 3, 0, 1], polygon_offsets=[0, 3, 6]),
        quad(linear=np.diag([1.0, 1.0, 2.0])),
    ]
    assert digest_of(quad()) == digest_of(different[0])
    assert len({digest_of(request) for request in different}) == len(different)


# ---- estimate ----


def test_nothing_is_told_before_anything_is_known():
    time_left = TimeLeft(began=100.0)
    assert time_left.update(0.5, 100.5) is None
    assert time_left.update(0.01, 130.0) is None
    assert time_left.update(0.0, 200.0) is None


@given(some.floats(5, 1000))
def test_steady_work_is_foretold(total):
    time_left = TimeLeft(began=0.0)
    for now in np.linspace(0, total, 200).tolist():
        told = time_left.update(now / total, now)
        assert told is None or told == pytest.approx(total - now, abs=1e-6 * total)
    assert told == pytest.approx(0.0, abs=1e-6 * total)


@given(some.lists(some.floats(0, 1), min_size=2, max_size=50).map(sorted), some.floats(0.01, 10))
def test_what_is_told_is_never_negative(fractions, step):
    time_left = TimeLeft(began=0.0)
    told = [time_left.update(fraction, i * step) for i, fraction in enumerate(fractions)]
    assert all(seconds is None or seconds >= 0 for seconds in told)


# ---- polygons, triangles, leaves ----


def test_the_mesh_is_measured_as_it_is_seen():
    mesh = mesh_of(quad(linear=np.diag([2.0, 3.0, 1.0])))
    np.testing.assert_array_equal(np.ptp(mesh.vertices, axis=0), [2, 3, 0])


@pytest.mark.parametrize("linear", [np.eye(3), np.diag([-1.0, 1.0, 1.0]), -np.eye(3), np.array([[0.0, 2, 0], [1, 0, 0], [0, 0, 1]])])
def test_mirroring_does_not_turn_a_solid_inside_out(linear):
    tetrahedron = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    corners = np.array([0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3])
    mesh = mesh_of(SegmentRequest("Tetrahedron", "auto", tetrahedron, corners, np.arange(0, 13, 3), linear))
    volume = np.linalg.det(mesh.vertices[mesh.faces].astype(float)).sum() / 6
    assert volume == pytest.approx(abs(np.linalg.det(linear)) / 6)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"corner_vertices": [], "polygon_offsets": [0]}, "mesh.no_faces"),
        ({"vertices": np.full((4, 3), np.nan)}, "mesh.not_finite"),
        ({"vertices": np.zeros((4, 3))}, "mesh.no_extent"),
        ({"linear": np.zeros((3, 3))}, "mesh.no_extent"),
        ({"corner_vertices": [0, 1, 2, 9]}, "mesh.bad_index"),
        ({"polygon_offsets": [0, 2, 4]}, "mesh.bad_polygon"),
        ({"method": "magic"}, "method.unknown"),
    ],
)
def test_what_cannot_be_segmented_is_refused_in_words(changes, code):
    with pytest.raises(PartgenError) as refusal:
        segment(quad(**changes), no_progress)
    assert refusal.value.code == code
    assert "Lamp" in refusal.value.sentence or code == "method.unknown"
    assert refusal.value.remedy


class Halves:
    """A segmenter of two leaves: polygons left and right of the middle, by their first corner; `torn` breaks its promise."""

    method = "halves"

    def __init__(self, torn: bool = False, features: np.ndarray | None = None) -> None:
        self._torn = torn
        self._features = features

    def segment(self, mesh: Mesh, progress=no_progress) -> Segmentation:
        progress(0.5, "Halving")
        first = np.searchsorted(mesh.polygon_of_face, np.arange(mesh.polygon_count))
        right = mesh.vertices[mesh.faces[first, 0], 0] > 0
        leaves = right.astype(np.int32)[mesh.polygon_of_face]
        if self._torn:
            leaves[0] = 1 - leaves[0]
        return Segmentation(leaves, PartTree.from_merges([[0, 1]], 2), "halves", "w1", ("noted",), self._features)


def strip_of_polygons() -> SegmentRequest:
    """Polygons of 6, 3, 4 and 5 corners, two of them left of x = 0."""
    counts, sides = [6, 3, 4, 5], [1, -1, 1, -1]
    angles = [np.arange(n) / n * 2 * np.pi for n in counts]
    vertices = np.concatenate([np.stack([np.cos(a) + 3 * s, np.sin(a), 0 * a], axis=1) for a, s in zip(angles, sides, strict=True)])
    return SegmentRequest("Strip", "auto", vertices, np.arange(18), np.cumsum([0, *counts]))


def test_every_polygon_gets_the_leaf_of_its_triangles(monkeypatch):
    monkeypatch.setattr(partgen.server.segmenting, "segmenter", lambda method: Halves())
    seen = []
    result = segment(strip_of_polygons(), lambda fraction, stage: seen.append(fraction))
    assert result.leaf_of_polygon.tolist() == [1, 0, 1, 0]
    assert (result.method, result.weights, result.notes) == ("halves", "w1", ("noted",))
    assert result.seconds > 0
    assert seen == sorted(seen)
    assert PartTree(result.merges, result.heights, result.default_scale).leaf_count == 2


def test_how_alike_leaves_are_is_told_where_the_method_knows(monkeypatch):
    features = np.float32([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    for known in (features, None):
        monkeypatch.setattr(partgen.server.segmenting, "segmenter", lambda method, known=known: Halves(features=known))
        result = segment(strip_of_polygons(), no_progress)
        assert result.leaf_features.shape == ((0, 0) if known is None else (2, 3))
        stream = io.BytesIO()
        write_message(stream, Done(1, result))
        stream.seek(0)
        np.testing.assert_array_equal(read_message(stream).result.leaf_features, result.leaf_features)
    monkeypatch.setattr(partgen.server.segmenting, "segmenter", lambda method: Halves(features=features[:1]))
    with pytest.raises(ValueError, match="1 features for 2 leaves"):
        segment(strip_of_polygons(), no_progress)


def test_a_segmenter_that_tears_a_polygon_is_found_out(monkeypatch):
    monkeypatch.setattr(partgen.server.segmenting, "segmenter", lambda method: Halves(torn=True))
    with pytest.raises(ValueError, match="different leaves"):
        segment(strip_of_polygons(), no_progress)


def test_methods_that_the_backend_offers_exist():
    from partgen.segmentation import segmenter

    assert [segmenter(method).method for method in METHODS if method != "auto"] == [method for method in METHODS if method != "auto"]
