"""How good parts made from words are: whether they are what was asked for, whether they fit, and whether the rest stays as it was.

On procedural objects of held-out seeds. The prompt is what is said of another held-out part of the same name, or of a design that bears
it, in words that nothing learned from. What came out is judged by classifiers of geometry that were trained on the catalogue's parts
and know neither the prompt nor which entry was taken.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import trimesh
from numpy.typing import NDArray

from ..editing.replacing import fitted as primitive_fitted
from ..editing.replacing import primitive
from ..errors import PartgenError
from ..files import Model, read_model
from ..generation.asking import Asked, found
from ..generation.catalogue import DESIGN, EVERY_HELD_OUT, Catalogue, Entry, Made, Whole, bundled, described, designed, make, members
from ..generation.designs import DESIGNS
from ..generation.making import Place, fitted
from ..generation.phrasing import FRAMES, Wanted, framed, said, strangers
from ..generation.placing import gap_of
from ..generation.seating import Seat, signed_distances, surface_points
from ..generation.wishing import DRAWS, Wish, each_wished_part
from ..model_editing import Part, cut_out, scene_of
from ..model_generating import place_of
from ..shapes import all_families, make_shape

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
T = TypeVar("T")

METHODS = ("generative", "drawn", "random", "primitive")
LEAST_SHOWN = 0.02
"""Of an object's surface: a smaller part is not replaced here."""
COVERED, DEEP = 0.03, 0.03
"""Of the part's size: how near a new part covers where the old one was attached, and how deep inside the rest is penetration."""
RARE = 12
"""Attributes of fewer parts than this are not told by geometry."""
PAIRS = 1500
"""Pairs of points of a surface, whose distances tell its form. Osada et al. 2002, D2."""


@dataclass(frozen=True, eq=False)
class Task:
    """One edit to make: a model with labels, a part of it, and what is asked."""

    model: Model
    labels: NDArray[np.int32]
    part: int
    wanted: Wanted


@dataclass(frozen=True, eq=False)
class Judge:
    """Classifiers of geometry: of names, and of each attribute and how often it occurs in the catalogue."""

    names: Any
    attributes: Mapping[str, tuple[Any, float]]

    def of(self, points: Floats, faces: Ints) -> tuple[list[str], dict[str, float]]:
        """The five likeliest names of a surface, and how likely each attribute is against how often it occurs (above 0.5: more)."""
        form = descriptor(points, faces)[None]
        order = np.argsort(-self.names.predict_proba(form)[0])[:5]
        told = {}
        for word, (trees, share) in self.attributes.items():
            likely = float(trees.predict_proba(form)[0, 1])
            told[word] = likely * (1 - share) / max(likely * (1 - share) + (1 - likely) * share, 1e-9)
        return [str(self.names.classes_[index]) for index in order], told


def measure(count: int, seed: int = 0) -> dict[str, Any]:
    """Everything, on `count` edits. Raises PartgenError where scikit-learn is missing."""
    catalogue = bundled()
    judge = trained(catalogue)
    held_out = list(held_out_entries(catalogue))
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {"understood": understanding(rng, catalogue, held_out), "judge": ceiling(judge, held_out, rng), "edits": {}}
    rows: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(Path(folder), rng, catalogue, held_out, count):
            place = place_of(task.model, task.labels == task.part)
            seat = place.seat()
            for method in METHODS:
                rows[method].append(judged(task, place, seat, MAKERS[method](task, place, seat, rng), judge))
    for method, each in rows.items():
        keys = sorted({key for row in each for key in row})
        result["edits"][method] = {"count": len(each), **{key: float(np.mean([row[key] for row in each if key in row])) for key in keys}}
    return result


# ---- what is asked ---------------------------------------------------------------------------------------------------


def held_out_entries(catalogue: Catalogue, rounds: int = 4) -> Iterator[tuple[Entry, Made]]:
    """Parts of held-out seeds whose names the catalogue has."""
    known = set(catalogue.names)
    for seed in range(EVERY_HELD_OUT, EVERY_HELD_OUT * (rounds + 1), EVERY_HELD_OUT):
        for family in all_families():
            shape = make_shape(seed, family)
            whole = Whole.of(shape)
            for entry in described(shape):
                if entry.name in known:
                    yield entry, whole.made(members(shape, entry.of))
        for design in DESIGNS:
            yield designed(seed, design)


