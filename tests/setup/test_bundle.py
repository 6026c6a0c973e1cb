"""A folder made here really installs, with no network at all."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from local_index import make_wheel
from partgen.environment.bundle import read_bundle, verify_bundle
from partgen.environment.condition import backend_command, condition
from partgen.environment.locked import LOCKS, locked_wheels
from partgen.environment.torch_builds import TORCH_VERSION

ROOT = Path(__file__).resolve().parents[2]
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bundle is made for Linux and installed here")


@pytest.fixture(scope="module")
def making() -> Any:
    """The script that makes bundles."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import make_bundle
    finally:
        sys.path.pop(0)
    return make_bundle


@pytest.fixture(scope="module")
def bundle(making: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For this machine, tier geometry, from the package index that pip is set to."""
    folder = tmp_path_factory.mktemp("stick") / "PartGen für Linux"
    made, missing = making.make_bundle(folder, "linux-x64", "geometry", PYTHON)
    assert made.has_python is not bool(missing)
    return folder


def without_network(command: list[str]) -> list[str]:
    """The command in a network namespace of its own, where not even this machine can be reached. Skips where that is forbidden."""
    prefix = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("this machine does not allow a network of its own for a process (unshare)")
    return [*prefix, *command]


def set_up(bundle: Path, folder: Path, uv_wheel: Path, partgen_wheel: Path) -> subprocess.CompletedProcess[str]:
    settings = {"tier": "geometry", "offline_folder": str(bundle), "online": False}
    command = [
        sys.executable, "-s", "-B", "-m", "partgen.environment", "install", "--json-lines", "--folder", folder,
        "--settings", json.dumps(settings), "--uv-wheel", uv_wheel, "--partgen-wheel", partgen_wheel,
    ]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT / "backend")}
    line = without_network([str(word) for word in command])
    return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.PIPE, env=environment, timeout=300)


def last_event(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout.splitlines()[-1])


def test_the_wheel_of_the_backend_carries_the_locks(partgen_wheels) -> None:
    with zipfile.ZipFile(partgen_wheels[0]) as wheel:
        for lock in LOCKS.iterdir():
            assert wheel.read(f"partgen/environment/locks/{lock.name}") == lock.read_bytes()


def test_it_holds_exactly_what_is_locked_for_this_machine(bundle: Path) -> None:
    held = {path.name.split("-")[0].lower().replace("_", "-") for path in (bundle / "wheels").iterdir()}
    assert held == {wheel.package for wheel in locked_wheels("geometry", "linux-x86_64", PYTHON)} | {"uv"}
    assert read_bundle(bundle).python == PYTHON
    assert verify_bundle(bundle) == []


def test_an_environment_is_made_from_it_without_any_network(bundle, tmp_path, uv_wheel, partgen_wheels) -> None:
    folder = tmp_path / "mein Büro" / "environment"
    done = set_up(bundle, folder, uv_wheel, partgen_wheels[0])
    assert last_event(done)["event"] == "finished", done.stdout + done.stderr
    assert condition(folder).state == "ready"
    command = backend_command(folder, "--help")
    assert command is not None
    assert "decompose" in subprocess.run(without_network(command), capture_output=True, text=True, timeout=60).stdout


def test_a_damaged_folder_is_refused_before_anything_is_installed(bundle, tmp_path, uv_wheel, partgen_wheels) -> None:
    damaged = Path(shutil.copytree(bundle, tmp_path / "damaged"))
    wheel = next((damaged / "wheels").glob("scipy-*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:-100])
    folder = tmp_path / "environment"
    event = last_event(set_up(damaged, folder, uv_wheel, partgen_wheels[0]))
    assert (event["event"], event["code"], event["action"]) == ("problem", "bundle.damaged", "install_from_folder")
    assert wheel.name in event["sentence"]
    assert not (folder / "venv").exists()


# PyTorch for a GPU, with wheels that stand for it


def wheel_that_needs(name: str, version: str, tag: str, *needs: str) -> tuple[str, bytes]:
    """A wheel of `make_wheel` with requirements in its metadata."""
    file_name, content = make_wheel(name, version, tag)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            added = "".join(f"Requires-Dist: {need}\n" for need in needs) if entry.filename.endswith("METADATA") else ""
            new.writestr(entry, old.read(entry) + added.encode())
    return file_name, packed.getvalue()


def test_the_packages_of_a_build_of_pytorch_come_along(making, tmp_path, monkeypatch) -> None:
    place, wheels = tmp_path / "index", tmp_path / "wheels"
    place.mkdir()
    wheels.mkdir()
    tag = f"cp{PYTHON.replace('.', '')}-cp{PYTHON.replace('.', '')}-manylinux_2_28_x86_64"
    cuda = "nvidia_cublas; platform_system == 'Linux'"
    for name, content in (
        wheel_that_needs("torch", f"{TORCH_VERSION}+cu130", tag, "sympy", cuda),
        wheel_that_needs("torch", f"{TORCH_VERSION}+cpu", tag, "sympy"),
        make_wheel("nvidia_cublas", "13.1", "py3-none-manylinux_2_27_x86_64"),
        make_wheel("sympy", "1.14.0"),
        make_wheel("sympy", "1.15.0"),
    ):
        (place / name).write_bytes(content)
    shutil.copy2(place / "sympy-1.14.0-py3-none-any.whl", wheels)
    for variable in ("PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    build = making.choose_build("linux-x86_64", "ai", "cu130")
    making.download_torch(wheels, build, PYTHON, ["sympy==1.14.0"], ["--find-links", str(place)])
    assert sorted(path.name for path in wheels.iterdir()) == [
        "nvidia_cublas-13.1-py3-none-manylinux_2_27_x86_64.whl",
        "sympy-1.14.0-py3-none-any.whl",
        f"torch-{TORCH_VERSION}+cu130-{tag}.whl",
    ]
