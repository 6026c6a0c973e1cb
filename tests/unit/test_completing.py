"""What the backend answers when parts are to be completed: faces that close a part in the space and on the vertices of the request."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import trimesh
from backends import client_in, events_until
from numpy.typing import NDArray
from partgen.completion import drawn_solids
from partgen.completion.caps import CapsCompleter
from partgen.errors import PartgenError
from partgen.protocol import CompleteForecast, CompleteRequest, CompleteResult, Delivery, Done, Failed
from partgen.server.completing import complete

LEFT, RIGHT = 0, 1


RINGS = np.array([[x, y, z] for x in (-2, 0, 2) for y, z in ((0, 0), (1, 0), (1, 1), (0, 1))], np.float32)
QUADS = np.array(
    [
        [3, 2, 1, 0],
        *([i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i] for i in range(4)),
        [8, 9, 10, 11],
        *([4 + i, 4 + (i + 1) % 4, 8 + (i + 1) % 4, 8 + i] for i in range(4)),
    ]
)


def bar(linear: NDArray | None = None, inward: bool = False, doubled: bool = False, **changes: object) -> CompleteRequest:
    """A bar of 4 by 1 by 1 in quads, halved in the middle: two parts, each open where they meet.

    `doubled`: every quad has four vertices of its own, as in a file with hard edges.
    """
    quads = QUADS[:, ::-1] if inward else QUADS
    fields = {
        "name": "Bar",
        "method": "caps",
        "vertices": RINGS[quads.reshape(-1)] if doubled else RINGS,
        "corner_vertices": np.arange(quads.size) if doubled else quads.reshape(-1),
        "polygon_offsets": np.arange(0, quads.size + 1, 4),
        "part_of_polygon": np.repeat([LEFT, RIGHT], 5),
        "wanted": [LEFT, RIGHT],
        "linear": np.eye(3) if linear is None else linear,
    }
    return CompleteRequest(**{**fields, **changes})


def completed(request: CompleteRequest) -> list[CompleteResult]:
    return [piece for piece in pieces_of(request) if isinstance(piece, CompleteResult)]


def pieces_of(request: CompleteRequest) -> list[CompleteResult | CompleteForecast]:
    """All that is delivered, in its order."""
    delivered: list[CompleteResult | CompleteForecast] = []
    complete(request, lambda fraction, stage: None, delivered.append)
    return delivered


def part_with(request: CompleteRequest, result: CompleteResult) -> trimesh.Trimesh:
    """The part as it is after its generated faces were added, in the space of the request."""
    quads = request.corner_vertices.reshape(-1, 4)[request.part_of_polygon == result.part]
    own = quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    names = np.concatenate([result.kept_vertices, len(request.vertices) + np.arange(len(result.added_vertices))])
    vertices = np.concatenate([request.vertices, result.added_vertices])
    return trimesh.Trimesh(vertices, np.concatenate([own, names[result.generated_faces]]), process=False)


def test_generated_faces_close_each_part_without_moving_it():
    request = bar()
    for result in completed(request):
        part = part_with(request, result)
        assert part.is_watertight
        assert part.volume == pytest.approx(2.0)
        assert not result.problem


@pytest.mark.parametrize("linear", [np.diag([2.0, 0.5, 3.0]), np.diag([-1.0, 1.0, 1.0]), [[1, 0.4, 0], [0.4, 1, 0], [0, 0, 1]]])
def test_faces_come_back_in_the_space_of_the_object_whatever_its_scale(linear):
    request = bar(np.array(linear))
    for result in completed(request):
        part = part_with(request, result)
        assert part.is_watertight
        assert part.is_winding_consistent
        assert part.volume == pytest.approx(2.0)


def test_a_mesh_that_looks_inward_is_closed_inward():
    request = bar(inward=True)
    for result in completed(request):
        part = part_with(request, result)
        assert part.is_winding_consistent
        assert part.volume == pytest.approx(-2.0)


def test_where_vertices_are_doubled_a_part_gets_faces_on_its_own():
    request = bar(doubled=True)
    for result in completed(request):
        own = request.corner_vertices.reshape(-1, 4)[request.part_of_polygon == result.part]
        assert np.isin(result.kept_vertices, own).all()
        part = part_with(request, result)
        part.merge_vertices()
        assert part.is_watertight
        assert part.volume == pytest.approx(2.0)


def test_only_wanted_parts_are_completed():
    assert [result.part for result in completed(bar(wanted=[RIGHT]))] == [RIGHT]


def test_every_answer_says_who_made_it():
    assert {result.method for result in completed(bar(method="auto"))} <= {"caps", "solid"}


def test_an_object_without_thickness_is_refused_with_what_to_do():
    with pytest.raises(PartgenError, match="scaled to nothing"):
        completed(bar(np.diag([1.0, 1.0, 0.0])))


def test_the_first_of_several_proposals_knows_how_many_come_after_it(monkeypatch):
    ahead = []

    class Drawing(CapsCompleter):
        method = "holopart"

        def complete(self, mesh, labels, wanted, options, *rest):
            ahead.append(options.proposals_ahead)
            return super().complete(mesh, labels, wanted, options, *rest)

    monkeypatch.setattr("partgen.server.completing.completer", lambda method, model: Drawing())
    completed(bar(proposals=3))
    assert ahead == [2, 1, 0]


@pytest.fixture
def coarse_grids(monkeypatch):
    monkeypatch.setattr("partgen.completion.influence.CELLS", 24)


def test_a_request_names_the_weights_and_the_steps_as_the_command_does(monkeypatch, coarse_grids):
    steps = []
    drawn = drawn_solids.drawn_division
    monkeypatch.setattr(drawn_solids, "drawn_division", lambda *asked: steps.append(asked[2]) or drawn(*asked))
    for wanted, taken in ((2, 2), (0, drawn_solids.STEPS)):
        results = completed(bar(method="generative", model="completer", steps=wanted))
        assert {(result.method, result.weights, result.problem) for result in results} == {("generative", "completer", "")}
        assert steps.pop() == taken
    assert {result.weights for result in completed(bar(method="generative"))} == {"claims"}


@pytest.mark.parametrize(("method", "model"), [("caps", "completer"), ("generative", "holopart"), ("generative", "nothing")])
def test_weights_that_a_method_cannot_work_with_are_refused_in_a_sentence_that_a_request_can_show(method, model):
    with pytest.raises(PartgenError, match=f"'{model}'") as caught:
        completed(bar(method=method, model=model))
    assert caught.value.remedy
    assert "--" not in caught.value.remedy


def test_after_each_proposal_it_is_told_how_true_its_parts_are_expected_to_be(coarse_grids):
    pieces = pieces_of(bar(method="generative", seed=3, proposals=2))
    assert [piece.seed for piece in pieces] == [3, 3, 3, 4, 4, 4]
    forecasts = [pieces[2], pieces[5]]
    assert all(isinstance(forecast, CompleteForecast) and 0 < forecast.expected_overlap <= 1 for forecast in forecasts)
    assert not [piece for piece in pieces_of(bar(method="solid")) if isinstance(piece, CompleteForecast)]


def test_parts_come_one_by_one_over_the_wire(tmp_path):
    with client_in(tmp_path, [sys.executable, "-m", "partgen", "serve"]) as client:
        request_id = client.submit(bar(), key="Bar")
        *before, last = events_until(client, lambda event: isinstance(event, Done | Failed), 120.0)
    assert isinstance(last, Done)
    assert (last.id, last.result) == (request_id, None)
    assert [event.result.part for event in before if isinstance(event, Delivery)] == [LEFT, RIGHT]
