"""What every test may use, in Blender or outside: where the shared data lies; and that it finds no models of the tester."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_folder(variable: str, default: str) -> Path:
    """The folder that an environment variable names, or the one beside the repository. Skips the test where it is absent."""
    folder = Path(os.environ.get(variable) or ROOT / default).resolve()
    if not folder.is_dir():
        pytest.skip(f"{variable}: there is no folder {folder}")
    return folder


@pytest.fixture(scope="session")
def benchmark_folder() -> Path:
    """Labelled, remeshed and messy models: PARTGEN_BENCHMARK."""
    return shared_folder("PARTGEN_BENCHMARK", "../shared/benchmark")


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """Recorded answers of reference implementations: PARTGEN_REFERENCE."""
    return shared_folder("PARTGEN_REFERENCE", "../shared/reference")


@pytest.fixture(scope="session", autouse=True)
def no_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A computer onto which no model was downloaded: tests would take other ways where the tester's own were found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARTGEN_MODELS", str(tmp_path_factory.mktemp("models")))
        yield
