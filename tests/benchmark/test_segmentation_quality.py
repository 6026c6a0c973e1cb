"""How good the geometric segmenter is, on a fixed sample: coarse limits that a change for the worse does not pass.

The numbers that count are in docs/benchmarks.md; these are looser, because six objects of each set vary more than all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from partgen.evaluation.segmentation import measure, table

SAMPLE = 6  # objects of each set


@pytest.fixture(scope="module")
def result(benchmark_folder: Path) -> dict[str, Any]:
    measured = measure(benchmark_folder, "geometric", SAMPLE)
    print(table(measured))
    return measured


def test_every_object_is_answered(result: dict[str, Any]) -> None:
    assert result["failed"] == {}
    assert set(result["sets"]) >= {"psb", "pnm", "remeshed"}


def test_single_surfaces_are_cut_nearly_as_people_cut_them(result: dict[str, Any]) -> None:
    psb = result["sets"]["psb"]
    assert psb["auto"]["rand_error"] < 0.14
    assert psb["gt-k"]["rand_error"] < 0.125
    assert psb["gt-k"]["miou"] > 0.66
    assert psb["best-20"]["miou"] > 0.70


def test_fused_skins_give_their_parts_away(result: dict[str, Any]) -> None:
    remeshed = result["sets"]["remeshed"]
    assert remeshed["gt-k"]["miou"] > 0.50
    assert remeshed["best-20"]["miou"] > 0.60
    assert remeshed["best-20"]["miou"] > 2 * remeshed["components"]["miou"]


def test_the_number_of_parts_follows_the_object(result: dict[str, Any]) -> None:
    assert result["count_correlation"] > 0.3


@pytest.mark.parametrize("name", ["pnm", "pmndrs", "menagerie", "kenney", "gltf"])
def test_the_default_scale_is_no_worse_than_connected_components(result: dict[str, Any], name: str) -> None:
    assert result["sets"][name]["auto"]["miou"] >= result["sets"][name]["components"]["miou"]
