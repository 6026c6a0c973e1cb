"""Fits backend/partgen/refining.json: how much a node looks like a part, and how well a click lies in it.

    .venv/bin/python scripts/fit_refining.py --shapes 550 --data FOLDER

Examples are held-out procedural shapes as they reach a user, clicked at the deepest face of each part at two levels, and of the
labelled models those that may be trained on, in the half of the categories that `partgen bench clicks` calls "tuned on". Of all
nodes on the path of a click the two networks together are to choose the one with the greatest expected intersection over union.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from partgen import refining
from partgen.evaluation.clicks import Depths, half, surface_of
from partgen.evaluation.labelled import labelled_files, read_labelled
from partgen.mesh import Mesh
from partgen.refining import TRAITS, refinable, traits
from partgen.segmentation import segmenter
from partgen.shapes import make_shape
from partgen.training.examples import held_out_seed
from partgen.training.skins import treated_skin
from torch import Tensor, nn

FIRST_SHAPE = 100_000  # far from the shapes that other trainings hold out
MOST_FACES = 30_000
NOT_FOR_TRAINING = ("psb", "pnm")
PLACES = 4
"""Of what `refining.places` tells, so much is not among the traits of a node."""
SIZE = [TRAITS.index("size"), TRAITS.index("leaves")]


@dataclass(frozen=True, eq=False)
class Example:
    """A click: `values` (n, traits and places) of the nodes on its path, their `overlap` (n,) with the part, and what it is of."""

    values: NDArray[np.float32]
    overlap: NDArray[np.float32]
    source: tuple[str, str]


def of_shapes(count: int) -> Iterator[Example]:
    """Clicks on the parts of procedural shapes."""
    for index in range(FIRST_SHAPE, FIRST_SHAPE + count):
        seed = held_out_seed(index)
        shape = make_shape(seed)
        if len(shape.parts) < 3:
            continue
        skin, _ = treated_skin(shape, np.random.default_rng(seed))
        if len(skin.faces) <= MOST_FACES:
            levels = shape.levels()
            truths = [levels[level][skin.part_of_face] for level in sorted({0, len(levels) - 1})]
            yield from clicked(Mesh.from_triangles(skin.vertices, skin.faces), truths, ("shapes", str(seed)))


def of_models(folder: Path) -> Iterator[Example]:
    """Clicks on the parts of labelled models that may be trained on, in the half of the categories that is tuned on."""
    for collection, path in labelled_files(folder):
        if not path.stem.startswith(NOT_FOR_TRAINING):
            labelled = read_labelled(path, collection)
            if half(labelled.category) == 0:
                yield from clicked(labelled.mesh, [labelled.main_truth], (collection, path.stem))


def clicked(mesh: Mesh, truths: list[NDArray], source: tuple[str, str]) -> Iterator[Example]:
    """A click at the deepest face of each part."""
    found = segmenter("auto").segment(mesh)
    object_ = refinable(found.tree, found.leaf_of_face, surface_of(mesh), found.leaf_features)
    known, sizes, depths = traits(object_, object_.nodes), object_.nodes.sums(object_.counts), Depths(object_.surface)
    for truth in truths:
        for label in np.unique(truth[truth >= 0]):
            part = truth == label
            face = depths.deepest(part)
            path = object_.path(face)
            shared = np.bincount(object_.leaf_of_face[part], minlength=found.tree.leaf_count).astype(np.float64)
            within = object_.nodes.sums(shared)[path]
            place = refining.places(object_, face, object_.below(path))[:, :PLACES]
            overlap = within / (sizes[path] + part.sum() - within)
            yield Example(np.column_stack([known[path], place]).astype(np.float32), overlap.astype(np.float32), source)


class Judge(nn.Module):
    """The two networks of refining.Judge."""

    def __init__(self) -> None:
        super().__init__()
        self.node = nn.Sequential(nn.Linear(len(TRAITS), 12), nn.Tanh(), nn.Linear(12, 1))
        self.click = nn.Sequential(nn.Linear(PLACES + len(SIZE), 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The scores of nodes alone and with the click (..., n) of standardised values (..., n, traits and places)."""
        node = self.node(values[..., : len(TRAITS)])[..., 0]
        place = torch.cat([values[..., len(TRAITS) :], values[..., SIZE]], dim=-1)
        return node, node + self.click(place)[..., 0]


def fitted(examples: list[Example], steps: int) -> dict:
    """What refining.json holds."""
    torch.manual_seed(0)
    longest = max(len(example.overlap) for example in examples)
    values = torch.zeros(len(examples), longest, examples[0].values.shape[1])
    overlap, is_there = torch.zeros(values.shape[:2]), torch.zeros(values.shape[:2], dtype=torch.bool)
    for row, example in enumerate(examples):
        count = len(example.overlap)
        values[row, :count], overlap[row, :count] = torch.from_numpy(example.values), torch.from_numpy(example.overlap)
        is_there[row, :count] = True
    mean, deviation = values[is_there].mean(0), values[is_there].std(0) + 1e-6
    values = (values - mean) / deviation
    # Every object counts one in its set, and large sets count less than in proportion.
    parts = Counter(example.source for example in examples)
    objects = Counter(name for name, _ in parts)
    weights = torch.tensor([1 / parts[e.source] / objects[e.source[0]] ** 0.5 for e in examples])
    weights = weights / weights.sum()
    is_best = overlap >= overlap.max(dim=1, keepdim=True).values - 1e-4
    judge = Judge()
    optimizer = torch.optim.Adam(judge.parameters(), lr=0.01)
    for _ in range(steps):
        loss = 1e-3 * torch.stack([(parameter**2).sum() for parameter in judge.parameters()]).sum()
        for scores, share in zip(judge(values), (0.35, 1.0), strict=True):
            chance = torch.softmax(scores.masked_fill(~is_there, -1e9), dim=1)
            gain = (chance * overlap).sum(1) + 0.1 * torch.log((chance * is_best).sum(1) + 1e-6)
            loss = loss - share * (weights * gain).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    state = judge.state_dict()
    layers = {
        name: [numbers(state[f"{name}.0.weight"]), numbers(state[f"{name}.0.bias"]), numbers(state[f"{name}.2.weight"][0])]
        for name in ("node", "click")
    }
    return {"mean": numbers(mean), "deviation": numbers(deviation), **layers}


def numbers(values: Tensor) -> list:
    """Four decimals of each, as JSON has them."""
    return np.round(values.detach().numpy().astype(np.float64), 4).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=550, help="procedural shapes (550)")
    parser.add_argument("--data", type=Path, help="folder of labelled models")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path(refining.__file__).with_suffix(".json"))
    options = parser.parse_args()
    examples = [*of_shapes(options.shapes), *(of_models(options.data) if options.data else ())]
    options.out.write_text(json.dumps(fitted(examples, options.steps)) + "\n", "utf-8")
    print(f"{len(examples)} clicks; wrote {options.out}")


if __name__ == "__main__":
    main()
