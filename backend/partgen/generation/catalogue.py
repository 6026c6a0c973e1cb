"""The catalogue of parts: for thousands of procedural parts what they are called, and the seed that makes each again.

It holds words, seeds and how each part sits, and no geometry. It belongs to one version of the generators: where they change, a seed
makes something else, and the catalogue is to be made anew.

    python -m partgen.generation.catalogue --out backend/partgen/weights/bundled/parts
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from manifold3d import Manifold, OpType
from numpy.typing import NDArray

from ..errors import PartgenError
from ..shapes import VERSION as SHAPES_VERSION
from ..shapes import Shape, all_families, make_shape
from ..shapes.blending import without_dust
from ..shapes.shape import joined
from ..shapes.wording import counted, with_articles
from ..weights.registry import BUNDLED_FOLDER
from .designs import DESIGNS, make_design
from .designs import VERSION as DESIGNS_VERSION
from .seating import seat_of

Floats = NDArray[np.float64]

FOLDER = BUNDLED_FOLDER / "parts"
FILE = "catalogue.json.gz"
VERSION = f"{SHAPES_VERSION}.{DESIGNS_VERSION}"
"""Of the generators that the catalogue belongs to: shapes, and designs."""
EVERY_HELD_OUT = 25
"""Seeds that this divides are never in the catalogue: what it is measured on."""
SEEDS, DESIGN_SEEDS = 14, 160
"""Of each family, and of each design, how many are looked through."""
ALIKE = 3
"""Entries of one family of which nothing different can be said, at most."""
DESIGN, DRAWN = "design", "drawn"
"""Families of what is of no family of shapes: a design, and what a network drew, which is in no catalogue."""
UP = np.array([0.0, 0.0, 1.0])
PRECISION = 32
"""Steps to 1 in which the numbers of a seat are kept."""
PLURALS = {"tooth": "teeth", "leaf": "leaves"}
PLURAL_NAMES = {"sails", "scoops", "walls", "foliage", "soil", "lettuce", "icing", "cheese"}
"""Names that bear no article."""

GROUPS: Mapping[str, Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "bicycle": {"front wheel": ("wheel", {"spoke": "spoke"})},
    "bed": {"frame/headboard": ("headboard", {"bar": "bar"})},
    "camera": {"tripod": ("tripod", {"tripod leg": "leg"}), "lens": ("lens", {"lens ring": "ring"})},
    "castle": {"towers/tower 1": ("tower", {"battlement": "battlement"})},
    "chair": {"back": ("back", {"slat": "slat", "spindle": "spindle", "rung": "rung"}), "base": ("base", {"caster": "caster"})},
    "fan": {"head/rotor": ("rotor", {"blade": "blade"})},
    "flower": {"blossom": ("blossom", {"petal": "petal"})},
    "helicopter": {"rotor": ("rotor", {"rotor blade": "blade"})},
    "humanoid": {
        "right arm": ("arm", {}),
        "right leg": ("leg", {}),
        "right arm/hand": ("hand", {"finger": "finger"}),
        "head": ("head", {}),
    },
    "ice_cream": {"scoops": ("scoops", {"scoop": "scoop"})},
    "lighthouse": {"top": ("lantern room", {})},
    "mushroom": {"mushroom 1": ("mushroom", {})},
    "pan": {"lid": ("lid", {"knob": "knob"})},
    "quadruped": {"right front leg": ("leg", {}), "head": ("head", {"horn": "horn", "ear": "ear"})},
    "robot": {"right arm": ("arm", {}), "right leg": ("leg", {}), "head": ("head", {"eye": "eye"})},
    "sailing_ship": {"mast 1": ("mast", {"sail": "sail"})},
    "sword": {"hilt": ("hilt", {})},
    "teapot": {"lid": ("lid", {"knob": "knob"})},
    "teddy": {"head": ("head", {"ear": "ear"})},
    "train": {"cab": ("cab", {})},
    "umbrella": {"top": ("canopy", {"rib": "rib"})},
    "valve": {"top/wheel": ("hand wheel", {"spoke": "spoke"})},
    "windmill": {"sails": ("sails", {"canvas": "sail"})},
}
"""Groups of parts that one speaks of as one part: family, group, its name, and of which of its kinds one says how many there are."""


@dataclass(frozen=True, eq=False)
class Made:
    """A part made from its seed: the closed `solid`, and the triangles `rest` (F, 3, 3) of what it is attached to."""

    solid: Manifold
    rest: Floats

    @cached_property
    def surface(self) -> tuple[Floats, NDArray[np.int64]]:
        """Its vertices (V, 3) and triangles (F, 3)."""
        mesh = self.solid.to_mesh()
        return np.asarray(mesh.vert_properties[:, :3], np.float64), np.asarray(mesh.tri_verts, np.int64)


@dataclass(frozen=True)
class Entry:
    """One part of the catalogue. `family` and `seed` make its object, `of` is the part or group in there; `family` is DESIGN and `of`
    the design where it is one. `seat` holds the numbers of `Seat.numbers`."""

    name: str
    attributes: tuple[str, ...]
    counts: Mapping[str, int]
    family: str
    seed: int
    of: str
    seat: tuple[float, ...] = field(default=(), repr=False, compare=False)

    @property
    def caption(self) -> str:
        """What it is in a few words: "a round wheel with five spokes"."""
        with_counts = " and ".join(counted(count, word, PLURALS.get(word, "")) for word, count in self.counts.items())
        article = "" if self.name in PLURAL_NAMES else "a "
        return with_articles(f"{article}{' '.join(self.attributes)} {self.name}") + (f" with {with_counts}" if with_counts else "")

    @property
    def said(self) -> tuple[str, tuple[str, ...], tuple[tuple[str, int], ...]]:
        """All that can be said of it."""
        return self.name, self.attributes, tuple(sorted(self.counts.items()))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All entries, with the names and attributes that occur, sorted."""

    entries: tuple[Entry, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({entry.name for entry in self.entries}))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        return tuple(sorted({word for entry in self.entries for word in entry.attributes}))

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The words for what is counted: "spoke"."""
        return tuple(sorted({word for entry in self.entries for word in entry.counts}))


def read(folder: Path = FOLDER) -> Catalogue:
    """The catalogue in a folder. Raises PartgenError where it is not there, damaged, or of other generators than these."""
    path = folder / FILE
    remedy = "Make it anew: python -m partgen.generation.catalogue --out FOLDER. Or install PartGen again."
    try:
        stored = json.loads(gzip.decompress(path.read_bytes()))
        version, rows = stored["version"], stored["entries"]
        entries = tuple(_entry(row) for row in rows) if version == VERSION else ()
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise PartgenError("generation.no_catalogue", f"The catalogue of parts in {folder.name} cannot be read.", remedy) from error
    if version != VERSION:
        sentence = f"The catalogue of parts is of version {version} of the generators; these are {VERSION}, whose seeds make other parts."
        raise PartgenError("generation.other_shapes", sentence, remedy)
    return Catalogue(entries)


@cache
def bundled() -> Catalogue:
    """The catalogue that ships with the program. Raises PartgenError."""
    return read()


def _entry(row: Sequence[Any]) -> Entry:
    name, attributes, counts, family, seed, of, seat = row
    return Entry(name, tuple(attributes.split()), counts, family, int(seed), of, tuple(number / PRECISION for number in seat))


# ---- from a seed to a part -------------------------------------------------------------------------------------------


def make(entry: Entry) -> Made:
    """Makes a part from its seed. Raises PartgenError where the seed makes no such part: the generators have changed."""
    if entry.family == DESIGN:
        return designed(entry.seed, entry.of)[1]
    shape = make_shape(entry.seed, entry.family)
    chosen = members(shape, entry.of)
    if not chosen:
        sentence = f"{entry.family} {entry.seed} has no {entry.of} any more."
        raise PartgenError("generation.other_shapes", sentence, "Make the catalogue anew: python -m partgen.generation.catalogue.")
    return Whole.of(shape).made(chosen)


def designed(seed: int, design: str) -> tuple[Entry, Made]:
    """A part of a design, and what is said of it; not how it sits."""
    part = make_design(seed, design)
    return Entry(part.name, part.attributes, part.counts, DESIGN, seed, design), Made(part.solid, _triangles(part.rest))


@dataclass(frozen=True, eq=False)
class Whole:
    """A shape with the complete `solids` of its parts, and these as one `soup` (F, 3, 3) with the part `of_face` (F,)."""

    solids: Sequence[Manifold]
    soup: Floats
    of_face: NDArray[np.int32]

    @classmethod
    def of(cls, shape: Shape) -> Whole:
        solids = shape.solids()
        skin = joined(solids)
        return cls(solids, skin.vertices[skin.faces].astype(np.float64), skin.part_of_face)

    def made(self, chosen: Sequence[int]) -> Made:
        """Some of its parts as one, on the rest."""
        return Made(united([self.solids[one] for one in chosen]), self.soup[~np.isin(self.of_face, chosen)])


def united(solids: Sequence[Manifold]) -> Manifold:
    """Solids as one, where they touch, too."""
    return solids[0] if len(solids) == 1 else without_dust(Manifold.batch_boolean(solids, OpType.Add))


def members(shape: Shape, of: str) -> list[int]:
    """The parts of a shape that a name, or a group with a stroke before it, stands for."""
    if not of.startswith("/"):
        return [number for number, part in enumerate(shape.parts) if part.name == of]
    path = tuple(of[1:].split("/"))
    return [number for number, part in enumerate(shape.parts) if part.group[: len(path)] == path]


def _triangles(solid: Manifold) -> Floats:
    """(F, 3, 3)."""
    skin = joined([solid])
    return skin.vertices[skin.faces].astype(np.float64)


# ---- making a catalogue ----------------------------------------------------------------------------------------------


def gathered(seeds: int = SEEDS, design_seeds: int = DESIGN_SEEDS) -> Catalogue:
    """Looks through seeds, and keeps of each family `ALIKE` of which nothing different can be said. The same every time."""
    entries: list[Entry] = []
    for family in all_families():
        kept: Counter[Any] = Counter()
        for seed in allowed(seeds):
            shape = make_shape(seed, family)
            whole = Whole.of(shape)
            for entry in described(shape):
                if kept[entry.said] < ALIKE:
                    kept[entry.said] += 1
                    entries.append(_seated(entry, whole.made(members(shape, entry.of))))
    for design in DESIGNS:
        kept = Counter()
        for seed in allowed(design_seeds):
            entry, made = designed(seed, design)
            if kept[entry.said] < ALIKE:
                kept[entry.said] += 1
                entries.append(_seated(entry, made))
    return Catalogue(tuple(entries))


def allowed(count: int) -> Iterator[int]:
    """The first seeds that are not held out."""
    return (1 + index + index // (EVERY_HELD_OUT - 1) for index in range(count))


def described(shape: Shape) -> Iterator[Entry]:
    """What can be said of a shape's parts, and of the groups that one speaks of as one part; of like parts, of one of them."""
    seen = set()
    for part in shape.parts:
        key = (part.kind, part.attributes)
        if key not in seen:
            seen.add(key)
            yield Entry(part.kind, part.attributes, {}, shape.family, shape.seed, part.name)
    solids: Sequence[Manifold] = ()
    for path, (name, counted_kinds) in GROUPS.get(shape.family, {}).items():
        chosen = members(shape, f"/{path}")
        if len(chosen) < 2:
            continue
        solids = solids or shape.solids()
        if len(united([solids[number] for number in chosen]).decompose()) != 1:
            continue
        kinds = Counter(shape.parts[number].kind for number in chosen)
        counts = {word: kinds[kind] for kind, word in counted_kinds.items() if kinds[kind] > 1 or word == "knob"}
        words = ("spoked",) if "spoke" in counts else ("pointed",) if "tower roof" in kinds else ()
        yield Entry(name, words, counts, shape.family, shape.seed, f"/{path}")


