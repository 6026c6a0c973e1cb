"""Several objects taken apart alike: which parts of one are which of the others, and trees that one slider drives together.

numpy only, so that Blender runs it too.

    found = identified([chair, stool, bench])       # Surfaces, see correspondence.py
    found.trees[1]                                  # stool's own leaves, joined in the order that all three agree on
    found.identities(1, scale)                      # (L,) what each leaf of stool belongs to at that scale: equal numbers, equal parts

One of the objects leads: its finest parts are the identities. The parts of the others hear from all its leaves what they are
(correspondence.py), so each identity is a part or a few parts of every object that has it. What somebody made a part of one object
stays one, in identities of its own where that needs it. Then identities are joined in the order in which the objects' own trees would
on average, and each tree is built anew above its finest parts in that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .correspondence import WEIGHTS, Correspondence, Surface, alignment, frame_of, leaf_costs, leaf_votes, squared_distances
from .errors import PartgenError
from .part_tree import PartTree, scale_of_count
from .tree_editing import TreeEdit, unedited, with_region

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

FINEST = (16, 64)
"""Identities are as many as twice the parts that the objects have at their own scales, but within these."""
NEVER = 2.0
"""More than any height: what no object's own tree speaks of is joined last."""


@dataclass(frozen=True, eq=False)
class Identities:
    """Which parts of several objects are the same.

    `joint` is a tree over the finest identities; `trees` has one for each object, over its own leaves, whose heights are those of the
    joint one; `identity_of_leaf` (L,) int32 of each object; `ranks` (2K-1,) int32, a stable number for every identity, for colours
    and names; `leader` is the object that the identities were taken from; `rotations` (3, 3) turn each object as the leader stands.
    """

    joint: PartTree
    trees: tuple[PartTree, ...]
    identity_of_leaf: tuple[Ints, ...]
    ranks: Ints
    leader: int
    rotations: tuple[Floats, ...]

    def identities(self, number: int, scale: float) -> Ints:
        """The identity of every leaf of an object at `scale`, a node of the joint tree: (L,) int32."""
        return identities_at(self.joint, self.identity_of_leaf[number], scale)


def identities_at(joint: PartTree, identity_of_leaf: NDArray, scale: float) -> Ints:
    """The node of the joint tree that each of an object's leaves belongs to at `scale`: (L,) int32."""
    return joint.nodes(scale)[identity_of_leaf]


def identified(
    surfaces: Sequence[Surface], up: int | None = 2, leader: int | None = None, kept: Sequence[Sequence[int]] | None = None
) -> Identities:
    """Finds which parts of decomposed objects are the same, and trees that agree.

    `up` is the axis that points up in all, 0 to 2, None where that is not known. `leader` is the object that the others are compared
    with, by default the one that is most like all others. `kept`: for each object nodes of its tree that shall be parts at the default
    scale, because somebody made them; those that are finer than identities may become are not, which `is_part` tells, nor are those
    that contradict others: the leader's go first. Raises PartgenError for fewer than two objects.
    """
    if len(surfaces) < 2:
        raise PartgenError("together.one", "There is only one object to take apart together.", "Choose at least two objects of a kind.")
    first = most_alike(surfaces) if leader is None else leader
    turns = [np.eye(3) if number == first else alignment(surfaces[first], some, up) for number, some in enumerate(surfaces)]
    held: list[list[int]] = [[] for _ in surfaces]
    while True:
        found = _identified(surfaces, first, turns, held)
        lost = [
            (number, int(node))
            for number, (some, nodes) in enumerate(zip(surfaces, kept or held, strict=True))
            for node in nodes
            if int(node) not in held[number] and not is_part(found, number, some.tree, int(node))
        ]
        if not lost:
            return found
        # The leader's alone at first: what is the same in the others comes with them.
        for number, node in [(number, node) for number, node in lost if number == first] or lost:
            held[number].append(node)


def is_part(found: Identities, number: int, before: PartTree, node: int) -> bool:
    """Whether a node of the tree that an object had before is a part of the one that it has now, at the default scale."""
    tree, leaves = found.trees[number], before.leaves(node)
    parts = np.unique(tree.nodes(found.joint.default_scale)[leaves])
    return len(parts) == 1 and int(tree.leaf_sizes[parts[0]]) == len(leaves)


