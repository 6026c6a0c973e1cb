"""`partgen bench`: whole runs over labelled models, what they tell and keep, and that their numbers are the benchmark's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from partgen.cli import main
from partgen.errors import PartgenError
from partgen.evaluation import results as results_module
from partgen.evaluation.gallery import CAPTION, SIZE, like_truth, picture_file, write_sheets
from partgen.evaluation.isolation import in_own_processes, peak_memory
from partgen.evaluation.measuring import Outcome, measured
from partgen.evaluation.results import Results
from partgen.evaluation.segmentation import Trial, measure
from partgen.evaluation.tables import summary, table
from partgen.segmentation import METHODS
from PIL import Image


def labelled_row(folder: Path, name: str, count: int) -> Path:
    """A row of separate boxes, each one true part."""
    joined = trimesh.util.concatenate([trimesh.creation.box().apply_translation((3 * i, 0, 0)) for i in range(count)])
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / f"{name}.npz"
    np.savez(path, vertices=joined.vertices, faces=joined.faces, face_labels=np.repeat(np.arange(count), 12))
    return path


@pytest.fixture
def toys(tmp_path: Path) -> Path:
    """A folder of five rows of boxes in two sets."""
    for count in (2, 3, 5, 8):
        labelled_row(tmp_path / "toys" / "labelled", f"toys_row{count}", count)
    labelled_row(tmp_path / "toys" / "remeshed", "toys_row4", 4)
    return tmp_path / "toys"


def bench(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """`partgen bench ... --json`, which must end well."""
    assert main(["bench", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


# ---- segmentation ----------------------------------------------------------------------------------------------------


def test_bench_scores_what_is_in_the_folder(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = bench(capsys, "segmentation", "--data", toys, "--method", "geometric", "--method", "components")
    geometric, components = result["methods"]["geometric"], result["methods"]["components"]
    assert (geometric["sets"]["toys"]["objects"], geometric["sets"]["remeshed"]["objects"]) == (4, 1)
    for protocol in ("gt-k", "best-20"):
        assert geometric["sets"]["toys"][protocol] == {"rand_error": 0, "miou": 1, "miou_area": 1}
    assert components["sets"]["toys"]["auto"] == {"rand_error": 0, "miou": 1, "miou_area": 1}
    assert geometric["sets"]["toys"]["true_parts"] == 4.5
    assert components["count_correlation"] == pytest.approx(1)
    for method in (geometric, components):
        assert 0 < method["cpu_seconds"] <= method["most_cpu_seconds"]
        assert 10e6 < method["peak_bytes"] < 10e9


def test_one_protocol_and_a_part_of_the_objects_can_be_chosen(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "segmentation", "--data", str(toys), "--protocol", "gt-k", "--limit", "2", "--sets", "toys"]) == 0
    said = capsys.readouterr().out
    assert "gt-k mIoU" in said
    assert "best-20" not in said
    assert "remeshed" not in said
    assert "| toys |       2 |" in said
    named = bench(capsys, "segmentation", "--data", toys, "--method", "components", "--objects", "*row[45]")["methods"]["components"]
    assert {name: values["objects"] for name, values in named["sets"].items()} == {"toys": 1, "remeshed": 1}
    assert main(["bench", "segmentation", "--data", str(toys), "--objects", "dolls_*"]) == 1
    assert "holds no labelled models (.npz) called dolls_*" in capsys.readouterr().err
    assert main(["bench", "segmentation", "--data", str(toys), "--sets", "toys,games"]) == 1
    assert "no set games. Choose among: toys, remeshed." in capsys.readouterr().err


def test_every_method_is_measured_or_said_to_be_unable(toys: Path) -> None:
    command = [sys.executable, "-m", "partgen", "bench", "segmentation", "--data", str(toys), "--method", "all", "--limit", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for method in ("components", "k-means", *METHODS):
        told = (f"| {method} ", f"{method} cannot run here: ", f"The method {method} is ")
        assert any(words in done.stdout for words in told), method
    assert "partfield cannot run here: " in done.stdout
    assert "partgen models download partfield" in done.stdout
    assert "| partfield" not in done.stdout


def test_auto_says_which_method_it_used(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = bench(capsys, "segmentation", "--data", toys, "--method", "auto", "--limit", 1)
    assert list(result["methods"]["auto"]["answered"]) == [result["auto"]]
    assert result["auto"] in METHODS
    assert main(["bench", "segmentation", "--data", str(toys), "--limit", "1"]) == 0
    assert f"The method auto is {result['auto']} here." in capsys.readouterr().out


def test_a_method_that_was_asked_for_and_cannot_run_is_an_error(toys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "segmentation", "--data", str(toys), "--method", "geometric", "--ablation", "learned", "--limit", "1"]) == 1
    said = capsys.readouterr().out
    assert "geometric, ablation=learned cannot run here: The method geometric has no option ablation." in said
    assert "| geometric |" in said


def test_bench_names_the_files_that_it_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("toys_whole", "toys_short", "toys_unlike", "toys_unlabelled"):
        labelled_row(tmp_path, name, 3)
    (tmp_path / "toys_short.npz").write_bytes((tmp_path / "toys_short.npz").read_bytes()[:500])
    box = trimesh.creation.box()
    np.savez(tmp_path / "toys_unlike.npz", vertices=box.vertices, faces=box.faces, face_labels=np.zeros(5, int))
    np.savez(tmp_path / "toys_unlabelled.npz", vertices=box.vertices, faces=box.faces)
    assert main(["bench", "segmentation", "--data", str(tmp_path), "--method", "geometric"]) == 1
    said = capsys.readouterr().out
    assert "| toys |       1 |" in said
    assert said.count("geometric failed on ") == 3
    assert "toys_short: toys_short.npz could not be read: it is damaged, or cut short" in said
    assert "not one label for each face" in said
    assert "no array" in said


def test_bench_without_data_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "segmentation", "--data", str(tmp_path)]) == 1
    assert "holds no labelled models" in capsys.readouterr().err


def test_the_tables_numbers_are_those_of_the_benchmarks_own_script(benchmark_folder: Path, tmp_path: Path) -> None:
    script = benchmark_folder / "run_segmentation.py"
    data = tmp_path / "data"
    chosen = "psb_fish_221", "pnm_lamp_13491", "kenney_character", "kaykit_chest-gold"
    for name in (*(f"labelled/{name}" for name in chosen), "remeshed/pnm_faucet_1053"):
        target = data / f"{name}.npz"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(benchmark_folder / f"{name}.npz")
    program = Path(sys.executable).parent / "partgen"
    command = [sys.executable, str(script), "geometric", "--full", "--data", str(data), "--partgen", str(program)]
    outside = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "TMPDIR": str(tmp_path)})
    theirs = json.loads(outside.stdout.splitlines()[-1])
    command = [str(program), "bench", "segmentation", "--data", str(data), "--method", "geometric", "--json"]
    ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["methods"]["geometric"]
    names = {
        "ri_auto": ("auto", "rand_error"), "miou_auto": ("auto", "miou"), "ri_gtk": ("gt-k", "rand_error"), "miou_gtk": ("gt-k", "miou"),
        "miou_best20": ("best-20", "miou"),
    }  # fmt: skip
    assert ours["sets"].keys() == theirs["sets"].keys()
    for name, values in theirs["sets"].items():
        mine = ours["sets"][name]
        assert {their: mine[protocol][measure] for their, (protocol, measure) in names.items()} == {their: values[their] for their in names}
        assert (mine["parts"], mine["true_parts"], mine["objects"]) == (values["parts"], values["true_parts"], values["n"])
    assert ours["count_correlation"] == theirs["count_correlation"]


def test_the_gain_of_a_method_is_told_object_by_object_with_its_uncertainty() -> None:
    def row(name: str, gain: float) -> dict[str, Any]:
        scores = {protocol: {"rand_error": 0.2 - gain, "miou": 0.5 + gain, "miou_area": 0.5} for protocol in ("auto", "gt-k", "best-20")}
        costs = {"cpu_seconds": 1.0, "wall_seconds": 1.0, "peak_bytes": 1e8, "faces": 100}
        return {"set": "toys", "object": name, "answered": "", "weights": "", "parts": 3, "true_parts": 3, "scores": scores, **costs}

    gains = {"a": 0.1, "b": 0.2, "c": 0.3}
    trials = [Trial("toys", Path(name), method) for method in ("geometric", "learned") for name in (*gains, "d")]
    outcome = Outcome({t: row(t.path.name, gains.get(t.path.name, 0) * (t.method == "learned")) for t in trials})
    del outcome.rows[trials[3]]  # geometric has no answer for d, which therefore does not count
    result = summary(trials, outcome)
    gain = result["differences"]["learned"]["toys"]
    assert gain["objects"] == 3
    assert gain["gt-k miou"] == {"mean": pytest.approx(0.2), "error": pytest.approx(0.1 / 3**0.5)}
    assert "| learned | toys |       3 | -0.200 ± 0.058 | +0.200 ± 0.058 |" in table(result, ["gt-k"])


# ---- results ---------------------------------------------------------------------------------------------------------


def test_an_interrupted_run_goes_on(toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept" / "results.jsonl"
    whole = bench(capsys, "segmentation", "--data", toys, "--method", "components")
    bench(capsys, "segmentation", "--data", toys, "--method", "components", "--sets", "remeshed", "--results", kept)
    first = kept.read_text()
    with kept.open("a") as file:
        file.write('{"benchmark": "segmentation", "set": "toys", "obj')  # where it was interrupted
    resumed = bench(capsys, "segmentation", "--data", toys, "--method", "components", "--results", kept)
    assert resumed["methods"]["components"]["sets"]["toys"]["auto"] == whole["methods"]["components"]["sets"]["toys"]["auto"]
    lines = kept.read_text().splitlines()
    assert kept.read_text().startswith(first)
    assert len(lines) == 1 + 1 + 4  # what was there, half a line, and the four that were missing
    again = bench(capsys, "segmentation", "--data", toys, "--method", "components", "--results", kept)
    assert again == resumed, "everything is there, times and memory too: nothing is measured again"
    assert kept.read_text().splitlines() == lines


def test_results_of_another_program_or_another_object_do_not_count(
    toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "results.jsonl"
    arguments = ["segmentation", "--data", toys, "--method", "components", "--results", kept]
    bench(capsys, *arguments)
    labelled_row(toys / "labelled", "toys_row3", 4)  # another object under the same name
    bench(capsys, *arguments)
    assert len(kept.read_text().splitlines()) == 6
    monkeypatch.setattr(results_module, "program_digest", lambda method="", benchmark="": "another")
    assert main(["bench", *map(str, arguments)]) == 0
    assert len(kept.read_text().splitlines()) == 11
    assert "6 results in" in (said := capsys.readouterr().err)
    assert "another version of the program: not counted" in said
    monkeypatch.setattr(results_module, "program_digest", lambda method="", benchmark="": "a third")
    result = bench(capsys, *arguments, "--any-version")
    assert result["methods"]["components"]["objects"] == 5
    assert len(kept.read_text().splitlines()) == 11, "nothing is measured again"


def test_what_failed_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = labelled_row(tmp_path, "toys_row2", 2)
    whole = path.read_bytes()
    kept = tmp_path / "results.jsonl"
    arguments = ["bench", "segmentation", "--data", str(tmp_path), "--method", "components", "--results", str(kept)]
    key = {"benchmark": "segmentation", "set": "toys"}
    path.write_bytes(whole[:300])
    assert main(arguments) == 1
    assert "failed" in json.loads(kept.read_text())
    path.write_bytes(whole)
    assert main(arguments) == 0
    assert json.loads(kept.read_text().splitlines()[-1]).items() >= key.items()


def test_two_runs_may_share_a_file(tmp_path: Path) -> None:
    one, other = (Results(tmp_path / "shared.jsonl") for _ in range(2))
    keys = [dict.fromkeys(results_module.KEY, "") | {"object": str(i), "program": results_module.program_digest()} for i in range(40)]
    for number, key in enumerate(keys):
        (one, other)[number % 2].add(key, {"number": number})
    for results in (one, other, Results(tmp_path / "shared.jsonl")):
        assert [row["number"] for key in keys if (row := results.find(key))] == list(range(40))


# ---- processes -------------------------------------------------------------------------------------------------------


def hold(megabytes: int) -> int:
    """Holds so much memory and returns the peak."""
    held = np.ones(megabytes * 125_000)
    assert held.sum()
    return peak_memory()


def end_badly(how: str) -> str:
    """Ends in a way that no exception tells."""
    if how == "killed":
        os.kill(os.getpid(), 9)
    if how == "told":
        raise PartgenError("toy.broken", "The toy is broken.", "Mend it.")
    if how == "fault":
        raise ZeroDivisionError("a fault")
    return how


def test_the_memory_of_one_object_is_not_that_of_the_one_before() -> None:
    peaks = dict(in_own_processes(hold, [400, 1]))
    assert isinstance(peaks[400], int)
    assert isinstance(peaks[1], int)
    assert peaks[400] > 400e6
    assert peaks[1] < peaks[400] - 300e6


def test_a_process_that_is_killed_takes_nothing_else_with_it(capfd: pytest.CaptureFixture[str]) -> None:
    answers = dict(in_own_processes(end_badly, ["well", "killed", "told", "fault", "better"], jobs=2))
    assert (answers["well"], answers["better"]) == ("well", "better")
    assert isinstance(answers["killed"], PartgenError)
    assert "signal 9" in str(answers["killed"])
    assert (str(answers["told"]), answers["told"].code) == ("The toy is broken. Mend it.", "toy.broken")  # type: ignore[union-attr]
    assert answers["fault"].code == "internal"  # type: ignore[union-attr]
    assert "ZeroDivisionError" in str(answers["fault"])


def refuse(trial: Trial) -> dict[str, Any]:
    """A method whose weights are missing: it leaves a mark for each object that it is asked for."""
    trial.path.with_suffix(".asked").touch()
    raise PartgenError("weights.absent", "The weights are not here.")


def test_a_method_that_cannot_run_is_told_once_and_not_tried_on_every_object(toys: Path) -> None:
    trials = [Trial("toys", path, "geometric") for path in sorted((toys / "labelled").glob("*.npz"))]
    outcome = measured("toys", refuse, trials, Results())
    assert {variant: str(error) for variant, error in outcome.barred.items()} == {"geometric": "The weights are not here."}
    assert (outcome.rows, outcome.failed) == ({}, {})
    assert len(list(toys.rglob("*.asked"))) == 1


def test_one_object_costs_what_it_costs_alone(toys: Path) -> None:
    row = measure(Trial("toys", toys / "labelled" / "toys_row8.npz", "geometric"))
    assert row["cpu_seconds"] > 0
    assert row["wall_seconds"] > 0
    assert row["faces"] == 96


def hears_interrupts() -> None:
    """As in a terminal, also where these tests themselves run in the background, which hears no Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_stopping_a_run_loses_nothing_and_shows_no_traceback(benchmark_folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "partgen", "bench", "segmentation", "--data", str(benchmark_folder), "--method", "geometric"]
    command += ["--sets", "pmndrs", "--limit", "12", "--results", str(kept)]
    run = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hears_interrupts
    )
    while run.poll() is None and not (kept.exists() and kept.read_text().endswith("\n")):
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does: everything that the run started hears it too
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in said
    before = kept.read_text()
    assert 1 <= before.count("\n") < 12
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "| pmndrs |      12 |" in done.stdout
    assert kept.read_text().startswith(before)
    assert kept.read_text().count("\n") == 12


