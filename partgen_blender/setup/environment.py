"""The environment as Blender sees it: where it is, what condition it is in, and which program works on it. Nothing here waits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy
import partgen
from partgen.environment import condition as on_disk
from partgen.environment.condition import Condition, Record
from partgen.environment.settings import Settings, Tier

from .. import backend, preferences

PACKAGE = __package__.rpartition(".")[0]
EXTENSION = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Where the environment is, or will be: in the extension's own user folder, which survives its updates. It is not made here."""
    return Path(bpy.utils.extension_path_user(PACKAGE, path="environment"))


def condition() -> Condition:
    """What is there at the moment, told from one small file."""
    return on_disk.condition(folder(), bundled=bundled_partgen().name)


def record() -> Record:
    """What was installed, and what of it is complete."""
    return on_disk.read_record(folder()) or Record()


def bundled_partgen() -> Path:
    """The wheel of `partgen` that the extension brings, or would, where this copy is damaged: the set-up says so then."""
    return next((EXTENSION / "wheels").glob("partgen-*.whl"), EXTENSION / "wheels" / "partgen.whl")


def bundled_uv() -> Path | None:
    """The wheel of the installer that the extension brings; None where this copy brings none."""
    return next((EXTENSION / "wheels").glob("uv-*.whl"), None)


def settings() -> Settings:
    """The choices of the preferences, with what Blender says about the network."""
    chosen = preferences.get().setup
    return Settings(
        tier=Tier(chosen.tier),
        torch_build=chosen.torch_build.strip() or "auto",
        index_url=chosen.index_url.strip(),
        torch_index_url=chosen.torch_index_url.strip(),
        python_mirror_url=chosen.python_mirror_url.strip(),
        find_links=chosen.find_links.strip(),
        offline_folder=absolute(chosen.offline_folder),
        python=absolute(chosen.python),
        system_certificates=chosen.system_certificates,
        online=bpy.app.online_access,
        proxy=chosen.proxy.strip(),
    )


def absolute(path: str) -> str:
    """A path as typed into Blender, which may begin with // for the folder of the file."""
    return bpy.path.abspath(path.strip()) if path.strip() else ""


def log_path() -> Path:
    """What the programs that work on the environment have to tell: not in its folder, which may be removed."""
    return backend.log_folder() / "set-up.log"


def program(command: str) -> list[str]:
    """How to start `python -m partgen.environment`, with Blender's own Python, which it leaves as it is."""
    uv = bundled_uv()
    return [
        sys.executable, "-s", "-B", "-m", "partgen.environment", command, "--json-lines",
        "--folder", str(folder()),
        *(["--uv-wheel", str(uv)] if uv else []),
        "--partgen-wheel", str(bundled_partgen()),
    ]  # fmt: skip


def program_environment() -> dict[str, str]:
    """The variables that let it find the bundled `partgen`, and its settings: a proxy's password is nobody else's business."""
    package = Path(partgen.__file__).resolve().parent
    return {"PYTHONPATH": str(package.parent), "PYTHONHOME": "", "PARTGEN_SETTINGS": json.dumps(settings().to_json())}


def is_present() -> bool:
    """Whether there is anything of the environment on disk, be it a log."""
    return folder().exists()


def is_interrupted() -> bool:
    """Whether a set-up was begun and not finished."""
    return condition().state == "incomplete"


def is_repairable() -> bool:
    """Whether there is an environment, complete or not, that could be repaired."""
    return condition().state != "absent"


def is_geometry_only() -> bool:
    """Whether the backend is that of an environment without PyTorch."""
    return backend.is_own() and record().tier == Tier.GEOMETRY


def network_environment() -> dict[str, str]:
    """The variables by which any program uses the proxy of the preferences."""
    proxy = preferences.get().setup.proxy.strip()
    return dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy) if proxy else {}
