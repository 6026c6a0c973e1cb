"""Fits backend/partgen/refining/judge.json: how much a node looks like a part, how well a click lies in it, and what a click changes.

    .venv/bin/python scripts/fit_refining.py --shapes 550 --data FOLDER
    .venv/bin/python scripts/fit_refining.py --shapes 550 --data FOLDER --keep-first     # what further clicks change, alone

Examples are held-out procedural shapes as they reach a user, clicked at the deepest face of each part at two levels, and of the
labelled models those that may be trained on, in the half of the categories that `partgen bench clicks` calls "tuned on". Of all
nodes on the path of a click the first two networks together are to choose the one with the greatest expected intersection over
union.

Of all changes that a further click may ask for the third is to choose likewise. What it is asked depends on what was answered
before, so there are rounds: in the first the changes are chosen by their true overlap and at random, in each further one by
networks fitted so far, each of which has not seen the object.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from partgen.evaluation.clicks import REPORTED, Depths, half, next_click, surface_of
from partgen.evaluation.labelled import labelled_files, read_labelled
from partgen.mesh import Mesh
from partgen.part_tree import PartTree
from partgen.refining import Refinable, judging, refinable
from partgen.refining.changes import changes
from partgen.refining.places import places
from partgen.refining.totals import totals
from partgen.refining.traits import TRAITS, traits, units
from partgen.segmentation import segmenter
from partgen.shapes import make_shape
from partgen.training.examples import held_out_seed
from partgen.training.skins import treated_skin
from torch import Tensor, nn

FITTED = Path(judging.__file__).with_name("judge.json")
FIRST_SHAPE = 100_000  # far from the shapes that other trainings hold out
MOST_FACES = 30_000
NOT_FOR_TRAINING = ("psb", "pnm")
PLACES = 4
"""Of what `places` tells, so much is not among the traits of a node."""
SIZE = [TRAITS.index("size"), TRAITS.index("leaves")]
COARSE = 4
"""Of so many shapes one has a tree of few leaves, as simple objects have and other methods give."""
ROUNDS = 5
MOST_PARTS = 4
"""Of an object, in a round."""
NOISE = 0.06
"""Of the overlaps by which changes are chosen in the first round."""
AT_RANDOM = (0.25, 0.08)
"""The share of changes that are chosen at random, or with noise, in the first round and in the others."""
SKINS = 2.5
"""What a fused skin counts: what connectivity gives away nothing of is hard, and there are few."""
HIDDEN = (48,)
Choose = Callable[[NDArray[np.float64], NDArray[np.float64]], int]
"""Which change (K,) is made, by their traits (K, len(CHANGE_TRAITS)) and their true overlap (K,)."""


@dataclass(frozen=True, eq=False)
class Example:
    """A click: `values` (n, traits) of what it may mean, the `overlap` (n,) of each of these with the part, and what it is of.

    Of a first click these are the nodes on its path, by their traits and places; of a further one changes, by theirs.
    """

    values: NDArray[np.float32]
    overlap: NDArray[np.float32]
    source: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Clickable:
    """An object whose `parts` (F,) bool are clicked, and what it is: its set and its name."""

    object_: Refinable
    parts: list[NDArray[np.bool_]]
    source: tuple[str, str]

    @property
    def fold(self) -> int:
        """0 or 1: which of the networks that answer in a round has not seen it. The same for an object and its fused skin."""
        return zlib.crc32(self.source[1].encode()) // 2 % 2


def of_shapes(count: int) -> Iterator[Clickable]:
    """Procedural shapes."""
    for index in range(FIRST_SHAPE, FIRST_SHAPE + count):
        seed = held_out_seed(index)
        shape = make_shape(seed)
        if len(shape.parts) < 3:
            continue
        skin, _ = treated_skin(shape, np.random.default_rng(seed))
        if len(skin.faces) <= MOST_FACES:
            levels = shape.levels()
            truths = [levels[level][skin.part_of_face] for level in sorted({0, len(levels) - 1})]
            whole = clickable(Mesh.from_triangles(skin.vertices, skin.faces), truths, ("shapes", str(seed)))
            yield coarse(whole, np.random.default_rng(seed)) if index % COARSE == 0 else whole


def of_models(folder: Path) -> Iterator[Clickable]:
    """Labelled models that may be trained on, in the half of the categories that is tuned on."""
    for collection, path in labelled_files(folder):
        if not path.stem.startswith(NOT_FOR_TRAINING):
            labelled = read_labelled(path, collection)
            if half(labelled.category) == 0:
                yield clickable(labelled.mesh, [labelled.main_truth], (collection, path.stem))


def clickable(mesh: Mesh, truths: list[NDArray], source: tuple[str, str]) -> Clickable:
    """A mesh as it is when it is decomposed, and the parts of each of its labelings (F,)."""
    found = segmenter("auto").segment(mesh)
    object_ = refinable(found.tree, found.leaf_of_face, surface_of(mesh), found.leaf_features)
    return Clickable(object_, [truth == label for truth in truths for label in np.unique(truth[truth >= 0])], source)


def coarse(clickable: Clickable, rng: np.random.Generator) -> Clickable:
    """The same object with a tree of 4 to 100 leaves: the largest nodes that it has."""
    object_ = clickable.object_
    tree = object_.tree
    count = min(int(np.exp(rng.uniform(np.log(4), np.log(100)))), tree.leaf_count)
    leaf = tree.cut_into(count).astype(np.int64)
    number = np.zeros(2 * tree.leaf_count - 1, np.int64)
    number[tree.nodes_into(count)] = leaf
    number[-(count - 1) or len(number) :] = np.arange(count, 2 * count - 1)
    merges = number[tree.merges[tree.leaf_count - count :]].astype(np.int32)
    features = units(totals(leaf, object_.features * object_.areas[:, None], count))
    kept = PartTree(merges, tree.heights[tree.leaf_count - count :], tree.default_scale)
    return replace(clickable, object_=refinable(kept, leaf[object_.leaf_of_face], object_.surface, features))


def first_clicks(clickable: Clickable) -> Iterator[Example]:
    """A click at the deepest face of each part."""
    object_ = clickable.object_
    known, sizes, depths = traits(object_, object_.nodes), object_.nodes.sums(object_.counts), Depths(object_.surface)
    for part in clickable.parts:
        face = depths.deepest(part)
        path = object_.path(face)
        shared = np.bincount(object_.leaf_of_face[part], minlength=object_.tree.leaf_count).astype(np.float64)
        within = object_.nodes.sums(shared)[path]
        place = places(object_, face, object_.below(path))[:, :PLACES]
        overlap = within / (sizes[path] + part.sum() - within)
        yield Example(np.column_stack([known[path], place]).astype(np.float32), overlap.astype(np.float32), clickable.source)


def further_clicks(clickable: Clickable, choose: Choose, rng: np.random.Generator) -> Iterator[Example]:
    """Clicks after the first, on some parts of an object, where `choose` says what each changes."""
    object_, depths = clickable.object_, Depths(clickable.object_.surface)
    parts = clickable.parts
    for number in rng.choice(len(parts), min(MOST_PARTS, len(parts)), replace=False).tolist():
        part = parts[number]
        clicks = [(depths.deepest(part), True)]
        before, faces = np.zeros(len(part), bool), object_.answer(clicks).faces
        while len(clicks) < max(REPORTED) and not np.array_equal(faces, part):
            clicks.append(next_click(faces, part, depths))
            found = changes(object_, faces, before, clicks)
            results = [found.made(faces, number) for number in range(len(found.traits))]
            overlap = np.array([(result & part).sum() / (result | part).sum() for result in results])
            yield Example(found.traits.astype(np.float32), overlap.astype(np.float32), clickable.source)
            before, faces = faces, results[choose(found.traits, overlap)]


class Judge(nn.Module):
    """The two networks of judging.Judge."""

    def __init__(self) -> None:
        super().__init__()
        self.node = nn.Sequential(nn.Linear(len(TRAITS), 12), nn.Tanh(), nn.Linear(12, 1))
        self.click = nn.Sequential(nn.Linear(PLACES + len(SIZE), 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The scores of nodes alone and with the click (..., n) of standardised values (..., n, traits and places)."""
        node = self.node(values[..., : len(TRAITS)])[..., 0]
        place = torch.cat([values[..., len(TRAITS) :], values[..., SIZE]], dim=-1)
        return node, node + self.click(place)[..., 0]


