"""From words to a part in place by diffusion: a small network draws the part, which is fitted where the old one was. Experimental.

What is asked is read as by the search in the catalogue, and refused as there. The network is told of it, of how the old part sat
and of what stands around, draws the latents of a shape from noise, and this is brought into the old part's place. Needs PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from manifold3d import Manifold
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from torch import Tensor

from ..errors import PartgenError
from ..latent_diffusion.extraction import HALF_SIZE, ClosedSurface, Field, marched, refined, sampled_field, simplified
from ..latent_diffusion.flow_matching import FlowMatching
from ..latent_diffusion.sampling import Conditions, Effort, LatentDiffusion
from ..networks.shaper import ShaperNetwork
from ..progress import Progress, no_progress, within
from ..weights.loading import load, location
from .asking import Asked, found
from .boxes import HALF, Box, sampled, surroundings
from .catalogue import DRAWN, Entry
from .hints import hints
from .making import FAR, NewPart, Place, plugged, solid_of
from .placing import centre_of, gap_of, pressed, scales
from .seating import Seat, surface_points
from .wishing import DRAWS, Wish
from .words import bundled_words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOTE = "Drawn by a small network from noise. Experimental: try other seeds."
STEPS, GUIDANCE, CELLS = 24, 2.0, 64
SURE, BLUR = 4.0, 1.0
"""Of the field that is drawn: more than so far inside is inside, and over how many half cells its ripples are evened out."""
SIMPLE = 0.2
"""How far triangles may leave that surface, in cells."""
SEEN = 2048
"""Points of an old part that the network is shown: as in training."""
TRIED, NEARLY_WHOLE = 3, 0.97
"""Drawings, at most, for one whose largest piece has so much of its volume."""
CRUMB = 0.03
"""Of the volume of the largest piece: smaller ones are no part of what was meant."""
FILLED = 1.4
"""By how much a drawing is stretched, at most, to fill its box."""
REACHED = 0.15
"""Of the box: a point so near to where the old part was attached is taken for attached."""


class Shaper(LatentDiffusion):
    """The network on the CPU, told by hints, a box, and what stands around."""

    def __init__(self, network: ShaperNetwork, flow: FlowMatching, tokens: int) -> None:
        super().__init__(network.transformer, network.vae, flow)
        self.network, self.tokens = network.eval(), tokens

    @classmethod
    def from_folder(cls, folder: Path, tensors: dict[str, Tensor]) -> Shaper:
        """Of a folder as `partgen train shaper` leaves it, with its tensors. Raises PartgenError "weights.damaged"."""
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            network = ShaperNetwork(config)
            network.load_state_dict(tensors)
            return cls(network.float(), FlowMatching.of(config["scheduler"]), config["tokens"])
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            sentence = f"The weights that draw parts, {folder.name}, cannot be read."
            raise PartgenError("weights.damaged", sentence, "Install PartGen again.") from error

    @torch.inference_mode()
    def usual_proportions(self, hints: NDArray[np.float32], box: Box) -> Floats:
        """The proportions (3,) of such a part, in doublings."""
        found = self.network.usual_proportions(torch.from_numpy(hints)[None], _row(box.sitting))
        return found[0].double().numpy()

    @torch.inference_mode()
    def conditions(self, hints: NDArray[np.float32], box: Box, rest: Floats, seed: int = 0) -> Conditions:
        """What the transformer is told of a part in a box, where the triangles (F, 3, 3) of the rest are in the box's cube."""
        around = torch.from_numpy(surroundings(rest, seed))[None]
        return Conditions(*self.network.told(torch.from_numpy(hints)[None], _row(box.sitting), _row(box.proportions), around, seed))

    @torch.inference_mode()
    def encoded(self, points: NDArray[np.float32], seed: int = 0) -> Tensor:
        """The latents of a shape whose points with normals (N, 6) are given, in the cube: (1, tokens, C)."""
        return self.vae.encode(torch.from_numpy(points)[None], self.tokens, seed).mean


def _row(values: Floats) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))[None]


@cache
def bundled_shaper() -> Shaper:
    """The network that ships with the program, read once. Raises PartgenError."""
    return Shaper.from_folder(location(DRAWS), load(DRAWS))


def each_drawn_part(place: Place, wish: Wish, progress: Progress = no_progress, shaper: Shaper | None = None) -> Iterator[NewPart]:
    """The variations of a wish, each as soon as it is drawn. Raises PartgenError where it names no part, and out of `progress`."""
    if not len(place.faces):
        raise PartgenError("generation.empty_part", "The part has no faces.", "Choose another part.")
    asked = found(wish.prompt).asked
    shaper = shaper or bundled_shaper()
    sketch = Sketch.of(place, wish.prompt, shaper)
    made = 0
    for number in range(wish.count):

        def told(fraction: float, stage: str, number: int = number) -> None:
            progress((number + fraction) / wish.count, f"Drawing {asked.name}: {stage}")

        solid = sketch.best(shaper, wish, number, told)
        part = None if solid is None else fitted(solid, sketch, place, asked, wish.seed)
        if part is not None:
            made += 1
            yield part
    if not made:
        remedy = "Try another seed, other words, or the search in the catalogue."
        raise PartgenError("generation.nothing_drawn", f"No {asked.name} came of it.", remedy)