def _identified(surfaces: Sequence[Surface], first: int, turns: Sequence[Floats], held: Sequence[Sequence[int]]) -> Identities:
    units = [some.tree.cut_into(_unit_count(surfaces, some.tree, nodes)) for some, nodes in zip(surfaces, held, strict=True)]
    count = int(units[first].max()) + 1
    identity_of_unit, regions = [], []
    for number, (some, unit_of_leaf, nodes) in enumerate(zip(surfaces, units, held, strict=True)):
        if number == first:
            own = np.arange(int(units[first].max()) + 1, dtype=np.int32)
        else:
            own = _heard(surfaces[first], units[first], some, unit_of_leaf, turns[number])
        for node in sorted(nodes, key=lambda node: -int(some.tree.leaf_sizes[node])):
            inside = _units_within(unit_of_leaf, some.tree.leaves(node))
            own = _set_apart(own, inside, np.bincount(unit_of_leaf, some.leaves.shares).astype(np.float64), count)
            count = max(count, int(own.max()) + 1)
            regions.append((number == first, number, inside))
        identity_of_unit.append(own)
    joint = _joint_tree(surfaces, units, identity_of_unit, count)
    joint = _with_parts(joint, [identity_of_unit[number][inside] for _, number, inside in sorted(regions, key=lambda some: some[0])])
    trees = tuple(
        rebuilt(some.tree, unit_of_leaf, own, joint) for some, unit_of_leaf, own in zip(surfaces, units, identity_of_unit, strict=True)
    )
    leaves = tuple(own[unit_of_leaf] for own, unit_of_leaf in zip(identity_of_unit, units, strict=True))
    presence = np.zeros((len(surfaces), count))
    for row, some, own in zip(presence, surfaces, leaves, strict=True):
        row += np.bincount(own, some.leaves.shares, count)
    return Identities(joint, trees, leaves, identity_ranks(joint, presence), first, tuple(turns))


def _unit_count(surfaces: Sequence[Surface], tree: PartTree, held: Sequence[int]) -> int:
    """How many units an object has: so many that what is held is made of whole ones, where that is not too many."""
    needed = max((2 * tree.leaf_count - int(tree.parent[node]) for node in held), default=0)
    return max(_finest_count(surfaces), min(needed, FINEST[1]))


def _units_within(unit_of_leaf: Ints, leaves: Ints) -> NDArray[np.bool_]:
    """The units that have no other leaves than these: (U,) bool."""
    inside = np.bincount(unit_of_leaf[leaves], minlength=int(unit_of_leaf.max()) + 1)
    return inside == np.bincount(unit_of_leaf)


def _set_apart(identity_of_unit: Ints, inside: NDArray[np.bool_], shares: Floats, count: int) -> Ints:
    """Identities such that no unit outside has one that a unit inside has, and no two inside have the same: new ones from `count` on.

    Of several units inside the largest keeps the identity that they have, where none outside has it.
    """
    own = identity_of_unit.copy()
    seen = set(own[~inside].tolist())
    for unit in sorted(np.flatnonzero(inside).tolist(), key=lambda unit: -float(shares[unit])):
        if int(own[unit]) in seen:
            own[unit], count = count, count + 1
        seen.add(int(own[unit]))
    return own


def _with_parts(joint: PartTree, regions: Sequence[Ints]) -> PartTree:
    """The joint tree with sets of identities as parts at its default scale, the last ones in any case; there are no fewer parts for it."""
    asked = [region for region in regions if 0 < len(np.unique(region)) < joint.leaf_count]
    if not asked:
        return joint
    usual = joint.count(joint.default_scale)
    for count in range(usual, joint.leaf_count + 1):
        edit = _edited(joint, asked, joint.scale_for(count))
        if edit.count >= usual:
            break
    tree = replace(edit.tree, heights=joint.heights, numbers=None, default_scale=1.0)
    return replace(tree, default_scale=tree.scale_for(edit.count))


def _edited(joint: PartTree, regions: Sequence[Ints], scale: float) -> TreeEdit:
    edit, made = unedited(joint, scale), np.empty(0, np.int32)
    for region in regions:
        step = with_region(edit.tree, region, edit.scale, made.tolist())
        made = np.append(step.node_of[made], np.int32(step.node))
        made = made[made >= 0]
        edit = edit.then(step)
    return edit


