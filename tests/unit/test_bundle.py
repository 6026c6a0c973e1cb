"""A folder to install from is what it says it is, or says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from partgen.environment.bundle import BUNDLE, Bundle, file_of, read_bundle, verify_bundle
from partgen.environment.locked import oldest_system, supported_platforms
from partgen.errors import Action, PartgenError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds two wheels and a Python, with a space and an umlaut in its path."""
    folder = tmp_path / "für den Rechner"
    for path in ("wheels/numpy-2.4.6-any.whl", "wheels/torch-2.13.0+cpu-any.whl", "python/20261110/cpython-3.11.18+20261110.tar.gz"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(path.encode() * 100)
    files = {path.relative_to(folder).as_posix(): file_of(path) for path in folder.rglob("*.*") if path.is_file()}
    Bundle("linux-x86_64", "ai", "3.11", "cpu", files).write(folder)
    return folder


def fault(folder: Path) -> PartgenError:
    (problem,) = verify_bundle(folder)
    assert problem.action is Action.INSTALL_FROM_FOLDER
    assert problem.remedy
    return problem


def test_a_folder_as_it_was_made_is_in_order(folder):
    assert verify_bundle(folder) == []
    bundle = read_bundle(folder)
    assert (bundle.platform, bundle.tier, bundle.python, bundle.torch_build) == ("linux-x86_64", "ai", "3.11", "cpu")
    assert bundle.has_python
    assert bundle.bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != BUNDLE)


def test_a_folder_may_be_moved(folder, tmp_path):
    assert verify_bundle(Path(shutil.copytree(folder, tmp_path / "stick" / "PartGen"))) == []


def test_a_file_that_is_missing_is_named(folder):
    (folder / "wheels" / "numpy-2.4.6-any.whl").unlink()
    assert fault(folder).sentence == "“wheels/numpy-2.4.6-any.whl” in the installation folder is missing."


def test_a_copy_that_broke_off_is_named(folder):
    wheel = folder / "wheels" / "torch-2.13.0+cpu-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:-1])
    assert "torch" in fault(folder).sentence
    assert "incomplete" in fault(folder).sentence


def test_a_file_with_one_other_bit_is_named(folder):
    wheel = folder / "wheels" / "torch-2.13.0+cpu-any.whl"
    content = bytearray(wheel.read_bytes())
    content[7] ^= 1
    wheel.write_bytes(content)
    assert "damaged" in fault(folder).sentence


def test_a_folder_in_the_place_of_a_file_is_not_taken_for_it(folder):
    wheel = folder / "wheels" / "numpy-2.4.6-any.whl"
    wheel.unlink()
    wheel.mkdir()
    assert "missing" in fault(folder).sentence


@pytest.mark.parametrize("path", ["../outside.whl", "/etc/passwd", "wheels/../../outside.whl", "C:\\outside.whl", "C:/outside.whl", ""])
def test_a_list_that_names_files_outside_is_refused(path, folder):
    content = json.loads((folder / BUNDLE).read_text("utf-8"))
    content["files"][path] = {"bytes": 1, "sha256": "0" * 64}
    (folder / BUNDLE).write_text(json.dumps(content), "utf-8")
    assert fault(folder).code == "bundle.none"


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"kind": "something else"}, {"files": []}, {"files": {"wheels/a.whl": {"bytes": 1}}}, {"surprise": 1}]
)
def test_a_folder_of_another_kind_or_time_is_refused(change, folder):
    content = json.loads((folder / BUNDLE).read_text("utf-8")) | change
    (folder / BUNDLE).write_text(json.dumps(content), "utf-8")
    assert fault(folder).code in ("bundle.none", "bundle.format")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert fault(tmp_path / "nowhere").code == "bundle.none"


# Making one


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch):
    """The script that makes bundles."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import make_bundle

    return make_bundle


def test_a_folder_with_something_else_in_it_is_never_cleared(making, tmp_path):
    (tmp_path / "holiday.blend").write_bytes(b"BLENDER")
    with pytest.raises(SystemExit, match="something else"):
        making.clear(tmp_path)
    assert (tmp_path / "holiday.blend").exists()


def test_a_bundle_is_made_anew_in_its_place(making, folder):
    making.clear(folder)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [BUNDLE]
    # Left like this, it is none that could be installed from.
    assert fault(folder).code == "bundle.none"


def test_wheels_are_taken_for_the_oldest_system_that_is_supported(making):
    for name, platform in making.PLATFORMS.items():
        tags = making.platform_tags(platform, "geometry")
        newest = {"linux-x64": "manylinux_2_28_x86_64", "windows-x64": "win_amd64", "macos-arm64": "macosx_13_0_arm64"}
        assert tags[0] == newest.get(name, "macosx_13_0_x86_64")
    assert making.platform_tags("macos-arm64", "ai")[0] == "macosx_14_0_arm64"
    assert set(making.PLATFORMS.values()) == set(supported_platforms())
    assert oldest_system("geometry", "macos-arm64") == ((13, 0), "embreex")


def test_the_build_of_pytorch_is_the_one_asked_for_or_that_of_the_processor(making):
    assert making.choose_build("linux-x86_64", "geometry", "") is None
    assert making.choose_build("linux-x86_64", "ai", "").id == "cpu"
    assert making.choose_build("windows-x86_64", "ai", "cu130").id == "cu130"
    assert making.choose_build("macos-arm64", "ai", "").id == "mps"
    for platform, wanted in (("macos-x86_64", ""), ("windows-x86_64", "rocm7.2")):
        with pytest.raises(SystemExit, match="PyTorch"):
            making.choose_build(platform, "ai", wanted)


def test_an_archive_of_python_lands_where_uv_looks_for_it_in_a_mirror(making, tmp_path):
    archive = tmp_path / "cpython-3.11.18+20261110-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"
    archive.write_bytes(b"python")
    address = f"https://releases.example/download/20261110/{archive.name.replace('+', '%2B')}"
    assert making.add_python(tmp_path / "bundle", address, archive) == ""
    assert (tmp_path / "bundle" / "python" / "20261110" / archive.name).read_bytes() == b"python"
    with pytest.raises(SystemExit, match="another one"):
        making.add_python(tmp_path / "other", address, archive.rename(tmp_path / "python.tar.gz"))


def test_an_archive_that_cannot_be_had_is_told_and_leaves_nothing(making, tmp_path):
    # A port of this machine that nobody listens at.
    missing = making.add_python(tmp_path / "bundle", "http://127.0.0.1:9/20261110/cpython-3.11.tar.gz", None)
    assert "could not be had" in missing
    assert not (tmp_path / "bundle" / "python").exists()


@pytest.mark.parametrize("platform", ["linux-x86_64", "windows-x86_64", "macos-arm64", "macos-x86_64"])
def test_uv_tells_where_the_python_of_every_platform_is(making, platform):
    address = making.python_address(platform, "3.11")
    kind = {"linux-x86_64": "x86_64-unknown-linux-gnu", "windows-x86_64": "x86_64-pc-windows-msvc"}
    kind |= {"macos-arm64": "aarch64-apple-darwin", "macos-x86_64": "x86_64-apple-darwin"}
    assert kind[platform] in address
    assert address.endswith("install_only_stripped.tar.gz")
