"""The learned segmenter that comes with PartGen: whole, the same whatever the pose, at home on any mesh, and never replaced in secret."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from partgen.errors import Action, Cancelled, PartgenError
from partgen.mesh import Mesh
from partgen.segmentation import Segmentation, segmenter, superfaces
from partgen.segmentation.geometric import RECIPE as GEOMETRIC_RECIPE
from partgen.segmentation.geometric import expected_seconds
from partgen.segmentation.superfaces import ABLATIONS, RECIPE, bundled_weights, without
from partgen.weights import registry
from safetensors.numpy import load_file
from shapes import Shape, agreement, apart, at, box, dumbbell, grid, humanoid, snowman, table, two_boxes
from test_geometric import POOR, POSES, two_sided_sheet

OURS = registry.entry("superfaces")
HOME = registry.BUNDLED_FOLDER / OURS.id


def segment(mesh: Mesh, **options: str) -> Segmentation:
    """The segmentation of a mesh, in which every leaf has a face and every polygon one leaf."""
    result = segmenter("superfaces", **options).segment(mesh)
    leaf = result.leaf_of_face
    assert (leaf.dtype, leaf.shape) == (np.int32, (len(mesh.faces),))
    assert set(leaf.tolist()) == set(range(result.tree.leaf_count))
    assert len(np.unique(np.column_stack([mesh.polygon_of_face, leaf]), axis=0)) == mesh.polygon_count
    return result


def labels_into(result: Segmentation, count: int) -> np.ndarray:
    return result.tree.cut_into(count)[result.leaf_of_face]


# ---- what ships ------------------------------------------------------------------------------------------------------


def test_the_registry_tells_what_is_in_the_bundled_weights() -> None:
    tensors = load_file(HOME / "model.safetensors")
    parameters = sum(values.size for values in tensors.values())
    assert (OURS.contents.tensors, OURS.contents.parameters) == (len(tensors), parameters), (
        "weights/registry.py is not of the bundled weights: write these numbers into the contents of its entry"
    )
    assert all(np.isfinite(values).all() for values in tensors.values())


def test_what_is_bundled_says_how_it_came_about_and_fits_a_folder_of_code() -> None:
    story = json.loads((HOME / "training.json").read_text(encoding="utf-8"))
    assert "procedural" in story["data"] + story.get("shapes", "")
    assert "partgen train superfaces" in json.dumps(story)
    everything = [path for path in registry.BUNDLED_FOLDER.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in everything) <= 16 * 1024**2
    assert sum(path.stat().st_size for path in everything) <= 60 * 10**6
    assert {path.parent.name for path in everything} == {entry.id for entry in registry.ENTRIES if entry.kind is registry.Kind.BUNDLED}


# ---- parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [dumbbell, table, snowman, two_boxes])
def test_obvious_parts_are_found(make: Callable[[], Shape]) -> None:
    shape = make()
    assert agreement(labels_into(segment(shape.mesh), int(shape.parts.max()) + 1), shape.parts, shape.areas) > 0.9


def test_the_best_that_is_there_is_the_learned_one_and_says_so() -> None:
    for method in ("auto", "superfaces"):
        result = segmenter(method).segment(two_boxes().mesh)
        assert (result.method, result.weights, result.notes) == ("superfaces", "superfaces", ())


def test_the_same_mesh_gives_the_same_tree() -> None:
    mesh = humanoid().mesh
    first, second = segment(mesh), segment(mesh)
    assert np.array_equal(first.leaf_of_face, second.leaf_of_face)
    assert np.array_equal(first.tree.merges, second.tree.merges)
    assert np.array_equal(first.leaf_features, second.leaf_features)
    assert first.tree.default_scale == second.tree.default_scale


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES.keys())
def test_parts_do_not_depend_on_the_pose(pose: Callable[[Shape], Shape]) -> None:
    shape = pose(table())
    count = int(shape.parts.max()) + 1
    assert agreement(labels_into(segment(shape.mesh), count), shape.parts, shape.areas) > 0.9


@pytest.mark.parametrize("arrays", POOR.values(), ids=POOR.keys())
def test_poor_meshes_have_a_tree(arrays: tuple) -> None:
    result = segment(Mesh.from_triangles(*map(np.array, arrays)))
    assert result.tree.count(1) == 1


def test_both_sides_of_a_sheet_are_one_part_everywhere() -> None:
    leaf = segment(Mesh.from_triangles(*two_sided_sheet())).leaf_of_face
    assert np.array_equal(leaf[:128], leaf[128:])


def test_loose_components_that_lie_apart_are_parts() -> None:
    shape = apart([at(box(1, 1, 1), 3.0 * x, 0, 0) for x in range(4)])
    assert agreement(labels_into(segment(shape.mesh), 4), shape.parts) == 1


def test_large_polygons_keep_their_leaf_and_every_leaf_its_features() -> None:
    """A sheet of which half is one polygon that regions would divide: leaves without a face go, and with them their features."""
    vertices, faces = grid(24)
    polygon = np.maximum(np.arange(len(faces)) - len(faces) // 2, 0)
    mesh = Mesh(vertices.astype(np.float32), faces.astype(np.int32), polygon.astype(np.int32))
    result = segment(mesh)
    assert len(result.leaf_features) == result.tree.leaf_count < segment(Mesh.from_triangles(vertices, faces)).tree.leaf_count


def test_a_mesh_without_any_area_is_refused_by_name() -> None:
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]])
    with pytest.raises(PartgenError, match="No face of Wire has an area"):
        segment(Mesh.from_triangles(line, np.array([[0, 1, 2], [1, 2, 3]]), "Wire"))


def test_faces_without_area_are_told() -> None:
    boxes = two_boxes()
    flat = np.column_stack([boxes.faces[-1:, :2], boxes.faces[-1:, 1]])
    (note,) = segment(Mesh.from_triangles(boxes.vertices, np.concatenate([flat, boxes.faces]), "Lamp")).notes
    assert note.startswith("Lamp has 1 face without area")


@pytest.mark.parametrize("make", [table, two_boxes, humanoid])
def test_every_leaf_has_a_look_of_length_one(make: Callable[[], Shape]) -> None:
    result = segment(make().mesh)
    descriptors = result.leaf_features
    assert (descriptors.dtype, len(descriptors)) == (np.float32, result.tree.leaf_count)
    assert np.linalg.norm(descriptors, axis=1) == pytest.approx(1, abs=1e-5)


def test_progress_rises_through_the_stages_of_geometry() -> None:
    reports: list[tuple[float, str]] = []
    mesh = dumbbell().mesh
    segmenter("superfaces").segment(mesh, lambda fraction, stage: reports.append((fraction, stage)))
    fractions, stages = zip(*reports, strict=True)
    assert list(stages) == list(expected_seconds(len(mesh.faces)))
    assert list(fractions) == sorted(set(fractions))
    assert 0 == fractions[0] < fractions[-1] < 1


def test_work_ends_at_the_report_that_cancels_it() -> None:
    def progress(fraction: float, stage: str) -> None:
        if stage == "Building the part tree":
            raise Cancelled

    with pytest.raises(Cancelled):
        segmenter("superfaces").segment(two_boxes().mesh, progress)


# ---- for comparison --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ablation", ABLATIONS)
def test_an_ablation_answers_and_says_so(ablation: str) -> None:
    mesh = humanoid().mesh
    whole, without_some = segment(mesh), segment(mesh, ablation=ablation)
    assert without_some.notes == (*whole.notes, ABLATIONS[ablation])
    assert not np.array_equal(without_some.tree.merges, whole.tree.merges), "what was left out made a difference"


def test_an_unknown_ablation_is_refused() -> None:
    with pytest.raises(PartgenError, match="no ablation 'luck'") as refusal:
        segmenter("superfaces", ablation="luck")
    assert "geometry, learned or shuffled" in refusal.value.remedy


def test_what_is_left_out_weighs_nothing_and_the_rest_what_it_did() -> None:
    for left_out, kept in (("learned", "concave"), ("geometry", "boundary")):
        recipe = without(RECIPE, left_out)
        for phase in ("early", "late", "significance"):
            # The early merges listen to the network alone: without it they are those of geometry.
            whole = GEOMETRIC_RECIPE if (left_out, phase) == ("learned", "early") else RECIPE
            weights, before = getattr(recipe, phase), getattr(whole, phase)
            assert weights.learned == (left_out == "geometry" and before.learned)
            assert weights.outlined == (left_out == "learned" and before.outlined)
            assert getattr(weights, kept) == getattr(before, kept)
            assert weights.base == before.base


# ---- damaged ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation whose bundled weights may be broken: their folder."""
    shutil.copytree(HOME, tmp_path / OURS.id)
    monkeypatch.setattr(registry, "BUNDLED_FOLDER", tmp_path)
    monkeypatch.setattr(superfaces, "BUNDLED_FOLDER", tmp_path)
    bundled_weights.cache_clear()
    yield tmp_path / OURS.id
    bundled_weights.cache_clear()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no folder": shutil.rmtree,
    "no weights": lambda home: (home / "model.safetensors").unlink(),
    "cut short": lambda home: (home / "model.safetensors").write_bytes((HOME / "model.safetensors").read_bytes()[:-4]),
    "empty": lambda home: (home / "model.safetensors").write_bytes(b""),
    "no sizes": lambda home: (home / "config.json").unlink(),
    "other sizes": lambda home: (home / "config.json").write_text("{}"),
    "broken sizes": lambda home: (home / "config.json").write_text("{"),
}


