"""Draws parts replaced by words, before and after: `make gallery-parts` writes docs/gallery/parts.jpg, and drawn.jpg with --model shaper.

The objects are procedural ones that the catalogue does not hold, and with --benchmark also models in the public domain.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from partgen.errors import PartgenError
from partgen.generation.making import NewPart, Place
from partgen.generation.wishing import SEARCHES, Wish, each_wished_part, models
from partgen.geometry.adjacency import weld
from partgen.shapes import Skin, make_shape
from partgen.shapes.sheet import picture
from PIL import Image, ImageDraw

SIZE, CAPTION, COLUMNS = 200, 30, 4
UP = np.array([0.0, 0.0, 1.0])
EDITS = (
    ("cabinet", 25, "leg", "a ball foot"), ("train", 25, "wheel", "a wheel with five spokes"), ("house", 25, "roof", "a pointed roof"),
    ("castle", 75, "tower roof", "a domed roof"), ("lighthouse", 25, "dome", "an onion shaped roof"),
    ("teapot", 25, "knob", "a six-pointed star"),
    ("cabinet", 50, "handle", "a ball shaped knob"), ("lamp", 25, "shade", "a pleated shade"), ("chair", 25, "leg", "a cabriole leg"),
    ("humanoid", 50, "hat", "a crown with seven points"), ("mug", 25, "handle", "a twisted handle"), ("stool", 50, "leg", "a turned leg"),
    ("temple", 25, "column", "a barley twist pillar"), ("bottle", 50, "cap", "a ball on top as ornament"),
    ("car", 25, "tyre", "a wheel with nine spokes"),
)  # fmt: skip
"""Family, held-out seed, part, prompt."""
MODELS = (
    ("kenney_vehicle-truck-green", "wheel-back-left", "a wheel with five spokes"), ("pmndrs_cupcake", "cherry", "a star with five points"),
    ("pmndrs_tractor", "wheel_backLeft", "a wooden wheel with eight spokes"), ("kaykit_chest-gold", "chest_gold_lid", "a gabled roof"),
    ("kenney_character", "antenna", "a spring-like aerial"), ("pmndrs_palm-long", "Group 28", "a fluted column"),
    ("pmndrs_sundae", "straw", "a unicorn's spiral horn"),
)  # fmt: skip
"""Model of the benchmark, part, prompt."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("output", type=Path)
    options.add_argument("--benchmark", type=Path, help="folder with labelled/")
    options.add_argument("--only", type=int, nargs="*", help="numbers of the edits to draw")
    options.add_argument("--model", choices=models(), default=SEARCHES, help="what makes the parts")
    chosen = options.parse_args()
    edits = [(shape_surface(family, seed), part, prompt, family) for family, seed, part, prompt in EDITS]
    if chosen.benchmark:
        edits += [(model_surface(chosen.benchmark / "labelled" / f"{name}.npz"), part, prompt, name) for name, part, prompt in MODELS]
    tiles = [drawn(*edit, chosen.model) for number, edit in enumerate(edits) if not chosen.only or number in chosen.only]
    sheet_of([tile for tile in tiles if tile is not None]).save(chosen.output, quality=88)


def shape_surface(family: str, seed: int) -> tuple[Skin, list[str]]:
    """A procedural shape as one skin, as scans and downloads are, and the names of its parts."""
    shape = make_shape(seed, family)
    return shape.skin(), [part.name for part in shape.parts]


def model_surface(path: Path) -> tuple[Skin, list[str]]:
    """A labelled model, upright, and the names of its parts."""
    with np.load(path, allow_pickle=False) as arrays:
        vertices, faces, labels, names = (arrays[name] for name in ("vertices", "faces", "face_labels", "part_names"))
    return Skin((vertices[:, [0, 2, 1]] * [1, -1, 1]).astype(np.float32), faces.astype(np.int32), labels.astype(np.int32)), names.tolist()


def drawn(surface: tuple[Skin, list[str]], part: str, prompt: str, name: str, model: str) -> Image.Image | None:
    """Before and after, side by side, with the prompt below."""
    skin, names = surface
    if part not in names:
        print(f"{name} has no {part}: {', '.join(sorted(set(names)))}", file=sys.stderr)
        return None
    chosen = skin.part_of_face == names.index(part)
    try:
        new = next(each_wished_part(place_of(skin, chosen), Wish(prompt, model=model)))
    except PartgenError as error:
        print(f"{name}, {part}, {prompt}: {error.sentence} {error.remedy}", file=sys.stderr)
        return None
    print(f"{name}, {part}: {prompt} -> {new.entry.caption} ({new.entry.family} {new.entry.seed})", flush=True)
    tile = Image.new("RGB", (2 * SIZE, SIZE + CAPTION), (250, 250, 250))
    for column, (one, is_new) in enumerate(((skin, chosen), replaced(skin, chosen, new))):
        tile.paste(Image.fromarray(picture(Skin(one.vertices, one.faces, is_new.astype(np.int32)), SIZE)), (column * SIZE, 0))
    ImageDraw.Draw(tile).text((6, SIZE + 2), f"{name}, {part}: “{prompt}”\n{new.entry.caption}", fill=(60, 60, 60))
    return tile


def place_of(skin: Skin, chosen: np.ndarray) -> Place:
    points = skin.vertices.astype(np.float64)
    return Place(*_used(points, skin.faces[chosen]), *_used(points, skin.faces[~chosen]), UP)


def _used(points: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    used, corners = np.unique(faces, return_inverse=True)
    return weld(points[used], corners.reshape(-1, 3).astype(np.int64))


def replaced(skin: Skin, chosen: np.ndarray, new: NewPart) -> tuple[Skin, np.ndarray]:
    """The skin with its part replaced, and which faces are new."""
    kept = skin.kept(~chosen)
    faces = np.concatenate([kept.faces, new.faces + len(kept.vertices)]).astype(np.int32)
    is_new = np.arange(len(faces)) >= len(kept.faces)
    return Skin(np.concatenate([kept.vertices, new.points]).astype(np.float32), faces, is_new.astype(np.int32)), is_new


def sheet_of(tiles: list[Image.Image]) -> Image.Image:
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (2 * SIZE + 8), rows * (SIZE + CAPTION + 6)), (255, 255, 255))
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % COLUMNS * (2 * SIZE + 8), number // COLUMNS * (SIZE + CAPTION + 6)))
    return sheet


if __name__ == "__main__":
    main()
