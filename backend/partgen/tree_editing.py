"""Editing a part tree: regions, merges and splits that the artist asked for become nodes of it. numpy only.

Every edit is an order of merges. The cut that the artist looks at stands between two of them; what an edit wants to be a part
there is merged within before the cut and joined with anything outside after it, and every other merge stays where it was. So
the slider goes on working, finer and coarser, and what is made of one edit survives the next.

    edit, labels = split_leaves(tree, leaf_of_face, wanted, scale)      # only where the border of a region runs through leaves
    edit = edit.then(with_region(edit.tree, labels[wanted], edit.scale))
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import PartgenError
from .part_tree import Ints, PartTree

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TreeEdit:
    """A tree as it is after an edit, and what became of the tree before, of L leaves.

    `node` is the part that the edit was about, -1 where it was about none. `node_of` (2L-1,) int32: where each node is now: the
    node of the same leaves, else of what the edit left of them, else -1. `leaf_before` (L',) int32: the leaf that each leaf
    was, or is a piece of: what is known of leaves is carried over with it. `count`: the number of parts that there are now where
    the artist looked, which is the `tree.default_scale`.
    """

    tree: PartTree
    node: int
    node_of: Ints
    leaf_before: Ints
    count: int

    @property
    def scale(self) -> float:
        """The scale at which everything is as it was, but for the edit."""
        return self.tree.scale_for(self.count)

    def then(self, later: TreeEdit) -> TreeEdit:
        """This edit and, on its tree, a later one, as one."""
        node_of = np.where(self.node_of >= 0, later.node_of[self.node_of], -1).astype(np.int32)
        return replace(later, node_of=node_of, leaf_before=self.leaf_before[later.leaf_before])


def unedited(tree: PartTree, scale: float) -> TreeEdit:
    """The edit that changes nothing, looked at from `scale`: where a chain of edits begins."""
    nodes = np.arange(2 * tree.leaf_count - 1, dtype=np.int32)
    return TreeEdit(tree, -1, nodes, nodes[: tree.leaf_count], tree.count(scale))


def split_leaves(tree: PartTree, leaf_of_face: ArrayLike, wanted: ArrayLike, scale: float) -> tuple[TreeEdit, Ints]:
    """Splits every leaf that has faces both inside and outside of a region, so that the region is made of whole leaves.

    `leaf_of_face` (F,) integers; `wanted` (F,) bool: the faces of the region. The pieces inside are new leaves, L and on, and join
    the rest of their leaf before anything else happens: at every scale above the very finest the parts are what they were. Returns the
    edit and the leaves of the faces, (F,) int32. Raises ValueError where the two arrays are not about the same faces.
    """
    leaves, inside = np.asarray(leaf_of_face, np.int32).reshape(-1), np.asarray(wanted, bool).reshape(-1)
    if len(leaves) != len(inside):
        raise ValueError(f"{len(leaves)} faces have leaves, but {len(inside)} are wanted or not")
    count = tree.leaf_count
    has_inside = np.bincount(leaves[inside], minlength=count) > 0
    divided = np.flatnonzero(has_inside & (np.bincount(leaves[~inside], minlength=count) > 0)).astype(np.int32)
    if not len(divided):
        return unedited(tree, scale), leaves.copy()
    pieces = np.arange(count, count + len(divided), dtype=np.int32)
    piece_of = np.full(count, -1, np.int32)
    piece_of[divided] = pieces
    moved = inside & (piece_of[leaves] >= 0)
    labels = np.where(moved, piece_of[leaves], leaves).astype(np.int32)
    node_of = np.arange(2 * count - 1, dtype=np.int32)
    node_of[count:] += 2 * len(divided)  # behind the new leaves, and the merges that join them
    node_of[divided] = count + len(divided) + np.arange(len(divided), dtype=np.int32)
    merges = np.concatenate([np.stack([divided, pieces], axis=1), node_of[tree.merges]])
    before = np.concatenate([np.arange(count, dtype=np.int32), divided])
    edit = _edited(tree, merges, -1, node_of, tree.count(scale), before)
    return replace(edit, tree=renumbered(tree, edit.count, edit)), labels


def with_region(tree: PartTree, region: ArrayLike, scale: float, kept: Iterable[int] = (), like: int = -1) -> TreeEdit:
    """Makes a set of leaves a node of the tree that is a part at `scale`.

    `region`: the leaves, integers, in any order. It is merged within before anything outside joins it. What it was taken from keeps
    its other merges in their order, and gets it back only when it would itself be joined with something else: a region lives as
    long as the part that most of it comes from. The tree's default scale becomes the one where the artist looked.

    `kept`: nodes that shall survive, those that the artist made, named or coloured. One that the region lies in is a part at `scale`
    too, without it, where it would otherwise be cut up, unless the part that is shown there is itself one of them: that stays together,
    and of the finer one what is left survives. One that it lies beside or around survives in any case; of one that it overlaps, what is
    left survives. `like`: a node whose number, which is its colour and its name, the region takes over; without,
    whatever has most leaves of a part of before takes over that part's.

    Linear in leaves: half a second for 100,000. Raises PartgenError for a region of nothing and for one of everything.
    """
    edit = unedited(tree, scale)
    inside = _inside(tree, region)
    survivors = [node for node in kept if node >= tree.leaf_count]
    for node in _swallowed(tree, inside, survivors, edit.count):
        around = _inside(tree, tree.leaves(node))
        edit = edit.then(_cut_free(edit.tree, around, edit.count, edit.node_of[survivors]))
    edit = edit.then(_cut_free(edit.tree, inside, edit.count, edit.node_of[survivors]))
    return replace(edit, tree=renumbered(tree, tree.count(scale), edit, {edit.node: like} if like >= 0 else {}))


def merged_parts(tree: PartTree, nodes: Iterable[int], scale: float, kept: Iterable[int] = ()) -> TreeEdit:
    """Makes one part of several, which keeps the number of the first. Raises PartgenError for fewer than two parts, or for all."""
    chosen = list(dict.fromkeys(int(node) for node in nodes))
    if len(chosen) < 2:
        raise PartgenError("parts.too_few", "There is nothing to merge.", "Choose two parts or more.")
    region = np.concatenate([tree.leaves(node) for node in chosen])
    return with_region(tree, region, scale, kept, like=chosen[0])


def split_part(tree: PartTree, node: int, pieces: int, scale: float, kept: Iterable[int] = ()) -> TreeEdit:
    """Takes a part apart into `pieces`, by undoing the last merges that made it.

    A node that is no part at `scale` becomes one first. The pieces come together again, in their order, just before the part is
    joined with something else. Raises PartgenError where the part has fewer leaves than that.
    """
    size = int(tree.leaf_sizes[node])
    if not 2 <= pieces <= size:
        has = f"It has only {size} pieces." if size > 1 else "It is a single piece."
        raise PartgenError("part.too_small", f"The part cannot be split in {pieces}: {has}", "Refine it with clicks instead.")
    edit = unedited(tree, scale)
    if not (tree.nodes(scale) == node).any():
        edit = with_region(tree, tree.leaves(node), scale, kept)
        node = edit.node
    edit = edit.then(_undone(edit.tree, node, pieces, edit.count))
    return replace(edit, tree=renumbered(tree, tree.count(scale), edit))


def moved_faces(
    tree: PartTree, leaf_of_face: ArrayLike, part_of_face: ArrayLike, scale: float, kept: Iterable[int] = ()
) -> tuple[TreeEdit, Ints, dict[int, int]]:
    """Moves faces from parts to others, splitting leaves where that needs it.

    `part_of_face` (F,): for every face the node that it shall belong to, one that is a part at `scale`. Returns the edit, the leaves
    of the faces (F,) int32, and for each part that gained faces the node that it is now. Raises PartgenError as `with_region`, and
    ValueError where a node is no part at `scale`.
    """
    labels, wanted = np.asarray(leaf_of_face, np.int32).reshape(-1), np.asarray(part_of_face, np.int32).reshape(-1)
    parts = tree.nodes(scale)
    if not np.isin(wanted, parts).all():
        raise ValueError("a face shall belong to what is no part at this scale")
    edit, made = unedited(tree, scale), list(kept)
    grown: dict[int, int] = {}
    for part in np.unique(wanted[parts[labels] != wanted]).tolist():
        step, labels = split_leaves(edit.tree, labels, wanted == part, edit.scale)
        edit, grown = edit.then(step), {former: int(step.node_of[now]) for former, now in grown.items()}
        node = int(edit.node_of[part])
        has_faces = np.bincount(labels, minlength=edit.tree.leaf_count) > 0
        region = np.concatenate([labels[wanted == part], [leaf for leaf in edit.tree.leaves(node).tolist() if not has_faces[leaf]]])
        survivors = [int(edit.node_of[other]) for other in made] + list(grown.values())
        step = with_region(edit.tree, region, edit.scale, [other for other in survivors if other >= 0], like=node)
        grown = {former: int(step.node_of[now]) for former, now in grown.items()} | {part: step.node}
        edit = edit.then(step)
    return edit, labels, grown


def _inside(tree: PartTree, region: ArrayLike) -> Bools:
    """(L,) bool: whether a leaf is in the region. Raises PartgenError where none is, or all are."""
    inside = np.zeros(tree.leaf_count, bool)
    inside[np.asarray(region, np.int64).reshape(-1)] = True
    if not inside.any():
        raise PartgenError("region.empty", "The region has no faces.", "Choose some faces first.")
    if inside.all():
        raise PartgenError("region.whole", "That is the whole object, which is no part of it.", "Move the scale to 1 to have one part.")
    return inside


def _swallowed(tree: PartTree, inside: Bools, kept: Sequence[int], count: int) -> list[int]:
    """Those of `kept` that lie around the region but within one part of the cut, and would be cut up: the largest first.

    None where that part is itself one of `kept`: what the artist has brought together there stays together.
    """
    there = 2 * tree.leaf_count - count  # the nodes below this number are made before the cut
    size = int(inside.sum())
    on_path = set(kept).intersection(tree.path(int(np.argmax(inside))).tolist())
    if int(tree.nodes_into(count)[np.argmax(inside)]) in on_path:
        return []
    # Not the root, which survives in any case: there is nothing to keep it apart from.
    around = [n for n in on_path if size < int(tree.leaf_sizes[n]) < tree.leaf_count and inside[tree.leaves(n)].sum() == size]
    return sorted((node for node in around if int(tree.parent[node]) < there), reverse=True)


class _Replay:
    """Merges done again in their order, for the leaves of a region and those outside of it apart.

    `inner[n]` and `outer[n]` are the new nodes of what node n of the tree has inside and outside of the region, -1 for nothing.
    """

    def __init__(self, tree: PartTree, inside: Bools) -> None:
        self.old = tree.merges.tolist()
        self.leaf_count = tree.leaf_count
        leaves = np.arange(tree.leaf_count)
        rest = [-1] * len(self.old)
        self.inner = np.where(inside, leaves, -1).tolist() + rest
        self.outer = np.where(inside, -1, leaves).tolist() + rest
        self.merges: list[tuple[int, int]] = []

    def emit(self, a: int, b: int) -> int:
        """Merges two new nodes into one more."""
        self.merges.append((a, b))
        return self.leaf_count + len(self.merges) - 1

    def joined(self, region: int, other: int) -> int:
        """The region and what it joins; itself where that is nothing yet."""
        return self.emit(region, other) if other >= 0 else region

    def step(self, at: int, side: list[int]) -> None:
        """Does merge `at` for one side, `inner` or `outer`."""
        a, b = self.old[at]
        first, second = side[a], side[b]
        both = first >= 0 and second >= 0
        side[self.leaf_count + at] = self.emit(first, second) if both else max(first, second)


def _cut_free(tree: PartTree, inside: Bools, count: int, kept: Sequence[int] | Ints) -> TreeEdit:
    """`with_region` without its care for what lies around the region, and for numbers. `count`: of the parts at the cut."""
    replay = _Replay(tree, inside)
    leaf_count, last = tree.leaf_count, len(tree.merges)
    applied = leaf_count - count
    for at in range(applied):
        replay.step(at, replay.inner)
        replay.step(at, replay.outer)
    for at in range(applied, last):
        replay.step(at, replay.inner)
    # Here is the cut: what follows joins parts.
    region, count_now = replay.inner[-1], leaf_count - len(replay.merges)
    place = int(np.bincount(tree.nodes_into(count)[inside]).argmax())
    barrier = _barrier(tree, inside, place, kept)
    is_joined, left = False, {}
    for at in range(applied, last):
        pair = replay.old[at]
        if not is_joined and place in pair:
            other = pair[1] if place == pair[0] else pair[0]
            is_joined = place >= barrier and (replay.outer[place] >= 0 or replay.outer[other] >= 0)
            if is_joined:
                left[place] = replay.outer[place] if replay.outer[place] >= 0 else replay.inner[place]
                replay.outer[place] = replay.joined(region, replay.outer[place])
            place = place if is_joined else leaf_count + at
        replay.step(at, replay.outer)
    if not is_joined:
        replay.outer[-1] = replay.joined(region, replay.outer[-1])
    for node, remainder in left.items():
        if inside[tree.leaves(node)].sum() == inside.sum() and remainder != region:
            left[node] = replay.outer[node]  # the region was within, so the node has its leaves again
    node_of = np.where(np.array(replay.outer) >= 0, replay.outer, replay.inner).astype(np.int32)
    node_of[list(left)] = list(left.values())
    return _edited(tree, np.array(replay.merges, np.int32), region, node_of, count_now)


def _barrier(tree: PartTree, inside: Bools, start: int, kept: Sequence[int] | Ints) -> int:
    """The topmost of `kept`, on the way up from node `start`, that the region overlaps but does not lie in; 0 without any.

    What is left of it shall be a node, so the region may not join anything before it is whole.
    """
    on_way = set(np.asarray(kept, np.int64).tolist()).intersection(way_up(tree, start))
    size = int(inside.sum())
    return max((node for node in on_way if inside[tree.leaves(node)].sum() < size and not inside[tree.leaves(node)].all()), default=0)


def way_up(tree: PartTree, node: int) -> list[int]:
    """The nodes from `node` up to the root."""
    way, parent = [node], tree.parent
    while int(parent[way[-1]]) != way[-1]:
        way.append(int(parent[way[-1]]))
    return way


def _undone(tree: PartTree, node: int, pieces: int, count: int) -> TreeEdit:
    """Moves the last merges below `node`, a part at a cut into `count` parts, to just before it is joined with anything."""
    leaf_count = tree.leaf_count
    heap = [-node]
    late: list[int] = []
    while len(late) < pieces - 1:
        latest = -heapq.heappop(heap)
        late.append(latest - leaf_count)
        for child in tree.merges[latest - leaf_count].tolist():
            heapq.heappush(heap, -child)
    is_late = np.zeros(len(tree.merges), bool)
    is_late[late] = True
    others = np.flatnonzero(~is_late)
    is_root = int(tree.parent[node]) == node
    before = others < (len(tree.merges) if is_root else int(tree.parent[node]) - leaf_count)
    order = np.concatenate([others[before], np.sort(late), others[~before]])
    node_of = np.arange(2 * leaf_count - 1, dtype=np.int32)
    node_of[leaf_count + order] = leaf_count + np.arange(len(order), dtype=np.int32)
    return _edited(tree, node_of[tree.merges[order]], int(node_of[node]), node_of, count + pieces - 1)


def _edited(before: PartTree, merges: NDArray, node: int, node_of: Ints, count: int, leaf_before: Ints | None = None) -> TreeEdit:
    """The edit that leads from tree `before` to `merges`; its numbers are still to be found."""
    leaves = np.arange(before.leaf_count, dtype=np.int32) if leaf_before is None else leaf_before
    return TreeEdit(PartTree.from_merges(merges, count), node, node_of, leaves, count)


def renumbered(before: PartTree, count: int, edit: TreeEdit, heirs: Mapping[int, int] | None = None) -> PartTree:
    """The tree of `edit` with numbers such that as much as possible has the colour and the name that it had in `before`.

    First `heirs`, nodes now and the nodes before whose numbers they take over. Then the parts that are looked at, `count` before the
    edit: each has the number of the part that it has most leaves of, and new ones the smallest that are free. What only finer cuts show
    takes what is left, its own where that is not taken.
    """
    tree = replace(edit.tree, numbers=None)
    ranks, numbers_before = tree.node_ranks, before.node_ranks
    number_of_rank = np.full(tree.leaf_count, -1, np.int64)
    taken = np.zeros(tree.leaf_count, bool)

    def give(rank: int, number: int) -> None:
        if number_of_rank[rank] < 0 and not taken[number]:
            number_of_rank[rank], taken[number] = number, True

    for now, was in (heirs or {}).items():
        give(int(ranks[now]), int(numbers_before[was]))
    parts_before, parts = before.nodes_into(count)[edit.leaf_before], tree.nodes_into(edit.count)
    pairs, overlaps = np.unique(np.stack([parts_before, parts]), axis=1, return_counts=True)
    for was, now in pairs[:, np.argsort(-overlaps, kind="stable")].T.tolist():
        give(int(ranks[now]), int(numbers_before[was]))
    free = iter(np.flatnonzero(~taken).tolist())
    for rank in np.flatnonzero(number_of_rank[: edit.count] < 0).tolist():
        give(rank, next(free))
    known = np.flatnonzero(edit.node_of >= 0)
    wish = np.full(tree.leaf_count, -1, np.int64)
    wish[ranks[edit.node_of[known]]] = numbers_before[known]  # where a rank has several nodes, the highest decides
    open_ranks = np.flatnonzero((number_of_rank < 0) & (wish >= 0))
    open_ranks = open_ranks[~taken[wish[open_ranks]]]
    wishes, first = np.unique(wish[open_ranks], return_index=True)
    number_of_rank[open_ranks[first]], taken[wishes] = wishes, True
    number_of_rank[number_of_rank < 0] = np.flatnonzero(~taken)
    is_plain = np.array_equal(number_of_rank, np.arange(tree.leaf_count))
    return replace(tree, numbers=None if is_plain else number_of_rank.astype(np.int32))
