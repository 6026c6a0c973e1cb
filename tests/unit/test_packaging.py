"""How the extension's zips come about: the pinned installer is the one that is bundled, and zips tell their content apart."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import build_extension  # noqa: E402
import fetch_wheels  # noqa: E402


def test_there_is_an_installer_for_every_platform_of_blender() -> None:
    pins = fetch_wheels.pins()
    assert set(pins) == {"linux-x64", "windows-x64", "macos-arm64", "macos-x64"}
    endings = {"linux-x64": "x86_64", "windows-x64": "win_amd64", "macos-arm64": "arm64", "macos-x64": "x86_64"}
    for name, pin in pins.items():
        distribution, version, python, abi, platform = pin.file.removesuffix(".whl").split("-")
        assert (distribution, version, python, abi) == ("uv", pin.version, "py3", "none")
        assert platform.startswith(name.partition("-")[0].replace("linux", "manylinux").replace("windows", "win"))
        assert platform.endswith(endings[name])


@pytest.fixture
def empty_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """wheels/ as it is in a fresh clone, in a folder of its own."""
    shutil.copy(fetch_wheels.PINS, tmp_path)
    monkeypatch.setattr(fetch_wheels, "WHEELS", tmp_path)
    monkeypatch.setattr(fetch_wheels, "PINS", tmp_path / fetch_wheels.PINS.name)
    return tmp_path


def answer_with(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets pip bring wheels of this content."""

    def download(version: str, pip_platform: str, folder: Path) -> Path:
        pinned = next(pin for pin in fetch_wheels.pins().values() if fetch_wheels.PLATFORMS[pin.platform] == pip_platform)
        wheel = folder / pinned.file.replace(pinned.version, version)
        wheel.write_bytes(content)
        return wheel

    monkeypatch.setattr(fetch_wheels, "download", download)


def test_an_installer_that_is_not_the_pinned_one_is_refused_and_not_kept(empty_wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(b"something else", monkeypatch)
    with pytest.raises(SystemExit, match="not the file that"):
        fetch_wheels.main(["linux-x64"])
    assert [file.name for file in empty_wheels.iterdir()] == [fetch_wheels.PINS.name]


def test_a_damaged_installer_is_fetched_again(empty_wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(b"whole", monkeypatch)
    fetch_wheels.main(["--pin", "0.13.8"])
    pin = fetch_wheels.pins()["linux-x64"]
    pin.path.write_bytes(b"who")
    assert not fetch_wheels.is_whole(pin)
    fetch_wheels.main(["linux-x64"])
    assert pin.path.read_bytes() == b"whole"


def test_pinning_another_release_writes_all_of_it_and_leaves_no_old_wheel(empty_wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(b"older", monkeypatch)
    fetch_wheels.main(["--pin", "0.13.8"])
    answer_with(b"newer", monkeypatch)
    fetch_wheels.main(["--pin", "9.9.9"])
    pins = fetch_wheels.pins()
    assert {pin.sha256 for pin in pins.values()} == {hashlib.sha256(b"newer").hexdigest()}
    assert {pin.bytes for pin in pins.values()} == {5}
    assert {file.name for file in empty_wheels.glob("*.whl")} == {pin.file for pin in pins.values()}
    assert all("9.9.9" in pin.file for pin in pins.values())
    assert "--pin 9.9.9" in fetch_wheels.PINS.read_text()


def test_a_platform_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fetch_wheels.main(["amiga"])
    assert "choose from linux-x64" in capsys.readouterr().err


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    build_extension.stage_backend(build_extension.FULL["linux-x64"], tmp_path / "backend")
    return tmp_path / "backend"


@pytest.mark.parametrize("change", [
    lambda backend: (backend / "partgen" / "new.py").write_text(""),
    lambda backend: (backend / "partgen" / "mesh.py").unlink(),
    lambda backend: (backend / "partgen" / "mesh.py").rename(backend / "partgen" / "meshes.py"),
    lambda backend: (backend / "partgen" / "environment" / "data.txt").write_text("locked"),
    lambda backend: (backend / "pyproject.toml").write_text("[project]"),
    lambda backend: shutil.rmtree(backend / "partgen" / "environment"),
])  # fmt: skip
def test_whatever_changes_the_wheel_changes_its_version(change, backend: Path) -> None:
    before = build_extension.content_digest(backend)
    change(backend)
    assert build_extension.content_digest(backend) != before


def test_what_python_leaves_behind_does_not_change_the_version(backend: Path) -> None:
    before = build_extension.content_digest(backend)
    (backend / "partgen" / "__pycache__").mkdir(exist_ok=True)
    (backend / "partgen" / "__pycache__" / "mesh.cpython-311.pyc").write_bytes(b"")
    assert build_extension.content_digest(backend) == before


def test_full_and_store_builds_differ_in_version(tmp_path: Path) -> None:
    digests = {build_extension.stage_backend(build, tmp_path / name) for name, build in build_extension.BUILDS.items()}
    assert len(digests) == 2
    assert not (tmp_path / "store" / "partgen" / "environment").exists()
    assert (tmp_path / "windows-x64" / "partgen" / "environment").is_dir()


@pytest.mark.parametrize("name", build_extension.BUILDS)
def test_the_manifest_says_what_the_build_holds_and_needs(name: str) -> None:
    build = build_extension.BUILDS[name]
    manifest = tomllib.loads(build_extension.manifest_of(build, [Path("a/partgen-1-py3-none-any.whl"), Path("b/uv.whl")]))
    assert manifest["wheels"] == ["./wheels/partgen-1-py3-none-any.whl", "./wheels/uv.whl"]
    assert manifest.get("platforms") == (None if name == "store" else [name])
    assert ("backend" in manifest["permissions"]["network"]) == (name != "store")
    assert all(len(text) <= 64 for text in manifest["permissions"].values())


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    """Whatever their dates, permissions and order on the disk are."""
    for order, mode, date in (("abc", 0o600, 1e9), ("cba", 0o777, 1.5e9)):
        for name in order:
            file = tmp_path / order / name / f"{name}.py"
            file.parent.mkdir(parents=True)
            file.write_text(name)
            file.chmod(mode)
            os.utime(file, (date, date))
        build_extension.write_zip(tmp_path / order, tmp_path / f"{order}.zip")
    assert (tmp_path / "abc.zip").read_bytes() == (tmp_path / "cba.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "abc.zip") as archive:
        assert archive.namelist() == ["a/a.py", "b/b.py", "c/c.py"]
