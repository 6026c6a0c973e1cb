"""Fetches the wheels of uv that the extension bundles into wheels/, as wheels/pins.toml pins them.

    fetch_wheels.py                       the wheel of this machine's platform
    fetch_wheels.py macos-arm64 ...       those of other platforms; "all" for every one
    fetch_wheels.py --pin 0.13.8          writes wheels/pins.toml anew for another release, for all platforms

They come through pip, from the package index that pip is set to. A file whose digest differs from the pin is refused.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WHEELS = Path(__file__).resolve().parent.parent / "wheels"
PINS = WHEELS / "pins.toml"

# Blender's name of a platform, and what pip calls it. The oldest systems that uv supports, because one wheel serves all.
PLATFORMS = {
    "linux-x64": "manylinux_2_17_x86_64",
    "windows-x64": "win_amd64",
    "macos-arm64": "macosx_11_0_arm64",
    "macos-x64": "macosx_10_12_x86_64",
}


@dataclass(frozen=True)
class Pin:
    """A wheel that the extension bundles: Blender's name of its platform, its version, file name, SHA-256 and size in bytes."""

    platform: str
    version: str
    file: str
    sha256: str
    bytes: int

    @property
    def path(self) -> Path:
        """Where the wheel lies once it was fetched."""
        return WHEELS / self.file


def pins() -> dict[str, Pin]:
    """The pinned wheel of every platform."""
    table = tomllib.loads(PINS.read_text("utf-8"))
    return {name: Pin(name, table["version"], **table[name]) for name in PLATFORMS}


def this_platform() -> str:
    """Blender's name of the platform that this machine is. Raises SystemExit where the extension is not made for it."""
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    machine = platform.machine().lower()
    name = f"{system}-{ {'x86_64': 'x64', 'amd64': 'x64', 'aarch64': 'arm64'}.get(machine, machine) }"
    if name not in PLATFORMS:
        raise SystemExit(f"The extension is not made for {name}, only for {', '.join(PLATFORMS)}. Name one of them.")
    return name


def is_whole(pin: Pin) -> bool:
    """Whether the pinned wheel is there, every byte of it."""
    return pin.path.is_file() and sha256(pin.path) == pin.sha256


def sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def download(version: str, pip_platform: str, folder: Path) -> Path:
    """The wheel of uv for a platform, downloaded by pip into `folder`. Raises SystemExit where pip cannot get it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--platform", pip_platform, "--dest", folder, f"uv=={version}"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"pip could not download uv {version} for {pip_platform}:\n{done.stderr}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def fetch(pin: Pin) -> None:
    """Brings the pinned wheel into wheels/. Raises SystemExit where its digest is another."""
    if not is_whole(pin):
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            wheel = download(pin.version, PLATFORMS[pin.platform], Path(folder))
            if (found := sha256(wheel)) != pin.sha256 or wheel.name != pin.file:
                raise SystemExit(f"{wheel.name} is not the file that {PINS.name} pins: its SHA-256 is {found}. It was not kept.")
            wheel.replace(pin.path)
        print(f"wheels/{pin.file}")


def remove_unpinned() -> None:
    """Removes the wheels of releases that are not pinned any more."""
    wanted = {pin.file for pin in pins().values()}
    for wheel in WHEELS.glob("uv-*.whl"):
        if wheel.name not in wanted:
            wheel.unlink(missing_ok=True)


def pin(version: str) -> None:
    """Writes the pins for another release, with the comment that stands above them."""
    comment = re.sub(r"(?<=--pin )\S+", version, PINS.read_text("utf-8").partition("\nversion = ")[0])
    sections = [f'{comment}\nversion = "{version}"\n']
    for name, pip_platform in PLATFORMS.items():
        with tempfile.TemporaryDirectory(dir=WHEELS) as folder:
            wheel = download(version, pip_platform, Path(folder))
            digest, size = sha256(wheel), wheel.stat().st_size
            sections.append(f'[{name}]\nfile = "{wheel.name}"\nsha256 = "{digest}"\nbytes = {size}\n')
            wheel.replace(WHEELS / wheel.name)
    PINS.write_text("\n".join(sections), "utf-8")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=f"{', '.join(PLATFORMS)} or all; this machine's without")
    parser.add_argument("--pin", metavar="VERSION", help="pin this release of uv instead")
    options = parser.parse_args(arguments)
    for name in options.platforms:
        if name not in {"all", *PLATFORMS}:
            parser.error(f"there is no platform {name}: choose from {', '.join(PLATFORMS)} and all")
    if options.pin:
        pin(options.pin)
    wanted = PLATFORMS if "all" in options.platforms or options.pin else options.platforms or [this_platform()]
    pinned = pins()
    for name in wanted:
        fetch(pinned[name])
    remove_unpinned()


if __name__ == "__main__":
    main(sys.argv[1:])
