"""Files as they come: every one of the benchmark's messy models gives a result or a clear error, and none a crash or a hang."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from partgen.files import read_model

# Seconds for one file; the largest has 84,000 triangles and takes a small part of this.
PATIENCE = 120


def messy_files(folder: Path) -> list[tuple[Path, str]]:
    """Each messy file with the defects that its index names."""
    with (folder / "messy" / "index.csv").open(newline="") as index:
        return [(folder / "messy" / row["file"], row["tags"]) for row in csv.DictReader(index)]


def segment(file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Segments one file in a process of its own, which may crash or hang without the others."""
    command = [sys.executable, "-m", "partgen", "segment", str(file), "--labels-dir", str(folder), "--levels", "2-10"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def test_every_messy_file_is_answered(benchmark_folder: Path, tmp_path: Path) -> None:
    files = messy_files(benchmark_folder)
    assert len(files) > 20
    folders = [tmp_path / str(number) for number in range(len(files))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        endings = list(pool.map(segment, [file for file, _ in files], folders))
    for (file, tags), folder, done in zip(files, folders, endings, strict=True):
        what = f"{file.name} ({tags}): {done.stderr}"
        if done.returncode == 0:
            with np.load(folder / f"{file.stem}.npz") as arrays:
                labels, levels, cuts = arrays["face_labels"], arrays["levels"], arrays["level_labels"]
            count = len(read_model(file).mesh.faces)
            assert labels.shape == (count,), what
            assert set(labels.tolist()) == set(range(labels.max() + 1)), what
            assert cuts.shape == (len(levels), count), what
        else:
            assert done.returncode == 1, what
            assert done.stderr.startswith("partgen: "), what
            assert file.name in done.stderr, what
            assert done.stderr.count("\n") == 1, what
            assert "fault of its own" not in done.stderr, what
    assert sum(done.returncode == 0 for done in endings) >= 0.8 * len(files)
