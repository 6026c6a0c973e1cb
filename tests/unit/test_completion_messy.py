"""Real dirt: messy files give closed parts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.completion import completer
from partgen.completion.touching import apart
from partgen.errors import PartgenError
from partgen.files import read_model
from partgen.segmentation import segmenter

FILES = ["common3d/suzanne.obj", "common3d/beetle.obj", "common3d/woody.obj", "gltf/RiggedFigure/RiggedFigure.gltf", "trimesh/cubevt.obj"]


@pytest.fixture
def messy(benchmark_folder: Path) -> Path:
    return benchmark_folder / "messy"


@pytest.mark.parametrize("method", ["caps", "solid"])
@pytest.mark.parametrize("name", FILES)
def test_a_messy_file_gives_closed_parts(messy: Path, name: str, method: str) -> None:
    model = read_model(messy / name)
    middle = model.mesh.vertices[model.mesh.faces].mean(axis=1)
    labels = (middle[:, 0] > np.median(middle[:, 0])).astype(np.int32)
    parts = completer(method).complete(model.mesh, labels).parts
    for part in parts:
        assert part.measures.is_watertight
        assert np.array_equal(part.vertices[: len(part.input_vertices)], model.mesh.vertices[part.input_vertices])


SMALL = [
    "trimesh/joined_tetrahedra.obj",
    "trimesh/soup.stl",
    "trimesh/wallhole.obj",
    "trimesh/tube.obj",
    "gltf/RiggedFigure/RiggedFigure.gltf",
]


@pytest.mark.parametrize("method", ["caps", "solid"])
@pytest.mark.parametrize("name", SMALL)
def test_the_found_parts_of_a_messy_file_can_be_closed(messy: Path, name: str, method: str) -> None:
    model = read_model(messy / name)
    labels = segmenter("geometric").segment(model.mesh).labels()
    parts = completer(method).complete(model.mesh, labels).parts
    assert [part.label for part in parts] == np.unique(labels).tolist()
    assert all(part.measures.is_watertight for part in parts)


TOUCHING = ["trimesh/joined_tetrahedra.obj", "trimesh/two_objects.obj", "common3d/beetle.obj"]


@pytest.mark.parametrize("method", ["caps", "solid"])
@pytest.mark.parametrize("name", TOUCHING)
def test_parts_that_touch_themselves_are_closed_for_readers_that_merge_vertices(messy: Path, name: str, method: str) -> None:
    model = read_model(messy / name)
    labels = segmenter("geometric").segment(model.mesh).labels()
    for part in completer(method).complete(model.mesh, labels).parts:
        vertices, faces, _ = apart(part.vertices, part.faces, part.generated)
        assert trimesh.Trimesh(vertices, faces, process=True).is_watertight, part.label


@pytest.mark.parametrize("method", ["caps", "solid"])
def test_a_part_that_other_programs_will_find_open_is_named(messy: Path, tmp_path: Path, capsys, method: str) -> None:
    file = messy / "trimesh/wallhole.obj"
    labels = segmenter("geometric").segment(read_model(file).mesh).labels()
    np.savez(tmp_path / "labels.npz", face_labels=labels)
    assert main(["complete", str(file), "--labels", str(tmp_path / "labels.npz"), "-o", str(tmp_path), "--method", method]) == 0
    said = capsys.readouterr().out
    for part in json.loads((tmp_path / "parts.json").read_text())["parts"]:
        is_closed = trimesh.load(tmp_path / part["file"], process=True).is_watertight
        assert is_closed != (f"Part {part['label']}: It touches itself along whole edges" in said)


def test_a_file_without_faces_is_said_to_have_none(messy: Path) -> None:
    with pytest.raises(PartgenError, match="has no faces"):
        read_model(messy / "trimesh/empty_nodes.glb")
