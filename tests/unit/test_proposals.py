"""Several proposals: really different, ranked, over the same leaves, the first as ever; and the measure that says how good they are."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.errors import PartgenError
from partgen.evaluation import proposals as measure
from partgen.geometry.adjacency import face_graph
from partgen.mesh import Mesh
from partgen.part_tree import PartTree
from partgen.progress import no_progress
from partgen.protocol import Done, SegmentRequest, read_message, write_message
from partgen.segmentation import segmenter
from partgen.segmentation.part_confidence import forest_of, last_pieces
from partgen.segmentation.proposals import Proposal, propose
from partgen.server.results import digest_of
from partgen.server.segmenting import segment


def snowman() -> trimesh.Trimesh:
    """Three balls, two buttons on the middle one and a carrot, all loose."""
    balls = [trimesh.creation.icosphere(1, radius).apply_translation([0, 0, z]) for radius, z in ((1.0, 0.0), (0.7, 1.5), (0.5, 2.5))]
    buttons = [trimesh.creation.box([0.15, 0.15, 0.15]).apply_translation([0.7, 0, z]) for z in (1.3, 1.7)]
    carrot = trimesh.creation.cone(0.12, 0.6, sections=12).apply_translation([0.45, 0, 2.5])
    return trimesh.util.concatenate([*balls, *buttons, carrot])


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    given = snowman()
    return Mesh.from_triangles(given.vertices, given.faces, "Snowman")


@pytest.fixture(scope="module")
def found(mesh):
    return propose(mesh, 6)


# ---- proposals ----


def test_the_first_proposal_is_what_segment_answers(mesh, found):
    usual = segmenter("superfaces").segment(mesh)
    first = found.proposals[0]
    assert np.array_equal(found.leaf_of_face, usual.leaf_of_face)
    assert np.array_equal(first.tree.merges, usual.tree.merges)
    assert first.tree.default_scale == usual.tree.default_scale
    assert np.array_equal(found.leaf_features, usual.leaf_features)


def test_no_two_proposals_are_the_same(found):
    assert len(found.proposals) == 6
    ways = {tuple(sorted(tuple(np.flatnonzero(p.part_of_leaf() == part)) for part in range(p.count))) for p in found.proposals}
    assert len(ways) == 6


def test_all_proposals_share_their_leaves_so_that_the_slider_works_with_each(found):
    for proposal in found.proposals:
        assert proposal.tree.leaf_count == found.leaf_of_face.max() + 1
        assert proposal.tree.count(proposal.tree.default_scale) == proposal.count
        assert proposal.tree.count(1.0) == 1


def test_every_part_of_every_proposal_has_a_confidence(found):
    for proposal in found.proposals:
        assert len(proposal.confidences) == proposal.part_of_leaf().max() + 1
        assert (proposal.confidences > 0).all()
        assert (proposal.confidences < 1).all()


def test_proposals_after_the_first_are_ranked_by_their_quality(found):
    qualities = [proposal.quality for proposal in found.proposals[1:]]
    assert qualities == sorted(qualities, reverse=True)


def test_the_same_seed_proposes_the_same(mesh, found):
    again = propose(mesh, 6)
    for one, other in zip(found.proposals, again.proposals, strict=True):
        assert np.array_equal(one.tree.merges, other.tree.merges)
        assert np.array_equal(one.confidences, other.confidences)


def test_whole_balls_are_more_likely_parts_than_halves_of_them(found):
    balls = [set(np.unique(found.leaf_of_face[80 * ball : 80 * (ball + 1)]).tolist()) for ball in range(3)]
    of_balls, of_pieces = [], []
    for proposal in found.proposals:
        for part, confidence in enumerate(proposal.confidences):
            leaves = set(np.flatnonzero(proposal.part_of_leaf() == part).tolist())
            of_balls += [confidence] if leaves in balls else []
            of_pieces += [confidence] if any(leaves < ball for ball in balls) else []
    assert of_balls
    assert not of_pieces or min(of_balls) > np.mean(of_pieces)


def test_the_first_few_proposals_are_ones_that_an_artist_might_want():
    """Not a table in forty pieces, of which hardly one is a part, only because forty pieces are new."""
    legs = [trimesh.creation.cylinder(0.08, 1).apply_translation([x, y, -0.5]) for x in (-0.9, 0.9) for y in (-0.4, 0.4)]
    table = trimesh.util.concatenate([trimesh.creation.box((2, 1, 0.1)), *legs])
    first, *others = propose(Mesh.from_triangles(table.vertices, table.faces, "Table"), 3).proposals
    assert first.count == 5
    assert len(others) == 2
    assert others[0].quality > 0.5 * first.quality
    assert all(proposal.quality > 0.2 * first.quality for proposal in others)


def test_one_face_has_one_proposal():
    triangle = Mesh.from_triangles(np.eye(3), np.array([[0, 1, 2]]), "Triangle")
    only = propose(triangle, 5).proposals
    assert [proposal.count for proposal in only] == [1]


def test_a_method_with_one_answer_says_so(mesh):
    with pytest.raises(PartgenError, match="one answer"):
        propose(mesh, 3, "geometric")


# ---- the forest beneath ----


def test_the_pieces_of_a_tree_are_those_of_all_its_cuts():
    tree = PartTree.from_merges([[0, 1], [2, 3], [5, 6], [4, 7]], 2)
    pieces, begins, lasts = last_pieces(tree.merges.astype(np.int64), 4)
    for count in range(1, 5):
        there = pieces[(begins >= count) & (lasts < count)]
        assert there.sum(axis=0).tolist() == [1] * 5
        assert len(there) == count
        assert len(np.unique(tree.cut_into(count)[there.argmax(axis=1)])) == count


def test_pieces_that_trees_share_are_counted_once():
    one, other = np.array([[0, 1], [2, 3]]), np.array([[0, 1], [3, 2]])
    forest = forest_of(np.array([0.5, 0.25, 0.25]), {"one": (one, 2), "other": (other, 2)})
    assert len(forest.regions_of_piece) == 5
    assert np.allclose(forest.likeness.diagonal(), 1)


# ---- the measure ----


def proposal(parts: list[int], confidences: list[float]) -> Proposal:
    """A proposal over four leaves; `parts` of each, numbered as they first come."""
    merges = {
        (0, 0, 1, 1): ([[0, 1], [2, 3], [4, 5]], 2),
        (0, 1, 2, 3): ([[0, 1], [2, 3], [4, 5]], 4),
        (0, 1, 1, 1): ([[1, 2], [3, 4], [0, 5]], 2),
    }
    tree = PartTree.from_merges(*merges[tuple(parts)])
    assert tree.cut(tree.default_scale).tolist() == parts
    return Proposal(tree, "made up", np.array(confidences, np.float32))


FACES = np.array([4, 4, 4, 4])
TRUTH = np.repeat([0, 0, 1, 1], 4)


def scores(*proposals: Proposal) -> dict:
    pooled = measure.pool(proposals, FACES)
    table = np.array([[4, 0], [4, 0], [0, 4], [0, 4]])
    overlaps = measure.overlap(pooled.leaves.astype(float) @ table, pooled.leaves @ FACES, table.sum(axis=0))
    return {"map": measure.average_precision(overlaps, 0.6), "overlaps": overlaps, "pool": pooled}


def test_right_parts_alone_have_the_best_precision():
    assert scores(proposal([0, 0, 1, 1], [0.9, 0.8]))["map"] == 1.0


def test_wrong_parts_cost_only_where_they_are_ranked_above_right_ones():
    right, wrong = proposal([0, 0, 1, 1], [0.9, 0.8]), proposal([0, 1, 2, 3], [0.1] * 4)
    assert scores(right, wrong)["map"] == 1.0
    assert scores(right, proposal([0, 1, 2, 3], [0.95] * 4))["map"] == pytest.approx(2 / 6)


def test_a_part_in_two_proposals_counts_once_as_sure_as_in_the_surer():
    pooled = scores(proposal([0, 0, 1, 1], [0.4, 0.3]), proposal([0, 0, 1, 1], [0.9, 0.2]))["pool"]
    assert np.allclose(pooled.confidences, [0.9, 0.3])


def test_with_a_seed_only_parts_that_contain_it_are_ranked():
    found = scores(proposal([0, 0, 1, 1], [0.5, 0.4]), proposal([0, 1, 2, 3], [0.9, 0.1, 0.1, 0.1]))
    contains = found["pool"].leaves[:, [0, 2]]
    assert measure.seeded_precision(found["overlaps"], contains, 0.6) == pytest.approx((1 / 2 + 1) / 2)


def test_the_deepest_face_is_in_the_middle_of_its_part():
    strip = np.array([[i, j, 0.0] for i in range(12) for j in range(2)])
    faces = [[2 * i, 2 * i + 1, 2 * i + 2] for i in range(11)] + [[2 * i + 1, 2 * i + 3, 2 * i + 2] for i in range(11)]
    band = trimesh.creation.cylinder(1, 10, sections=24).subdivide().subdivide().subdivide()
    graph = face_graph(band.vertices, band.faces)
    labels = (graph.centers[:, 2] > 0).astype(np.int64)
    heights = graph.centers[measure.deepest_faces(graph, labels), 2]
    assert heights[0] < -2
    assert heights[1] > 2
    flat = face_graph(strip, np.array(faces))
    assert measure.deepest_faces(flat, np.zeros(len(faces), np.int64)).shape == (1,)


def test_the_bench_prints_a_line_for_each_number_of_proposals(tmp_path, capsys):
    given = snowman()
    labels = np.repeat(np.arange(6), [80, 80, 80, 12, 12, len(given.faces) - 264]).astype(np.int32)
    np.savez(
        tmp_path / "toy_snowman.npz", vertices=given.vertices.astype(np.float32), faces=given.faces.astype(np.int32), face_labels=labels
    )
    assert main(["bench", "proposals", "--data", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert [line.split("|")[3].strip() for line in told.splitlines() if line.startswith("| toy")] == ["1", "5", "10"]
    assert "share that is a part" in told


# ---- files ----


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "snowman.ply"
    snowman().export(path)
    return path


def test_segment_writes_every_proposal_and_the_table_of_them(model, tmp_path):
    assert main(["segment", str(model), "--labels-dir", str(tmp_path), "--proposals", "3", "--levels", "2-5"]) == 0
    assert main(["segment", str(model), "--labels-dir", str(tmp_path / "usual")]) == 0
    told = json.loads((tmp_path / "snowman.proposals.json").read_text(encoding="utf-8"))
    assert [given["rank"] for given in told["proposals"]] == [1, 2, 3]
    assert told["method"] == "superfaces"
    for given in told["proposals"]:
        with np.load(tmp_path / given["file"]) as arrays:
            labels, levels = arrays["face_labels"], arrays["level_labels"]
        assert labels.max() + 1 == given["parts"] == len(given["part_confidences"])
        assert [row.max() + 1 for row in levels] == [2, 3, 4, 5]
        assert given["confidence"] == pytest.approx(np.mean(given["part_confidences"]), abs=1e-3)
    with np.load(tmp_path / "snowman.npz") as first, np.load(tmp_path / "usual" / "snowman.npz") as usual:
        assert np.array_equal(first["face_labels"], usual["face_labels"])


def test_proposals_have_their_own_scales(model, tmp_path, capsys):
    assert main(["segment", str(model), "--labels-dir", str(tmp_path), "--proposals", "3", "--parts", "4"]) == 1
    assert "--parts" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_seed_that_chance_cannot_be_drawn_by_is_refused_before_any_work(model, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["segment", str(model), "--labels-dir", str(tmp_path), "--proposals", "2", "--seed", "-1"])
    assert "-1 is not a whole number from 0 on" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_fewer_proposals_than_before_leave_none_of_those_and_every_file_of_the_user(model, tmp_path, capsys):
    asked = ["segment", str(model), "--labels-dir", str(tmp_path), "--proposals"]
    own = tmp_path / "snowman.proposal-9.npz"
    own.write_bytes(b"the user's")
    assert main([*asked, "4"]) == 0
    assert main([*asked, "2"]) == 0
    told = capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "snowman.npz", "snowman.proposal-2.npz", "snowman.proposal-9.npz", "snowman.proposals.json",
    ]  # fmt: skip
    assert own.read_bytes() == b"the user's"
    assert "snowman.proposal-3.npz, snowman.proposal-4.npz" in told
    (tmp_path / "snowman.proposals.json").write_text("[]")
    assert main([*asked, "1"]) == 0
    assert (tmp_path / "snowman.proposal-2.npz").exists()


# ---- the backend ----


def request(mesh: Mesh, **changes) -> SegmentRequest:
    corners = np.ascontiguousarray(mesh.faces.reshape(-1), np.int32)
    plain = {"name": "Snowman", "method": "auto", "vertices": mesh.vertices, "corner_vertices": corners, "proposals": 3}
    return SegmentRequest(**{**plain, "polygon_offsets": np.arange(0, len(corners) + 1, 3), **changes})


def test_the_backend_hands_over_all_trees_and_the_first_as_ever(mesh):
    stream = io.BytesIO()
    write_message(stream, Done(1, segment(request(mesh), no_progress)))
    stream.seek(0)
    result = read_message(stream).result
    assert len(result.proposals) == 3
    assert np.array_equal(result.proposals[0].merges, result.merges)
    for given in result.proposals:
        tree = PartTree(given.merges, given.heights, given.default_scale)
        assert tree.count(given.default_scale) == len(given.confidences)
    assert not segment(request(mesh, proposals=0), no_progress).proposals


def test_other_numbers_and_seeds_are_other_work(mesh):
    asked = [request(mesh), request(mesh, proposals=4), request(mesh, seed=1)]
    assert len({digest_of(one) for one in asked}) == 3
