"""Makes a folder that the environment can be installed from on a machine without a network.

    make_bundle.py OUT [--platform linux-x64] [--tier geometry] [--python 3.11] [--torch-build cpu]
                       [--find-links PLACE ...] [--python-archive FILE]

It holds the locked wheels for that platform and Python, uv, PyTorch where the tier is `ai`, and the archive of the managed
Python where it can be had; bundle.json tells what it is for, with a digest of every file. Any machine can make it for any
other, with one exception: builds of PyTorch for Linux that bring packages of their own (CUDA, ROCm, XPU) need Linux.
Everything comes through pip, from where pip is set to look, and PyTorch from its own index beside that.

Choose the folder in Blender with PartGen's Install from Folder.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

from lock import mac_platforms
from partgen.environment.bundle import BUNDLE, KIND, PYTHON, WHEELS, Bundle, file_of, verify_bundle
from partgen.environment.locked import locked_packages, oldest_system, supported_pythons
from partgen.environment.machine import Machine, detect
from partgen.environment.plan import size_in_words
from partgen.environment.settings import Tier
from partgen.environment.torch_builds import OLDEST_MACOS, TorchBuild, builds_for, torch_build_for
from partgen.errors import PartgenError

ROOT = Path(__file__).resolve().parent.parent

# Blender's names of the platforms, and the lock's.
PLATFORMS = {"linux-x64": "linux-x86_64", "windows-x64": "windows-x86_64", "macos-arm64": "macos-arm64", "macos-x64": "macos-x86_64"}

DOWNLOAD_SECONDS = 60
"""How long a server may say nothing."""


def platform_tags(platform: str, tier: str) -> list[str]:
    """What pip calls the platform, for the oldest system that the tier runs on: those wheels run on every newer one too."""
    if platform == "windows-x86_64":
        return ["win_amd64"]
    oldest = oldest_system(tier, platform)
    assert oldest is not None, f"the lock names no oldest system for {platform}"
    version = oldest[0]
    if platform == "linux-x86_64":
        # PyTorch's wheels are for glibc 2.28, and so are those that name 2.27 and 2.28 together.
        newest = max(version[1], 28)
        return [*(f"manylinux_2_{minor}_x86_64" for minor in range(newest, 4, -1)), "manylinux2014_x86_64", "manylinux1_x86_64"]
    version = max(version, OLDEST_MACOS) if tier == Tier.AI else version
    return list(mac_platforms((version[0], version[1]), platform.removeprefix("macos-")))


def target_arguments(platform: str, tier: str, python: str) -> list[str]:
    """What tells pip to download for another machine."""
    short = python.replace(".", "")
    arguments = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    arguments += [word for abi in (f"cp{short}", "abi3", "none") for word in ("--abi", abi)]
    return arguments + [word for tag in platform_tags(platform, tier) for word in ("--platform", tag)]


def download(folder: Path, *arguments: str | Path) -> None:
    """pip download into `folder`. Raises SystemExit with what pip says."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2",
               "--timeout", "20", "--dest", folder, *arguments]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"pip could not download what is needed:\n{done.stderr.strip()}")


def download_locked(wheels: Path, platform: str, tier: str, python: str, places: Sequence[str]) -> list[str]:
    """The locked wheels, checked by digest. Returns what they are as requirements, to hold others to."""
    pins = {f"{name}=={version}": digests for name, version, digests in locked_packages(tier, platform, python)}
    with tempfile.TemporaryDirectory() as name:
        asked = Path(name) / "requirements.txt"
        lines = [" ".join([pin, *(f"--hash=sha256:{digest}" for digest in digests)]) for pin, digests in pins.items()]
        asked.write_text("\n".join(lines) + "\n", "utf-8")
        download(wheels, "--no-deps", "--require-hashes", "-r", asked, *target_arguments(platform, tier, python), *places)
    return list(pins)


def download_torch(wheels: Path, build: TorchBuild, python: str, pins: Iterable[str], places: Sequence[str]) -> None:
    """PyTorch and the packages that belong to the build, which its own metadata pins."""
    if build.platform.startswith("linux") and build.kind != "cpu" and sys.platform != "linux":
        raise SystemExit(f"The packages of PyTorch for {build.title} can be told on Linux only: make this folder there.")
    index = ["--extra-index-url", build.index] if build.index else []
    with tempfile.TemporaryDirectory() as name:
        held = Path(name) / "constraints.txt"
        held.write_text("\n".join(pins) + "\n", "utf-8")
        target = target_arguments(build.platform, Tier.AI, python)
        download(wheels, build.requirement, "--find-links", wheels, "--constraint", held, *index, *target, *places)


def copy_uv(wheels: Path, platform: str) -> Path:
    """The pinned wheel of uv for the platform."""
    pins = tomllib.loads((ROOT / "wheels" / "pins.toml").read_text("utf-8"))
    wheel = ROOT / "wheels" / pins[platform]["file"]
    if not wheel.exists():
        subprocess.run([sys.executable, ROOT / "scripts" / "fetch_wheels.py", platform], check=True)
    return Path(shutil.copy2(wheel, wheels))


def uv_of_this_machine() -> str:
    beside = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise SystemExit("uv is not installed here: pip install uv.")
    return found


