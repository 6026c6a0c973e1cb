"""`partgen segment --proposals K`: several plausible segmentations of each model, ranked, for files."""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import natural
from ..counting import counted
from ..errors import PartgenError
from .reporting import as_partgen_error, report

if TYPE_CHECKING:
    from ..files import Model
    from ..segmentation.proposals import Proposals

VERSION = 1
MOST = 20


def add_up(parser: argparse.ArgumentParser) -> None:
    """Adds the options of proposals to those of `partgen segment`."""
    told = f"also the next best answers, K in all, at most {MOST}: DIR/<name>.proposal-2.npz and so on, and DIR/<name>.proposals.json"
    parser.add_argument("--proposals", metavar="K", type=count, help=told)
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="decides which ways of merging are tried by chance (0)")


def count(text: str) -> int:
    """An argument that is a number of proposals."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """`partgen segment --proposals`. A file that fails does not stop the others. Returns the exit code."""
    asked = {"--scale": options.scale, "--parts": options.parts, "--together": options.together or None}
    if clash := [name for name, value in asked.items() if value is not None]:
        sentence = f"{clash[0]} cannot be asked for together with --proposals, each of which has its own scale."
        raise PartgenError("proposals.options", sentence, f"Leave out {clash[0]} or --proposals.")
    failures = 0
    written: dict[Path, Path] = {}
    for file in options.files:
        try:
            began = time.perf_counter()
            targets, answer, removed = write_proposals(
                file, options.labels_dir, options.proposals, options.method, options.seed, options.levels, written
            )
            seconds = time.perf_counter() - began
            print(f"{targets[-1]}: {len(answer.proposals)} proposals ({answer.method}, {seconds:.1f} s)")
            for rank, (target, proposal) in enumerate(zip(targets, answer.proposals, strict=False), 1):
                print(f"  {rank}. {target.name}: {counted(proposal.count, 'part')}, confidence {proposal.quality:.2f}, {proposal.recipe}")
            if len(answer.proposals) < options.proposals:
                print(f"  There are no more than {len(answer.proposals)} different ones.")
            if removed:
                print(f"  Removed, because an earlier run had more of them: {', '.join(path.name for path in removed)}.")
            sys.stdout.flush()
        except Exception as error:
            report(as_partgen_error(error, file), options.traceback)
            failures += 1
    return 1 if failures else 0


def write_proposals(
    file: Path, folder: Path, wanted: int, method: str = "auto", seed: int = 0, levels: tuple[int, int] | None = None,
    written: dict[Path, Path] | None = None,
) -> tuple[list[Path], Proposals, list[Path]]:  # fmt: skip
    """Writes the labels of `wanted` proposals for `file` into `folder`, and the table of them. Returns the files, the table last, the
    proposals, and which files were removed: those of further proposals that the table of an earlier run tells of.

    The first are FOLDER/<name>.npz, as `partgen segment` writes them, the others FOLDER/<name>.proposal-<rank>.npz; each with
    `levels` also the cuts of its own tree. `written` are files of this run and what they were written of; these are added to it. Raises
    PartgenError, with nothing written, where the file cannot be read, or its results would overwrite something.
    """
    from ..files import read_model, write_file
    from ..segmentation.proposals import propose

    written = {} if written is None else written
    stem = file.stem
    names = [f"{stem}.npz", *(f"{stem}.proposal-{rank}.npz" for rank in range(2, wanted + 1)), f"{stem}.proposals.json"]
    for target in (folder / name for name in names):
        if target.resolve() == file.resolve():
            raise PartgenError("file.overwritten", f"The result would overwrite {file.name}.", "Choose another folder for it.")
        if target in written:
            problem = f"{file} was left out: {target} is already written, of {written[target]}."
            raise PartgenError("file.same_name", problem, "Use another folder for it.")
    model = read_model(file)
    answer = propose(model.mesh, wanted, method, seed)
    targets = [folder / name for name in (*names[: len(answer.proposals)], names[-1])]
    leftover = [path for path in of_earlier_run(targets[-1], stem) if path not in targets]
    for rank, target in enumerate(targets[:-1]):
        write_file(target, labels_of(answer, rank, levels))
    write_file(targets[-1], json.dumps(table(answer, model, seed, targets), indent=2, ensure_ascii=False).encode())
    for path in leftover:
        path.unlink(missing_ok=True)
    written |= dict.fromkeys(targets, file)
    return targets, answer, leftover


def of_earlier_run(told: Path, stem: str) -> list[Path]:
    """The files of further proposals that a run before wrote beside its table `told` and that are still there; none without a table."""
    try:
        listed = {row["file"] for row in json.loads(told.read_text(encoding="utf-8"))["proposals"]}
    except (OSError, ValueError, LookupError, TypeError):
        return []
    paths = [told.with_name(f"{stem}.proposal-{rank}.npz") for rank in range(2, MOST + 1)]
    return [path for path in paths if path.name in listed and path.is_file()]


def labels_of(answer: Proposals, place: int, levels: tuple[int, int] | None) -> memoryview:
    """The .npz of one proposal: `face_labels` (F,), and with `levels` `levels` (L,) and `level_labels` (L, F)."""
    import numpy as np

    proposal = answer.proposals[place]
    arrays: dict[str, Any] = {"face_labels": proposal.part_of_leaf()[answer.leaf_of_face]}
    if levels:
        counts = np.arange(levels[0], min(levels[1], proposal.tree.leaf_count) + 1, dtype=np.int32)
        cuts = np.empty((len(counts), len(answer.leaf_of_face)), np.int32)
        for row, parts in zip(cuts, counts, strict=True):
            row[:] = proposal.tree.cut_into(int(parts))[answer.leaf_of_face]
        arrays |= {"levels": counts, "level_labels": cuts}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getbuffer()


def table(answer: Proposals, model: Model, seed: int, targets: list[Path]) -> dict[str, Any]:
    """What `<name>.proposals.json` holds: for each proposal its rank, file, number of parts, scale, and the confidence of each label."""
    return {
        "version": VERSION,
        "source": model.path.name,
        "method": answer.method,
        "weights": answer.weights,
        "seed": seed,
        "notes": list(answer.notes),
        "proposals": [
            {
                "rank": rank,
                "file": target.name,
                "parts": proposal.count,
                "scale": round(proposal.tree.default_scale, 4),
                "confidence": round(proposal.quality, 4),
                "recipe": proposal.recipe,
                "part_confidences": [round(float(value), 4) for value in proposal.confidences],
            }
            for rank, (target, proposal) in enumerate(zip(targets, answer.proposals, strict=False), 1)
        ],
    }