@pytest.mark.parametrize("method", ["auto", "superfaces"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_weights_are_told_with_their_remedy_and_geometry_does_not_step_in(
    copied: Path, damage: Callable[[Path], object], method: str
) -> None:
    damage(copied)
    stages: list[str] = []
    with pytest.raises(PartgenError, match="The weights of Superfaces, which come with PartGen, are damaged") as refusal:
        segmenter(method).segment(two_boxes().mesh, lambda fraction, stage: stages.append(stage))
    assert (refusal.value.code, refusal.value.action) == ("weights.damaged", Action.REPAIR)
    assert "Repair the environment" in refusal.value.remedy
    assert "download" not in str(refusal.value).lower()
    assert not stages, "told before any work was done"
    assert segmenter("geometric").segment(two_boxes().mesh).method == "geometric"


def test_a_copy_that_is_whole_works(copied: Path) -> None:
    assert segment(two_boxes().mesh).weights == "superfaces"
    assert registry.condition(OURS, copied).state is registry.State.BUNDLED


def test_a_single_triangle_is_told_what_it_looks_like_too() -> None:
    found = segment(Mesh.from_triangles(np.eye(3), np.array([[0, 1, 2]]), "Triangle"))
    assert found.tree.leaf_count == 1
    np.testing.assert_allclose(np.linalg.norm(found.leaf_features, axis=1), [1.0], atol=1e-5)
