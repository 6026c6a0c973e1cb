"""Parts made from words: they are what was asked for, closed, where the old part was; what there is not is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import trimesh
from manifold3d import Error
from partgen.cli import main
from partgen.errors import PartgenError
from partgen.generation import catalogue
from partgen.generation.asking import found, without_counts
from partgen.generation.catalogue import DESIGN, EVERY_HELD_OUT, Entry, Made, bundled, designed, make
from partgen.generation.designs import DESIGNS, make_design
from partgen.generation.making import NewPart, Place, each_new_part
from partgen.generation.placing import gap_of
from partgen.generation.seating import surface_points
from partgen.generation.words import bundled_words
from partgen.shapes import make_shape

UP = np.array([0.0, 1.0, 0.0])


def place(points_and_faces: trimesh.Trimesh, rest: trimesh.Trimesh, up: np.ndarray = UP) -> Place:
    arrays = [np.asarray(values) for one in (points_and_faces, rest) for values in (one.vertices, one.faces)]
    return Place(*arrays, up)


def first_part(place: Place, prompt: str) -> NewPart:
    return next(each_new_part(place, prompt))


@pytest.fixture
def cart() -> Place:
    """A disc for a wheel on the end of an axle, standing on y."""
    wheel = trimesh.creation.cylinder(0.5, 0.1, sections=48)  # about z
    axle = trimesh.creation.cylinder(0.06, 2.0, sections=24)
    axle.apply_translation((0, 0, -0.95))
    return place(wheel, axle)


@pytest.fixture
def hut() -> Place:
    """A flat slab for a roof on a box."""
    slab = trimesh.creation.box((2.4, 0.3, 2.4))
    slab.apply_translation((0, 1.15, 0))
    return place(slab, trimesh.creation.box((2, 2, 2)))


def spokes(new: trimesh.Trimesh, radius: float = 0.55) -> int:
    """How many bars a circle about the wheel's axis cuts, at a share of its radius."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    middle, reach = new.bounds.mean(axis=0), np.ptp(new.bounds, axis=0)[:2].max() / 2
    circle = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1) * reach * radius + [middle[0], middle[1], middle[2]]
    inside = new.contains(circle)
    return int((inside & ~np.roll(inside, 1)).sum())


def is_closed(points: np.ndarray, faces: np.ndarray) -> bool:
    mesh = trimesh.Trimesh(points, faces, process=True)
    return bool(mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0)


# ---- what was asked for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 5, 8])
def test_five_spokes_mean_five(cart: Place, count: int) -> None:
    for new in each_new_part(cart, f"a wheel with {count} spokes", count=3):
        assert new.entry.counts["spoke"] == count
        assert spokes(trimesh.Trimesh(new.points, new.faces)) == count


def test_a_wheel_without_spokes_has_none(cart: Place) -> None:
    new = first_part(cart, "a wheel without spokes")
    assert new.entry.name == "wheel"
    assert spokes(trimesh.Trimesh(new.points, new.faces)) == 0


@pytest.mark.parametrize(
    ("prompt", "name", "attribute"),
    [
        ("a ball foot", "foot", "ball"), ("round foot like a ball", "foot", "ball"), ("a pointed roof", "roof", "pointed"),
        ("roof coming to a point", "roof", "pointed"), ("a spring-like aerial", "antenna", "coiled"),
        ("an onion shaped roof", "roof", "onion"),
        ("replace it with a flat lid", "lid", "flat"), ("a cogwheel with twelve teeth", "gear", "toothed"),
    ],
)  # fmt: skip
def test_other_words_for_the_same_find_the_same(prompt: str, name: str, attribute: str) -> None:
    wanted = found(prompt)
    best = wanted.entries[int(wanted.scores.argmax())]
    assert best.name == name
    assert attribute in best.attributes


def test_what_is_denied_is_not_given() -> None:
    assert "pointed" not in {word for entry in found("a roof that is not pointed").entries for word in entry.attributes}


