"""Copies, primitives and looks: what an edit adds to a part, and what a material's words look like."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import trimesh
from partgen.editing.copying import COPYINGS, copies, split_planes
from partgen.editing.deforming import PartSurface
from partgen.editing.edits import Edit
from partgen.editing.frame import part_frame
from partgen.editing.looks import COLOURS, FINISHES, SUBSTANCES, SYNONYMS, look
from partgen.editing.replacing import NAMES, PRIMITIVES, Polygons, fitted, is_round, is_smooth, primitive, taken_over
from partgen.errors import PartgenError

UP = np.array([0.0, 0.0, 1.0])


def box(size: tuple[float, float, float], at: tuple[float, float, float] = (0, 0, 0), attached_below: bool = False) -> PartSurface:
    made = trimesh.creation.box(size)
    points = made.vertices + np.array(at)
    attached = points[:, 2] < points[:, 2].min() + 1e-9 if attached_below else np.zeros(len(points), bool)
    return PartSurface(points, np.array(made.faces), attached, UP)


def volume(part: PartSurface, points: np.ndarray) -> float:
    return float(trimesh.Trimesh(points, part.faces, process=False).volume)


def triangles(shape: Polygons) -> trimesh.Trimesh:
    fans = [(p[0], p[i], p[i + 1]) for p in shape.polygons for i in range(1, len(p) - 1)]
    return trimesh.Trimesh(shape.points, fans, process=False)


# ---- copies ----------------------------------------------------------------------------------------------------------


def test_a_mirror_image_lies_where_the_part_lay_and_looks_outward() -> None:
    part = box((1, 2, 3), (4, 5, 6))
    part.points[0] += 0.3
    (copy,) = copies(part, Edit("mirror", {"axis": "length"}))
    assert np.allclose(np.sort(copy.points, axis=0)[[0, -1]], np.sort(part.points, axis=0)[[0, -1]])
    assert copy.flipped
    assert volume(part, copy.points) == pytest.approx(-volume(part, part.points))


def test_repeated_parts_stand_in_a_row_and_do_not_overlap() -> None:
    part = box((1, 2, 3))
    found = copies(part, Edit("repeat", {"count": 4, "along": "width"}))
    assert len(found) == 4
    assert np.array_equal(found[0].points, part.points)
    for before, after in pairwise(found):
        assert after.points[:, 1].min() > before.points[:, 1].max()


def test_spokes_are_repeated_around_where_they_are_attached() -> None:
    part = box((0.1, 0.1, 2), (0, 0, 1), attached_below=True)
    found = copies(part, Edit("repeat", {"count": 6, "around": "thickness"}))
    ends = np.array([copy.points[np.linalg.norm(copy.points, axis=1).argmax()] for copy in found])
    middles = np.array([copy.points.mean(axis=0) for copy in found])
    assert np.allclose(np.linalg.norm(middles, axis=1), 1.0)
    assert np.allclose(middles.sum(axis=0), 0, atol=1e-9)
    assert len(np.unique(ends.round(6), axis=0)) == 6


def test_a_ring_of_parts_that_lie_on_its_axis_has_room_for_them() -> None:
    part = box((1, 1, 1))
    middles = np.array([copy.points.mean(axis=0) for copy in copies(part, Edit("repeat", {"count": 5, "around": "height"}))])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2) + 10 * np.eye(5)
    assert apart.min() > 1.0


def test_walls_are_as_thick_as_asked_also_along_edges() -> None:
    part = box((1, 2, 3))
    outer, inner = copies(part, Edit("hollow", {"thickness": {"value": 10, "unit": "cm"}}))
    assert np.array_equal(outer.points, part.points)
    assert np.ptp(inner.points, axis=0) == pytest.approx([0.8, 1.8, 2.8])
    assert inner.flipped


def test_walls_without_room_and_copies_without_end_are_refused_in_words() -> None:
    with pytest.raises(PartgenError, match="leave no room"):
        copies(box((1, 2, 3)), Edit("hollow", {"thickness": {"value": 60, "unit": "cm"}}))
    many = PartSurface(np.zeros((20_000, 3)), np.zeros((1, 3), int), np.zeros(20_000, bool), UP)
    with pytest.raises(PartgenError, match="fewer copies"):
        copies(many, Edit("repeat", {"count": 500}))


def test_pieces_of_a_split_part_are_equally_long() -> None:
    points, normal = split_planes(box((1, 2, 3), (0, 0, 7)), Edit("split", {"count": 3}))
    assert np.abs(normal @ UP) == pytest.approx(1)
    assert np.sort(points @ UP) == pytest.approx([6.5, 7.5])


def test_every_copying_edit_works_without_a_parameter() -> None:
    for op in COPYINGS:
        assert copies(box((1, 2, 3)), Edit(op))


# ---- primitives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_a_primitive_is_closed_and_looks_outward(name: str) -> None:
    made = triangles(PRIMITIVES[name]())
    assert made.is_watertight
    assert made.is_winding_consistent
    assert made.volume > 0


def test_a_primitive_takes_the_sizes_and_the_place_of_the_part() -> None:
    part = box((1, 2, 3), (5, 6, 7))
    placed = fitted(PRIMITIVES["box"]().points, part.frame)
    assert np.allclose(np.sort(placed, axis=0)[[0, -1]], np.sort(part.points, axis=0)[[0, -1]])


def test_a_ball_foot_is_a_ball_at_the_attachment() -> None:
    part = box((1, 1, 4), (0, 0, 2), attached_below=True)
    assert is_round("a ball foot")
    placed = fitted(PRIMITIVES["sphere"]().points, part.frame, is_round=True)
    assert np.ptp(placed, axis=0) == pytest.approx([1, 1, 1])
    assert placed[:, 2].min() == pytest.approx(0, abs=1e-9)


def test_another_part_comes_as_large_as_this_one_and_stands_where_it_stood() -> None:
    source, target = box((2, 2, 8), (50, 0, 4), attached_below=True), box((1, 1, 4), (0, 9, 2), attached_below=True)
    placed = taken_over(source.points, part_frame(source.points, source.faces, source.attached, UP), target.frame)
    assert np.ptp(placed, axis=0) == pytest.approx([1, 1, 4])
    assert placed.min(axis=0) == pytest.approx([-0.5, 8.5, 0])


def test_words_name_primitives_as_people_do_and_nothing_else() -> None:
    assert {word: NAMES.get(word) for word in ("ball", "cube", "donut")} == {"ball": "sphere", "cube": "box", "donut": "ring"}
    assert primitive("a simple round ball") is not None
    assert primitive("the left wheel") is None


@pytest.mark.parametrize("word", sorted(NAMES))
def test_a_primitive_is_the_same_whatever_it_is_called(word: str) -> None:
    name = NAMES[word]
    for words in (word, f"two {word}s", f"{word}es", f"A Plain {word.title()}!"):
        found = primitive(words)
        assert found is not None
        assert found.polygons == PRIMITIVES[name]().polygons
        assert (is_round(words), is_smooth(words)) == (is_round(name), is_smooth(name))


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_a_primitive_can_be_asked_for_by_its_own_name(name: str) -> None:
    found = primitive(f"a large {name}")
    assert found is not None
    assert found.polygons == PRIMITIVES[name]().polygons


def test_curved_primitives_are_smooth_and_those_with_flat_sides_are_not() -> None:
    assert all(is_smooth(words) for words in ("a globe", "pipes", "a donut", "hoops", "pegs", "a spike", "pill"))
    assert not any(is_smooth(words) for words in ("boxes", "a slab", "a pyramid", "wedges", "hexagonal nut", "the left wheel"))
    assert not is_round("a ball in a box")  # a box is made


# ---- looks -----------------------------------------------------------------------------------------------------------


def test_rusty_iron_is_rough_metal_with_rust_and_frosted_glass_lets_light_through() -> None:
    rusty, frosted = look({"name": "iron", "finish": "rusty"}), look({"name": "glass", "finish": "frosted"})
    assert rusty.metallic > 0.4
    assert rusty.roughness > look({"name": "iron"}).roughness
    assert rusty.speckle[0] > 2 * rusty.speckle[2]
    assert rusty.speckled > 0.3
    assert frosted.transmission > 0.9
    assert frosted.roughness > 0.3


def test_a_colour_replaces_the_substance_s_own_and_keeps_how_it_shines() -> None:
    red, plain = look({"name": "leather", "color": "red"}), look({"name": "leather"})
    assert red.colour[0] > 4 * red.colour[1]
    assert (red.roughness, red.bump) == (plain.roughness, plain.bump)
    assert sum(look({"name": "wood", "color": "dark"}).colour) < sum(look({"name": "wood"}).colour)


def test_a_word_counts_wherever_it_was_put() -> None:
    assert look({"finish": "wooden"}).colour == look({"name": "wood"}).colour
    assert look({"color": "matte black"}).roughness == look({"color": "black", "finish": "matte"}).roughness
    assert look({"name": "polished brass"}) == look({"name": "polished brass", "finish": ""})
    assert look({"name": "polished brass"}).roughness == look({"name": "brass", "finish": "polished"}).roughness


def test_words_that_are_unknown_are_told_and_nothing_known_is_refused() -> None:
    assert look({"name": "zorbite steel"}).about == ("zorbite",)
    with pytest.raises(PartgenError, match="No material is known as 'zorbite'"):
        look({"name": "zorbite"})


def test_every_word_of_the_tables_gives_a_look_within_range() -> None:
    for key, words in {"name": {*SUBSTANCES, *SYNONYMS}, "color": set(COLOURS), "finish": set(FINISHES)}.items():
        for word in words:
            found = look({key: word})
            assert found.about == (), word
            for value in (*found.colour, found.metallic, found.roughness, found.transmission, found.speckled):
                assert 0 <= value <= 1, word
