"""How well labels go from one object to another of its kind, how alike several objects are taken apart together, and what clicks on one
are worth on the others.

Measured on objects whose parts have names that come back within a category: a label that was carried over is right where the name
of the part is the same. What only one of two objects has cannot be right, and does not count.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..correspondence import LOOKS_ALONE, NEAREST_PLACE, WEIGHTS, Surface, alignment, carried_labels, carried_values, correspondence
from ..correspondence import surface as surface_of
from ..errors import PartgenError
from ..identities import identified
from ..refining import Surface as RefinedSurface
from . import following
from .clicks import surface_of as refined_surface_of
from .isolation import in_own_processes
from .labelled import labelled_files

Row = dict[str, Any]
Tell = Callable[[str], None]

TUNED_ON = frozenset({"Box", "Faucet", "Laptop", "Stapler", "vehicles"})
"""Categories on which the weights of the comparison were chosen. The others are what the numbers are to be judged by."""
UP = 1
"""The axis that points up in all of them."""
PAIRS = 20
LEAST_SHARED = 0.5
"""Pairs of objects whose common names cover less of the second one's surface are left out: they are of no one kind."""
UNNAMED = frozenset({"", "other_leaf"})
WAYS = ("place", "looks", "geometry", "both")
"""Nearest place alone, features alone, everything but features, everything."""


class Named(NamedTuple):
    """A benchmark object as it is compared: its set and category, its surface, as it is refined too, of every face (F,) the kind of part
    and the part."""

    name: str
    group: str
    surface: Surface
    kinds: NDArray[np.str_]
    default_count: int
    faces: RefinedSurface
    labels: NDArray[np.int32]


@dataclass(frozen=True)
class Question:
    """An object to take apart with a method."""

    collection: str
    path: Path
    method: str


def part_kind(name: str) -> str:
    """What a part is, from its name: without what it belongs to, its number and its side. "body/door_1" and "doorLeft" are doors."""
    last = re.sub(r"[._ ]\d+$", "", name.rsplit("/", 1)[-1])
    return re.sub(r"[-_ ]?(?:(?:front|back|rear)[-_ ]?)?(?:left|right)$", "", last, flags=re.IGNORECASE).lower()


def read_named(question: Question) -> Named | None:
    """Reads and takes apart one object; None for one whose parts have no names. Raises PartgenError where it is damaged."""
    from ..mesh import Mesh
    from ..segmentation import segmenter

    try:
        with np.load(question.path, allow_pickle=False) as arrays:
            if "part_names" not in arrays.files or "category" not in arrays.files:
                return None
            labels = arrays["face_labels"]
            kinds = np.array([part_kind(str(name)) for name in arrays["part_names"]])[labels]
            mesh = Mesh.from_triangles(arrays["vertices"], arrays["faces"], question.path.stem)
            category = str(arrays["category"])
    except (OSError, KeyError, ValueError, IndexError, EOFError, BadZipFile) as error:
        raise PartgenError("file.damaged", f"{question.path.name} could not be read: it is damaged.", "Get it again.") from error
    found = segmenter(question.method).segment(mesh)
    some = surface_of(mesh.vertices, mesh.faces, found.leaf_of_face, found.tree, found.leaf_features)
    group = f"{category} (remeshed)" if question.collection == "remeshed" else category
    count = found.tree.count(found.tree.default_scale)
    return Named(question.path.stem, group, some, kinds, count, refined_surface_of(mesh), labels)


