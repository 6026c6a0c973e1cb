"""What the numbers of `partgen bench generation` mean: a refusal is an answer, but not that a method could not work here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from partgen.errors import PartgenError
from partgen.evaluation.generation import MAKERS, Task, judged
from partgen.files import read_model
from partgen.generation import wishing
from partgen.generation.making import Place
from partgen.generation.phrasing import Wanted
from partgen.model_generating import place_of

OF_THE_EDITOR = ("generative", "drawn")
NO_JUDGE = None  # of what is not there, nothing is judged


@pytest.fixture
def hut(tmp_path: Path) -> Task:
    """A flat slab for a roof on a box."""
    slab = trimesh.creation.box((2.4, 2.4, 0.3), transform=trimesh.transformations.translation_matrix((0, 0, 1.15)))
    trimesh.util.concatenate([slab, trimesh.creation.box((2, 2, 2))]).export(tmp_path / "hut.stl")
    return Task(read_model(tmp_path / "hut.stl"), np.repeat(np.array([0, 1], np.int32), 12), 0, Wanted("a pointed roof"))


def made(task: Task, method: str) -> dict[str, float]:
    """The row of a method for an edit of which nothing comes, or an error."""
    place: Place = place_of(task.model, task.labels == task.part)
    seat = place.seat()
    new = MAKERS[method](task, place, seat, np.random.default_rng(0))
    return {"made": 1.0} if new is not None else judged(task, place, seat, new, NO_JUDGE)


@pytest.mark.parametrize("method", OF_THE_EDITOR)
def test_words_that_are_refused_count_as_nothing_made(hut: Task, method: str) -> None:
    assert made(Task(hut.model, hut.labels, 0, Wanted("a piano concerto in d minor")), method) == {"made": 0.0}


def test_a_part_that_is_found_counts_as_made(hut: Task) -> None:
    assert made(hut, "generative") == {"made": 1.0}


def test_without_pytorch_there_is_no_row_that_reads_as_if_nothing_could_be_drawn(hut: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "is_torch_installed", lambda: False)
    with pytest.raises(PartgenError) as told:
        made(hut, "drawn")
    assert told.value.code == "method.no_torch"


@pytest.mark.parametrize("method", OF_THE_EDITOR)
def test_damaged_weights_stop_the_measurement(hut: Task, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> None:
        raise PartgenError("weights.damaged", "The weights cannot be read.")

    monkeypatch.setattr("partgen.generation.asking.bundled_words", damaged)
    with pytest.raises(PartgenError) as told:
        made(hut, method)
    assert told.value.code == "weights.damaged"