def together(examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """All examples as one: values (n, most, traits), overlap and which of them there are (n, most)."""
    longest = max(len(example.overlap) for example in examples)
    values = torch.zeros(len(examples), longest, examples[0].values.shape[1])
    overlap, is_there = torch.zeros(values.shape[:2]), torch.zeros(values.shape[:2], dtype=torch.bool)
    for row, example in enumerate(examples):
        count = len(example.overlap)
        values[row, :count], overlap[row, :count] = torch.from_numpy(example.values), torch.from_numpy(example.overlap)
        is_there[row, :count] = True
    return values, overlap, is_there


def weights_of(examples: Sequence[Example]) -> Tensor:
    """What each counts, (n,), 1 together: every object counts one in its set, and large sets count less than in proportion."""
    clicks = Counter(example.source for example in examples)
    objects = Counter(name for name, _ in clicks)
    weights = torch.tensor([1 / clicks[e.source] / objects[e.source[0]] ** 0.5 for e in examples])
    return weights / weights.sum()


def fitted(examples: list[Example], steps: int) -> dict:
    """What judge.json holds of the first click."""
    torch.manual_seed(0)
    values, overlap, is_there = together(examples)
    mean, deviation = values[is_there].mean(0), values[is_there].std(0) + 1e-6
    values = (values - mean) / deviation
    weights = weights_of(examples)
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


def fitted_changes(examples: Sequence[Example], steps: int, seed: int = 0) -> dict:
    """What judge.json holds of further clicks."""
    torch.manual_seed(seed)
    values, overlap, is_there = together(examples)
    mean, deviation = values[is_there].mean(0), values[is_there].std(0) + 1e-6
    values = torch.clamp((values - mean) / deviation, -8, 8)
    best = torch.where(is_there, overlap, -1).max(dim=1, keepdim=True).values
    is_best = is_there & (overlap >= best - 0.003)
    weights = weights_of(examples) * torch.tensor([SKINS if e.source[0] == "remeshed" else 1.0 for e in examples])
    sizes = (values.shape[2], *HIDDEN)
    hidden = [layer for one, other in pairwise(sizes) for layer in (nn.Linear(one, other), nn.Tanh())]
    network = nn.Sequential(*hidden, nn.Linear(sizes[-1], 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for _ in range(steps):
        some = torch.multinomial(weights, 512, replacement=True)
        chance = torch.softmax(network(values[some])[..., 0].masked_fill(~is_there[some], -1e9), dim=1)
        gain = (chance * (overlap[some] - best[some])).sum(1) + 0.03 * torch.log((chance * is_best[some]).sum(1) + 1e-6)
        optimizer.zero_grad()
        (-gain.mean()).backward()
        optimizer.step()
        schedule.step()
    layers = [[numbers(layer.weight), numbers(layer.bias)] for layer in network if isinstance(layer, nn.Linear)]
    return {"mean": numbers(mean), "deviation": numbers(deviation), "layers": layers}


def chooser(change: dict | None, rng: np.random.Generator) -> Choose:
    """Chooses as fitted numbers say, without such by the true overlap; sometimes at random."""
    if change is None:

        def by_overlap(values: NDArray[np.float64], overlap: NDArray[np.float64]) -> int:
            if rng.random() < AT_RANDOM[0]:
                return int(rng.integers(len(overlap)))
            return int((overlap + rng.normal(0, NOISE, len(overlap))).argmax())

        return by_overlap
    mean, deviation = np.array(change["mean"]), np.array(change["deviation"])
    layers = [(np.array(weights), np.array(bias)) for weights, bias in change["layers"]]

    def by_network(values: NDArray[np.float64], overlap: NDArray[np.float64]) -> int:
        if rng.random() < AT_RANDOM[1]:
            return int((overlap + rng.normal(0, NOISE, len(overlap))).argmax())
        return int(judging.deep_answer(layers, judging.standardised(values, mean, deviation)).argmax())

    return by_network


def fitted_in_rounds(objects: Sequence[Clickable], steps: int) -> dict:
    """What judge.json holds of further clicks on objects, each round with what was learned in those before."""
    fold = {clickable.source: clickable.fold for clickable in objects}
    examples: list[Example] = []
    changes: list[dict | None] = [None, None]
    for number in range(ROUNDS):
        rng = np.random.default_rng(number)
        # There are many shapes: each is asked in one round.
        of_shapes = [clickable for clickable in objects if clickable.source[0] == "shapes"][number::ROUNDS]
        for clickable in [*(one for one in objects if one.source[0] != "shapes"), *of_shapes]:
            examples += further_clicks(clickable, chooser(changes[clickable.fold], rng), rng)
        if number < ROUNDS - 1:
            changes = [fitted_changes([e for e in examples if fold[e.source] != unseen], steps) for unseen in (0, 1)]
        print(f"round {number + 1}: {len(examples)} further clicks", flush=True)
    return fitted_changes(examples, 4 * steps)


def numbers(values: Tensor) -> list:
    """Four decimals of each, as JSON has them."""
    return np.round(values.detach().numpy().astype(np.float64), 4).tolist()


def write(found: dict) -> None:
    """Puts what was fitted in the place of what was before."""
    FITTED.write_text(json.dumps({**json.loads(FITTED.read_text("utf-8")), **found}) + "\n", "utf-8")
    judging.judge.cache_clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=int, default=550, help="procedural shapes (550)")
    parser.add_argument("--data", type=Path, help="folder of labelled models")
    parser.add_argument("--steps", type=int, default=500, help="of the networks of the first click (500)")
    parser.add_argument("--change-steps", type=int, default=1000, help="of the network of further clicks in a round (1000)")
    parser.add_argument("--keep-first", action="store_true", help="keep the networks of the first click as they are")
    options = parser.parse_args()
    objects = [*of_shapes(options.shapes), *(of_models(options.data) if options.data else ())]
    if not options.keep_first:
        write(fitted([example for clickable in objects for example in first_clicks(clickable)], options.steps))
    # What further clicks begin with is what the first one answers.
    write({"change": fitted_in_rounds(objects, options.change_steps)})
    print(f"{len(objects)} objects; wrote {FITTED}")


if __name__ == "__main__":
    main()
