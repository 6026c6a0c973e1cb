"""Puts the program uv into a folder, for a Python that has no pip: fetch_uv.py FOLDER. Standard library only."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

INDEX = "https://pypi.org/pypi/uv/json"


def wheel_of_this_machine(files: list[dict]) -> dict:
    """The entry of the package index for this Linux machine's processor. Raises SystemExit where there is none."""
    for file in files:
        if file["filename"].endswith(".whl") and "manylinux" in file["filename"] and platform.machine() in file["filename"]:
            return file
    raise SystemExit(f"uv has no Linux wheel for {platform.machine()}. Install Python 3.11 with its venv module, then try again.")


def main(folder: Path) -> None:
    try:
        with urllib.request.urlopen(INDEX, timeout=60) as answer:
            wheel = wheel_of_this_machine(json.load(answer)["urls"])
            address = urllib.parse.urljoin(answer.url, wheel["url"])
        with urllib.request.urlopen(address, timeout=300) as answer:
            content = answer.read()
    except OSError as error:
        raise SystemExit(f"uv could not be downloaded: {error}.") from error
    if hashlib.sha256(content).hexdigest() != wheel["digests"]["sha256"]:
        raise SystemExit("The download of uv is damaged. Try again.")
    archive = zipfile.ZipFile(io.BytesIO(content))
    program = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "uv").write_bytes(archive.read(program))
    (folder / "uv").chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