def understanding(rng: np.random.Generator, catalogue: Catalogue, held_out: Sequence[tuple[Entry, Made]]) -> dict[str, float]:
    """How often prompts are understood: the name, every attribute and count, and those refused that name nothing that there is."""
    names, attributes, counts, refused = [], [], [], []
    for index in rng.permutation(len(held_out))[:600]:
        wanted = said(rng, held_out[index][0], catalogue, is_measured=True)
        answer = answered(partial(found, wanted.prompt))
        if answer is None:
            names.append(False)
            continue
        names.append(answer.asked.name == wanted.name)
        if wanted.asked:
            attributes.append(set(wanted.asked) <= set(answer.asked.asked))
        if wanted.counts:
            counts.append(dict(wanted.counts) == dict(answer.asked.counts))
    for _ in range(300):
        prompt = framed(FRAMES, True, rng).format(x=str(rng.choice(strangers(catalogue))))
        refused.append(answered(partial(found, prompt)) is None)
    shares = {"name": names, "attributes": attributes, "counts": counts, "refused": refused}
    return {key: float(np.mean(values)) for key, values in shares.items()}


def tasks(
    folder: Path, rng: np.random.Generator, catalogue: Catalogue, held_out: Sequence[tuple[Entry, Made]], count: int
) -> Iterator[Task]:
    """Edits of held-out objects: a part that shows, and what is said of another of its name."""
    by_name: dict[str, list[Entry]] = {}
    for entry, _ in held_out:
        by_name.setdefault(entry.name, []).append(entry)
    families, made, seed = list(all_families()), 0, 0
    while made < count:
        seed += EVERY_HELD_OUT
        for family in rng.permutation(families):
            shape = make_shape(seed, str(family))
            skin = shape.skin()
            shown = np.bincount(skin.part_of_face, skin.areas(), len(shape.parts)) / skin.areas().sum()
            able = [
                number
                for number, part in enumerate(shape.parts)
                if shown[number] > LEAST_SHOWN and any((one.family, one.seed) != (family, seed) for one in by_name.get(part.kind, ()))
            ]
            if len(shape.parts) < 2 or not able:
                continue
            part = able[int(rng.integers(len(able)))]
            others = [one for one in by_name[shape.parts[part].kind] if (one.family, one.seed) != (family, seed)]
            designed = [one for one in others if one.family == DESIGN]
            pool = designed if designed and rng.random() < 0.5 else others
            path = folder / f"{family}_{seed}.stl"
            trimesh.Trimesh(skin.vertices, skin.faces, process=False).export(path)
            model = read_model(path)
            yield Task(model, skin.part_of_face, part, said(rng, pool[int(rng.integers(len(pool)))], catalogue, is_measured=True))
            made += 1
            if made == count:
                return


# ---- what comes out --------------------------------------------------------------------------------------------------


def by_words(task: Task, place: Place, seat: Seat, rng: np.random.Generator) -> tuple[Floats, Ints] | None:
    """As the editor answers."""
    return _wished(place, Wish(task.wanted.prompt))


def by_drawing(task: Task, place: Place, seat: Seat, rng: np.random.Generator) -> tuple[Floats, Ints] | None:
    """As the editor answers with the model that draws."""
    return _wished(place, Wish(task.wanted.prompt, model=DRAWS))


def _wished(place: Place, wish: Wish) -> tuple[Floats, Ints] | None:
    new = answered(partial(next, each_wished_part(place, wish)))
    return None if new is None else (new.points, new.faces)


def answered(ask: Callable[[], T]) -> T | None:
    """What the editor makes or understands; None where it refuses, which is an answer, too. Raises PartgenError for all that is none:
    that a method cannot work here says nothing of how good it is."""
    try:
        return ask()
    except PartgenError as error:
        if not error.code.startswith("generation."):
            raise
        return None


def by_chance(task: Task, place: Place, seat: Seat, rng: np.random.Generator) -> tuple[Floats, Ints] | None:
    """Any part of the catalogue, fitted alike."""
    entries = bundled().entries
    for _ in range(6):
        new = fitted(entries[int(rng.integers(len(entries)))], place, seat, Asked("", "", 1.0))
        if new is not None:
            return new.points, new.faces
    return None


def by_primitive(task: Task, place: Place, seat: Seat, rng: np.random.Generator) -> tuple[Floats, Ints] | None:
    """A box in the place of the part: what `replace` does for words that name no other form."""
    shape = primitive("box")
    assert shape is not None
    faces = np.array([(p[0], p[k], p[k + 1]) for p in shape.polygons for k in range(1, len(p) - 1)])
    return primitive_fitted(shape.points, seat.frame), faces