def identity_ranks(joint: PartTree, presence: NDArray) -> Ints:
    """A stable number for every node of the joint tree, for colours and names: (2K-1,) int32. `presence` (N, K): how much of each of N
    objects the finest identities are.

    Like `PartTree.node_ranks`, but where an identity splits, the half that more objects have keeps the number, then the half that is
    more of them: so an object that lacks one half shows the same number before and after.
    """
    count = joint.leaf_count
    held = np.zeros((len(presence), 2 * count - 1))
    held[:, :count] = presence
    for step, (a, b) in enumerate(joint.merges.tolist()):
        held[:, count + step] = held[:, a] + held[:, b]
    merits = list(zip((held > 0).sum(axis=0).tolist(), held.sum(axis=0).tolist(), strict=True))
    ranks = np.zeros(2 * count - 1, np.int32)
    for step in range(count - 2, -1, -1):
        a, b = joint.merges[step].tolist()
        keeper, other = (a, b) if merits[a] >= merits[b] else (b, a)
        ranks[keeper] = ranks[count + step]
        ranks[other] = count - 1 - step
    return ranks


def _finest_count(surfaces: Sequence[Surface]) -> int:
    usual = float(np.median([some.tree.count(some.tree.default_scale) for some in surfaces]))
    return int(np.clip(round(2 * usual), *FINEST))


def most_alike(surfaces: Sequence[Surface]) -> int:
    """The object whose parts have, all in all, the likest ones in the others as they stand."""
    tables = [_part_table(some) for some in surfaces]
    away = np.zeros(len(surfaces))
    for number, (shares, table) in enumerate(tables):
        for other, (other_shares, other_table) in enumerate(tables):
            if other != number:
                costs = squared_distances(other_table, table)
                away[number] += other_shares @ costs.min(axis=1) + shares @ costs.min(axis=0)
    return int(away.argmin())


def _part_table(some: Surface) -> tuple[Floats, Floats]:
    """The shares (N,) of the parts of the finer of the two levels, and rows (N, 7) whose squared distances say how unlike they are."""
    _, parts = some.levels[0]
    centers, _, extents = parts.placed(frame_of(some, np.eye(3)))
    sizes = np.log(np.maximum(parts.shares, 1e-12))[:, None]
    weights = np.sqrt([WEIGHTS.place, WEIGHTS.part_extent[0], WEIGHTS.part_size[1]])
    return parts.shares, np.concatenate([weights[0] * centers, weights[1] * extents, weights[2] * sizes], axis=1)


def _heard(leader: Surface, unit_of_leader_leaf: Ints, some: Surface, unit_of_leaf: Ints, turn: Floats) -> Ints:
    """Which of the leader's units each unit of another object is: (U,) int32."""
    costs = leaf_costs(leader, some, frame_of(leader, np.eye(3)), frame_of(some, turn), WEIGHTS)
    found = Correspondence(np.zeros(0, np.int32), costs, turn, 0.0)
    count = int(unit_of_leader_leaf.max()) + 1
    votes = leaf_votes(found, leader, some, unit_of_leader_leaf[leader.leaf_of_face].astype(np.int64), count)
    shares = some.leaves.shares
    units = int(unit_of_leaf.max()) + 1
    spoken = np.stack([np.bincount(unit_of_leaf, shares * column, units) for column in votes.T], axis=1)
    return spoken.argmax(axis=1).astype(np.int32)


# ---- the order in which identities are joined ----------------------------------------------------------------------


def _joint_tree(surfaces: Sequence[Surface], units: Sequence[Ints], identity_of_unit: Sequence[Ints], count: int) -> PartTree:
    """The tree over `count` identities: what the objects' own trees join early on average is joined early."""
    joined = np.zeros((count, count))
    known = np.zeros((count, count))
    for some, unit_of_leaf, own in zip(surfaces, units, identity_of_unit, strict=True):
        meeting = meeting_heights(some.tree, unit_of_leaf)
        member = np.zeros((len(own), count))
        member[np.arange(len(own)), own] = some.leaves.joined(unit_of_leaf).shares
        joined += member.T @ meeting @ member
        known += np.outer(member.sum(axis=0), member.sum(axis=0))
    merges = _average_merges(joined, known)
    leaf_count = max(int(np.median([some.tree.leaf_count for some in surfaces])), count)
    heights = scale_of_count(np.arange(count - 1, 0, -1), leaf_count)
    usual = int(np.median([some.tree.count(some.tree.default_scale) for some in surfaces]))
    tree = PartTree(merges, heights, 1.0)
    return replace(tree, default_scale=tree.scale_for(max(usual, min(2, count))))


