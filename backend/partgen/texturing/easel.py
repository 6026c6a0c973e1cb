"""The easel that a part is painted at: networks on a device, and the part as they see it, set up again where memory runs out.

    materials = Materials(Painter(), wishes, look)
    for variation in each_variation(materials, seeds, make, tell):
        variation.result, variation.easel.name, variation.notes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from ..devices import Placement, place_for_half_precision, with_retries
from .depth import DepthNetwork, chosen_depth_folder, read_depth_folder
from .inpainting import DiffusionInpainter
from .painter import Painter, Wishes, made_by, shortcomings
from .renewing import seconds_after_painting
from .views import PartViews

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Easel:
    """What paints on a device, how it sees the part, and, where the part is made anew, what tells how far away the painted is."""

    placement: Placement
    inpainter: DiffusionInpainter
    views: PartViews
    depth: DepthNetwork | None = None

    @property
    def name(self) -> str:
        """What makes it."""
        return self.inpainter.checkpoint.name if self.depth is None else made_by(self.inpainter, self.depth)

    def seconds(self, strength: float) -> float:
        """How long a variation takes."""
        return self.inpainter.seconds(strength) + (0.0 if self.depth is None else seconds_after_painting(self.depth))

    def share_of_painting(self, strength: float) -> float:
        """How much of that painting takes, from 0 to 1."""
        return self.inpainter.seconds(strength) / self.seconds(strength)

    def doing(self, count: int) -> str:
        """What is done, in words, for so many variations."""
        title = "Painting" if self.depth is None else "Reshaping"
        return title if count == 1 else f"{title} {count} variations"


@dataclass(frozen=True, eq=False)
class Materials:
    """What an easel is made of: `look` shows the part, as large as the checkpoint paints it. With a `depth_model`, a folder or an id, the
    part is made anew, and what is painted need not stay on its shape."""

    painter: Painter
    wishes: Wishes
    look: Callable[[int], PartViews]
    depth_model: str | None = None

    def easel(self, placement: Placement) -> Easel:
        """Loads the networks on a device and looks at the part. Raises PartgenError where something is missing or the part is not seen."""
        if self.depth_model is None:
            inpainter = self.painter.inpainter(self.wishes, placement)
            return Easel(placement, inpainter, self.look(inpainter.side))
        read_depth_folder(chosen_depth_folder(self.depth_model))  # what is missing is told before anything is loaded
        inpainter = self.painter.inpainter(self.wishes.free_of_the_shape(), placement)
        views = self.look(inpainter.side)
        return Easel(placement, inpainter, views, self.painter.depth(self.depth_model, placement))


@dataclass(frozen=True, eq=False)
class Variation(Generic[T]):
    """What was made, at which easel, and sentences: what was given up for it so far, and what the pictures lack."""

    result: T
    easel: Easel
    notes: tuple[str, ...]


def each_variation(
    materials: Materials, seeds: Sequence[int], make: Callable[[Easel, int], T], tell: Callable[[Easel, int], None]
) -> Iterator[Variation[T]]:
    """Makes one for each seed, as soon as the one before was taken, where there is room for it.

    `tell` is called before the work begins on a device, with how many variations are left. Raises what `Materials.easel` and `make` do.
    """
    placement, easel, given_up = place_for_half_precision(), None, list[str]()

    def made(seed: int, left: int, _: int, where: Placement) -> tuple[T, Easel]:
        nonlocal easel
        if easel is None or easel.placement != where:
            easel = None  # before another is made: both together may not have room
            easel = materials.easel(where)
            tell(easel, left)
        return make(easel, seed), easel

    for number, seed in enumerate(seeds):
        attempt = with_retries(partial(made, seed, len(seeds) - number), 1, placement)
        placement = attempt.placement
        given_up += attempt.notes
        result, used = attempt.result
        yield Variation(result, used, (*given_up, *shortcomings(used.inpainter, used.depth is None)))
