"""Merging: one tree over all regions, whose order is that of significance, and whose bookkeeping stays exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from partgen.geometry.adjacency import components, face_graph
from partgen.part_tree import PartTree
from partgen.segmentation.diffusion import DIMENSIONS, diffusion_map
from partgen.segmentation.geometric import RECIPE
from partgen.segmentation.merging import (
    FROM_THE_OTHER_SIDE,
    PIECES,
    ComponentWeights,
    Learned,
    Merges,
    MergeWeights,
    Recipe,
    _State,
    in_order,
    part_merges,
    warps,
)
from partgen.segmentation.outlines import BODY_INTEGRALS, INTEGRALS
from partgen.segmentation.regions import RegionGraph, is_assembled, region_graph
from shapes import Shape, apart, at, ball, box, dumbbell, fused, humanoid, rod, table, two_boxes


def regions_of(shape: Shape) -> RegionGraph:
    return region_graph(face_graph(shape.vertices, shape.faces))


def random_regions(count: int, seed: int, assembled: bool = False) -> RegionGraph:
    """Regions that hang together in a random graph, with boundaries and touches of random character."""
    random = np.random.default_rng(seed)
    chain = [(i, int(random.integers(i))) for i in range(1, count)]
    extra = [tuple(random.choice(count, 2, replace=False)) for _ in range(count)]
    pairs = np.array(sorted({(int(min(p)), int(max(p))) for p in [*chain, *extra]}))
    edges = len(pairs)
    touches = random.random(edges) < 0.3
    lengths = np.where(touches, 0, random.uniform(0.01, 1, edges))
    normals = random.normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    areas = random.uniform(0.1, 1, count)
    visibility = random.random((count, count))
    return RegionGraph(
        region_of_face=np.arange(count), areas=areas / areas.sum(), thickness=random.normal(size=count),
        components=random.integers(0, 3, count),
        normals=normals, spread=normals[:, :, None] * normals[:, None, :], centers=random.random((count, 3)),
        visibility=(visibility + visibility.T) / 2, pairs=pairs, lengths=lengths, gaps=np.where(touches, random.random(edges) * 0.01, 0),
        concave=lengths * random.random(edges), convex=lengths * random.random(edges), creases=lengths * random.random(edges),
        turns=lengths * random.random(edges), outlines=lengths[:, None] * random.normal(size=(edges, INTEGRALS)),
        bodies=random.normal(size=(count, BODY_INTEGRALS)), surface=1.5, assembled=assembled,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_all_regions_merge_into_one_tree_that_never_gets_less_significant(count: int, seed: int) -> None:
    merges = part_merges(random_regions(count, seed), RECIPE)
    tree = PartTree.from_merges(merges.nodes, 1)  # raises where the merges are no tree
    assert tree.leaf_count == count
    assert np.isfinite(merges.costs).all()
    assert (np.diff(merges.costs) >= 0).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 30), st.integers(0, 2**32 - 1))
def test_parts_hang_together_at_every_count(count: int, seed: int) -> None:
    regions = random_regions(count, seed)
    tree = PartTree.from_merges(part_merges(regions, RECIPE).nodes, 1)
    for parts in range(1, count + 1):
        part = tree.cut_into(parts)
        inside = part[regions.pairs[:, 0]] == part[regions.pairs[:, 1]]
        assert components(count, regions.pairs[inside]).max() + 1 == parts


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 20), st.integers(0, 2**32 - 1))
def test_a_merged_state_is_the_state_of_the_merged_regions(count: int, seed: int) -> None:
    """After any merges, what is kept per part is the sum over its regions, and the cached best neighbour is the best."""
    regions, random = random_regions(count, seed), np.random.default_rng(seed)
    state = _State(regions, RECIPE.late)
    first = _State(regions, RECIPE.late)
    owner = np.arange(count)
    for _ in range(count // 2):
        kept = int(random.choice(np.unique(owner)))
        gone = int(random.choice(np.flatnonzero(state.adjacent[kept])))
        state.merge(kept, gone)
        owner[owner == gone] = kept
    left = np.unique(owner)
    member = (owner[None, :] == left[:, None]).astype(float)
    for name in ("area", "thickness", "spread", "place", "body"):
        assert getattr(state, name)[left] == pytest.approx(np.tensordot(member, getattr(first, name), 1)), name
    assert state.visible[np.ix_(left, left)] == pytest.approx(member @ first.visible @ member.T)
    between = ~np.eye(len(left), dtype=bool)
    for term, back in enumerate(FROM_THE_OTHER_SIDE):
        boundary = state.boundary[term][np.ix_(left, left)]
        assert boundary[between] == pytest.approx((member @ first.boundary[term] @ member.T)[between]), term
        assert boundary[between] == pytest.approx(back * boundary.T[between]), term
    assert state.perimeter[left] == pytest.approx((state.boundary[0][np.ix_(left, left)] * between).sum(axis=1))
    assert np.array_equal(state.adjacent[np.ix_(left, left)], (member @ first.adjacent @ member.T > 0) & between)
    assert state.warp[left] == pytest.approx(warps(state.spread[left], state.area[left]))
    for region in left:
        others = np.flatnonzero(state.adjacent[region])
        assert state.lowest[region] == pytest.approx(state.costs(region, others, RECIPE.late).min(initial=np.inf))
        assert state.cost[region, state.best[region]] == state.lowest[region]
    assert np.isinf(state.lowest[np.setdiff1d(np.arange(count), left)]).all()


NOTHING = dict.fromkeys(
    ("concave", "convex", "creases", "turns", "contact", "gap", "thickness", "hidden", "hollow", "warp", "diffusion", "small", "open"), 0.0
)


def counting(**learned: float) -> Recipe:
    """A recipe in which nothing counts but what was learned."""
    weights = MergeWeights(**NOTHING, base=0.02, **learned)
    return Recipe(weights, weights, weights, ComponentWeights(1, 0, 1))


def chain(count: int) -> RegionGraph:
    """Equal regions in a row, all of them alike, of one component."""
    pairs = np.column_stack([np.arange(count - 1), np.arange(1, count)])
    edges = count - 1
    return replace(
        random_regions(count, 0), areas=np.full(count, 1 / count), components=np.zeros(count, int), pairs=pairs, lengths=np.ones(edges),
        gaps=np.zeros(edges), concave=np.zeros(edges), convex=np.zeros(edges), creases=np.zeros(edges), turns=np.zeros(edges),
        outlines=np.ones((edges, INTEGRALS)),
    )  # fmt: skip


def told(count: int, boundary: int, level: int, places: float = 0.0) -> Learned:
    """What a network says that sees one boundary of a chain, and nothing else, at one level; regions behind it lie so far away."""
    boundaries, where = np.full((count - 1, 2), 0.1), np.zeros((count, 2, 3))
    boundaries[boundary, level] = 0.9
    where[boundary + 1 :, level] = places
    return Learned(boundaries, where)


def cut_of(learned: Learned | None, recipe: Recipe, count: int) -> int:
    """After which region a chain is cut in two, all of its regions on each side together."""
    part = PartTree.from_merges(part_merges(chain(count), recipe, learned).nodes, 1).cut_into(2)
    (cut,) = np.flatnonzero(np.diff(part))
    return int(cut)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("boundary", range(8))
def test_what_a_network_says_of_a_boundary_keeps_two_parts_apart_by_itself(boundary: int, level: int) -> None:
    recipe = counting(**{("boundary", "coarse_boundary")[level]: 1.0})
    assert cut_of(told(9, boundary, level), recipe, 9) == boundary
    other = counting(**{("coarse_boundary", "boundary")[level]: 1.0})
    assert cut_of(told(9, boundary, level), other, 9) == cut_of(None, other, 9), "the other level says nothing of it"


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("boundary", range(8))
def test_places_that_lie_apart_keep_two_parts_apart_by_themselves(boundary: int, level: int) -> None:
    recipe = counting(**{("place", "coarse_place")[level]: 1.0})
    assert cut_of(told(9, boundary, level, places=2.0), recipe, 9) == boundary


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_where_nothing_learned_weighs_anything_it_changes_nothing(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    regions = random_regions(count, seed)
    learned = Learned(random.random((len(regions.pairs), 2)), random.normal(size=(count, 2, 4)))
    without, beside = part_merges(regions, RECIPE), part_merges(regions, RECIPE, learned)
    assert not RECIPE.early.learned
    assert np.array_equal(without.nodes, beside.nodes)
    assert np.array_equal(without.costs, beside.costs)


@settings(max_examples=10, deadline=None)
@given(st.integers(4, 16), st.integers(0, 2**32 - 1))
def test_what_was_learned_of_merged_regions_is_its_mean_by_length_and_area(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    regions = random_regions(count, seed)
    learned = Learned(random.random((len(regions.pairs), 2)), random.normal(size=(count, 2, 4)))
    weights = counting(boundary=1.0, place=1.0).late
    state = _State(regions, weights, learned)
    state.merge(0, int(np.flatnonzero(state.adjacent[0])[0]))
    gone = int(np.flatnonzero(np.isinf(state.lowest))[0])
    member = np.isin(np.arange(count), (0, gone))
    others = np.flatnonzero(state.adjacent[0])
    areas = regions.areas + 1e-9
    where = np.average(learned.places[member], axis=0, weights=areas[member])
    length = np.where(regions.lengths > 0, regions.lengths, 1e-4)
    for other, found in zip(others, state.learned_separation(0, others, weights), strict=True):
        between = (np.isin(regions.pairs, (0, gone)).any(1)) & (regions.pairs == other).any(1)
        mean = np.average(learned.boundaries[between, 0], weights=length[between])
        assert found == pytest.approx(mean + np.linalg.norm(where[0] - learned.places[other, 0]))


def test_merges_in_order_make_the_same_parts() -> None:
    nodes = np.array([[0, 1], [3, 4], [2, 5], [6, 7]])
    ordered = in_order(nodes, np.array([0.9, 0.2, 0.1, 0.3]))
    # The second merge comes first; the third holds the first and cannot be less significant than it.
    assert ordered.nodes.tolist() == [[3, 4], [0, 1], [2, 6], [5, 7]]
    assert ordered.costs.tolist() == [0.2, 0.9, 0.9, 0.9]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_order_raises_what_must_wait_and_nothing_else(count: int, seed: int) -> None:
    merges = part_merges(random_regions(count, seed), RECIPE)
    again = in_order(merges.nodes, merges.costs)
    assert np.array_equal(again.nodes, merges.nodes)
    assert np.array_equal(again.costs, merges.costs)


def test_merges_by_early_weights_come_first_and_are_never_significant() -> None:
    merges = part_merges(random_regions(PIECES + 40, 0), RECIPE)
    assert (merges.costs[:40] == 0).all()
    assert (merges.costs[40:] > 0).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_assembly_comes_apart_into_its_components_first(seed: int) -> None:
    """Three components, each of which hangs together."""
    random = np.random.default_rng(seed)
    component = np.repeat(np.arange(3), PIECES // 2)
    regions = random_regions(len(component), seed, assembled=True)
    chain = np.column_stack([np.arange(len(component) - 1), np.arange(1, len(component))])
    missing = np.array([p for p in chain.tolist() if p not in regions.pairs.tolist()]).reshape(-1, 2)

    again = random.integers(0, len(regions.pairs), len(missing))

    def extended(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, values[again]])

    edges = ("lengths", "gaps", "concave", "convex", "creases", "turns", "outlines")
    longer = {name: extended(getattr(regions, name)) for name in edges}
    regions = replace(regions, components=component, pairs=np.concatenate([regions.pairs, missing]), **longer)
    part = PartTree.from_merges(part_merges(regions, RECIPE).nodes, 1).cut_into(3)
    assert len(np.unique(np.column_stack([part, component]), axis=0)) == 3


@pytest.mark.parametrize(
    ("faces", "assembled"), [([600] * 8, True), ([600] * 7, False), ([4000, 4000, *[30] * 10], False), ([900] * 5 + [30] * 4, True)]
)
def test_an_assembly_has_several_components_of_which_most_are_modelled_in_detail(faces: list[int], assembled: bool) -> None:
    assert is_assembled(np.repeat(np.arange(len(faces)), faces)) == assembled


def sums_of(solid: trimesh.Trimesh) -> tuple[np.ndarray, np.ndarray]:
    """The integral of n nᵀ over the surface and its area, as one row each."""
    graph = face_graph(solid.vertices, solid.faces)
    return np.einsum("f,fi,fj->ij", graph.areas, graph.normals, graph.normals)[None], np.array([graph.areas.sum()])


def test_planes_and_extrusions_are_not_warped_and_spheres_are() -> None:
    assert warps(*sums_of(ball(1))) == pytest.approx(1, abs=0.01)
    side = rod([0, 0, -50], [0, 0, 50], 0.5)
    assert warps(*sums_of(side)) == pytest.approx(0, abs=0.02)
    assert warps(np.diag([2.0, 0, 0])[None], np.array([2.0])) == pytest.approx(0)


def test_places_in_the_diffusion_map_gather_by_part() -> None:
    shape = dumbbell()
    regions = regions_of(shape)
    place = diffusion_map(regions)
    left = regions.centers[:, 0] < np.quantile(regions.centers[:, 0], 0.3)
    right = regions.centers[:, 0] > np.quantile(regions.centers[:, 0], 0.7)
    between = np.linalg.norm(place[left].mean(axis=0) - place[right].mean(axis=0))
    within = max(np.linalg.norm(place[side] - place[side].mean(axis=0), axis=1).mean() for side in (left, right))
    assert between > 5 * within
    assert place.shape == (regions.count, DIMENSIONS)
    assert regions.areas @ place == pytest.approx(0, abs=1e-3), "the mode that is the same everywhere tells nothing"
    assert np.array_equal(diffusion_map(regions), place)


def test_two_regions_have_a_diffusion_map() -> None:
    assert np.isfinite(diffusion_map(random_regions(2, 0))).all()


@pytest.mark.parametrize("make", [table, humanoid, two_boxes])
def test_what_lies_between_regions_adds_up(make: Callable[[], Shape]) -> None:
    regions = regions_of(make())
    assert (regions.pairs[:, 0] < regions.pairs[:, 1]).all()
    assert len(np.unique(regions.pairs, axis=0)) == len(regions.pairs)
    assert components(regions.count, regions.pairs).max() == 0
    assert regions.areas.sum() == pytest.approx(1)
    assert ((regions.gaps > 0) <= (regions.lengths == 0)).all(), "a gap stands only where no edge is shared"
    assert np.trace(regions.spread, axis1=1, axis2=2) == pytest.approx(1)
    assert (regions.creases <= regions.lengths + 1e-12).all()


def test_regions_of_several_components_meet_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partgen.segmentation.regions.MOST_REGIONS", 6)
    shape = apart([at(box(1, 1, 1).subdivide_to_size(0.5), 1.001 * x, 1.001 * y, 0) for x in range(4) for y in range(4)])
    regions = regions_of(shape)
    assert regions.count < 16
    assert (regions.pairs[:, 0] < regions.pairs[:, 1]).all()
    assert len(np.unique(regions.pairs, axis=0)) == len(regions.pairs)
    assert components(regions.count, regions.pairs).max() == 0


def test_concave_boundaries_are_those_in_the_valley() -> None:
    regions = regions_of(fused([box(2, 1, 1), at(box(1, 1, 2), -0.5, 0, 0.5)], 0.3))
    # Every edge bends by a right angle: one in the valley, and 21 units of length around.
    assert regions.concave.sum() * 3 == pytest.approx(np.pi / 2)
    assert regions.convex.sum() * 3 == pytest.approx(21 * np.pi / 2)


def test_the_cheapest_merges_of_a_dumbbell_stay_within_its_parts() -> None:
    shape = dumbbell()
    graph = face_graph(shape.vertices, shape.faces)
    regions = region_graph(graph)
    merges: Merges = part_merges(regions, RECIPE)
    part = PartTree.from_merges(merges.nodes, 1).cut_into(12)[regions.region_of_face]
    areas = np.zeros((12, 3))
    np.add.at(areas, (part, shape.parts[graph.input_of_face]), graph.areas)
    assert areas.max(axis=1).sum() / areas.sum() > 0.98
