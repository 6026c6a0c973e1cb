"""`partgen edit --method generative`: a part replaced by a new one that words ask for, found in the catalogue or drawn."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PartgenError

if TYPE_CHECKING:
    from ..model_generating import Generated

REFERRING = re.compile(r"\b(?:like|as|copy of|same as|of) (?:the|that|this|my|those|its)\b")
"""Such words mean another part of the object, not one of the catalogue."""
PLAIN = 0.95
"""How sure it must be that a part of the catalogue is meant where nobody chose this method."""


def is_plain(prompt: str) -> bool:
    """Whether a prompt plainly names a part that can be made."""
    from ..generation.asking import found

    if REFERRING.search(prompt.lower()):
        return False
    try:
        return found(prompt).asked.sure >= PLAIN
    except PartgenError:
        return False


def is_count_of_part(prompt: str, number: int) -> bool:
    """Whether a prompt plainly names a part, also without its numbers, and this one is how many of something the part has: three, of
    a propeller with three blades. Of "three blades" it is not, which may mean three of what is there."""
    from ..generation.asking import found, without_counts
    from ..generation.words import bundled_words

    if not is_plain(prompt) or number not in found(prompt).asked.counts.values():
        return False
    return is_plain(without_counts(prompt, bundled_words().catalogue.counted))


def generate(options: argparse.Namespace) -> int:
    """Writes the model with its part replaced, once for each variation. Returns the exit code. Raises PartgenError."""
    from ..files import read_model, write_file
    from ..generation.making import no_more
    from ..generation.wishing import Wish
    from ..model_generating import generated
    from .labels import read_labels
    from .variations import target_of

    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    used = _model_of(options)
    wish = Wish(options.prompt, options.variations, used, options.seed, options.strength, options.steps or 0)
    made = generated(model, labels, options.part, wish)
    for number, one in enumerate(made):
        target = target_of(options.output, number)
        write_file(target, one.scene.export(file_type="glb"))
        _report(options, target, one, used)
    if len(made) < options.variations and not options.json:
        print(no_more(len(made)))
    return 0


def _model_of(options: argparse.Namespace) -> str:
    """The weights that are meant. Raises PartgenError where the method drawn shall draw by others than those that draw."""
    from ..generation.wishing import DRAWS, SEARCHES

    if options.method == "drawn" and options.model not in ("auto", DRAWS):
        raise PartgenError("weights.unknown", f"There is no model {options.model} that draws parts.", f"Leave --model out, or say {DRAWS}.")
    return options.model if options.model != "auto" else DRAWS if options.method == "drawn" else SEARCHES


def _report(options: argparse.Namespace, target: Path, made: Generated, used: str) -> None:
    from ..generation.catalogue import DRAWN

    entry = made.part.entry
    method = "drawn" if entry.family == DRAWN else "generative"
    if not options.json:
        source = f"seed {entry.seed}" if entry.family == DRAWN else f"from the catalogue: {entry.of}, seed {entry.seed}"
        print(f"{target}: part {options.part} became {entry.caption} ({method}, {source})", flush=True)
        for note in made.notes:
            print(f"  {note}", flush=True)
        return
    answer = {
        "file": str(target), "part": options.part, "method": method, "prompt": options.prompt,
        "understood": made.part.asked.as_dict(), "confidence": round(made.part.asked.sure, 4),
        "made": {"caption": entry.caption, "family": entry.family, "of": entry.of, "seed": entry.seed},
        "model": used, "bounds": made.bounds.tolist(), "notes": list(made.notes),
    }  # fmt: skip
    print(json.dumps(answer, ensure_ascii=False), flush=True)