def meeting_heights(tree: PartTree, unit_of_leaf: NDArray) -> Floats:
    """The height at which every two units of a tree, cut into `unit_of_leaf` (L,), come together: (U, U), 0 on the diagonal."""
    count = int(unit_of_leaf.max()) + 1
    nodes = tree.nodes_into(count)
    members = {int(node): [int(unit)] for node, unit in zip(nodes, unit_of_leaf, strict=True)}
    heights = np.zeros((count, count))
    for step in range(tree.leaf_count - count, tree.leaf_count - 1):
        first, second = (members.pop(node) for node in tree.merges[step].tolist())
        heights[np.ix_(first, second)] = heights[np.ix_(second, first)] = tree.heights[step]
        members[tree.leaf_count + step] = first + second
    return heights


def _average_merges(joined: Floats, known: Floats) -> NDArray[np.int32]:
    """Merges (K-1, 2) by average linkage, where `joined` (K, K) sums heights and `known` the weights of what they are the sums of."""
    joined, known, count = joined.copy(), known.copy(), len(joined)
    node = np.arange(count)
    gone = np.zeros(count, bool)
    merges = np.empty((max(count - 1, 0), 2), np.int32)
    for step in range(count - 1):
        cost = np.where(known > 0, joined / np.maximum(known, 1e-30), NEVER)
        cost[gone] = cost[:, gone] = np.inf
        np.fill_diagonal(cost, np.inf)
        keeper, other = np.unravel_index(cost.argmin(), cost.shape)
        merges[step] = node[keeper], node[other]
        node[keeper] = count + step
        for table in (joined, known):
            table[keeper] += table[other]
            table[:, keeper] += table[:, other]
        gone[other] = True
    return merges


def rebuilt(tree: PartTree, unit_of_leaf: NDArray, identity_of_unit: NDArray, joint: PartTree) -> PartTree:
    """An object's tree in the order of the joint one: as before below its units, (L,), above them by their identities, (U,).

    Units of one identity are joined in their own tree's order just before the identity is joined with another. Heights are the
    joint tree's, so that one scale means the same in all objects.
    """
    count = len(identity_of_unit)
    kept = tree.leaf_count - count
    floor = float(joint.heights[0]) if len(joint.merges) else 1.0
    top = float(tree.heights[kept - 1]) if kept else 0.0
    below = tree.heights[:kept].astype(np.float64) * (min(floor / top, 1.0) if top > 0 else 1.0)
    merges: list[tuple[int, int]] = [(int(a), int(b)) for a, b in tree.merges[:kept]]
    heights: list[float] = below.tolist()

    def join(first: int, second: int, height: float) -> int:
        merges.append((first, second))
        heights.append(height)
        return tree.leaf_count + len(merges) - 1

    pieces = _pieces_by_identity(tree, unit_of_leaf, identity_of_unit)
    whole: dict[int, int] = {}  # the node of this object for each node of the joint tree that it has anything of

    def settled(node: int, height: float) -> int | None:
        """The one node that a joint node is in this object, its pieces joined; None where it has none."""
        if node in whole or node not in pieces:
            return whole.pop(node, None)
        of_unit = dict(pieces[node].nodes)
        for first, second in pieces[node].joins:
            of_unit[first] = join(of_unit[first], of_unit.pop(second), height)
        return next(iter(of_unit.values()))

    for step, (a, b) in enumerate(joint.merges.tolist()):
        height = float(joint.heights[step])
        found = [node for node in (settled(a, height), settled(b, height)) if node is not None]
        if len(found) == 2:
            whole[joint.leaf_count + step] = join(found[0], found[1], height)
        elif found:
            whole[joint.leaf_count + step] = found[0]
    if not len(joint.merges):
        settled(0, 1.0)
    if heights:
        heights[-1] = 1.0  # also where the object lacks what the others join last
    raised = np.maximum.accumulate(np.asarray(heights, np.float64)).astype(np.float32)
    return PartTree(np.array(merges, np.int32).reshape(-1, 2), raised, joint.default_scale)


