"""What an attribute may be called that an artist asks for: it must neither be cut short nor mean something to Blender or PartGen."""

from __future__ import annotations

from partgen.errors import PartgenError

LONGEST = 63
"""Bytes: what Blender takes for a vertex group, a material, an object and an attribute alike."""
_RESERVED = frozenset(
    {
        "bevel_weight_edge", "bevel_weight_vert", "crease_edge", "crease_vert", "custom_normal", "freestyle_edge", "freestyle_face", "id",
        "material_index", "position", "sharp_edge", "sharp_face", "uv_seam",
    }
)  # fmt: skip
"""Those that say something to Blender itself, whether a mesh has them or not."""


def is_reserved(name: str) -> bool:
    """Whether an attribute of this name would mean something to Blender or to PartGen."""
    return name in _RESERVED or name.startswith((".", "partgen_"))


def require_short(name: str) -> None:
    """Raises PartgenError where Blender would cut a name short, of whatever it is."""
    if len(name.encode()) > LONGEST:
        sentence = f'The name "{name[:20]}…" is too long for Blender.'
        raise PartgenError("pick.name_too_long", sentence, f"{LONGEST} letters are the most; accents and symbols count as several.")


def require_free(name: str) -> None:
    """Raises PartgenError where an attribute cannot have a name, on whatever mesh."""
    require_short(name)
    if not name.strip():
        raise PartgenError("pick.no_name", "An attribute needs a name.", "Give it one.")
    if is_reserved(name):
        raise PartgenError("pick.name_reserved", f"An attribute called {name} means something else already.", "Choose another name.")