def test_without_its_counts_a_prompt_still_names_the_part() -> None:
    words = bundled().counted
    assert without_counts("a wheel with five spokes", words) == "a wheel with"
    assert without_counts("a three-bladed propeller without any spikes", words) == "a propeller"
    assert without_counts("a bulbous leg", words) == "a bulbous leg"


def test_numbers_are_the_same_in_words_and_digits() -> None:
    assert found("five-spoked wheel").asked.counts == found("a wheel with 5 spokes").asked.counts == {"spoke": 5}


@pytest.mark.parametrize("prompt", ["a piano", "an elephant", "asdf qwer", "rusty iron", "bend it by 30 degrees", "what is this?"])
def test_an_unknown_thing_is_refused_with_suggestions(prompt: str) -> None:
    with pytest.raises(PartgenError) as caught:
        found(prompt)
    assert caught.value.code == "generation.unknown_part"
    assert caught.value.remedy.count(";") == 2


def test_a_count_that_there_is_not_is_refused_and_told() -> None:
    with pytest.raises(PartgenError, match="57 spokes") as caught:
        found("a wheel with 57 spokes")
    assert caught.value.code == "generation.not_as_asked"


@pytest.mark.parametrize(
    ("prompt", "code"), [("", "generation.empty_prompt"), ("  ", "generation.empty_prompt"), ("wheel " * 99, "generation.long_prompt")]
)
def test_an_empty_or_endless_prompt_is_told(prompt: str, code: str) -> None:
    with pytest.raises(PartgenError) as caught:
        found(prompt)
    assert caught.value.code == code


# ---- where the old part was ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["a pointed roof", "a domed roof", "a gabled roof", "a finial like a ball"])
def test_a_new_part_is_closed_and_touches_the_rest(hut: Place, prompt: str) -> None:
    for new in each_new_part(hut, prompt, count=2):
        assert is_closed(new.points, new.faces)
        assert gap_of(surface_points(new.points, new.faces), hut.rest_points, hut.rest_faces) == 0


def test_a_roof_stands_upright_on_what_it_covers(hut: Place) -> None:
    new = first_part(hut, "a pointed roof")
    low, high = new.points.min(axis=0), new.points.max(axis=0)
    assert low[1] > 0.5
    top = new.points[new.points[:, 1] > high[1] - 1e-3]
    assert np.linalg.norm(np.ptp(top, axis=0)) < 0.2  # the point is above
    assert low[[0, 2]] == pytest.approx([-1.2, -1.2], abs=0.15)


def test_a_wheel_keeps_its_axle_and_its_size(cart: Place) -> None:
    new = first_part(cart, "a wheel with six spokes")
    extents = np.ptp(new.points, axis=0)
    assert extents[:2] == pytest.approx([1, 1], rel=0.15)
    assert extents[2] < 0.4
    assert np.abs(new.points.min(axis=0) + new.points.max(axis=0))[:2].max() < 0.1


def test_an_open_patch_leaves_no_hole(hut: Place) -> None:
    """Of a part that was cut out of a skin the rest has a hole where it was: it is covered."""
    ball = trimesh.creation.icosphere(4)
    above = ball.triangles_center[:, 1] > 0.6
    cap, rest = (ball.submesh([np.flatnonzero(chosen)], append=True) for chosen in (above, ~above))
    new = first_part(place(cap, rest), "a finial like a ball")
    assert is_closed(new.points, new.faces)
    border = rest.vertices[np.unique(rest.edges[trimesh.grouping.group_rows(rest.edges_sorted, require_count=1)])]
    inner = border * [0.8, 1.0, 0.8]
    down = np.tile([0.0, -1.0, 0.0], (len(inner), 1))
    assert trimesh.Trimesh(new.points, new.faces).ray.intersects_any(inner + np.array([0.0, 2.0, 0.0]), down).all()


