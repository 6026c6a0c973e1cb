"""How good the segmenters are that need no download, on a fixed sample: coarse limits that a change for the worse does not pass.

The numbers that count are in docs/benchmarks.md; these are looser, because six objects of each set vary more than all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from partgen.evaluation.labelled import labelled_files
from partgen.evaluation.measuring import measured
from partgen.evaluation.results import Results
from partgen.evaluation.segmentation import Trial, measure
from partgen.evaluation.tables import summary, table
from partgen.segmentation import segmenter

SAMPLE = 6  # objects of each set
PART_SETS = ("pnm", "pmndrs", "menagerie", "kenney", "gltf")


@dataclass(frozen=True)
class Limits:
    """On `psb` the most 1-RI, automatic and with the number of parts given, and the least mIoU, that and of 20 cuts; the least mIoU
    on `remeshed`; the least correlation of counts."""

    auto_error: float
    error: float
    miou: float
    best: float
    fused_miou: float
    fused_best: float
    correlation: float


LIMITS = {
    "geometric": Limits(0.14, 0.125, 0.66, 0.70, 0.50, 0.60, 0.3),
    "superfaces": Limits(0.12, 0.13, 0.66, 0.71, 0.53, 0.655, 0.6),
}


@pytest.fixture(scope="module")
def result(benchmark_folder: Path) -> dict[str, Any]:
    files = labelled_files(benchmark_folder, SAMPLE)
    trials = [Trial(name, path, method) for method in ("components", *LIMITS) for name, path in files]
    found = summary(trials, measured("segmentation", measure, trials, Results()))
    print(table(found))
    return found["methods"]


@pytest.fixture(scope="module", params=LIMITS)
def method(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def sets(result: dict[str, Any], method: str) -> dict[str, Any]:
    return result[method]["sets"]


@pytest.fixture(scope="module")
def components(result: dict[str, Any]) -> dict[str, Any]:
    return result["components"]["sets"]


def test_what_artists_get_where_they_choose_nothing_is_measured_here() -> None:
    assert segmenter("auto").method in LIMITS


def test_every_object_is_answered(result: dict[str, Any], sets: dict[str, Any], method: str) -> None:
    assert result[method]["failed"] == {}
    assert set(sets) >= {"psb", "remeshed", *PART_SETS}


def test_single_surfaces_are_cut_nearly_as_people_cut_them(sets: dict[str, Any], method: str) -> None:
    psb, limits = sets["psb"], LIMITS[method]
    assert psb["auto"]["rand_error"] < limits.auto_error
    assert psb["gt-k"]["rand_error"] < limits.error
    assert psb["gt-k"]["miou"] > limits.miou
    assert psb["best-20"]["miou"] > limits.best


def test_fused_skins_give_their_parts_away(sets: dict[str, Any], components: dict[str, Any], method: str) -> None:
    remeshed, limits = sets["remeshed"], LIMITS[method]
    assert remeshed["gt-k"]["miou"] > limits.fused_miou
    assert remeshed["best-20"]["miou"] > limits.fused_best
    assert remeshed["best-20"]["miou"] > 2 * components["remeshed"]["auto"]["miou"]


def test_the_number_of_parts_follows_the_object(result: dict[str, Any], method: str) -> None:
    assert result[method]["count_correlation"] > LIMITS[method].correlation


@pytest.mark.parametrize("name", PART_SETS)
def test_the_default_scale_is_no_worse_than_connected_components(sets: dict[str, Any], components: dict[str, Any], name: str) -> None:
    assert sets[name]["auto"]["miou"] >= components[name]["auto"]["miou"]


def test_what_was_learned_gains_on_fused_skins(result: dict[str, Any]) -> None:
    learned, geometric = (result[name]["sets"]["remeshed"]["best-20"]["miou"] for name in ("superfaces", "geometric"))
    assert learned > geometric