def grouped(tree: PartTree, group_of_leaf: NDArray, above: PartTree) -> PartTree:
    """An object's tree with given parts, `group_of_leaf` (L,) leaves of the tree `above`, joined as that says.

    Within a group leaves are joined in their own tree's order, below the scale at which the first groups are; groups that the object
    has nothing of are passed over.
    """
    merges: list[tuple[int, int]] = []
    heights: list[float] = []
    # The next number below in single precision, which heights have: one of double precision would be rounded up again.
    below = float(np.nextafter(above.heights[0] if len(above.merges) else np.float32(1), np.float32(0)))

    def join(first: int, second: int, height: float) -> int:
        merges.append((first, second))
        heights.append(height)
        return tree.leaf_count + len(merges) - 1

    standing: dict[int, dict[int, int]] = {leaf: {int(group): leaf} for leaf, group in enumerate(group_of_leaf)}
    for step, (a, b) in enumerate(tree.merges.tolist()):
        first, second = standing.pop(a), standing.pop(b)
        for group, node in second.items():
            height = float(tree.heights[step]) * below
            first[group] = join(first[group], node, height) if group in first else node
        standing[tree.leaf_count + step] = first
    (node_of,) = standing.values()
    for step, pair in enumerate(above.merges.tolist()):
        found = [node_of.pop(group) for group in pair if group in node_of]
        if found:
            node_of[above.leaf_count + step] = join(found[0], found[1], float(above.heights[step])) if len(found) == 2 else found[0]
    if heights:
        heights[-1] = 1.0
    return PartTree(np.array(merges, np.int32).reshape(-1, 2), np.asarray(heights, np.float32), above.default_scale)


# ---- after an edit -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Carried:
    """What an edit of one object's tree leaves of the identities that it shares with others.

    `tree` is the one of the edit, with heights that mean the same as in the others, and `scale` where the artist looked; `joint` has the
    new identities behind those before, and `of_leaf` (L',) int32 are those of the object. `divided`: of identities before that the part
    which the edit was about has pieces of, those of its pieces, and of the rest.
    """

    tree: PartTree
    scale: float
    joint: PartTree
    of_leaf: Ints
    divided: dict[int, tuple[int, int]]


def carried(
    before: PartTree, edit: TreeEdit, scale: float, joint: PartTree, of_leaf: NDArray, divided: Mapping[int, tuple[int, int]] | None = None
) -> Carried:
    """Carries identities, `of_leaf` (L,) of the tree `before` an edit at `scale`, over to the tree after it.

    Leaves that stay in their part keep their identity, and so do those of one that goes altogether to another part. Pieces that go to
    another part get the one that most of that has, pieces that become a part get a new one, which the joint tree joins only at a
    greater scale with that they were taken from. `divided`: how another object of the group was divided, for the same edit of this one.
    """
    parts_before = before.nodes(scale)[edit.leaf_before]
    tree, scale = _with_heights_of(before, edit, scale, joint)
    own = np.asarray(of_leaf, np.int32)[edit.leaf_before]
    inside = np.zeros(tree.leaf_count, bool)
    if edit.node >= 0:
        inside[edit.tree.leaves(edit.node)] = True
    known = np.isin(own, list(divided or {}))
    now = own.copy()
    for identity, (piece, rest) in (divided or {}).items():
        now[(own == identity) & inside], now[(own == identity) & ~inside] = piece, rest
    parts = edit.tree.nodes_into(edit.count)
    stays = edit.tree.node_ranks[parts] == before.node_ranks[parts_before]
    new: dict[int, int] = {}
    for identity in np.unique(own[~stays & ~known]).tolist():
        its = own == identity
        holders = np.unique(parts[its])
        if len(holders) == 1 or len(np.unique(parts_before[its])) > 1:  # where parts are finer than what is shared, that stays as it is
            continue
        # Where no part goes on that had it, that with the most of it does.
        owners = np.unique(parts[its & stays]) if (its & stays).any() else [np.bincount(parts[its]).argmax()]
        for part in np.setdiff1d(holders, owners).tolist():
            settled = (parts == part) & stays
            if settled.any():
                now[its & (parts == part)] = np.bincount(own[settled]).argmax()
                continue
            if part not in new:
                new[part] = joint.leaf_count
                joint = _with_identity(joint, identity, scale)
            now[its & (parts == part)] = new[part]
    found = {
        identity: (int(np.bincount(now[its & inside]).argmax()), int(np.bincount(now[its & ~inside]).argmax()))
        for identity in np.unique(own[inside]).tolist()
        if ((its := own == identity) & ~inside).any() and len(np.unique(now[its])) > 1
    }
    return Carried(tree, scale, joint, now, found)