def _seated(entry: Entry, made: Made) -> Entry:
    """The entry with the numbers of its seat."""
    rest = made.rest.reshape(-1, 3)
    numbers = seat_of(*made.surface, rest, np.arange(len(rest)).reshape(-1, 3), UP).numbers()
    kept = tuple((np.clip(np.round(numbers * PRECISION), -127 * 2, 127 * 2) / PRECISION).tolist())
    return Entry(entry.name, entry.attributes, dict(entry.counts), entry.family, entry.seed, entry.of, kept)


def write(catalogue: Catalogue, folder: Path) -> Path:
    """Writes a catalogue, the same bytes for the same entries. Returns the file. Raises OSError."""
    rows = [
        [one.name, " ".join(one.attributes), one.counts, one.family, one.seed, one.of, [round(number * PRECISION) for number in one.seat]]
        for one in catalogue.entries
    ]
    content = json.dumps({"version": VERSION, "entries": rows}, separators=(",", ":")).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(gzip.compress(content, 9, mtime=0))
    return folder / FILE


def main() -> None:
    options = argparse.ArgumentParser("python -m partgen.generation.catalogue", description=__doc__)
    options.add_argument("--out", metavar="FOLDER", type=Path, required=True)
    catalogue = gathered()
    path = write(catalogue, options.parse_args().out)
    print(f"{path}: {len(catalogue.entries)} parts, {len(catalogue.names)} names, {len(catalogue.attributes)} attributes")


if __name__ == "__main__":
    main()