def test_variations_differ_and_a_seed_gives_the_same_again(hut: Place) -> None:
    first, again = (list(each_new_part(hut, "a pointed roof", seed=3, count=3)) for _ in range(2))
    assert [one.entry for one in first] == [one.entry for one in again]
    assert all(np.array_equal(a.points, b.points) for a, b in zip(first, again, strict=True))
    assert len({one.points.tobytes() for one in first}) == 3


def test_a_damaged_part_is_replaced_too(hut: Place) -> None:
    """Faces turned over, doubled, without area and missing: the new part is closed all the same."""
    faces = np.concatenate([hut.faces[:-2], hut.faces[:3, ::-1], hut.faces[:2], [[0, 0, 1]]])
    new = first_part(Place(hut.points, faces, hut.rest_points, hut.rest_faces, UP), "a pointed roof")
    assert is_closed(new.points, new.faces)


def test_a_part_without_neighbours_stays_where_it_was() -> None:
    ball = trimesh.creation.icosphere(3)
    nothing = Place(np.asarray(ball.vertices), np.asarray(ball.faces), np.zeros((0, 3)), np.zeros((0, 3), int), UP)
    new = first_part(nothing, "a star with five points")
    assert np.abs(new.points.min(axis=0) + new.points.max(axis=0)).max() < 0.2


# ---- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    """A coloured top (part 0) on a leg (part 1) with a ring (part 2) beside it, and its labels."""
    top = trimesh.creation.box((2, 0.1, 1), transform=trimesh.transformations.translation_matrix((0, 1.05, 0)))
    leg = trimesh.creation.box((0.2, 1, 0.2), transform=trimesh.transformations.translation_matrix((0, 0.5, 0)))
    ring = trimesh.creation.torus(0.3, 0.1, transform=trimesh.transformations.translation_matrix((2, 0, 0)))
    for mesh, colour in ((top, (200, 20, 20, 255)), (leg, (20, 200, 20, 255)), (ring, (20, 20, 200, 255))):
        mesh.visual.face_colors = colour
    trimesh.util.concatenate([top, leg, ring]).export(tmp_path / "table.ply")
    sizes = [len(mesh.faces) for mesh in (top, leg, ring)]
    np.savez(tmp_path / "table.npz", face_labels=np.repeat([0, 1, 2], sizes).astype(np.int32))
    return tmp_path / "table.ply", tmp_path / "table.npz"


def edit(table: tuple[Path, Path], output: Path, *more: str) -> int:
    return main(["edit", str(table[0]), "--labels", str(table[1]), "--part", "1", "-o", str(output), *more])


def arrays(path: Path) -> dict[str, tuple[bytes, bytes]]:
    scene = trimesh.load_scene(path, process=False)
    return {name: (np.asarray(one.vertices).tobytes(), np.asarray(one.faces).tobytes()) for name, one in scene.geometry.items()}


def test_the_rest_of_the_object_stays_as_it_was(table: tuple[Path, Path], tmp_path: Path) -> None:
    assert edit(table, tmp_path / "turned.glb", "--method", "generative", "--prompt", "a turned leg") == 0
    assert edit(table, tmp_path / "same.glb", "--method", "instruct", "--prompt", "twice as long") == 0
    new, old = arrays(tmp_path / "turned.glb"), arrays(tmp_path / "same.glb")
    assert set(new) == set(old) == {"table Part 00", "table Part 01", "table Part 02"}
    assert all(new[name] == old[name] for name in ("table Part 00", "table Part 02"))
    assert new["table Part 01"] != old["table Part 01"]


def test_a_new_part_has_the_looks_of_the_old_one(table: tuple[Path, Path], tmp_path: Path) -> None:
    edit(table, tmp_path / "turned.glb", "--method", "generative", "--prompt", "a turned leg")
    part = trimesh.load_scene(tmp_path / "turned.glb").geometry["table Part 01"]
    assert np.asarray(part.visual.vertex_colors)[0].tolist() == [20, 200, 20, 255]