def _with_heights_of(before: PartTree, edit: TreeEdit, scale: float, joint: PartTree) -> tuple[PartTree, float]:
    """The tree of an edit with the heights that its nodes had, and the scale at which it shows what was asked for."""
    if scale >= 1.0:
        scale = float(np.nextafter(np.float32(1), np.float32(0)))  # there nothing can be apart
    count, applied = edit.tree.leaf_count, edit.tree.leaf_count - edit.count
    heights = np.full(2 * count - 1, np.inf)
    merged = np.arange(before.leaf_count, 2 * before.leaf_count - 1)
    there = edit.node_of[merged] >= 0
    np.minimum.at(heights, edit.node_of[merged[there]], before.heights[merged[there] - before.leaf_count])
    heights = heights[count:]
    heights[np.isinf(heights)] = 0.0
    beyond = joint.heights[joint.heights > np.float32(scale)]
    heights[:applied] = np.minimum(heights[:applied], np.float32(scale))
    heights[applied:] = np.maximum(heights[applied:], beyond[0] if len(beyond) else 1.0)
    heights[-1:] = 1.0
    return replace(edit.tree, heights=np.maximum.accumulate(heights).astype(np.float32), default_scale=scale), scale


def _with_identity(joint: PartTree, beside: int, scale: float) -> PartTree:
    """The joint tree with one more identity, the last, which joins what `beside` belongs to at `scale` just before that goes on."""
    count, node = joint.leaf_count, int(joint.nodes(scale)[beside])
    at = int(joint.parent[node]) - count if int(joint.parent[node]) != node else len(joint.merges)
    number = np.arange(2 * count - 1) + (np.arange(2 * count - 1) >= count) + (np.arange(2 * count - 1) >= count + at)
    merges = number[joint.merges]
    merges[merges == number[node]] = count + 1 + at
    merges = np.insert(merges, at, [number[node], count], axis=0)
    heights = np.insert(joint.heights, at, joint.heights[at] if at < len(joint.heights) else 1.0)
    return PartTree(merges.astype(np.int32), heights, joint.default_scale)


# ---- trees from other trees ----------------------------------------------------------------------------------------


def top(tree: PartTree, count: int) -> PartTree:
    """The tree over the parts of a cut into `count`, numbered as `cut_into` does."""
    nodes = np.unique(tree.nodes_into(count))
    number = {int(node): place for place, node in enumerate(nodes)}
    merges = []
    for step in range(tree.leaf_count - len(nodes), tree.leaf_count - 1):
        merges.append([number.pop(node) for node in tree.merges[step].tolist()])
        number[tree.leaf_count + step] = len(nodes) + len(merges) - 1
    return PartTree(np.array(merges, np.int32).reshape(-1, 2), tree.heights[tree.leaf_count - len(nodes) :], tree.default_scale)


def identity_of_nodes(tree: PartTree, joint: PartTree, identity_of_leaf: NDArray) -> dict[int, int]:
    """The identity, a node of the joint tree, of every node of an object's tree that is a part where identities are told apart."""
    floor = float(joint.heights[0]) if len(joint.merges) else 1.0
    below = float(np.nextafter(np.float32(floor), np.float32(0)))
    found: dict[int, int] = {}
    for scale in (below, *np.unique(joint.heights).tolist()):
        nodes, leaves = np.unique(tree.nodes(scale), return_index=True)
        identities = identities_at(joint, identity_of_leaf, scale)[leaves]
        for node, identity in zip(nodes.tolist(), identities.tolist(), strict=True):
            found.setdefault(node, identity)
    return found


@dataclass
class _Pieces:
    """The units of an object that have one identity: the node of each, and the pairs of units in the order of their own tree."""

    nodes: dict[int, int]
    joins: list[tuple[int, int]]


def _pieces_by_identity(tree: PartTree, unit_of_leaf: NDArray, identity_of_unit: NDArray) -> dict[int, _Pieces]:
    count = len(identity_of_unit)
    pieces: dict[int, _Pieces] = {}
    standing: dict[int, dict[int, int]] = {}  # below each node of the tree: for each identity the unit that stands for its pieces
    nodes = tree.nodes_into(count)
    for node, unit in sorted({(int(node), int(unit)) for node, unit in zip(nodes, unit_of_leaf, strict=True)}):
        identity = int(identity_of_unit[unit])
        pieces.setdefault(identity, _Pieces({}, [])).nodes[unit] = node
        standing[node] = {identity: unit}
    for step in range(tree.leaf_count - count, tree.leaf_count - 1):
        first, second = (standing.pop(node) for node in tree.merges[step].tolist())
        for identity, unit in second.items():
            if identity in first:
                pieces[identity].joins.append((first[identity], unit))
            else:
                first[identity] = unit
        standing[tree.leaf_count + step] = first
    return pieces
