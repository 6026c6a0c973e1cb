"""How good the geometric segmenter is, on a fixed sample: coarse limits that a change for the worse does not pass.

The numbers that count are in docs/benchmarks.md; these are looser, because six objects of each set vary more than all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from partgen.evaluation.labelled import labelled_files
from partgen.evaluation.measuring import measured
from partgen.evaluation.results import Results
from partgen.evaluation.segmentation import Trial, measure
from partgen.evaluation.tables import summary, table

SAMPLE = 6  # objects of each set


@pytest.fixture(scope="module")
def result(benchmark_folder: Path) -> dict[str, Any]:
    files = labelled_files(benchmark_folder, SAMPLE)
    trials = [Trial(name, path, method) for method in ("components", "geometric") for name, path in files]
    found = summary(trials, measured("segmentation", measure, trials, Results()))
    print(table(found))
    return found["methods"]


@pytest.fixture(scope="module")
def geometric(result: dict[str, Any]) -> dict[str, Any]:
    return result["geometric"]["sets"]


@pytest.fixture(scope="module")
def components(result: dict[str, Any]) -> dict[str, Any]:
    return result["components"]["sets"]


def test_every_object_is_answered(result: dict[str, Any], geometric: dict[str, Any]) -> None:
    assert result["geometric"]["failed"] == {}
    assert set(geometric) >= {"psb", "pnm", "remeshed"}


def test_single_surfaces_are_cut_nearly_as_people_cut_them(geometric: dict[str, Any]) -> None:
    psb = geometric["psb"]
    assert psb["auto"]["rand_error"] < 0.14
    assert psb["gt-k"]["rand_error"] < 0.125
    assert psb["gt-k"]["miou"] > 0.66
    assert psb["best-20"]["miou"] > 0.70


def test_fused_skins_give_their_parts_away(geometric: dict[str, Any], components: dict[str, Any]) -> None:
    remeshed = geometric["remeshed"]
    assert remeshed["gt-k"]["miou"] > 0.50
    assert remeshed["best-20"]["miou"] > 0.60
    assert remeshed["best-20"]["miou"] > 2 * components["remeshed"]["auto"]["miou"]


def test_the_number_of_parts_follows_the_object(result: dict[str, Any]) -> None:
    assert result["geometric"]["count_correlation"] > 0.3


@pytest.mark.parametrize("name", ["pnm", "pmndrs", "menagerie", "kenney", "gltf"])
def test_the_default_scale_is_no_worse_than_connected_components(geometric: dict[str, Any], components: dict[str, Any], name: str) -> None:
    assert geometric[name]["auto"]["miou"] >= components[name]["auto"]["miou"]
