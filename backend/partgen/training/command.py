"""`partgen train`: trains one of PartGen's own networks."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..arguments import above_zero, natural, positive, share
from ..devices import Placement, available_devices, place
from ..errors import PartgenError
from ..shapes import VERSION as SHAPES_VERSION
from .assets import AssetExamples, Assets
from .examples import CAPACITY, Mixture, OwnPool, Source, WorkerPool, check_cache
from .export import export, read_weights, source_commit, weights_digest
from .loop import CHECKPOINT, LOG, Budget, Interruption, Log, Losses, Training, run
from .recipe import MODULES, recipe

WEIGHTS_FOLDER = "weights"
ASSET_SHARE = 0.25
"""One draw of four is of a labelled mesh, where there are some."""

DESCRIPTION = """\
Trains a network on procedural shapes that are made on the fly. In DIR:

  weights/        model.safetensors in fp16, config.json, and training.json, which tells how they came about
  checkpoint.pt   everything that it takes to go on; written every two minutes, at Ctrl+C and in the end
  log.jsonl       how it went, one line of JSON for each event

  partgen train superfaces --minutes 60 --out runs/superfaces --workers 4
  partgen train superfaces --minutes 90 --out runs/superfaces --resume runs/superfaces/checkpoint.pt
  partgen train partfield-small --size tiny --steps 200 --out runs/trial
  partgen train superfaces --minutes 30 --out runs/more --begin-with runs/superfaces/weights --learning-rate 5e-4 --assets assets

