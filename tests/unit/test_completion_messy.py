"""Real dirt: messy files give closed parts."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from partgen.completion import completer
from partgen.files import read_model

MESSY = Path(os.environ.get("PARTGEN_BENCHMARK", "../shared/benchmark")) / "messy"
FILES = ["common3d/suzanne.obj", "common3d/beetle.obj", "common3d/woody.obj", "gltf/RiggedFigure/RiggedFigure.gltf", "trimesh/cubevt.obj"]


@pytest.mark.skipif(not MESSY.exists(), reason="no benchmark here")
@pytest.mark.parametrize("method", ["caps", "solid"])
@pytest.mark.parametrize("name", FILES)
def test_a_messy_file_gives_closed_parts(name: str, method: str) -> None:
    model = read_model(MESSY / name)
    middle = model.mesh.vertices[model.mesh.faces].mean(axis=1)
    labels = (middle[:, 0] > np.median(middle[:, 0])).astype(np.int32)
    parts = completer(method).complete(model.mesh, labels).parts
    for part in parts:
        assert part.measures.is_watertight
        assert np.array_equal(part.vertices[: len(part.input_vertices)], model.mesh.vertices[part.input_vertices])
