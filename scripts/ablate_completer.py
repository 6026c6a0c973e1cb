#!/usr/bin/env python3
"""The ablation of HoloPart's paper on completers of our own: what each is told of a part, and how true its answer is.

    .venv/bin/python scripts/ablate_completer.py runs/completer/weights runs/without-context/weights ... --parts 100

Each folder is what `partgen train completer` or `partgen train shape-vae` left. Parts are those of procedural shapes that no training
draws. *overlap*: intersection over union with the true solid, at points anywhere in the box around it; *hidden*: the same among points
that are farther than a tenth of the box from all that is visible. Chamfer distance and F1 are of surfaces, in the true part's longest
side. An autoencoder of the size "from-patch" is shown what is visible, others the complete solid: how good the latents can be.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from partgen.completion.part_clouds import Frame, PartCloud
from partgen.completion.part_diffusion import PartDiffusion
from partgen.latent_diffusion.extraction import ClosedSurface, closed_surface
from partgen.latent_diffusion.sampling import Effort
from partgen.training.examples import held_out_seed
from partgen.training.export import read_weights
from partgen.training.pairs import QUERIES, seen_pairs, skin_pairs
from partgen.training.recipe import Arrays
from partgen.training.shape_vae import Autoencoder, prepared
from scipy.spatial import cKDTree
from trimesh import Trimesh
from trimesh.sample import sample_surface

Floats = NDArray[np.float32]
Field = Callable[[Floats], Floats]
Answer = Callable[[Arrays, int], Field]
"""The field, positive inside, that a completer gives of an example's only part, drawn by a seed."""

CELLS = 64
HIDDEN = 0.1
STEPS, GUIDANCE = 20, 2.0
SAMPLES = 4000
NEAR = 0.05
MEASURES = ("overlap", "hidden", "chamfer", "f1_05", "inside")
UNIT = Frame(np.zeros(3), 1.0)


def main() -> None:
    """Prints a table, a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+", help="folders of weights")
    parser.add_argument("--parts", type=int, default=100, help="how many parts to complete (default: 100)")
    parser.add_argument("--of-skins", action="store_true", help="show all of the skins, as to the bundled weights, not what cameras see")
    parser.add_argument("--guidance", type=float, default=GUIDANCE, help=f"beyond what the conditions alone say (default: {GUIDANCE:g})")
    options = parser.parse_args()
    parts = list(held_out_parts(options.parts, skin_pairs if options.of_skins else seen_pairs))
    print(f"{'':40s}" + "".join(f"{name:>10s}" for name in MEASURES))
    for folder in options.weights:
        answer = completer(folder, options.guidance)
        rows = [scores(part, answer(part, number)) for number, part in enumerate(parts)]
        print(
            f"{folder.resolve().parent.name:40s}" + "".join(f"{np.nanmean([row[name] for row in rows]):10.4f}" for name in MEASURES),
            flush=True,
        )


def held_out_parts(wanted: int, pairs: Callable[[int], Arrays | None]) -> Iterator[Arrays]:
    """Parts of shapes that are kept aside, one of each: arrays of an example without the axis of parts."""
    found = 0
    for index in count():
        if found == wanted:
            return
        example = pairs(held_out_seed(index))
        if example is not None:
            found += 1
            yield {name: values[0] for name, values in prepared(example).items()}


def completer(folder: Path, guidance: float) -> Answer:
    """What the weights in a folder answer."""
    config = json.loads((folder / "config.json").read_text())
    if "transformer" in config:
        return diffused(PartDiffusion.from_training(folder), guidance)
    network = Autoencoder(config)
    network.load_state_dict(read_weights(folder))
    return encoded(network.eval())


def diffused(pipeline: PartDiffusion, guidance: float) -> Answer:
    """By diffusion."""
    effort = Effort(pipeline.part_encoder.config.num_tokens, STEPS, CELLS, guidance)

    def answer(part: Arrays, seed: int) -> Field:
        cloud = PartCloud(part["patch"], part["whole"], part["local"], UNIT)
        return pipeline.field(pipeline.latents(pipeline.conditions(cloud, effort, seed), effort, seed))

    return answer


def encoded(network: Autoencoder) -> Answer:
    """By an autoencoder, without noise."""

    def answer(part: Arrays, seed: int) -> Field:
        with torch.inference_mode():
            surface = torch.from_numpy(part[network.shown])[None]
            tokens = network.vae.expand(network.vae.encode(surface, network.tokens, seed).mean)

        def field(points: Floats) -> Floats:
            with torch.inference_mode():
                return network.vae.logits(tokens, torch.from_numpy(points)[None])[0].numpy()

        return field

    return answer


def scores(part: Arrays, field: Field) -> dict[str, float]:
    """How true a field is to a part."""
    anywhere = part["query"][QUERIES // 2 :]
    truly, found = part["inside"][QUERIES // 2 :] > 0, field(anywhere) > 0
    hidden = cKDTree(part["local"][:, :3]).query(anywhere)[0] > HIDDEN
    surface = closed_surface(field, CELLS, part["local"][:, :3])
    return {
        "overlap": overlap(truly, found),
        "hidden": overlap(truly[hidden], found[hidden]),
        "inside": float(found[truly].mean()) if truly.any() else np.nan,
        **distances(part["surface"][:, :3], surface),
    }


def overlap(truly: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Intersection over union (n,) (n,); not a number where both are empty."""
    either = (truly | found).sum()
    return float((truly & found).sum() / either) if either else np.nan


def distances(truth: Floats, surface: ClosedSurface) -> dict[str, float]:
    """The Chamfer distance and F1 of a surface from points of the true one; not a number and 0 where there is no surface."""
    if not len(surface.faces):
        return {"chamfer": np.nan, "f1_05": 0.0}
    scale = 1 / np.ptp(truth, axis=0).max()
    ours = sample_surface(Trimesh(surface.vertices, surface.faces, process=False), SAMPLES, seed=0)[0]
    there, back = cKDTree(ours).query(truth)[0] * scale, cKDTree(truth).query(ours)[0] * scale
    recall, precision = (there < NEAR).mean(), (back < NEAR).mean()
    return {"chamfer": float(there.mean() + back.mean()) / 2, "f1_05": float(2 * recall * precision / max(recall + precision, 1e-9))}


if __name__ == "__main__":
    main()