# ---- gallery ---------------------------------------------------------------------------------------------------------


def test_the_gallery_shows_the_truth_beside_each_method(toys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gallery = tmp_path / "gallery"
    arguments = ["bench", "segmentation", "--data", str(toys), "--gallery", str(gallery), "--gallery-objects", "2", "--results"]
    arguments += [str(tmp_path / "results.jsonl"), "--method", "components", "--method", "geometric"]
    assert main(arguments) == 0
    with Image.open(gallery / "toys.png") as sheet:
        assert sheet.width == 4 * SIZE  # the truth, components, geometric by itself and with the true number
        assert 2 * SIZE < sheet.height < 3 * SIZE
        pictures = [np.asarray(sheet.convert("RGB"))[2 * CAPTION : SIZE, i * SIZE : (i + 1) * SIZE].astype(int) for i in range(4)]
    assert pictures[0].std() > 5, "something is to be seen"
    for i in (1, 3):
        assert np.array_equal(pictures[0], pictures[i]), "the right parts have the colours of the true ones"
    assert (gallery / "remeshed.png").exists()
    drawn = {path: path.stat().st_mtime_ns for path in gallery.rglob("pictures/**/*.png")}
    assert len(drawn) == 3 * 4
    lost = next(path for path in drawn if path.name.endswith("--geometric--auto.png"))
    lost.unlink()
    assert main(arguments) == 0
    assert lost.exists(), "a picture that is missing is drawn again, though its numbers are known"
    kept = {path for path, when in drawn.items() if path.stat().st_mtime_ns == when}
    assert len(kept) == len(drawn) - 2, "and no other but that of the same answer"


def test_a_part_has_the_colour_of_the_true_part_that_it_is_most_like() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    assert like_truth(np.array([5, 5, 5, 3, 3, 3, 9, 9]), truth).tolist() == truth.tolist()
    split = like_truth(np.array([5, 5, 7, 3, 3, 3, 9, 9]), truth)
    assert split.tolist() == [0, 0, 3, 1, 1, 1, 2, 2], "what is left over has a colour of its own"
    assert len(set(like_truth(np.zeros(8, int), truth).tolist())) == 1


def test_a_method_that_cannot_run_has_no_column(tmp_path: Path) -> None:
    trials = [Trial("toys", tmp_path / "toys_a.npz", method, pictures=tmp_path) for method in ("components", "partfield")]
    for name in ("truth", "auto"):
        file = picture_file(trials[0], name)
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (SIZE, SIZE)).save(file)
    (sheet,) = write_sheets(tmp_path, trials)
    with Image.open(sheet) as picture:
        assert picture.width == 2 * SIZE
