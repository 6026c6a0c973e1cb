"""What a family's function builds with: parts by name, arrays of them, chances, materials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from manifold3d import Manifold
from numpy.typing import ArrayLike

from .blending import limb
from .materials import MATERIALS
from .shape import Material, Part, Shape, pieces
from .solids import Point
from .wording import sentence

T = TypeVar("T")

VISIBLE = 0.01
"""The share of its surface that a part shows at least; of what shows less, a network could learn nothing but noise."""


class Builder:
    """Collects the parts of one shape. Everything random comes from `rng`, so that a seed gives the same shape again.

    Groups are paths ("base/legs"), attributes words ("tapered round"), materials names out of `materials.MATERIALS`.
    """

    def __init__(self, family: str, seed: int) -> None:
        self.family = family
        self.seed = seed
        self.rng = np.random.default_rng([seed, *family.encode()])
        self.segments = int(self.rng.choice([16, 24, 32, 40]))
        """How finely round things are cut in this shape."""
        self.parts: list[Part] = []
        self._smoothness: list[float] = []

    # ---- chances ----

    def uniform(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float = 0.5) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, *options: T) -> T:
        return options[int(self.rng.integers(len(options)))]

    # ---- parts ----

    def add(self, name: str, solid: Manifold, group: str = "", attributes: str = "", material: str = "") -> Manifold:
        """Adds one part and returns its solid."""
        path = tuple(filter(None, group.split("/")))
        chosen = self.material(material) if material else (self.parts[-1].material if self.parts else self.material("plastic"))
        self.parts.append(Part(name, name, solid, path, tuple(attributes.split()), chosen))
        return solid

    def add_all(self, name: str, solids: Iterable[Manifold], group: str = "", attributes: str = "", material: str = "") -> None:
        """Adds like parts: the legs of a table, the spokes of a wheel."""
        for solid in solids:
            self.add(name, solid, group, attributes, material)

    def blend(self, limbs: Sequence[tuple[str, ArrayLike, str]], smoothness: float, attributes: str = "", material: str = "") -> None:
        """Adds parts whose skins flow into one another: (name, chain of balls (K, 4), group) each."""
        chosen = self.material(material) if material else self.material("skin")
        number = len(self._smoothness)
        self._smoothness.append(smoothness)
        for name, balls, group in limbs:
            chain = np.asarray(balls, np.float32).reshape(-1, 4)
            path = tuple(filter(None, group.split("/")))
            self.parts.append(Part(name, name, limb(chain, self.segments // 2), path, tuple(attributes.split()), chosen, number, chain))

    def carve(self, tool: Manifold, *names: str) -> None:
        """Takes `tool` away from all parts, or from those with one of the names."""
        self._change(lambda solid: solid - tool, names)

    def transform(self, change: Callable[[Manifold], Manifold], *names: str) -> None:
        """Changes all parts, or those with one of the names; not those that blend."""
        self._change(change, names)

    def material(self, kind: str) -> Material:
        """A material of a kind ("wood"), in a tone of its own."""
        return MATERIALS[kind].vary(self.rng)

    def build(self, caption: str) -> Shape:
        """The finished shape, its parts named apart. Raises ValueError where none is left.

        Dropped are parts that carving left nothing of, that show less than `VISIBLE` of themselves on the skin, and that float
        beside the largest piece.
        """
        parts = [part for part in self.parts if not part.solid.is_empty()]
        while parts:
            shape = Shape(self.family, self.seed, sentence(caption), tuple(_named_apart(parts)), tuple(self._smoothness))
            skin = shape.skin()
            areas = skin.areas()
            count, piece = pieces(skin)
            areas[piece != np.bincount(piece, areas, count).argmax()] = 0
            shown = np.bincount(skin.part_of_face, areas, len(parts))
            left = [part for part, area in zip(parts, shown, strict=True) if area >= VISIBLE * part.solid.surface_area()]
            if len(left) == len(parts):
                return shape
            parts = left
        raise ValueError(f"{self.family} {self.seed} has no parts")

    def _change(self, change: Callable[[Manifold], Manifold], names: Sequence[str]) -> None:
        for number, part in enumerate(self.parts):
            if part.chain is None and (not names or part.kind in names):
                self.parts[number] = replace(part, solid=change(part.solid))


def _named_apart(parts: Sequence[Part]) -> list[Part]:
    """Parts with names that differ: "leg", "leg 2", "leg 3"."""
    seen: Counter[str] = Counter()
    named = []
    for part in parts:
        seen[part.kind] += 1
        named.append(replace(part, name=part.kind if seen[part.kind] == 1 else f"{part.kind} {seen[part.kind]}"))
    return named


# ---- arrangements ----------------------------------------------------------------------------------------------------


def both_sides(solid: Manifold, axis: int = 0) -> list[Manifold]:
    """A solid and its mirror image across the plane through 0 that `axis` is normal to."""
    normal = tuple(float(number == axis) for number in range(3))
    return [solid, solid.mirror(normal)]


def four_corners(solid: Manifold) -> list[Manifold]:
    """A solid and its images across x = 0, y = 0 and both."""
    return [image for half in both_sides(solid, 0) for image in both_sides(half, 1)]


def around(solid: Manifold, count: int, start: float = 0.0, sweep: float = 360.0) -> list[Manifold]:
    """Copies turned about the z axis, over `sweep` degrees; a full turn leaves no double."""
    share = count if abs(sweep) >= 360 else max(count - 1, 1)
    return [solid.rotate((0, 0, start + sweep * number / share)) for number in range(count)]


def in_row(solid: Manifold, count: int, step: Point, centred: bool = True) -> list[Manifold]:
    """Copies moved by multiples of `step`, centred on where the solid is, or beginning there."""
    offset = (count - 1) / 2 if centred else 0.0
    return [solid.translate(tuple((number - offset) * side for side in step)) for number in range(count)]
