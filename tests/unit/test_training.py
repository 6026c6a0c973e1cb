"""What `partgen train` promises: it ends on time, goes on where it stopped, and leaves weights that the product reads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
import trimesh
from partgen.cli import main
from partgen.devices import CPU, Placement
from partgen.errors import PartgenError
from partgen.networks.superfaces import SuperfaceConfig, SuperfaceNetwork
from partgen.training.assets import Asset, labelled_skin, part_levels
from partgen.training.command import begun, command, parser, pool_for
from partgen.training.examples import (
    CACHE_RECORD,
    MOST_FAILURES,
    START,
    OwnPool,
    Source,
    WorkerPool,
    check_cache,
    held_out_seed,
    keep,
    shape_seed,
)
from partgen.training.export import MOST_BYTES, export
from partgen.training.loop import HELD_OUT, Budget, Interruption, Log, Training, run
from partgen.training.recipe import Arrays, Recipe, recipe
from partgen.training.skins import regions_of_asset
from partgen.weights import loading, registry
from safetensors.torch import load_file
from torch import nn

ON_CPU = Placement(CPU, "float32")
TINY = ("superfaces", "--size", "tiny")
STEPS = 5


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What short trainings draw in place of examples of shapes: of a few faces each, where one of a shape costs more than all steps."""
    folder = tmp_path_factory.mktemp("examples")
    check_cache(folder, "superfaces")
    examples = [post_on_plate(height) for height in (0.5, 1.0, 2.0)]
    seeds = [*map(shape_seed, range(START + 2)), *map(held_out_seed, range(HELD_OUT))]
    for number, seed in enumerate(seeds):
        keep(folder / f"{seed}.npz", examples[number % len(examples)])
    return folder


def post_on_plate(height: float) -> Arrays:
    plate, post = trimesh.creation.box((2, 2, 0.4)), trimesh.creation.box((0.5, 0.5, height))
    post.apply_translation((0, 0, height / 2))
    both = trimesh.util.concatenate([plate, post])
    post = Asset(labelled_skin(both.vertices, both.faces, np.repeat([0, 1], 12)), part_levels(2, None))
    return regions_of_asset(post, np.random.default_rng(0))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums come out the same to the last bit only where the same threads add them up."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train(folder: Path, cache: Path, *options: str) -> int:
    return main(["train", *TINY, "--out", str(folder), "--cache", str(cache), *options])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "weights" / "model.safetensors")


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


class Clock:
    """A clock on which every step of a training takes so many seconds."""

    def __init__(self, training: Training, seconds: float) -> None:
        self.training, self.seconds = training, seconds

    def __call__(self) -> float:
        return 1000.0 + self.seconds * self.training.step


class AtStep(Interruption):
    """As if Ctrl+C were pressed at a step."""

    def __init__(self, training: Training, step: int) -> None:
        super().__init__()
        self.training, self.step = training, step

    def __bool__(self) -> bool:
        return self.training.step >= self.step


def pool_of(training: Training, cache: Path) -> OwnPool:
    return OwnPool(Source.of(training.recipe, cache), training.seed, training.recipe.reuse, training.made)


# ---- the same again --------------------------------------------------------------------------------------------------


def test_the_same_seed_trains_the_same_network(tmp_path: Path, cache: Path) -> None:
    for name, seed in (("one", "7"), ("again", "7"), ("other", "8")):
        assert train(tmp_path / name, cache, "--steps", str(STEPS), "--seed", seed) == 0
    assert are_equal(weights(tmp_path / "one"), weights(tmp_path / "again"))
    assert not are_equal(weights(tmp_path / "one"), weights(tmp_path / "other"))