def has_names(path: Path) -> bool:
    """Whether an object's parts have names."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return "part_names" in arrays.files
    except (OSError, ValueError, EOFError, BadZipFile):
        return True  # to be told when it is read


def measure(folder: Path, method: str = "auto", limit: int = PAIRS, tell: Tell = lambda sentence: None) -> Row:
    """Everything: a row for each category with at least two objects that share names. `limit` ordered pairs of each, always the same."""
    questions = [Question(name, path, method) for name, path in labelled_files(folder) if has_names(path)]
    groups: dict[str, list[Named]] = defaultdict(list)
    failed = []
    for number, (question, answer) in enumerate(in_own_processes(read_named, questions), start=1):
        tell(f"{number} of {len(questions)} taken apart: {question.path.stem}")
        if isinstance(answer, PartgenError):
            failed.append(f"{question.path.stem}: {answer}")
        elif answer is not None:
            groups[answer.group].append(answer)
    rows = [row for group, objects in sorted(groups.items()) if (row := measured_group(group, objects, limit, tell)) is not None]
    return {"method": method, "limit": limit, "rows": rows, "failed": failed}


def measured_group(group: str, objects: Sequence[Named], limit: int, tell: Tell) -> Row | None:
    """What is measured of one category; None where no two of its objects are of one kind."""
    pairs = [(a, b) for a in objects for b in objects if a is not b and share_in_common(a, b) >= LEAST_SHARED]
    if not pairs:
        return None
    chosen = [pairs[index] for index in np.random.default_rng(0).permutation(len(pairs))[:limit]]
    results = []
    for number, (source, target) in enumerate(chosen, start=1):
        tell(f"{group}: pair {number} of {len(chosen)}")
        results.append(measured_pair(source, target))
    row: Row = {"group": group, "objects": len(objects), "pairs": len(chosen), "tuned": group.partition(" (")[0] in TUNED_ON}
    row |= {name: float(np.mean([result[name] for result in results])) for name in results[0]}
    kin = [o for o in objects if any(o is some for pair in pairs for some in pair)]
    tell(f"{group}: clicks")
    return row | measured_together(kin) | (following.measured(kin, UP, UNNAMED) or {})


def share_in_common(source: Named, target: Named) -> float:
    """The share of the target's surface that has names which the source has too; 0 where they have fewer than two in common."""
    common = (set(source.kinds.tolist()) & set(target.kinds.tolist())) - UNNAMED
    areas = target.surface.areas
    return float(areas[np.isin(target.kinds, list(common))].sum() / areas.sum()) if len(common) > 1 else 0.0


def measured_pair(source: Named, target: Named) -> Row:
    """The share of right labels, by area and by faces, for each of WAYS, all in the same alignment; seconds of the last."""
    started = time.process_time()
    turn = alignment(source.surface, target.surface, UP)
    aligning = time.process_time() - started
    row: Row = {"turned": float(not np.array_equal(turn, np.eye(3)))}
    for way in WAYS:
        weights = {"place": NEAREST_PLACE, "looks": LOOKS_ALONE}.get(way, WEIGHTS)
        own, other = (s.surface.with_leaves_alone() if way == "geometry" else s.surface for s in (source, target))
        started = time.process_time()
        found = correspondence(own, other, UP, weights, turn)
        # The baseline takes each face's nearest; the others are told what hangs together, as artists are.
        carried = carried_values(found, source.kinds) if way == "place" else carried_labels(found, own, other, source.kinds, weights)
        row["seconds"] = time.process_time() - started + aligning
        row[f"{way}_area"], row[f"{way}_faces"] = shares_right(carried, target, set(source.kinds.tolist()))
    return row


def shares_right(carried: NDArray, target: Named, known: set[str]) -> tuple[float, float]:
    """The share of the target's surface, and of its faces, whose label is right, of what the source has a name for."""
    counted = np.isin(target.kinds, list(known - UNNAMED))
    right = (carried == target.kinds)[counted]
    areas = target.surface.areas[counted]
    return float(areas[right].sum() / areas.sum()), float(right.mean())


