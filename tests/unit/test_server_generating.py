"""What the add-on asks to be made from words comes back as closed parts in place, as the command makes them; the rest is only looked at."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from partgen.errors import Cancelled, PartgenError
from partgen.generation.making import Place, each_new_part
from partgen.generation.placing import gap_of
from partgen.generation.seating import surface_points
from partgen.progress import no_progress
from partgen.protocol import Delivery, GenerateRequest, GenerateResult, Submit, read_message, write_message
from partgen.server.generating import generate
from partgen.server.offered import METHODS

ROOF = trimesh.creation.box((2.4, 2.4, 0.3), transform=trimesh.transformations.translation_matrix((0, 0, 1.15)))
WALLS = trimesh.creation.box((2, 2, 2))


def request(**changes: object) -> GenerateRequest:
    """A flat slab for a roof on a box, z upwards."""
    vertices = np.concatenate([ROOF.vertices, WALLS.vertices])
    faces = np.concatenate([ROOF.faces, WALLS.faces + len(ROOF.vertices)])
    return replace(GenerateRequest("Roof", "a pointed roof", vertices, faces, len(ROOF.faces)), **changes)


def made(**changes: object) -> list[GenerateResult]:
    results: list[GenerateResult] = []
    generate(request(**changes), no_progress, results.append)
    return results


def test_a_new_part_is_closed_upright_where_the_old_one_was_and_says_what_it_is() -> None:
    (roof,) = made()
    mesh = trimesh.Trimesh(roof.vertices, roof.faces, process=True)
    assert mesh.is_watertight
    assert mesh.volume > 0
    assert gap_of(surface_points(roof.vertices.astype(float), roof.faces), np.asarray(WALLS.vertices), np.asarray(WALLS.faces)) == 0
    top = roof.vertices[roof.vertices[:, 2] > roof.vertices[:, 2].max() - 1e-3]
    assert np.linalg.norm(np.ptp(top, axis=0)) < 0.2
    assert (roof.part, roof.method, roof.weights) == ("roof", "generative", "parts")
    assert "pointed" in roof.caption


def test_it_is_the_part_that_the_command_makes() -> None:
    (answered,) = made(seed=4)
    place = Place(*(np.asarray(values) for one in (ROOF, WALLS) for values in (one.vertices, one.faces)), np.array([0.0, 0.0, 1.0]))
    (told,) = each_new_part(place, "a pointed roof", seed=4)
    assert answered.caption == told.entry.caption
    assert answered.vertices == pytest.approx(told.points, abs=1e-4)


def test_what_stands_around_the_part_is_sent_and_stays_as_it_was() -> None:
    asked = request()
    before = asked.vertices.copy(), asked.faces.copy()
    generate(asked, no_progress, lambda _: None)
    assert np.array_equal(asked.vertices, before[0])
    assert np.array_equal(asked.faces, before[1])


def test_variations_differ_and_a_seed_gives_the_same_again() -> None:
    first, again = made(seed=3, variations=3), made(seed=3, variations=3)
    assert [one.vertices.tobytes() for one in first] == [one.vertices.tobytes() for one in again]
    assert len({one.vertices.tobytes() for one in first}) == 3
    assert [one.seed for one in first] == [3, 3, 3]


def test_fewer_different_ones_than_asked_for_are_told() -> None:
    results: list[GenerateResult] = []
    notes = generate(request(prompt="a wheel with 12 spokes", variations=100), no_progress, results.append)
    assert 0 < len(results) < 100
    assert any(f"no more than {len(results)}" in note for note in notes)


def test_cancelling_stops_between_two_parts_and_keeps_those_that_are_there() -> None:
    results: list[GenerateResult] = []

    def progress(_: float, stage: str) -> None:
        if results and "Fitting" in stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        generate(request(variations=3), progress, results.append)
    assert len(results) == 1


def test_progress_goes_forward_and_tells_what_is_tried() -> None:
    told: list[tuple[float, str]] = []
    generate(request(variations=2), lambda fraction, stage: told.append((fraction, stage)), lambda _: None)
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert any("roof" in stage for _, stage in told)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"prompt": "an elephant"}, "generation.unknown_part"),
        ({"prompt": "a wheel with 57 spokes"}, "generation.not_as_asked"),
        ({"prompt": "  "}, "generation.empty_prompt"),
        ({"model": "shaper", "strength": 0.0}, "edit.no_strength"),
        ({"of_part": 0}, "mesh.no_faces"),
        ({"vertices": np.full((16, 3), np.nan)}, "mesh.not_finite"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_with_what_to_do(changes: dict, code: str) -> None:
    with pytest.raises(PartgenError) as caught:
        made(**changes)
    assert caught.value.code == code
    assert caught.value.remedy


def test_a_refused_prompt_suggests_parts_that_there_are() -> None:
    with pytest.raises(PartgenError, match="elephant") as caught:
        made(prompt="an elephant")
    assert caught.value.remedy.startswith("Try: ")


def test_request_and_result_survive_the_way_between_the_processes() -> None:
    asked, (answer,) = request(seed=7, variations=2), made()
    for message in (Submit(1, "key", asked), Delivery(1, answer)):
        stream = io.BytesIO()
        write_message(stream, message)
        stream.seek(0)
        read = read_message(stream)
        assert isinstance(read, type(message))
        sent, received = (message.request, read.request) if isinstance(message, Submit) else (message.result, read.result)
        for name, value in vars(sent).items():
            assert np.array_equal(getattr(received, name), value), name


def test_a_part_that_is_more_than_what_was_sent_is_no_request() -> None:
    with pytest.raises(ValueError, match="triangles"):
        request(of_part=99)


def test_the_backend_greets_with_it() -> None:
    assert {"generative", "drawn"} <= set(METHODS)