@dataclass(frozen=True, eq=False)
class Sketch:
    """What is to be drawn: the `hints`, the `box` that it is to fill, and what is there now, as triangles in the box's cube: `old`
    (G, 3, 3), in its own box, and the `rest` (F, 3, 3)."""

    hints: NDArray[np.float32]
    seat: Seat
    box: Box
    old: Floats
    rest: Floats

    @classmethod
    def of(cls, place: Place, prompt: str, shaper: Shaper) -> Sketch:
        """In the place of a part: as large as this, in the proportions that go with the words as far as the place lets it."""
        seat, told = place.seat(), hints(prompt, bundled_words())
        now = Box.of(seat)
        box = _sized(now, seat, np.exp2(shaper.usual_proportions(told, now)))
        return cls(told, seat, box, now.soup(place.points, place.faces), box.soup(place.rest_points, place.rest_faces))

    def best(self, shaper: Shaper, wish: Wish, number: int, progress: Progress = no_progress) -> Manifold | None:
        """Of up to TRIED drawings for variation `number` the first that is nearly one piece, else that which is most so."""
        solids: list[Manifold] = []
        for attempt in range(TRIED):
            seed = int(np.random.SeedSequence([wish.seed % 2**32, number, attempt]).generate_state(1)[0])
            solid = self.drawn(shaper, replace(wish, seed=seed), within(progress, attempt / TRIED, (attempt + 1) / TRIED))
            if solid is not None:
                solids.append(solid)
                if wholeness(solid) >= NEARLY_WHOLE:
                    break
        return max(solids, key=wholeness, default=None)

    def drawn(self, shaper: Shaper, wish: Wish, progress: Progress = no_progress) -> Manifold | None:
        """A solid in the coordinates of the object; None where the drawing has no inside."""
        effort = Effort(shaper.tokens, wish.steps or STEPS, CELLS, GUIDANCE)
        conditions = shaper.conditions(self.hints, self.box, self.rest, wish.seed)
        old = shaper.encoded(sampled(self.old, SEEN, wish.seed), wish.seed)
        latents = shaper.changed(old, wish.strength, conditions, effort, wish.seed, progress)
        surface = even_surface(shaper.field(latents), effort.cells)
        solid = whole(solid_of(surface.vertices, surface.faces)) if len(surface.faces) else Manifold()
        if solid.is_empty():
            return None
        points = np.asarray(solid.to_mesh().vert_properties[:, :3], np.float64)
        solid = solid_of(self.box.outward(filling(points)), np.asarray(solid.to_mesh().tri_verts, np.int64))
        return None if solid.is_empty() else solid


def _sized(box: Box, seat: Seat, sizes: Floats) -> Box:
    """The box of a part whose sides are as `sizes` (3,) along the axes of a box, brought into the place of what sits there."""
    sizes = np.abs(box.turn).T @ sizes
    factors = scales(sizes, seat)
    centre = centre_of(replace(seat, extents=sizes), np.eye(3), factors, seat)
    return replace(box, middle=seat.frame.points(centre[None])[0], extents=np.abs(box.turn) @ (sizes * factors))


def even_surface(field: Field, cells: int) -> ClosedSurface:
    """The closed surface of a field on a grid of so many cells along a side, evened out: what a small network draws has ripples."""
    values = gaussian_filter(refined(np.clip(sampled_field(field, cells), -SURE, SURE)), BLUR)
    return simplified(marched(values, HALF_SIZE), SIMPLE * 2 * HALF_SIZE / cells)


def whole(solid: Manifold) -> Manifold:
    """A solid without its crumbs."""
    pieces = solid.decompose()
    if len(pieces) < 2:
        return solid
    volumes = np.array([abs(piece.volume()) for piece in pieces])
    return Manifold.compose([piece for piece, volume in zip(pieces, volumes, strict=True) if volume >= CRUMB * volumes.max()])


def wholeness(solid: Manifold) -> float:
    """How much of a solid's volume its largest piece has, 1 for all of it."""
    volumes = [abs(piece.volume()) for piece in solid.decompose()]
    return max(volumes) / max(sum(volumes), 1e-300)


def filling(points: Floats) -> Floats:
    """Points (V, 3) of a drawing, moved and stretched so that they fill their cube, as far as may be."""
    low, high = points.min(axis=0), points.max(axis=0)
    factors = np.clip(2 * HALF / np.maximum(high - low, 1e-9), 1 / FILLED, FILLED)
    return (points - (low + high) / 2) * factors


def fitted(solid: Manifold, sketch: Sketch, place: Place, asked: Asked, seed: int = 0) -> NewPart | None:
    """A drawing of a seed in touch with the rest; None where it would not touch."""
    mesh = solid.to_mesh()
    points, faces = np.asarray(mesh.vert_properties[:, :3], np.float64), np.asarray(mesh.tri_verts, np.int64)
    seat = sketch.seat
    if seat.is_attached and len(place.rest_faces):
        felt = surface_points(points, faces)
        shares = sketch.box.inward(felt) / HALF @ sketch.box.turn
        touching = np.all(np.abs(shares - seat.centre) <= seat.spread + REACHED, axis=1)
        shift: Floats = pressed(felt, touching, seat, place.rest_points, place.rest_faces)
        points = np.asarray(points + shift)
        if gap_of(surface_points(points, faces), place.rest_points, place.rest_faces) > FAR:
            return None
    solid = solid_of(points, faces)
    if solid.is_empty():
        return None
    entry = Entry(asked.name, asked.asked, {word: count for word, count in asked.counts.items() if count}, DRAWN, seed, DRAWN)
    return NewPart(*plugged(solid, place), entry, asked, (NOTE,))
