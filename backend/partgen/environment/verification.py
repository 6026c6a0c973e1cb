"""Proof that an environment works, run by its own Python: everything can be imported, and a small shape comes apart.

    <environment>/venv/bin/python -I -m partgen.environment.verification geometry

Prints one JSON object: versions of the packages, the parts that were found, and what PyTorch computes on.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHAPE_PARTS = 2
"""A ball on a long thin rod has at least so many."""


def verify(tier: str) -> dict[str, Any]:
    """Imports what the tier asks for and takes a shape apart. Raises whatever goes wrong."""
    modules = sorted(modules_of(tier))
    for module in modules:
        importlib.import_module(module)
    found = {"partgen": importlib.metadata.version("partgen"), "python": sys.version.split()[0], "modules": modules}
    if "torch" in modules:
        found |= torch_facts()
    return found | {"parts": take_apart()}


def modules_of(tier: str) -> Iterator[str]:
    """The importable names of all direct requirements of `partgen` in a tier, and of `partgen` itself.

    Raises ModuleNotFoundError where a requirement has none.
    """
    wanted = {"partgen"} | set(requirements_of("partgen", tier))
    reached: set[str] = set()
    for module, distributions in importlib.metadata.packages_distributions().items():
        # Packages name modules too that lie inside of others: those are imported by their own package.
        if module.isidentifier() and not module.startswith("_") and importlib.util.find_spec(module):
            found = wanted & {normalized(name) for name in distributions}
            reached |= found
            if found:
                yield module
    # Before Python 3.12 a distribution that is one compiled module, as manifold3d is, is not among them.
    for name in sorted(wanted - reached):
        for file in importlib.metadata.files(name) or ():
            single = inspect.getmodulename(file.name)
            if len(file.parts) == 1 and single and importlib.util.find_spec(single):
                reached.add(name)
                yield single
    if missing := wanted - reached:
        raise ModuleNotFoundError(f"nothing can be imported from {', '.join(sorted(missing))}")


def requirements_of(package: str, extra: str) -> Iterator[str]:
    """The names of what `package` requires, with an extra (which may name another one of its own)."""
    for requirement in importlib.metadata.requires(package) or ():
        name, extras, marker = _parts_of(requirement)
        asked = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
        if asked and asked[1] != extra:
            continue
        if normalized(name) == package:
            for other in extras:
                yield from requirements_of(package, other)
        else:
            yield normalized(name)


def normalized(name: str) -> str:
    """The one spelling of a distribution's name (Python packaging specifications, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def torch_facts() -> dict[str, Any]:
    """Which build of PyTorch this is, and whether the device that it was built for answers."""
    torch = importlib.import_module("torch")
    device = "cpu"
    if torch.cuda.is_available():
        device = "rocm" if torch.version.hip else "cuda"
    elif hasattr(torch, "xpu") and torch.xpu.is_available():
        device = "xpu"
    elif torch.backends.mps.is_available():
        device = "mps"
    product = float((torch.ones(2, 3) @ torch.ones(3, 2)).sum())
    if product != 12.0:
        raise ArithmeticError(f"PyTorch multiplies wrongly: {product}")
    return {"torch": torch.__version__, "torch_device": device}


def take_apart() -> int:
    """Takes a ball on a rod apart through the command line program; the number of its parts. Raises RuntimeError."""
    trimesh = importlib.import_module("trimesh")
    ball = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
    rod = trimesh.creation.cylinder(radius=0.15, height=4.0, sections=24)
    rod.apply_translation([0.0, 0.0, -2.9])
    with tempfile.TemporaryDirectory(prefix="partgen-") as folder:
        shape = Path(folder) / "shape.ply"
        trimesh.util.concatenate([ball, rod]).export(shape)
        command = [sys.executable, "-I", *_bytecode(), "-m", "partgen", "decompose", str(shape), "-o", folder, "--parts", str(SHAPE_PARTS)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if done.returncode:
            raise RuntimeError(f"decompose ended with {done.returncode}: {done.stderr}")
        parts = json.loads((Path(folder) / "parts.json").read_text("utf-8"))["parts"]
    if len(parts) < SHAPE_PARTS:
        raise RuntimeError(f"a ball on a rod came apart into {len(parts)} parts")
    return len(parts)


def _parts_of(requirement: str) -> tuple[str, list[str], str]:
    """Name, extras and marker of a requirement as it stands in the metadata of a package (PEP 508)."""
    text, _, marker = requirement.partition(";")
    found = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?", text)
    if not found:
        raise ValueError(requirement)
    return found[1], [name.strip() for name in (found[2] or "").split(",") if name.strip()], marker


def _bytecode() -> list[str]:
    """The option that keeps compiled modules where this Python keeps them."""
    return ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []


def main() -> None:
    with contextlib.redirect_stdout(sys.stderr):  # what a package prints as it is imported is not the answer
        found = verify(sys.argv[1])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
