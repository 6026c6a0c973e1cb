"""Files as they come: a few of the benchmark's messy models, taken apart, lose nothing. All of them: tests/benchmark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from partgen.files import read_model

# Seconds for one file; the largest has 84,000 triangles and takes a small part of this.
PATIENCE = 120


@pytest.mark.parametrize("name", ["DamagedHelmet.gltf", "fuze.obj", "counterXP.3MF", "chair_model.obj"])
def test_messy_models_come_out_whole(benchmark_folder: Path, tmp_path: Path, name: str) -> None:
    file = next((benchmark_folder / "messy").rglob(name), None)
    if file is None:
        pytest.skip(f"{name} is not in this benchmark")
    command = [sys.executable, "-m", "partgen", "decompose", str(file), "-o", str(tmp_path), "--parts", "5"]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    before, after = read_model(file), read_model(tmp_path / f"{file.stem}.glb")
    assert len(after.mesh.faces) == len(before.mesh.faces)
    for model in (before, after):
        model.mesh.check()
    areas = [sum(piece.geometry.area for piece in model.pieces) for model in (before, after)]
    assert areas[1] == pytest.approx(areas[0], rel=1e-4)
