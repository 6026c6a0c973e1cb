"""What paints a part is loaded once for each device, and moves to the CPU where memory runs out, which is told."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from partgen.devices import CPU, Placement
from partgen.texturing import easel
from partgen.texturing.easel import Easel, Materials, each_variation
from partgen.texturing.inpainting import FULL
from partgen.texturing.painter import Wishes

ON_CARD = Placement(CPU.__class__("cuda:0", "a card", 8 * 10**9, ("float16",)), "float16")
CHECKPOINT = SimpleNamespace(name="a checkpoint", control="depth")


class Loads:
    """Stands for a painter, and counts what it loads."""

    def __init__(self) -> None:
        self.placements: list[Placement] = []
        self.wishes: list[Wishes] = []

    def inpainter(self, wishes: Wishes, placement: Placement) -> SimpleNamespace:
        self.placements.append(placement)
        self.wishes.append(wishes)
        return SimpleNamespace(placement=placement, checkpoint=CHECKPOINT, effort=FULL, side=64, seconds=lambda strength: 10 * strength)


@pytest.fixture(autouse=True)
def a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(easel, "place_for_half_precision", lambda: ON_CARD)


def test_variations_share_what_was_loaded() -> None:
    painter, told = Loads(), []
    made = each_variation(Materials(painter, Wishes(), str), [4, 5], lambda at, seed: (at.views, seed), lambda at, left: told.append(left))
    assert [one.result for one in made] == [("64", 4), ("64", 5)]
    assert (painter.placements, told) == ([ON_CARD], [2])


def test_where_memory_runs_out_the_rest_is_made_on_the_cpu_and_that_is_told() -> None:
    painter, told = Loads(), []

    def make(at: Easel, seed: int) -> tuple[str, int]:
        if seed == 5 and at.placement == ON_CARD:
            raise MemoryError
        return at.placement.device.id, seed

    made = list(each_variation(Materials(painter, Wishes(), str), [4, 5, 6], make, lambda at, left: told.append((at.placement, left))))
    assert [one.result for one in made] == [("cuda:0", 4), ("cpu", 5), ("cpu", 6)]
    assert [placement.device.id for placement in painter.placements] == ["cuda:0", "cpu"]
    assert [(placement.device.id, left) for placement, left in told] == [("cuda:0", 3), ("cpu", 2)]
    assert [any("the CPU did the work" in note for note in one.notes) for one in made] == [False, True, True]


def test_what_is_made_anew_need_not_stay_on_its_shape_and_takes_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Loads()
    painter.depth = lambda model, placement: SimpleNamespace(source=SimpleNamespace(name=model))  # type: ignore[attr-defined]
    for name, answer in (("chosen_depth_folder", None), ("read_depth_folder", None), ("seconds_after_painting", 5.0)):
        monkeypatch.setattr(easel, name, lambda _, answer=answer: answer)
    (one,) = each_variation(Materials(painter, Wishes(), str, "ruler"), [1], lambda at, seed: at, lambda at, left: None)
    assert painter.wishes == [Wishes(controlnet="none", normals="none")]
    assert one.easel.name == "a checkpoint, depth by ruler"
    assert (one.easel.seconds(0.5), one.easel.share_of_painting(0.5)) == (10.0, 0.5)
    assert (one.easel.doing(1), one.easel.doing(2)) == ("Reshaping", "Reshaping 2 variations")