def python_address(platform: str, python: str) -> str:
    """Where uv would take the managed Python from."""
    told = subprocess.run(
        [uv_of_this_machine(), "--no-config", "python", "list", python, "--all-platforms", "--all-arches", "--only-downloads",
         "--output-format", "json"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    system, _, architecture = platform.partition("-")
    architecture = {"arm64": "aarch64"}.get(architecture, architecture)
    for one in json.loads(told):
        kind = (one["os"], one["arch"], one["implementation"], one["variant"])
        if kind == (system, architecture, "cpython", "default") and one["libc"] != "musl":
            return one["url"]
    raise SystemExit(f"uv knows no Python {python} for {platform}.")


def add_python(folder: Path, address: str, archive: Path | None) -> str:
    """Puts the archive where uv looks for it in a mirror. Returns why it is missing, or nothing."""
    release, name = (urllib.parse.unquote(part) for part in address.split("/")[-2:])
    place = folder / PYTHON / release / name
    if archive is not None and archive.name != name:
        raise SystemExit(f"uv asks for the Python archive {name}; {archive.name} is another one.")
    place.parent.mkdir(parents=True)
    part = place.with_suffix(".part")
    try:
        if archive is not None:
            shutil.copyfile(archive, part)
        else:
            with urllib.request.urlopen(address, timeout=DOWNLOAD_SECONDS) as answer, open(part, "wb") as file:
                shutil.copyfileobj(answer, file)
    except OSError as error:
        shutil.rmtree(folder / PYTHON)
        return f"The archive of Python could not be had ({error}): {address}"
    part.replace(place)
    return ""


def clear(folder: Path) -> None:
    """Makes the folder empty, if it is one of ours. Raises SystemExit where it holds something else."""
    if folder.exists() and any(folder.iterdir()):
        bundle = folder / BUNDLE
        if not bundle.is_file() or json.loads(bundle.read_text("utf-8")).get("kind") != KIND:
            raise SystemExit(f"{folder} holds something else: choose an empty folder.")
        shutil.rmtree(folder)
    (folder / WHEELS).mkdir(parents=True)
    # Marks the folder as ours from the beginning; a folder that was left here half made is refused by its missing files.
    (folder / BUNDLE).write_text(json.dumps({"kind": KIND}), "utf-8")


def choose_build(platform: str, tier: str, wanted: str) -> TorchBuild | None:
    """PyTorch's build for the other machine, whose GPU cannot be seen from here: the one asked for, else for its processor."""
    if tier != Tier.AI:
        return None
    system, _, architecture = platform.partition("-")
    machine = Machine(system, architecture)
    builds = builds_for(machine)
    try:
        return torch_build_for(machine, wanted or (builds[-1].id if builds else "cpu"))
    except PartgenError as error:
        raise SystemExit(str(error)) from error


def make_bundle(
    folder: Path, platform: str, tier: str, python: str, torch_build: str = "", find_links: Sequence[str] = (), archive: Path | None = None
) -> tuple[Bundle, list[str]]:
    """Makes the folder. Returns what it holds, and in sentences what could not be had."""
    locked = PLATFORMS[platform]
    build = choose_build(locked, tier, torch_build)
    places = [word for place in find_links for word in ("--find-links", place)]
    clear(folder)
    wheels = folder / WHEELS
    pins = download_locked(wheels, locked, tier, python, places)
    if build:
        download_torch(wheels, build, python, pins, places)
    copy_uv(wheels, platform)
    missing = [problem] if (problem := add_python(folder, python_address(locked, python), archive)) else []
    files = {path.relative_to(folder).as_posix(): file_of(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    del files[BUNDLE]
    bundle = Bundle(locked, tier, python, build.id if build else "", files)
    bundle.write(folder)
    for fault in verify_bundle(folder):
        raise SystemExit(fault.sentence)
    return bundle, missing


def main() -> None:
    here = next((name for name, locked in PLATFORMS.items() if locked == detect().platform), "linux-x64")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="OUT")
    parser.add_argument("--platform", choices=PLATFORMS, default=here)
    parser.add_argument("--tier", choices=[tier.value for tier in Tier], default=Tier.GEOMETRY.value)
    parser.add_argument("--python", choices=supported_pythons(), default=supported_pythons()[0])
    parser.add_argument("--torch-build", default="", help="of the other machine: cpu (as it is), cu126, cu130, rocm7.2, xpu, mps")
    parser.add_argument("--find-links", action="append", default=[], metavar="PLACE", help="more places that hold wheels")
    parser.add_argument("--python-archive", type=Path, metavar="FILE", help="the archive of Python, where it was fetched by hand")
    chosen = parser.parse_args()
    bundle, missing = make_bundle(
        chosen.folder, chosen.platform, chosen.tier, chosen.python, chosen.torch_build, chosen.find_links, chosen.python_archive
    )
    print(f"{chosen.folder}: {len(bundle.files)} files, {size_in_words(bundle.bytes)}, for {chosen.platform}, Python {bundle.python}")
    for sentence in missing:
        print(f"  missing: {re.sub(chr(10), ' ', sentence)}")
        print(f"  The other machine needs Python {bundle.python}, or a Blender that has it, unless --python-archive brings it.")


if __name__ == "__main__":
    main()