Maker = Callable[[Task, Place, Seat, np.random.Generator], "tuple[Floats, Ints] | None"]
MAKERS: Mapping[str, Maker] = {"generative": by_words, "drawn": by_drawing, "random": by_chance, "primitive": by_primitive}


def judged(task: Task, place: Place, seat: Seat, new: tuple[Floats, Ints] | None, judge: Judge) -> dict[str, float]:
    """The measures of one edit."""
    if new is None:
        return {"made": 0.0}
    points, faces = new
    mesh = trimesh.Trimesh(points, faces, process=False)  # by its own triangles: sheets that touch are not one
    felt, size = surface_points(points, faces), float(np.linalg.norm(seat.extents))
    names, told = judge.of(points, faces)
    asked = [word for word in task.wanted.asked if word in told]
    row = {
        "made": 1.0,
        "name": float(task.wanted.name == names[0]),
        "name_in_five": float(task.wanted.name in names),
        "closed": float(mesh.is_watertight and mesh.is_winding_consistent),
        "rest_same": float(_rest_is_same(task, points, faces)),
    }
    if asked:
        row["attributes"] = float(np.mean([told[word] > 0.5 for word in asked]))
    if seat.is_attached:
        depth = signed_distances(felt, place.rest_points, place.rest_faces) / size
        row |= {"touches": float(gap_of(felt, place.rest_points, place.rest_faces) == 0), "gap": max(0.0, float(depth.min()))}
        row |= {"contact": _contact(place, points, faces, size), "penetration": float((depth < -DEEP).mean())}
    return row


def _contact(place: Place, points: Floats, faces: Ints, size: float) -> float:
    """How much of where the old part was attached the new one covers."""
    old = surface_points(place.points, place.faces)
    away = signed_distances(old, place.rest_points, place.rest_faces) / size
    attached = old[away < 0.01]
    return float((signed_distances(attached, points, faces) < COVERED * size).mean()) if len(attached) else 1.0


def _rest_is_same(task: Task, points: Floats, faces: Ints) -> bool:
    """Whether all other parts are, byte for byte, what they were."""
    new = Part(((trimesh.Trimesh(points, faces, process=False),),), np.zeros((0, 3, 3)), task.model.up)
    scene = scene_of(task.model, task.labels, task.part, new)
    for label in np.unique(task.labels).tolist():
        if label == task.part:
            continue
        (before,) = cut_out(task.model, task.labels == label)
        after = next(one for name, one in scene.geometry.items() if name.endswith(f" {label:02d}"))
        if np.asarray(before.vertices).tobytes() != np.asarray(after.vertices).tobytes():
            return False
        if np.asarray(before.faces).tobytes() != np.asarray(after.faces).tobytes():
            return False
    return True


# ---- the judge -------------------------------------------------------------------------------------------------------


def descriptor(points: Floats, faces: Ints) -> Floats:
    """What tells a form however it is turned, moved and scaled: distances of pairs, moments, extents, fullness, holes (D,)."""
    mesh = trimesh.Trimesh(points, faces, process=True)
    felt = _even(points, faces, 2 * PAIRS)
    centred = felt - felt.mean(axis=0)
    axes = np.linalg.svd(centred[::4], full_matrices=False)[2]
    local = centred @ axes.T
    extents = np.maximum(np.ptp(local, axis=0), 1e-9)
    scale = float(np.sqrt((centred**2).sum(axis=1).mean()))
    pairs = np.linalg.norm(centred[:PAIRS] - centred[PAIRS:][::-1], axis=1) / scale
    parts = [np.histogram(pairs, 24, (0, 4))[0] / PAIRS]
    for axis in range(3):  # the radius along each axis, from both ends alike
        along = np.abs(local[:, axis]) / (extents[axis] / 2)
        across = np.linalg.norm(np.delete(local, axis, axis=1), axis=1) / scale
        bins = np.minimum((along * 6).astype(int), 5)
        parts.append(np.array([across[bins == one].mean() if (bins == one).any() else 0.0 for one in range(6)]))
        parts.append(np.array([across[bins == one].std() if (bins == one).any() else 0.0 for one in range(6)]))
        ends = np.sort([across[local[:, axis] * side > 0].mean() for side in (1, -1)])
        skew = abs(float((local[:, axis] ** 3).mean())) / float((local[:, axis] ** 2).mean()) ** 1.5
        parts.append(np.array([ends[0] / max(ends[1], 1e-9), skew]))
    volume = abs(float(mesh.volume))
    hull = float(mesh.convex_hull.volume) if len(mesh.vertices) >= 4 else 1.0
    shape = [
        extents[1] / extents[0],
        extents[2] / extents[0],
        volume / max(hull, 1e-12),
        volume / extents.prod(),
        float(mesh.area) / scale**2,
    ]
    parts.append(np.array([*shape, np.clip(mesh.euler_number, -40, 4)]))
    return np.nan_to_num(np.concatenate(parts))


