"""`partgen edit --method texture` and `--method reshape`: a part painted by a diffusion checkpoint of this machine, or made anew from
what was painted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PartgenError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..devices import Placement
    from ..files import Model
    from ..model_reshaping import Reshaped
    from ..model_texturing import Textured
    from ..texturing.depth import DepthNetwork
    from ..texturing.inpainting import DiffusionInpainter
    from ..texturing.views import PartViews


def paint(options: argparse.Namespace) -> int:
    """Writes the model with its part painted, once for each variation. Returns the exit code. Raises PartgenError."""
    from ..devices import place_for_half_precision, with_retries
    from ..files import read_model, write_file
    from ..model_editing import check_part
    from ..texturing.inpainting import check_packages
    from ..texturing.painter import shortcomings
    from .labels import read_labels
    from .variations import target_of

    if not options.prompt.strip():
        raise PartgenError("edit.empty_prompt", "The prompt is empty.", "Say what the part is to look like: “rusty iron”.")
    check_packages()
    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    check_part(model, labels, options.part)
    painter = (PartReshaper if options.method == "reshape" else PartPainter)(options, model, labels)
    placement = place_for_half_precision()
    given_up: tuple[str, ...] = ()
    for number in range(options.variations):
        seed = options.seed + number
        attempt = with_retries(partial(painter, seed), 1, placement)
        placement, given_up = attempt.placement, (*given_up, *attempt.notes)
        made, target = attempt.result, target_of(options.output, number)
        write_file(target, made.scene.export(file_type="glb"))
        notes = (*made.notes, *given_up, *shortcomings(painter.inpainter, painter.follows_depth))
        _report(options, target, seed, painter, painter.described(made), notes)
    return 0


class PartPainter:
    """Paints a part by a seed, on the device that it is told: the checkpoint is loaded and the part is looked at once for each."""

    _title = "Painting"
    follows_depth = True
    """Whether what is painted is to stay on the old shape."""

    def __init__(self, options: argparse.Namespace, model: Model, labels: NDArray[np.int32]) -> None:
        from ..texturing.painter import Painter, Wishes

        self._options, self._model, self._labels = options, model, labels
        wishes = Wishes(options.model, options.controlnet, options.normals_controlnet, options.steps)
        self._painter, self._wishes = Painter(), wishes if self.follows_depth else wishes.free_of_the_shape()
        self._ready: tuple[DiffusionInpainter, PartViews] | None = None

    def __call__(self, seed: int, _: int, placement: Placement) -> Textured | Reshaped:
        if self._ready is None or self.inpainter.placement != placement:
            self._ready = None
            self._ready = self._prepared(placement)
            self._tell_time(placement)
        return self._made(seed, *self._ready)

    @property
    def inpainter(self) -> DiffusionInpainter:
        assert self._ready is not None
        return self._ready[0]

    @property
    def name(self) -> str:
        """What made it."""
        return self.inpainter.checkpoint.name

    def described(self, made: Any) -> dict[str, Any]:
        """What is told of a result, as JSON."""
        return {"texture_sizes": list(made.sizes), "seen": round(made.seen, 4)}

    def _made(self, seed: int, inpainter: DiffusionInpainter, views: PartViews) -> Textured | Reshaped:
        from ..model_texturing import textured

        options = self._options
        return textured(self._model, self._labels, options.part, inpainter, options.prompt, seed, options.strength, views=views)

    def _prepared(self, placement: Placement) -> tuple[DiffusionInpainter, PartViews]:
        """The checkpoint on a device, and the views of the part for it."""
        from ..model_texturing import part_views

        inpainter = self._painter.inpainter(self._wishes, placement)
        return inpainter, part_views(self._model, self._labels, self._options.part, inpainter.side)

    def _tell_time(self, placement: Placement) -> None:
        """Says how long the work will take."""
        from ..durations import time_in_words

        count = self._options.variations
        what = self._title if count == 1 else f"{self._title} {count} variations"
        time = time_in_words(count * self._seconds())
        print(f"partgen: {what} with {self.name} on {placement.words}: {time}", file=sys.stderr, flush=True)

    def _seconds(self) -> float:
        """How long a variation takes."""
        return self.inpainter.seconds(self._options.strength)


class PartReshaper(PartPainter):
    """Makes a part anew from what is painted and how far away a depth network takes it to be."""

    _title = "Reshaping"
    follows_depth = False
    _depth: DepthNetwork | None = None

    @property
    def name(self) -> str:
        from ..texturing.painter import made_by

        assert self._depth is not None
        return made_by(self.inpainter, self._depth)

    def described(self, made: Any) -> dict[str, Any]:
        """See `PartPainter`."""
        shape = {"triangles": len(made.surface.faces), "watertight": bool(made.surface.is_watertight)}
        return {**shape, "texture_sizes": [made.size], "seen": round(made.seen, 4)}

    def _made(self, seed: int, inpainter: DiffusionInpainter, views: PartViews) -> Reshaped:
        from ..model_reshaping import reshaped_part

        assert self._depth is not None
        options, depth = self._options, self._depth
        return reshaped_part(self._model, self._labels, options.part, inpainter, depth, options.prompt, seed, options.strength, views=views)

    def _prepared(self, placement: Placement) -> tuple[DiffusionInpainter, PartViews]:
        from ..texturing.depth import chosen_depth_folder, read_depth_folder

        read_depth_folder(chosen_depth_folder(self._options.depth_model))  # what is missing is told before anything is loaded
        ready = super()._prepared(placement)
        self._depth = self._painter.depth(self._options.depth_model, placement)
        return ready

    def _seconds(self) -> float:
        from ..texturing.renewing import seconds_after_painting

        assert self._depth is not None
        return super()._seconds() + seconds_after_painting(self._depth)


def _report(
    options: argparse.Namespace, target: Path, seed: int, painter: PartPainter, described: dict[str, Any], notes: Iterable[str]
) -> None:
    if options.json:
        answer = {
            "file": str(target), "part": options.part, "method": options.method, "prompt": options.prompt, "seed": seed,
            "strength": options.strength, "steps": painter.inpainter.effort.steps, "model": painter.name, **described, "notes": list(notes),
        }  # fmt: skip
        print(json.dumps(answer, ensure_ascii=False), flush=True)
        return
    sizes = ", ".join(f"{size} x {size}" for size in described["texture_sizes"])
    what = "painted" if painter.follows_depth else "made anew"
    print(f"{target}: part {options.part} {what} by {painter.name}, seed {seed}, texture of {sizes} texels", flush=True)
    for note in notes:
        print(f"  {note}", flush=True)
