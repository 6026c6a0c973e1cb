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

    from ..files import Model
    from ..model_reshaping import Reshaped
    from ..model_texturing import Textured
    from ..texturing.easel import Easel


def paint(options: argparse.Namespace) -> int:
    """Writes the model with its part painted, once for each variation. Returns the exit code. Raises PartgenError."""
    from ..durations import time_in_words
    from ..files import read_model, write_file
    from ..model_editing import check_part
    from ..model_texturing import part_views
    from ..texturing.easel import Materials, each_variation
    from ..texturing.inpainting import check_packages
    from ..texturing.painter import Painter, Wishes
    from .labels import read_labels
    from .variations import target_of

    if not options.prompt.strip():
        raise PartgenError("edit.empty_prompt", "The prompt is empty.", "Say what the part is to look like: “rusty iron”.")
    check_packages()
    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    check_part(model, labels, options.part)
    wishes = Wishes(options.model, options.controlnet, options.normals_controlnet, options.steps)
    depth_model = options.depth_model if options.method == "reshape" else None
    materials = Materials(Painter(), wishes, partial(part_views, model, labels, options.part), depth_model)

    def tell(easel: Easel, left: int) -> None:
        time = time_in_words(left * easel.seconds(options.strength))
        print(f"partgen: {easel.doing(left)} with {easel.name} on {easel.placement.words}: {time}", file=sys.stderr, flush=True)

    seeds = range(options.seed, options.seed + options.variations)
    for number, one in enumerate(each_variation(materials, seeds, partial(_made, options, model, labels), tell)):
        target = target_of(options.output, number)
        write_file(target, one.result.scene.export(file_type="glb"))
        _report(options, target, seeds[number], one.easel, _described(one.result), (*one.result.notes, *one.notes))
    return 0


def _made(options: argparse.Namespace, model: Model, labels: NDArray[np.int32], easel: Easel, seed: int) -> Textured | Reshaped:
    """One variation: the part painted, or made anew where the easel has something that tells depths."""
    from ..model_reshaping import reshaped_part
    from ..model_texturing import textured

    inpainter, prompt, strength, views = easel.inpainter, options.prompt, options.strength, easel.views
    if easel.depth is None:
        return textured(model, labels, options.part, inpainter, prompt, seed, strength, views=views)
    return reshaped_part(model, labels, options.part, inpainter, easel.depth, prompt, seed, strength, views=views)


def _described(made: Textured | Reshaped) -> dict[str, Any]:
    """What is told of a result, as JSON."""
    from ..model_reshaping import Reshaped

    if isinstance(made, Reshaped):
        shape = {"triangles": len(made.surface.faces), "watertight": bool(made.surface.is_watertight)}
        return {**shape, "texture_sizes": [made.size], "seen": round(made.seen, 4)}
    return {"texture_sizes": list(made.sizes), "seen": round(made.seen, 4)}


def _report(
    options: argparse.Namespace, target: Path, seed: int, easel: Easel, described: dict[str, Any], notes: Iterable[str]
) -> None:
    if options.json:
        answer = {
            "file": str(target), "part": options.part, "method": options.method, "prompt": options.prompt, "seed": seed,
            "strength": options.strength, "steps": easel.inpainter.effort.steps, "model": easel.name, **described, "notes": list(notes),
        }  # fmt: skip
        print(json.dumps(answer, ensure_ascii=False), flush=True)
        return
    sizes = ", ".join(f"{size} x {size}" for size in described["texture_sizes"])
    what = "painted" if easel.depth is None else "made anew"
    print(f"{target}: part {options.part} {what} by {easel.name}, seed {seed}, texture of {sizes} texels", flush=True)
    for note in notes:
        print(f"  {note}", flush=True)