def _even(points: Floats, faces: Ints, count: int) -> Floats:
    """Points (count, 3) spread over a surface by area, the same every time, in no order."""
    felt = surface_points(points, faces, count)[-count:]
    return felt[np.random.default_rng(0).permutation(count)]


def trained(catalogue: Catalogue) -> Judge:
    """Trains classifiers on the geometry of all parts of the catalogue."""
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError as error:
        raise PartgenError("bench.no_scikit_learn", "scikit-learn is not installed.", "Install it: pip install 'partgen[dev]'.") from error
    entries = sorted(catalogue.entries, key=lambda one: (one.family, one.seed))
    forms = np.stack([descriptor(*made.surface) for _, made in made_again(entries)])
    names = ExtraTreesClassifier(40, max_depth=16, max_features=0.3, random_state=0).fit(forms, [one.name for one in entries])
    attributes = {}
    for word in catalogue.attributes:
        has = np.array([word in one.attributes for one in entries])
        if has.sum() >= RARE:
            trees = ExtraTreesClassifier(40, min_samples_leaf=3, random_state=0).fit(forms, has)
            attributes[word] = (trees, float(has.mean()))
    return Judge(names, attributes)


def made_again(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Made]]:
    """Entries, sorted by family and seed, with their geometry; each object is made once."""
    for (family, seed), group in groupby(entries, key=lambda one: (one.family, one.seed)):
        if family == DESIGN:
            yield from ((entry, make(entry)) for entry in group)
            continue
        shape = make_shape(seed, family)
        whole = Whole.of(shape)
        yield from ((entry, whole.made(members(shape, entry.of))) for entry in group)


def ceiling(judge: Judge, held_out: Sequence[tuple[Entry, Made]], rng: np.random.Generator) -> dict[str, float]:
    """How often the judge is right about true held-out parts, and by chance."""
    first, five, right, false = [], [], [], []
    chosen = rng.permutation(len(held_out))[:500]
    frequency = {name: 0 for name in judge.names.classes_}
    for index in chosen:
        entry, made = held_out[index]
        names, told = judge.of(*made.surface)
        first.append(entry.name == names[0])
        five.append(entry.name in names)
        frequency[entry.name] = frequency.get(entry.name, 0) + 1
        right += [told[word] > 0.5 for word in entry.attributes if word in told]
        false += [told[word] > 0.5 for word in told if word not in entry.attributes]
    chance = max(frequency.values()) / len(chosen)
    return {
        "name": np.mean(first),
        "name_in_five": np.mean(five),
        "attributes": np.mean(right),
        "attributes_by_mistake": np.mean(false),
        "commonest": chance,
    }


ROWS = {
    "made": "a part was made", "name_in_five": "its name among the judge's five likeliest", "name": "its name the judge's likeliest",
    "attributes": "attributes asked for that the judge sees", "touches": "touches the rest", "gap": "gap, of the part's size",
    "contact": "of the old contact covered", "penetration": "of its surface deeper than 3 % in the rest", "closed": "closed and manifold",
    "rest_same": "the rest is the same, byte for byte",
}  # fmt: skip


def table(result: Mapping[str, Any]) -> str:
    """The measures for people."""
    understood, judge = result["understood"], result["judge"]
    lines = ["understood, in words that nothing learned from"]
    lines += [f"  {key:<12}{100 * value:6.1f} %" for key, value in understood.items()]
    lines.append(f"{'':<46}{'true parts':>12}" + "".join(f"{method:>12}" for method in METHODS))
    for key, words in ROWS.items():
        true = f"{100 * judge[key]:>10.1f} %" if key in judge else f"{'':>12}"
        lines.append(
            f"{words:<46}{true}" + "".join(f"{100 * result['edits'][method].get(key, float('nan')):>10.1f} %" for method in METHODS)
        )
    lines.append(
        f"By chance: the commonest name {100 * judge['commonest']:.1f} %, "
        f"an attribute that is not there {100 * judge['attributes_by_mistake']:.1f} %."
    )
    return "\n".join(lines)