Minutes and steps count over all runs of a training: going on with the same number finishes it, a larger one lengthens it. --seed,
--size, --learning-rate, --reuse and --pool are those of before where they are not given again.
Give --steps, and no workers, where the same seed must train the same network.
"""


def main(arguments: Sequence[str]) -> int:
    """Runs `partgen train` and returns its exit code: 0 done, 128 + the signal where it was interrupted. Raises PartgenError."""
    options = parser().parse_args(arguments)
    assets = None if options.assets is None else Assets.of(options.assets)
    training = begun(options, what_is_given(options, assets))
    earlier = what_to_keep(training, options)
    budget = Budget(options.minutes or math.inf, options.steps or math.inf)
    if budget.spent(training.seconds, training.step) >= 1:
        sentence = f"This training has had its {budget.words}: it is at step {training.step}, after {training.seconds / 60:.1f} minutes."
        raise PartgenError("training.spent", sentence, "Give it more to go on.")
    source = Source.of(training.recipe, options.cache)
    drawn = source if assets is None else with_assets(source, training, assets, options)
    log = Log(options.out / LOG, sys.stdout)
    log.write("begin", **about(training, budget, options))
    interruption = Interruption()
    with interruption.watched(), pool_for(training, drawn, options) as pool:
        last = run(training, pool, budget, options.out, log, interruption)
        failed = pool.failures.count
    if interruption:
        log.write("interrupted", step=training.step, minutes=round(training.seconds / 60, 3))
        print(f"Go on with --resume {options.out / CHECKPOINT}")
        return 128 + interruption.signal
    if not training.step:
        sentence = f"The {budget.words} were over before there were examples for a first step."
        raise PartgenError("training.no_step", sentence, f"Give it more: --resume {options.out / CHECKPOINT}.")
    if earlier:
        keep(training.averaged, earlier, options.keep)
    finish(training, source, budget, last, failed, options, log)
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line of `partgen train`."""
    program = argparse.ArgumentParser("partgen train", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    program.add_argument("name", metavar="NAME", choices=list(MODULES), help=f"what to train: {' or '.join(MODULES)}")
    length = program.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", metavar="M", type=above_zero, help="how long, on the clock")
    length.add_argument("--steps", metavar="N", type=positive, help="how long, in steps")
    program.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write to; made if missing")
    program.add_argument("--resume", metavar="CHECKPOINT", type=Path, help="go on from this file")
    program.add_argument(
        "--begin-with", metavar="WEIGHTS", type=Path, help="folder of weights of an earlier stage, or training, to begin with"
    )
    program.add_argument(
        "--keep", metavar="SHARE", type=share, help="of what is written, this much stays what it began with (0); needs --begin-with"
    )
    program.add_argument("--assets", metavar="FOLDER", type=Path, help="learn from the labelled meshes (.npz) in there, too")
    program.add_argument(
        "--asset-share", metavar="SHARE", type=share, help=f"of the draws, that of labelled meshes ({ASSET_SHARE}); needs --assets"
    )
    program.add_argument("--seed", metavar="N", type=natural, help="of the first weights and of the order of examples (0)")
    program.add_argument("--size", default="", help="of the network; the recipe's own where it is not given")
    program.add_argument("--device", default="auto", help="auto, cpu, cuda, xpu or mps; `partgen devices` lists them (auto)")
    program.add_argument(
        "--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="auto takes what the device does well"
    )
    program.add_argument(
        "--workers", metavar="N", type=natural, default=0, help="processes that make examples; 0 makes them in this one (0)"
    )
    program.add_argument("--cache", metavar="FOLDER", type=Path, help="keep examples there as .npz, and take those that are there")
    program.add_argument("--pool", metavar="N", type=positive, help=f"examples to hold in memory ({CAPACITY})")
    program.add_argument(
        "--reuse", metavar="N", type=positive, help="draws for each new example, without workers; fewer suit a full --cache"
    )
    program.add_argument("--learning-rate", metavar="RATE", type=above_zero, help="the highest; the recipe's own where it is not given")
    return program


def what_is_given(options: argparse.Namespace, assets: Assets | None) -> dict[str, Any]:
    """What a training is given beside shapes, as its record tells it, without folders. Raises PartgenError where it cannot be read."""
    told: dict[str, Any] = {}
    if assets is not None:
        told["assets"] = {"files": len(assets.names), "digest": assets.digest, "share": options.asset_share or ASSET_SHARE}
    elif options.asset_share is not None:
        raise PartgenError("training.no_assets", "--asset-share tells nothing without labelled meshes.", "Name their folder: --assets.")
    if options.begin_with is not None:
        told["begun_with"] = weights_digest(read_weights(options.begin_with))
    elif options.keep is not None:
        raise PartgenError("training.nothing_to_keep", "--keep tells nothing without earlier weights.", "Name their folder: --begin-with.")
    return told


def begun(options: argparse.Namespace, given: Mapping[str, Any]) -> Training:
    """The training that the options ask for, new or resumed. Raises PartgenError where they contradict what is there."""
    placement = training_placement(options.device, options.precision)
    options.out.mkdir(parents=True, exist_ok=True)
    there = options.out / CHECKPOINT
    if options.resume is None:
        if there.exists():
            sentence = f"{options.out} holds a training already."
            raise PartgenError("training.begun", sentence, f"Go on with it: --resume {there}. Or name another folder.")
        training = Training(recipe(options.name, options.size), options.seed or 0, placement, options.learning_rate)
        if options.begin_with is not None:
            begin_with(training, options.begin_with)
        training.given = dict(given)
        training.reuse, training.pool = options.reuse or training.reuse, options.pool or training.pool
        return training
    training = Training.resumed(options.resume, placement, options.learning_rate)
    found = {"name": training.recipe.id, "--size": training.recipe.size, "--seed": training.seed}
    asked = {"name": options.name, "--size": options.size or None, "--seed": options.seed}
    for option, value in asked.items():
        if value is not None and value != found[option]:
            sentence = f"{options.resume} is a training of {found['name']} {found['--size']} with seed {found['--seed']}."
            raise PartgenError("training.other", sentence, f"It cannot go on with {option} {value}.")
    if given.get("assets") != training.given.get("assets"):
        sentence = f"{options.resume} learned from {asset_words(training.given)}, not from {asset_words(given)}."
        raise PartgenError("training.other", sentence, "Give the same --assets and --asset-share as before, or begin again.")
    if "begun_with" in given and given != training.given:
        raise PartgenError("training.other", f"{options.resume} did not begin with these weights.", "Leave --begin-with out.")
    training.reuse, training.pool = options.reuse or training.reuse, options.pool or training.pool
    return training


def asset_words(given: Mapping[str, Any]) -> str:
    """What a training learns from, for an error."""
    if "assets" not in given:
        return "shapes alone"
    assets = given["assets"]
    return f"{assets['files']} labelled meshes ({assets['digest'][:8]}, share {assets['share']:g})"


def with_assets(source: Source, training: Training, assets: Assets, options: argparse.Namespace) -> Mixture:
    """Examples of labelled meshes beside those of shapes; kept, where a folder is given, in one of their own there. Raises PartgenError."""
    known = training.recipe
    if known.learn is None:
        raise PartgenError("training.no_assets", f"{known.id} cannot learn from labelled meshes.", "Leave --assets out.")
    folder = None if options.cache is None else options.cache / f"assets {assets.digest[:16]}"
    if folder is not None:
        check_cache(folder, known.kept_as)
    of_assets = Source(known.kept_as, AssetExamples(assets, known.learn), known.prepare, folder)
    return Mixture(source, of_assets, training.given["assets"]["share"])


def begin_with(training: Training, folder: Path) -> None:
    """Takes the weights of an earlier stage over. Raises PartgenError where they cannot be read, or the network has none."""
    if training.recipe.begin is None:
        raise PartgenError("training.no_stage", f"{training.recipe.id} has no earlier stage.", "Leave --begin-with out.")
    training.recipe.begin(training.network, read_weights(folder))
    training.averaged.load_state_dict(training.network.state_dict())


def what_to_keep(training: Training, options: argparse.Namespace) -> dict[str, Tensor]:
    """The weights that it began with, where a share of them is to be kept. Raises PartgenError where they are of another network."""
    if options.keep is None:
        return {}
    earlier = read_weights(options.begin_with)
    if any(name not in earlier or earlier[name].shape != known.shape for name, known in training.network.named_parameters()):
        sentence = f"The weights in {options.begin_with} are not of {training.recipe.id} {training.recipe.size}: no share of them can stay."
        raise PartgenError("training.nothing_to_keep", sentence, "Leave --keep out.")
    return earlier


def keep(network: nn.Module, earlier: Mapping[str, Tensor], share: float) -> None:
    """Moves the parameters back towards `earlier` ones by this share of the way.

    Between weights and what they became by learning on there is often a better place for what neither saw: Wortsman et al. 2022,
    Robust fine-tuning of zero-shot models, section 3.
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.lerp_(earlier[name].to(parameter), share)


def training_placement(device: str, precision: str) -> Placement:
    """Where and how precisely to train: bfloat16 on accelerators that have it. fp16 would lose small gradients."""
    placement = place(device, "auto" if precision == "auto" else precision, available_devices())
    if placement.precision != "float16":
        return placement
    return Placement(placement.device, "float32")


def pool_for(training: Training, source: Source | Mixture, options: argparse.Namespace) -> Any:
    """The pool of examples as a context: made in this process, or by workers."""
    if options.workers:
        refill = options.cache is not None
        return WorkerPool(source, training.seed, options.workers, training.made, refill, training.pool)
    return nullcontext(OwnPool(source, training.seed, training.reuse, training.made, training.pool))


def about(training: Training, budget: Budget, options: argparse.Namespace) -> dict[str, Any]:
    """What a training is, for the log."""
    return {
        "recipe": training.recipe.id,
        "size": training.recipe.size,
        "parameters": sum(parameter.numel() for parameter in training.network.parameters()),
        "budget": budget.words,
        "seed": training.seed,
        "device": training.placement.words,
        "workers": options.workers,
        "step": training.step,
        "minutes": round(training.seconds / 60, 3),
    }


def finish(training: Training, source: Source, budget: Budget, last: Losses, failed: int, options: argparse.Namespace, log: Log) -> None:
    """Tries the network on what was held out, writes the weights, and tells where they are."""
    held_out = training.held_out_losses(source)
    log.write("held out", losses=held_out)
    record = {
        "command": command(training, budget, options),
        "seed": training.seed,
        "data": training.recipe.data,
        **training.given,
        "shapes_version": SHAPES_VERSION,
        "examples": training.made,
        "examples_that_failed": failed,
        "minutes": round(training.seconds / 60, 2),
        "steps": training.step,
        "batch_size": training.recipe.batch_size,
        "learning_rate": training.learning_rate,
        "last_losses": last,
        "held_out_losses": held_out,
        "device": training.placement.words,
        "torch": torch.__version__,
        "source": source_commit(),
    }
    written = export(training.averaged, {"recipe": training.recipe.id, **training.recipe.config}, record, options.out / WEIGHTS_FOLDER)
    log.write(
        "end", step=training.step, minutes=round(training.seconds / 60, 3), files={path.name: path.stat().st_size for path in written}
    )


def command(training: Training, budget: Budget, options: argparse.Namespace) -> str:
    """The command line that trains this again; without folders, which are nobody's business."""
    known = training.recipe
    words = ["partgen train", known.id, f"--size {known.size}"]
    words.append(f"--minutes {budget.minutes:g}" if math.isfinite(budget.minutes) else f"--steps {budget.steps:g}")
    words += [f"--seed {training.seed}", f"--workers {options.workers}", f"--pool {training.pool}"]
    words += [f"--reuse {training.reuse}"] if training.reuse != known.reuse else []
    words += ["--begin-with WEIGHTS"] if "begun_with" in training.given else []
    words += [f"--keep {options.keep:g}"] if options.keep is not None else []
    words += [f"--assets FOLDER --asset-share {training.given['assets']['share']:g}"] if "assets" in training.given else []
    words += [f"--learning-rate {training.learning_rate:g}"] if training.learning_rate != known.learning_rate else []
    return " ".join(words)