def test_json_tells_what_was_understood_and_made(table: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "o.glb", "--method", "generative", "--prompt", "a ball foot", "--variations", "2", "--json") == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["method"], first["understood"]["name"], first["understood"]["asked"]) == ("generative", "foot", ["ball"])
    assert first["made"] != second["made"]
    assert (tmp_path / "o_2.glb").exists()


def test_auto_makes_a_part_only_where_no_change_was_understood(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "a.glb", "--prompt", "twice as long", "--json") == 0
    assert json.loads(capsys.readouterr().out)["method"] == "instruct"
    for prompt in ("a gabled roof", "a wheel with five spokes"):  # refused as a change; a replacement by what is not there
        assert edit(table, tmp_path / "b.glb", "--prompt", prompt, "--json") == 0
        assert json.loads(capsys.readouterr().out)["method"] == "generative"
    assert edit(table, tmp_path / "c.glb", "--prompt", "what is the capital of France?", "--json") == 1
    assert json.loads(capsys.readouterr().out)["refused"]
    assert not (tmp_path / "c.glb").exists()


@pytest.mark.parametrize(
    ("prompt", "counts"),
    [
        ("a propeller with three blades", {"blade": 3}),
        ("a four-bladed propeller", {"blade": 4}),
        ("a hand with four fingers", {"finger": 4}),
    ],
)
def test_auto_takes_so_many_of_something_for_the_part_that_has_them(
    table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture, prompt: str, counts: dict[str, int]
) -> None:
    assert edit(table, tmp_path / "o.glb", "--prompt", prompt, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["method"], told["understood"]["counts"]) == ("generative", counts)


@pytest.mark.parametrize("prompt", ["three blades", "repeat it three times around", "three copies of the wheel with five spokes"])
def test_auto_still_repeats_where_no_part_is_named_that_has_so_many(
    table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture, prompt: str
) -> None:
    assert edit(table, tmp_path / "o.glb", "--prompt", prompt, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["method"], told["edits"][0]["op"], told["edits"][0]["count"]) == ("instruct", "repeat", 3)


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        (["--method", "drawn"], "shaper"),
        (["--method", "drawn", "--model", "shaper"], "shaper"),
        (["--method", "generative", "--model", "shaper"], "shaper"),
        (["--method", "generative"], "parts"),
    ],
)
def test_the_methods_are_called_as_in_blender(table: tuple, tmp_path: Path, monkeypatch, asked: list[str], model: str) -> None:
    wishes = []
    monkeypatch.setattr("partgen.model_generating.generated", lambda model, labels, part, wish: wishes.append(wish) or [])
    assert edit(table, tmp_path / "o.glb", *asked, "--prompt", "a ball foot", "--json") == 0
    assert [wish.model for wish in wishes] == [model]


def test_drawing_by_what_cannot_draw_is_refused(table: tuple, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "o.glb", "--method", "drawn", "--model", "parts", "--prompt", "a ball foot") == 1
    assert "There is no model parts that draws parts. Leave --model out, or say shaper." in capsys.readouterr().err