def measured_together(objects: Sequence[Named]) -> Row:
    """How well identities agree with names once each has the name that most of its surface has: by area, at the default scale and
    with as many identities as there are names. Beside it what carrying the leader's own cut to the nearest place in the others gives, and
    the objects' own cuts into as many parts, each part named by itself, which is about as good as their trees allow."""
    found = identified([o.surface for o in objects], UP)
    names = len({kind for o in objects for kind in o.kinds.tolist()} - UNNAMED)
    at_default = [found.identities(i, found.joint.default_scale)[o.surface.leaf_of_face] for i, o in enumerate(objects)]
    scale = found.joint.scale_for(names)
    at_names = [found.identities(i, scale)[o.surface.leaf_of_face] for i, o in enumerate(objects)]
    leader = objects[found.leader].surface
    cut = leader.tree.cut_into(names)[leader.leaf_of_face]
    turned = zip(objects, found.rotations, strict=True)
    nearest = [carried_values(correspondence(leader, o.surface, UP, NEAREST_PLACE, turn), cut) for o, turn in turned]
    alone = [len(objects) * o.surface.tree.cut_into(names)[o.surface.leaf_of_face] + i for i, o in enumerate(objects)]
    return {
        "names": names, "identities": found.joint.count(found.joint.default_scale),
        "together": agreement(objects, at_default), "together_names": agreement(objects, at_names),
        "place_names": agreement(objects, nearest), "alone_names": agreement(objects, alone),
    }  # fmt: skip


def agreement(objects: Sequence[Named], identities: Iterable[NDArray]) -> float:
    """The mean share of surface with the name that its identity, over all objects, has most of."""
    votes: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    labels = list(identities)
    for o, identity in zip(objects, labels, strict=True):
        shares = o.surface.areas / o.surface.areas.sum()
        for label, kind in set(zip(identity.tolist(), o.kinds.tolist(), strict=True)):
            votes[label][kind] += float(shares[(identity == label) & (o.kinds == kind)].sum())
    name = {label: max(kinds, key=kinds.__getitem__) for label, kinds in votes.items()}
    right = []
    for o, identity in zip(objects, labels, strict=True):
        counted = ~np.isin(o.kinds, list(UNNAMED))
        named = np.array([name[label] for label in identity.tolist()])
        right.append(float(o.surface.areas[counted & (named == o.kinds)].sum() / o.surface.areas[counted].sum()))
    return float(np.mean(right))


# ---- to read ------------------------------------------------------------------------------------------------------------


def table(result: Row) -> str:
    """The measures as three tables, to read and to keep."""
    rows = result["rows"]
    lines = ["Label transfer, share of surface right (faces):", "", "| category | pairs | " + " | ".join(WAYS) + " | turned | CPU s |"]
    lines.append("|---" * (len(WAYS) + 4) + "|")
    lines += [_transfer_line(row) for row in [*rows, *_means(rows)]]
    lines += ["", "Taken apart together, share of surface right:", ""]
    columns = (
        "category",
        "objects",
        "names",
        "identities",
        "at the default scale",
        "as many as names",
        "nearest place",
        "own cuts, each named",
    )
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [_together_line(row) for row in [*rows, *_means(rows)]]
    lines += ["", "Clicks on one object, intersection over union with the part of the same name on another:", ""]
    lines += following.lines(rows, _means)
    return "\n".join([*lines, *(f"failed: {line}" for line in result["failed"])])


def _means(rows: Sequence[Row]) -> list[Row]:
    """The mean over the categories that were tuned on, and over the others."""
    found = []
    for name, tuned in (("**mean, tuned on**", True), ("**mean, others**", False)):
        some = [row for row in rows if row["tuned"] is tuned]
        if some:
            numbers = [key for key, value in some[0].items() if isinstance(value, int | float) and not isinstance(value, bool)]
            found.append({"group": name, "tuned": False} | {key: float(np.mean([row[key] for row in some])) for key in numbers})
    return found


def _transfer_line(row: Row) -> str:
    star = " *" if row["tuned"] else ""
    shares = " | ".join(f"{row[f'{way}_area']:.3f} ({row[f'{way}_faces']:.3f})" for way in WAYS)
    return f"| {row['group']}{star} | {row['pairs']:.0f} | {shares} | {row['turned']:.2f} | {row['seconds']:.1f} |"


def _together_line(row: Row) -> str:
    star = " *" if row["tuned"] else ""
    shares = f"{row['together']:.3f} | {row['together_names']:.3f} | {row['place_names']:.3f} | {row['alone_names']:.3f}"
    return f"| {row['group']}{star} | {row['objects']:.0f} | {row['names']:.0f} | {row['identities']:.0f} | {shares} |"
