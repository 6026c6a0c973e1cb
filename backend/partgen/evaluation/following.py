"""What clicks on one object are worth on the others of its kind: Refine, where objects were matched before.

Somebody is simulated who refines a true part of one object, clicking in the middle of what is most wrong (clicks.py), and the region
is followed in others (partgen.following, the code that the add-on runs). Asked for are the parts that both objects have exactly once:
of four legs nobody knows which one is meant. Judged is what each other object has when the clicks are over: the region that is found,
or, where none is, what was the same part before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import refining
from ..correspondence import NEAREST_PLACE, Surface, carried_values, correspondence
from ..following import Followed, followed, same_parts
from ..identities import Identities, identified
from .clicks import Depths, next_click

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Row = dict[str, Any]

REPORTED = (1, 3, 5)
"""Numbers of clicks."""
MATCHED, LEADERS, PARTS, OTHERS = 4, 3, 3, 3
"""At most so many objects of a category are matched, the first; so many of these clicked on, at so many parts of each, and in so many
others these are looked at."""
LEAST_AREA = 0.01
"""Parts of a smaller share of their object's surface are not asked for."""


class Kin(Protocol):
    """An object of a kind, with names: its `surface`, as it is compared and as it is refined, and the kind of part of every face (F,)."""

    @property
    def surface(self) -> Surface: ...
    @property
    def faces(self) -> refining.Surface: ...
    @property
    def kinds(self) -> NDArray[np.str_]: ...
    @property
    def labels(self) -> NDArray[np.int32]: ...


def measured(objects: Sequence[Kin], up: int, unnamed: frozenset[str]) -> Row | None:
    """Means over all that is asked of the objects of one category; None where no two of them have a part of one name once."""
    objects = objects[:MATCHED]
    found = identified([o.surface for o in objects], up)
    asked = [_single_kinds(o) - unnamed for o in objects]
    rows: list[Row] = []
    for leader in _spread(range(len(objects)), LEADERS):
        kinds = sorted(kind for kind in asked[leader] if any(kind in asked[i] for i in range(len(objects)) if i != leader))
        for kind in _spread(kinds, PARTS):
            others = [i for i in range(len(objects)) if i != leader and kind in asked[i]]
            rows += _of_part(objects, found, leader, kind, _spread(others, OTHERS), up)
    if not rows:
        return None
    return {"followed_parts": len(rows)} | {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def _of_part(objects: Sequence[Kin], found: Identities, leader: int, kind: str, others: Sequence[int], up: int) -> Iterator[Row]:
    """What one part comes to in each of `others`: overlaps (intersection over union) and milliseconds of a processor per click, all
    others together."""
    own = objects[leader]
    tree = found.trees[leader]
    object_ = refining.refinable(tree, own.surface.leaf_of_face, own.faces, own.surface.features)
    truth: Bools = own.kinds == kind
    depths = Depths(own.faces)
    clicks, milliseconds = [(depths.deepest(truth), True)], list[float]()
    regions, meanings = list[Bools](), list[Followed]()
    while len(regions) < max(REPORTED):
        region = object_.answer(clicks).faces
        began = time.process_time()
        meanings.append(meaning(object_, found, leader, region))
        for other in others:
            meanings[-1].leaves(found.identity_of_leaf[other], objects[other].surface.features)
        milliseconds.append(1e3 * (time.process_time() - began))
        regions.append(region)
        if not np.array_equal(region, truth):
            clicks.append(next_click(region, truth, depths))
    here = int(found.identities(leader, found.joint.default_scale)[own.surface.leaf_of_face[clicks[0][0]]])
    turn = found.rotations
    for other in others:
        some = objects[other].surface
        wanted: Bools = objects[other].kinds == kind
        # Both are turned as the leader of the match stands.
        places = correspondence(own.surface, some, up, NEAREST_PLACE, turn[leader].T @ turn[other])
        before: Bools = (found.identities(other, found.joint.default_scale) == here)[some.leaf_of_face]
        row: Row = {"before": overlap(before, wanted), "ms": float(np.mean(milliseconds))}
        for count in REPORTED:
            leaves = meanings[count - 1].leaves(found.identity_of_leaf[other], some.features)
            is_found = bool(leaves.any() and not leaves.all())
            row[f"clicked_{count}"] = overlap(regions[count - 1], truth)
            row[f"nearest_{count}"] = overlap(carried_values(places, regions[count - 1]), wanted)
            row[f"followed_{count}"] = overlap(leaves[some.leaf_of_face] if is_found else before, wanted)
            row[f"found_{count}"] = float(is_found)
        yield row


def meaning(object_: refining.Refinable, found: Identities, number: int, region: Bools) -> Followed:
    """What a region (F,) of one of the matched objects is in the others, as the add-on finds it at the default scale."""
    joint, of_leaf = found.joint, found.identity_of_leaf[number]

    def same(whole: Bools) -> Bools:
        return same_parts(object_.tree, object_.nodes, joint, of_leaf, whole, joint.default_scale).identities

    features = object_.features.astype(np.float32) if object_.features.shape[1] else None
    return followed(of_leaf, joint.leaf_count, same, object_.share_of_leaves(region), object_.counts, features)


def overlap(one: Bools, other: Bools) -> float:
    """The intersection of two regions (F,) over their union."""
    return float((one & other).sum() / max((one | other).sum(), 1))


def _single_kinds(some: Kin) -> set[str]:
    """The kinds of part that an object has exactly once, and not too small."""
    shares = some.surface.areas / some.surface.areas.sum()
    found = set()
    for kind in np.unique(some.kinds):
        faces = some.kinds == kind
        if len(np.unique(some.labels[faces])) == 1 and shares[faces].sum() >= LEAST_AREA and not faces.all():
            found.add(str(kind))
    return found


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many of `items`, evenly chosen, always the same."""
    return [items[int(place)] for place in np.unique(np.linspace(0, len(items) - 1, most).round())] if len(items) > most else [*items]


# ---- to read ---------------------------------------------------------------------------------------------------------


def lines(rows: Sequence[Row], means: Callable[[Sequence[Row]], list[Row]]) -> Iterator[str]:
    """The measures as a table: a line for each category, and their means."""
    some = [row for row in rows if "followed_parts" in row]
    columns = [f"{name} {count}" for name in ("clicked", "nearest", "followed", "found") for count in REPORTED]
    yield from ("| category | parts | before | " + " | ".join(columns) + " | CPU ms |", "|---" * (len(columns) + 4) + "|")
    for row in [*some, *means(some)]:
        cells = " | ".join(f"{row[column.replace(' ', '_')]:.3f}" for column in columns)
        star = " *" if row["tuned"] else ""
        yield f"| {row['group']}{star} | {row['followed_parts']:.0f} | {row['before']:.3f} | {cells} | {row['ms']:.1f} |"
