"""Promises of better borders: jagged ones become straight or find their crease, straight ones stay, and no part is eaten."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import stored_tree
from bl_ext.user_default.partgen_blender.parts_list import operators
from bl_ext.user_default.partgen_blender.refining import edits
from numpy.typing import ArrayLike
from partgen.errors import PartgenError

MOVES = {"smooth": edits.smooth_border, "snap": edits.snap_border}


def in_parts(mesh: bpy.types.Mesh, part_of_polygon: ArrayLike) -> bpy.types.Mesh:
    """A mesh in a new, active object, in the parts that are numbered from 0 on."""
    labels = np.asarray(part_of_polygon, np.int32)
    made = studio.put(mesh.name, mesh)
    count = int(labels.max()) + 1
    stored_tree.write(mesh, studio.tree(count, count), labels, "geometric")
    mesh.partgen.parts = count
    bpy.context.view_layer.objects.active = made
    return mesh


def tube(segments: int, rings: int, radius: Callable[[float], float] = lambda height: 1.0) -> bpy.types.Mesh:
    """A closed tube along z with `rings` of `segments` quads, half a unit high each, and a polygon at either end.

    The quads come first, ring by ring; `radius` is told how far up it is, from 0 to 1.
    """
    turn = 2.0 * np.pi * np.arange(segments) / segments
    radii = np.array([radius(height) for height in np.linspace(0.0, 1.0, rings + 1)])[:, None]
    heights = np.broadcast_to(0.5 * np.arange(rings + 1)[:, None], (rings + 1, segments))
    points = np.stack([radii * np.cos(turn), radii * np.sin(turn), heights], axis=-1).reshape(-1, 3)
    index = np.arange(len(points)).reshape(rings + 1, segments)
    after = np.roll(index, -1, axis=1)
    quads = np.stack([index[:-1], after[:-1], after[1:], index[1:]], axis=-1).reshape(-1, 4)
    mesh = bpy.data.meshes.new("Tube")
    mesh.from_pydata(points.tolist(), [], [*quads.tolist(), index[0, ::-1].tolist(), index[-1].tolist()])
    return mesh


def cut_tube(segments: int, rings: int, cuts: list[int], **shape: Callable[[float], float]) -> bpy.types.Mesh:
    """A tube in parts that begin at some of its rings."""
    ring = np.append(np.repeat(np.arange(rings), segments), [0, rings - 1])
    return in_parts(tube(segments, rings, **shape), np.searchsorted(cuts, ring, side="right"))


def sheet(labels: np.ndarray) -> bpy.types.Mesh:
    """A flat sheet with a square unit for every label."""
    rows, columns = labels.shape
    y, x = np.meshgrid(np.arange(rows + 1.0), np.arange(columns + 1.0), indexing="ij")
    index = np.arange(x.size).reshape(x.shape)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1).reshape(-1, 4)
    mesh = bpy.data.meshes.new("Sheet")
    mesh.from_pydata(np.stack([x, y, 0.0 * x], axis=-1).reshape(-1, 3).tolist(), [], quads.tolist())
    return in_parts(mesh, labels.reshape(-1))


def sizes(mesh: bpy.types.Mesh) -> list[int]:
    """The number of faces of every part, the fewest first."""
    return sorted(np.unique(edits.part_of_polygon(mesh), return_counts=True)[1].tolist())


def part_of(mesh: bpy.types.Mesh, face: int) -> int:
    return int(edits.part_of_polygon(mesh)[face])


def border_length(mesh: bpy.types.Mesh) -> float:
    surface, now = edits.surface_of(mesh), edits.part_of_polygon(mesh)
    return float(surface.lengths[now[surface.pairs[:, 0]] != now[surface.pairs[:, 1]]].sum())


# ---- what is good stays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(
    ("segments", "rings", "cuts"), [(16, 12, [4, 8]), (16, 8, [1, 2]), (8, 6, [2, 4]), (32, 24, [2, 12]), (4, 3, [1, 2])]
)
def test_a_straight_border_of_a_coarse_object_stays(segments: int, rings: int, cuts: list[int], move: str) -> None:
    mesh = cut_tube(segments, rings, cuts)
    before = edits.part_of_polygon(mesh)
    for node in edits.parts(mesh):
        MOVES[move](mesh, node)
    assert np.array_equal(edits.part_of_polygon(mesh), before)


@pytest.mark.parametrize("cuts", [[1, 6], [1, 11], [2, 10]])
def test_a_straight_border_near_an_end_stays(cuts: list[int]) -> None:
    mesh = cut_tube(16, 12, cuts)
    before = edits.part_of_polygon(mesh)
    for node in edits.parts(mesh):
        edits.smooth_border(mesh, node)
    assert np.array_equal(edits.part_of_polygon(mesh), before)


@pytest.mark.parametrize("radius", [lambda height: 1.2 - height, lambda height: 1.0 + 0.5 * np.sin(6.0 * height)], ids=["cone", "vase"])
def test_a_straight_border_does_not_slide_to_where_the_object_is_narrower(radius: Callable[[float], float]) -> None:
    mesh = cut_tube(16, 12, [2, 6], radius=radius)
    before = edits.part_of_polygon(mesh)
    for node in 3 * edits.parts(mesh):
        edits.smooth_border(mesh, node)
    assert np.array_equal(edits.part_of_polygon(mesh), before)


def test_smoothing_again_and_again_eats_no_part_and_ends() -> None:
    bpy.ops.mesh.primitive_monkey_add()
    mesh = bpy.context.object.data
    across = np.array([polygon.center.x for polygon in mesh.polygons])
    in_parts(mesh, (across > 0.4) + 2 * (across < -0.4))
    before, middle = sizes(mesh), int(np.argmin(np.abs(across)))
    for _ in range(4):
        edits.smooth_border(mesh, part_of(mesh, middle))
    after = edits.part_of_polygon(mesh)
    assert sizes(mesh) == pytest.approx(before, rel=0.1)
    edits.smooth_border(mesh, part_of(mesh, middle))
    assert np.array_equal(edits.part_of_polygon(mesh), after)


@pytest.mark.parametrize("move", MOVES)
def test_the_middle_one_of_three_slices_of_a_coarse_ball_is_left(move: str) -> None:
    ball = studio.ball()
    mesh = in_parts(ball.data, studio.slices(ball.data, 3))
    before = sizes(mesh)
    for _ in range(5):
        MOVES[move](mesh, edits.parts(mesh)[1])
    assert min(sizes(mesh)) > 0.75 * min(before)


def test_prongs_and_strips_two_faces_wide_stay() -> None:
    labels = np.zeros((12, 24), np.int32)
    labels[:, 4:8] = 1
    labels[2:4, 8:20] = labels[8:10, 8:20] = 1  # a fork
    mesh = sheet(labels)
    before = edits.part_of_polygon(mesh)
    edits.smooth_border(mesh, part_of(mesh, 5))
    assert np.array_equal(edits.part_of_polygon(mesh), before)


def test_small_pieces_of_a_part_stay_where_they_are_all_alike() -> None:
    labels = np.zeros((60, 60), np.int32)
    for row in range(5, 60, 10):
        labels[row : row + 2, 5:60:10] = labels[row : row + 2, 6:60:10] = 1  # keys of a keyboard
    mesh = sheet(labels)
    before = sizes(mesh)
    edits.smooth_border(mesh, part_of(mesh, 5 * 60 + 5), reach=0.05)
    assert sizes(mesh) == before


# ---- what is not becomes good ------------------------------------------------------------------------------------------


def test_a_jagged_border_of_a_coarse_object_becomes_straight() -> None:
    ring = np.append(np.repeat(np.arange(12), 16), [0, 11])
    teeth = np.append(np.tile(np.arange(16) % 2, 12), [0, 0])
    mesh = in_parts(tube(16, 12), ring >= 6 - teeth)
    around = border_length(cut_tube(16, 12, [6]))
    edits.smooth_border(mesh, part_of(mesh, 0))
    assert border_length(mesh) == pytest.approx(around)
    assert abs(sizes(mesh)[0] - 97) <= 16


def test_a_jagged_border_does_not_move_the_straight_one_at_the_other_end() -> None:
    ring = np.append(np.repeat(np.arange(24), 32), [0, 23])
    jag = np.append(np.tile(np.random.default_rng(2).integers(-1, 2, 32), 24), [0, 0])
    labels = (ring >= 8).astype(np.int32) + (ring >= 16 + jag)
    mesh = in_parts(tube(32, 24), labels)
    before = border_length(mesh)
    edits.smooth_border(mesh, part_of(mesh, 10 * 32))
    now = edits.part_of_polygon(mesh)
    assert border_length(mesh) < 0.6 * before
    assert np.array_equal(now == part_of(mesh, 0), ring < 8)


def test_lone_faces_near_a_border_vanish() -> None:
    labels = np.repeat(np.arange(60)[:, None] // 30, 60, axis=1).astype(np.int32)
    labels[32, 20] = labels[33, 40] = 0
    mesh = sheet(labels)
    edits.smooth_border(mesh, part_of(mesh, 0))
    assert sizes(mesh) == [1800, 1800]


def test_a_border_a_face_away_from_an_edge_snaps_to_it() -> None:
    mesh = cut_tube(32, 24, [2, 23])
    edits.snap_border(mesh, part_of(mesh, 32 * 24 + 1))
    now = edits.part_of_polygon(mesh)
    assert (now == part_of(mesh, 32 * 24 + 1)).sum() == 1  # the end alone, up to its rim


# ---- what the buttons say ----------------------------------------------------------------------------------------------


class Button(SimpleNamespace):
    """A button of the list that notes what it says."""

    def __init__(self, operator: type) -> None:
        super().__init__(operator=operator, reach=0.02, node=-1, said=[])

    def __getattr__(self, name: str) -> object:
        return getattr(self.operator, name).__get__(self)

    def report(self, level: set[str], text: str) -> None:
        self.said.append(text)

    def press(self) -> str:
        assert self.operator.execute(self, bpy.context) == {"FINISHED"}
        return str(self.said[-1])


def test_the_buttons_say_whether_anything_moved() -> None:
    cut_tube(16, 12, [4, 8])
    assert Button(operators.PARTGEN_OT_smooth_border).press() == "The border is straight already, as far as it may move."
    assert Button(operators.PARTGEN_OT_snap_border).press() == "The border lies on creases already, as far as it may move."
    ring = np.append(np.repeat(np.arange(12), 16), [0, 11])
    in_parts(tube(16, 12), ring >= 6 - np.append(np.tile(np.arange(16) % 2, 12), [0, 0]))
    assert Button(operators.PARTGEN_OT_smooth_border).press() == "The border is smoothed."
    assert Button(operators.PARTGEN_OT_smooth_border).press() == "The border is straight already, as far as it may move."
    cut_tube(32, 24, [1, 23])
    assert Button(operators.PARTGEN_OT_snap_border).press() == "The border follows the creases."


@pytest.mark.parametrize("move", MOVES)
def test_an_object_that_is_one_part_now_has_no_border_to_move(move: str) -> None:
    mesh = cut_tube(16, 12, [4, 8])
    mesh.partgen.parts = 1
    with pytest.raises(PartgenError, match="is one part now, without a border") as raised:
        MOVES[move](mesh, edits.parts(mesh)[0])
    assert raised.value.remedy == "Lower the scale to have more parts."