def test_an_interrupted_training_goes_on_where_it_stopped(tmp_path: Path, cache: Path) -> None:
    assert train(tmp_path / "whole", cache, "--steps", str(STEPS)) == 0
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    (tmp_path / "parted").mkdir()
    log = Log(tmp_path / "parted" / "log.jsonl", sys.stdout)
    run(training, pool_of(training, cache), Budget(steps=STEPS), tmp_path / "parted", log, AtStep(training, 2))
    assert training.step == 2
    assert not (tmp_path / "parted" / "weights").exists()
    checkpoint = tmp_path / "parted" / "checkpoint.pt"
    assert train(tmp_path / "parted", cache, "--steps", str(STEPS), "--resume", str(checkpoint)) == 0
    assert are_equal(weights(tmp_path / "whole"), weights(tmp_path / "parted"))
    assert [event["step"] for event in events(tmp_path / "parted") if event["event"] in ("begin", "end")] == [2, STEPS]


def test_a_checkpoint_is_written_every_two_minutes(tmp_path: Path, cache: Path) -> None:
    """So that no more than that is lost where the power goes."""
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    pool, saved = pool_of(training, cache), []
    save = training.save
    training.save = lambda path: (saved.append(training.seconds), save(path))[-1]  # type: ignore[method-assign]
    run(training, pool, Budget(minutes=5), tmp_path, Log(tmp_path / "log.jsonl", sys.stdout), clock=Clock(training, 30.0))
    assert len(saved) == 3  # after two and four minutes, and in the end
    assert Training.resumed(tmp_path / "checkpoint.pt", ON_CPU).step == training.step


def test_an_unfinished_checkpoint_does_not_replace_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    path = tmp_path / "checkpoint.pt"
    training.save(path)
    training.step = 9

    def fill_the_disk(state: object, file: object) -> None:
        file.write(b"half of it")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", fill_the_disk)
    with pytest.raises(PartgenError, match="No space left on device"):
        training.save(path)
    assert Training.resumed(path, ON_CPU).step == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_stop_saves_and_takes_the_workers_along(tmp_path: Path, cache: Path, number: signal.Signals) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "partgen",
        "train",
        *TINY,
        "--minutes",
        "60",
        "--workers",
        "1",
        "--cache",
        str(cache),
        "--out",
        str(out),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("begin")
        wait_for(lambda: len(psutil.Process(process.pid).children(recursive=True)) >= 1)
        workers = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        said = process.stdout.read()
        assert process.wait(120) == 128 + number
    assert "--resume" in said
    assert events(out)[-1]["event"] == "interrupted"
    assert Training.resumed(out / "checkpoint.pt", ON_CPU).seed == 0
    assert not psutil.wait_procs(workers, 30)[1]


def test_who_interrupts_while_the_first_examples_are_made_can_go_on(tmp_path: Path) -> None:
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    interruption = Interruption()

    def slow(seed: int) -> Arrays:
        interruption.signal = signal.SIGINT
        return numbered(seed)

    pool = OwnPool(slow, seed=0, reuse=2)
    assert run(training, pool, Budget(steps=9), tmp_path, Log(tmp_path / "log.jsonl", sys.stdout), interruption) == {}
    assert pool.made <= START
    assert len(pool._examples) == 1  # no second one was made
    assert Training.resumed(tmp_path / "checkpoint.pt", ON_CPU).step == 0


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


# ---- on time ---------------------------------------------------------------------------------------------------------


def test_a_training_stops_on_time_whatever_its_steps_take(tmp_path: Path, cache: Path) -> None:
    for seconds in (7.0, 13.0):
        training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
        folder = tmp_path / str(seconds)
        folder.mkdir()
        log, clock = Log(folder / "log.jsonl", sys.stdout), Clock(training, seconds)
        run(training, pool_of(training, cache), Budget(minutes=1), folder, log, clock=clock)
        assert 60 <= training.seconds < 60 + 2 * seconds
        last = events(folder)[-1]
        assert last["spent"] >= 1
        assert last["rate"] <= 0.02 * training.learning_rate  # it came to rest