def test_a_refused_prompt_writes_nothing(table: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert edit(table, tmp_path / "out.glb", "--method", "generative", "--prompt", "an elephant") != 0
    assert "Try:" in capsys.readouterr().err
    assert not (tmp_path / "out.glb").exists()


# ---- the catalogue ---------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_no_seed_that_is_measured_on() -> None:
    assert all(entry.seed % EVERY_HELD_OUT for entry in bundled().entries)


def test_the_catalogue_covers_every_family_and_design() -> None:
    from partgen.shapes import all_families

    assert {entry.family for entry in bundled().entries} == {*all_families(), DESIGN}
    assert {entry.of for entry in bundled().entries if entry.family == DESIGN} == set(DESIGNS)


def test_every_seed_still_makes_what_the_catalogue_says() -> None:
    for entry in bundled().entries[::97]:
        made = make(entry)
        assert made.solid.status() == Error.NoError
        assert made.solid.volume() > 0
        if entry.family == DESIGN:
            assert designed(entry.seed, entry.of)[0].said == entry.said
            assert len(made.rest)
        elif not entry.of.startswith("/"):
            (part,) = [one for one in make_shape(entry.seed, entry.family).parts if one.name == entry.of]
            assert (part.kind, part.attributes) == (entry.name, entry.attributes)


def test_a_catalogue_of_other_generators_is_noticed(tmp_path: Path) -> None:
    stored = json.loads(gzip.decompress((catalogue.FOLDER / catalogue.FILE).read_bytes()))
    (tmp_path / catalogue.FILE).write_bytes(gzip.compress(json.dumps(stored | {"version": "0.9"}).encode()))
    with pytest.raises(PartgenError) as caught:
        catalogue.read(tmp_path)
    assert caught.value.code == "generation.other_shapes"
    assert "partgen.generation.catalogue" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"{}"), gzip.compress(b"[1]")])
def test_a_damaged_catalogue_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / catalogue.FILE).write_bytes(content)
    with pytest.raises(PartgenError) as caught:
        catalogue.read(tmp_path)
    assert caught.value.code == "generation.no_catalogue"


@pytest.mark.parametrize("design", sorted(DESIGNS))
def test_every_design_is_one_closed_body_on_its_stub(design: str) -> None:
    for seed in range(8):
        one = make_design(seed, design)
        assert one.solid.status() == Error.NoError
        assert len(one.solid.decompose()) == 1
        assert one.solid.min_gap(one.rest, 1.0) <= 1e-4


def test_numpy_and_torch_read_a_prompt_alike() -> None:
    torch = pytest.importorskip("torch")
    from partgen.networks.part_words import PartWordsConfig, PartWordsNetwork
    from partgen.training.export import read_weights
    from partgen.training.part_words import side_by_side
    from partgen.understanding.vocabulary import FOLDER, meanings

    config = json.loads((catalogue.FOLDER / "config.json").read_text())
    network = PartWordsNetwork(PartWordsConfig.of(config), torch.from_numpy(meanings(FOLDER))).eval()
    network.load_state_dict(read_weights(catalogue.FOLDER))
    prompts = ["a ball foot", "swap it for a wheel with five spokes, please"]
    with torch.no_grad():
        reads = network(*(torch.from_numpy(side_by_side(prompts)[key]) for key in ("row", "grams", "kind", "there")))
    for index, prompt in enumerate(prompts):
        for ours, theirs in zip(bundled_words().directions(prompt), reads, strict=True):
            assert ours == pytest.approx(theirs[index].numpy(), abs=1e-4)


def test_a_seed_that_makes_no_such_part_any_more_is_told() -> None:
    with pytest.raises(PartgenError) as caught:
        make(Entry("leg", (), {}, "chair", 1, "leg 99"))
    assert caught.value.code == "generation.other_shapes"


def test_what_is_made_again_is_the_same(hut: Place) -> None:
    entry = bundled().entries[0]
    first, second = make(entry), make(entry)
    assert isinstance(first, Made)
    assert np.array_equal(first.surface[0], second.surface[0])


def test_ways_that_are_kept_for_measuring_are_never_learned() -> None:
    pytest.importorskip("torch")
    from partgen.generation.phrasing import FRAMES, NAMES, WITH, phrases, said
    from partgen.training.language.parts import wanted

    rng = np.random.default_rng(0)
    kept = [one.split("{")[0].strip() for one in phrases("|".join((*FRAMES, *WITH)), is_measured=True)]
    kept += [way for ways in NAMES.values() for way in phrases(ways, is_measured=True) if len(way.split()) > 2]
    learned = " ; ".join(said(rng, entry, bundled()).prompt.lower() for entry in bundled().entries[::5])
    assert not [way for way in kept if way and way in learned]
    assert all("!" not in wanted(rng, bundled()).name for _ in range(20))