def test_minutes_count_over_all_runs(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    training.seconds = 150.0
    training.save(tmp_path / "checkpoint.pt")
    assert train(tmp_path, cache, "--minutes", "2", "--resume", str(tmp_path / "checkpoint.pt")) == 1
    assert "has had its 2 minutes" in capsys.readouterr().err
    resumed = Training.resumed(tmp_path / "checkpoint.pt", ON_CPU)
    run(resumed, pool_of(resumed, cache), Budget(minutes=3), tmp_path, Log(tmp_path / "log.jsonl", sys.stdout), clock=Clock(resumed, 10.0))
    assert resumed.step == 3  # the half minute that was left
    assert resumed.seconds == 180.0


def test_a_training_of_minutes_goes_on_with_the_same_examples_in_the_same_order(tmp_path: Path, cache: Path) -> None:
    """And to the last bit, where its steps take as long: but for the learning rate, which follows it, the clock has no say."""

    def trained(name: str, *stops: int) -> tuple[list[bytes], Training]:
        """What was drawn, and the training in the end, where it was interrupted at these steps."""
        folder, drawn = tmp_path / name, list[bytes]()
        folder.mkdir()
        training, log = Training(recipe("superfaces", "tiny"), 4, ON_CPU), Log(folder / "log.jsonl", sys.stdout)
        for stop in (*stops, None):
            pool = pool_of(training, cache)

            def draw(number: int, is_over: Callable[[], bool], real: Callable[..., Arrays] = pool.draw) -> Arrays:
                example = real(number, is_over)
                drawn.append(b"".join(example[part].tobytes() for part in sorted(example)))
                return example

            pool.draw = draw  # type: ignore[method-assign]
            interruption = None if stop is None else AtStep(training, stop)
            run(training, pool, Budget(minutes=1), folder, log, interruption, Clock(training, 15.0))
            if stop is not None:
                training = Training.resumed(folder / "checkpoint.pt", ON_CPU)
                assert training.step == stop
        return drawn, training

    (whole, one), (parted, other) = trained("whole"), trained("parted", 1, 3)
    assert one.step == other.step == 4
    assert len(set(whole)) > 1
    assert whole == parted
    assert are_equal(one.network.state_dict(), other.network.state_dict())
    assert are_equal(one.averaged.state_dict(), other.averaged.state_dict())


def test_who_goes_on_need_not_say_again_what_decides_which_examples_come_when(tmp_path: Path) -> None:
    new = ["--minutes", "1", "--out", str(tmp_path), "--device", "cpu"]
    training = begun(parser().parse_args([*TINY, *new, "--reuse", "7", "--pool", "20"]), {})
    training.save(tmp_path / "checkpoint.pt")
    again = [*TINY, *new, "--resume", str(tmp_path / "checkpoint.pt")]
    for options, expected in (([], (7, 20)), (["--reuse", "3"], (3, 20)), (["--pool", "99"], (7, 99))):
        asked = parser().parse_args([*again, *options])
        with pool_for(begun(asked, {}), Source.of(training.recipe), asked) as pool:
            assert (pool._reuse, pool._capacity) == expected
    assert "--pool 20 --reuse 7" in command(training, Budget(minutes=1), asked)


def test_minutes_end_while_the_first_examples_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With workers, of which none has an example ready by then, and without."""
    empty = tmp_path / "examples"
    for name, workers in (("alone", "0"), ("worker", "1")):
        out = str(tmp_path / name)
        assert train(tmp_path / name, empty, "--minutes", "1e-5", "--workers", workers) == 1
        assert f"over before there were examples for a first step. Give it more: --resume {out}" in capsys.readouterr().err
        assert Training.resumed(tmp_path / name / "checkpoint.pt", ON_CPU).seconds > 0


# ---- what is left behind ---------------------------------------------------------------------------------------------


def test_exported_weights_load_in_the_product_and_give_the_same_answer(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(tmp_path / "run", cache, "--steps", str(STEPS)) == 0
    shutil.copytree(tmp_path / "run" / "weights", tmp_path / "bundled" / "superfaces")
    for module in (registry, loading):
        monkeypatch.setattr(module, "BUNDLED_FOLDER", tmp_path / "bundled")
    files = tuple(registry.SourceFile(path.name, path.stat().st_size) for path in (tmp_path / "bundled" / "superfaces").iterdir())
    entry = registry.Entry(
        "superfaces", "Superfaces", registry.Role.SEGMENTER, "", "superfaces", registry.Licence("GPL-3.0-or-later", ""),
        registry.Kind.BUNDLED, files=files,
    )  # fmt: skip
    config = json.loads((tmp_path / "bundled" / "superfaces" / "config.json").read_text())
    network = SuperfaceNetwork(SuperfaceConfig.of(config)).eval()
    network.load_state_dict(loading.load("superfaces", entries=(entry,)))
    trained = Training.resumed(tmp_path / "run" / "checkpoint.pt", ON_CPU).averaged
    with torch.inference_mode():
        for ours, theirs in zip(answers(network, cache), answers(trained, cache), strict=True):
            assert torch.allclose(ours, theirs, rtol=1e-2, atol=1e-2)  # fp16 was between


def answers(network: nn.Module, cache: Path) -> tuple[torch.Tensor, torch.Tensor]:
    example = Source.of(recipe("superfaces", "tiny"), cache)(shape_seed(0))
    assert example is not None
    shown = {name: torch.as_tensor(values) for name, values in example.items()}
    return network(shown["nodes"], shown["edges"], shown["ends"], shown["areas"], int(shown["pair_count"]))


def test_the_weights_tell_how_they_came_about_and_name_no_folder(tmp_path: Path, cache: Path) -> None:
    assert train(tmp_path / "run", cache, "--steps", str(STEPS), "--seed", "3") == 0
    text = (tmp_path / "run" / "weights" / "training.json").read_text()
    record = json.loads(text)
    assert record["command"].startswith(f"partgen train superfaces --size tiny --steps {STEPS} --seed 3")
    assert {record["seed"], record["steps"]} == {3, STEPS}
    assert set(record["held_out_losses"]) == {"boundaries", "pairs"}
    assert record["shapes_version"] >= 1
    assert "partgen" in record["source"]
    assert str(tmp_path) not in text
    assert str(cache) not in text


def test_no_file_is_larger_than_16_mib(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(*(nn.Linear(1500, 2000) for _ in range(8)))  # 24 million parameters: 48 MB in fp16
    written = export(network, {}, {}, tmp_path)
    assert max(path.stat().st_size for path in written) <= MOST_BYTES
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())["weight_map"]
    loaded = {name: tensor for file in set(index.values()) for name, tensor in load_file(tmp_path / file).items()}
    assert are_equal(loaded, {name: tensor.half() for name, tensor in network.state_dict().items()})
    with pytest.raises(PartgenError, match="alone is larger"):
        export(nn.Linear(3000, 3000), {}, {}, tmp_path)


def test_exporting_again_leaves_no_piece_of_what_was_there(tmp_path: Path) -> None:
    export(nn.Sequential(*(nn.Linear(1500, 2000) for _ in range(6))), {}, {}, tmp_path)
    export(nn.Linear(2, 2), {}, {}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors", "training.json"]


@pytest.mark.parametrize("name", ["superfaces", "partfield-small", "claims"])
def test_what_is_trained_fits_into_one_file(name: str) -> None:
    assert 2 * sum(parameter.numel() for parameter in recipe(name).build().parameters()) < MOST_BYTES


def test_numbers_beyond_fp16_are_told_not_written(tmp_path: Path) -> None:
    network = nn.Linear(2, 2)
    nn.init.constant_(network.bias, 1e6)
    with pytest.raises(PartgenError, match="bias holds numbers"):
        export(network, {}, {}, tmp_path)


# ---- told, not guessed -----------------------------------------------------------------------------------------------


def test_a_folder_with_a_training_is_not_begun_over(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"a week of work")
    assert train(tmp_path, cache, "--steps", "1") == 1
    assert "--resume" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt").read_bytes() == b"a week of work"


def test_what_cannot_be_resumed_says_why(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = tmp_path / "checkpoint.pt"
    Training(recipe("superfaces", "tiny"), 3, ON_CPU).save(good)
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    foreign = tmp_path / "foreign.pt"
    torch.save({"weights": torch.zeros(3)}, foreign)

    def complaint(*arguments: str) -> str:
        assert main(["train", *arguments, "--steps", "9", "--out", str(tmp_path / "out"), "--cache", str(cache)]) == 1
        return capsys.readouterr().err

    assert "no checkpoint" in complaint("superfaces", "--resume", str(tmp_path / "absent.pt"))
    assert "damaged" in complaint("superfaces", "--resume", str(damaged))
    assert "no checkpoint of a training" in complaint("superfaces", "--resume", str(foreign))
    assert "superfaces tiny with seed 3" in complaint("superfaces", "--resume", str(good), "--seed", "4")
    assert "cannot go on with name partfield-small" in complaint("partfield-small", "--resume", str(good))
    assert "cannot go on with --size small" in complaint("superfaces", "--resume", str(good), "--size", "small")
    assert "no size huge" in complaint("superfaces", "--size", "huge")
    assert "There is no device cuda:9" in complaint("superfaces", "--device", "cuda:9")


def test_examples_of_another_recipe_are_not_taken(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "partfield-small", "--size", "tiny", "--steps", "1", "--out", str(tmp_path), "--cache", str(cache)]) == 1
    assert "examples of superfaces" in capsys.readouterr().err


def test_losses_that_are_no_numbers_end_the_training(tmp_path: Path, cache: Path) -> None:
    training = Training(recipe("superfaces", "tiny"), 0, ON_CPU)
    nn.init.constant_(training.network.falloff, torch.inf)
    with pytest.raises(PartgenError, match="lower --learning-rate"):
        run(training, pool_of(training, cache), Budget(steps=1), tmp_path, Log(tmp_path / "log.jsonl", sys.stdout))


def test_wrong_options_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    wrong = (["--minutes", "0"], ["--minutes", "x"], ["--steps", "0"], [], ["--minutes", "1", "--steps", "1"])
    no_numbers = (["--steps", "1", option, "-1"] for option in ("--workers", "--seed", "--pool"))
    for options in (*wrong, *no_numbers):
        with pytest.raises(SystemExit):
            parser().parse_args(["superfaces", "--out", str(tmp_path / "out"), *options])
    assert not (tmp_path / "out").exists()


# ---- examples --------------------------------------------------------------------------------------------------------


def numbered(seed: int) -> Arrays:
    return {"seed": np.array(seed)}


def broken(seed: int) -> Arrays:
    raise ValueError(f"shape {seed} is impossible")


def deadly(seed: int) -> Arrays:
    os._exit(9)


def only_some(seed: int) -> Arrays | None:
    if seed % 3 == 0:
        raise ValueError("not this one")
    return None if seed % 3 == 1 else numbered(seed)


def test_what_is_held_out_is_never_drawn() -> None:
    trained_on = {shape_seed(index) for index in range(5000)}
    held_out = {held_out_seed(index) for index in range(5000)}
    assert not trained_on & held_out
    assert set(range(5000)) <= trained_on | held_out  # and no shape is wasted


def test_draws_are_the_same_after_an_interruption() -> None:
    whole = OwnPool(numbered, seed=1, reuse=3)
    rest = OwnPool(numbered, seed=1, reuse=3)
    drawn = [int(whole.draw(number)["seed"]) for number in range(120)]
    assert [int(rest.draw(number)["seed"]) for number in range(60, 120)] == drawn[60:]


def test_examples_are_drawn_several_times_and_new_ones_come_in() -> None:
    pool = OwnPool(numbered, seed=0, reuse=5, capacity=20)
    drawn = [int(pool.draw(number)["seed"]) for number in range(2000)]
    assert 3 < len(drawn) / len(set(drawn)) < 8
    assert min(drawn[-100:]) > max(drawn[:100])  # the oldest are gone


def test_workers_make_what_the_training_itself_would() -> None:
    with WorkerPool(numbered, seed=0, workers=2) as pool:
        drawn = {int(pool.draw(number)["seed"]) for number in range(200)}
    assert drawn <= {shape_seed(index) for index in range(pool.made)}
    assert len(drawn) >= START / 2


@pytest.mark.parametrize("capacity", [1, START // 2])
def test_a_pool_smaller_than_the_first_examples_is_drawn_from(capacity: int) -> None:
    with WorkerPool(numbered, seed=0, workers=1, capacity=capacity) as pool:
        drawn = {int(pool.draw(number)["seed"]) for number in range(50)}
    assert drawn <= {shape_seed(index) for index in range(pool.made)}


def test_a_small_pool_of_shapes_without_an_example_makes_others() -> None:
    drawn = [int(OwnPool(only_some, seed=0, reuse=99, capacity=1).draw(number)["seed"]) for number in (0, 99, 198)]
    assert all(seed % 3 == 2 for seed in drawn)


def test_shapes_without_an_example_are_left_out_and_counted() -> None:
    pool = OwnPool(only_some, seed=0, reuse=2)
    assert all(int(pool.draw(number)["seed"]) % 3 == 2 for number in range(100))
    assert pool.failures.count > 0


def test_examples_that_never_work_end_the_training() -> None:
    with pytest.raises(PartgenError, match=r"(?s)in a row could not be made.*is impossible"):
        OwnPool(broken, seed=0, reuse=2).draw(0)
    with WorkerPool(broken, seed=0, workers=1) as pool, pytest.raises(PartgenError, match=f"{MOST_FAILURES} examples in a row"):
        pool.draw(0)


def test_a_worker_that_dies_is_told() -> None:
    with WorkerPool(deadly, seed=0, workers=1) as pool, pytest.raises(PartgenError, match="exit code 9"):
        pool.draw(0)


def test_kept_examples_are_taken_and_damaged_ones_made_again(tmp_path: Path) -> None:
    made: list[int] = []

    def make(seed: int) -> Arrays:
        made.append(seed)
        return numbered(seed)

    source = Source("toy", make, lambda arrays: arrays, tmp_path)
    assert [int(source(4)["seed"]) for _ in range(2)] == [4, 4]  # type: ignore[index]
    assert made == [4]
    (tmp_path / "4.npz").write_bytes((tmp_path / "4.npz").read_bytes()[:100])
    assert int(source(4)["seed"]) == 4  # type: ignore[index]
    assert made == [4, 4]
    assert [path.name for path in tmp_path.iterdir()] == ["4.npz"]


def test_a_folder_of_examples_is_marked_for_what_it_was_made(cache: Path) -> None:
    assert json.loads((cache / CACHE_RECORD).read_text())["recipe"] == "superfaces"


# ---- the recipes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["superfaces", "partfield-small", "claims"])
def test_a_recipe_learns(name: str) -> None:
    """A few steps on one batch bring its losses down, in full precision and in the one that accelerators use."""
    known = recipe(name, "tiny")
    source = Source.of(known)
    batch = [{key: torch.as_tensor(values) for key, values in source(seed).items()} for seed in (3, 5)]  # type: ignore[union-attr]
    for precision in (torch.float32, torch.bfloat16):
        assert learned(known, batch, precision) < 0.9


def learned(known: Recipe, batch: list[dict[str, torch.Tensor]], precision: torch.dtype) -> float:
    """The losses after eight steps as a share of those before."""
    torch.manual_seed(0)
    network = known.build()
    optimizer = torch.optim.AdamW(network.parameters(), known.learning_rate)
    seen = []
    for _ in range(8):
        optimizer.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            total = torch.stack(list(known.losses(network, batch, np.random.default_rng(0)).values())).sum()
        total.backward()
        optimizer.step()
        seen.append(float(total.detach()))
    return seen[-1] / seen[0]


def test_the_options_reach_the_training(tmp_path: Path) -> None:
    options = parser().parse_args(
        [*TINY, "--steps", "1", "--seed", "5", "--learning-rate", "0.5", "--device", "cpu", "--out", str(tmp_path)]
    )
    training = begun(options, {})
    assert (training.seed, training.learning_rate, training.recipe.size) == (5, 0.5, "tiny")
    assert training.placement.device.id == "cpu"
