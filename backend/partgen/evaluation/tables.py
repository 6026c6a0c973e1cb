"""Benchmarks to read: what was measured, summed up as plain data, and as tables for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .baselines import BASELINES
from .measuring import Outcome
from .segmentation import PROTOCOLS, Trial

Row = dict[str, Any]

MEASURES = {"rand_error": "1-RI", "miou": "mIoU", "miou_area": "by area"}
MEGABYTE = 1e6
REFERENCE = "geometric"
"""What takes no training: other methods are to be better than it."""


def summary(trials: Sequence[Trial], outcome: Outcome) -> Row:
    """What `table` shows, as plain data: for each variant of a method the means over each set's objects."""
    variants = dict.fromkeys(trial.variant for trial in trials)
    methods = {}
    for variant in variants:
        rows = {trial: row for trial, row in outcome.rows.items() if trial.variant == variant}
        failed = {trial.path.stem: str(error) for trial, error in outcome.failed.items() if trial.variant == variant}
        if variant not in outcome.barred and (rows or failed):
            methods[variant] = _method_summary(list(rows.values())) | {"failed": failed}
    return {
        "methods": methods,
        "against": REFERENCE,
        "differences": _differences(outcome),
        "cannot_run": {variant: str(error) for variant, error in outcome.barred.items()},
    }


def _differences(outcome: Outcome) -> Row:
    """By how much each variant differs from the reference on the objects that both have answered: by variant, set and measure."""
    reference = {trial.path: row for trial, row in outcome.rows.items() if trial.variant == REFERENCE}
    found: Row = defaultdict(dict)
    for trial in outcome.rows if reference else ():
        if trial.variant != REFERENCE and trial.method not in BASELINES and trial.collection not in found[trial.variant]:
            rows = [
                (row, reference[other.path])
                for other, row in outcome.rows.items()
                if (other.variant, other.collection) == (trial.variant, trial.collection) and other.path in reference
            ]
            found[trial.variant][trial.collection] = {"objects": len(rows)} | {
                f"{protocol} {measure}": difference(
                    [row["scores"][protocol][measure] - other["scores"][protocol][measure] for row, other in rows]
                )
                for protocol in PROTOCOLS
                for measure in ("rand_error", "miou")
            }
    return dict(found)


def difference(values: Sequence[float]) -> Row:
    """The mean of differences, and its standard error; None for that of fewer than two."""
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(np.mean(values)) if values else None, "error": error}


def _method_summary(rows: Sequence[Row]) -> Row:
    sets = {name: _set_summary([row for row in rows if row["set"] == name]) for name in dict.fromkeys(row["set"] for row in rows)}
    return {
        "answered": dict(Counter(row["answered"] for row in rows)),
        "weights": sorted({row["weights"] for row in rows} - {""}),
        "objects": len(rows),
        "count_correlation": count_correlation([(row["parts"], row["true_parts"]) for row in rows if row["parts"] is not None]),
        **_costs(rows),
        "sets": sets,
    }


def _set_summary(rows: Sequence[Row]) -> Row:
    parts = [row["parts"] for row in rows if row["parts"] is not None]
    found: Row = {
        "objects": len(rows),
        "true_parts": round(float(np.mean([row["true_parts"] for row in rows])), 2),
        "parts": round(float(np.mean(parts)), 2) if parts else None,
        **_costs(rows),
    }
    for protocol in PROTOCOLS:
        values = [row["scores"][protocol] for row in rows if protocol in row["scores"]]
        if values:
            found[protocol] = {measure: round(float(np.mean([value[measure] for value in values])), 4) for measure in MEASURES}
    return found


def _costs(rows: Sequence[Row]) -> Row:
    """Mean seconds for an object, and the most that any took."""
    if not rows:
        return {}
    return {
        "cpu_seconds": float(np.mean([row["cpu_seconds"] for row in rows])),
        "wall_seconds": float(np.mean([row["wall_seconds"] for row in rows])),
        "most_cpu_seconds": max(row["cpu_seconds"] for row in rows),
        "peak_bytes": max(row["peak_bytes"] for row in rows),
        "most_faces": max(row["faces"] for row in rows),
    }


def count_correlation(counts: Sequence[tuple[int, int]]) -> float | None:
    """Of the logarithms of automatic and true part counts (n, 2); None where either is always the same, or there are fewer than three."""
    logs = np.log(np.array(counts, np.float64).reshape(-1, 2))
    if len(logs) < 3 or not logs.std(axis=0).all():
        return None
    return round(float(np.corrcoef(logs.T)[0, 1]), 3)


def table(result: Row, protocols: Sequence[str] = PROTOCOLS) -> str:
    """`summary`'s result to read: Markdown, and straight in a terminal."""
    tables = [aligned(list(_score_lines(result["methods"], protocols))), aligned(list(_method_lines(result["methods"])))]
    differences = aligned(list(_difference_lines(result["differences"], protocols)))
    if differences:
        differences = [f"Better or worse than {result['against']} on the same objects, ± the standard error:", "", *differences]
    return joined([*tables, differences, list(failures(result))])


def _score_lines(methods: Row, protocols: Sequence[str]) -> Iterator[list[str]]:
    yield [
        "set", "objects", "true parts", "method", "parts",
        *(f"{protocol} {name}" for protocol in protocols for name in MEASURES.values()),
        "CPU s", "wall s", "peak MB",
    ]  # fmt: skip
    for name in dict.fromkeys(name for method in methods.values() for name in method["sets"]):
        for variant, method in methods.items():
            if name not in method["sets"]:
                continue
            values = method["sets"][name]
            yield [
                name, str(values["objects"]), f"{values['true_parts']:.1f}", variant, number(values["parts"], 1),
                *(number(values.get(protocol, {}).get(measure), 3) for protocol in protocols for measure in MEASURES),
                number(values["cpu_seconds"], 2), number(values["wall_seconds"], 2), number(values["peak_bytes"] / MEGABYTE, 0),
            ]  # fmt: skip


def _method_lines(methods: Row) -> Iterator[list[str]]:
    yield ["method", "objects", "answered by", "weights", "count correlation", "CPU s", "wall s", "most CPU s", "peak MB", "failed"]
    for variant, method in methods.items():
        answered = method["answered"]
        by = ", ".join(answered if len(answered) < 2 else (f"{name} ({count})" for name, count in answered.items()))
        yield [
            variant, str(method["objects"]), by, ", ".join(method["weights"]) or "-", number(method["count_correlation"], 2),
            *(number(method.get(name), 2) for name in ("cpu_seconds", "wall_seconds", "most_cpu_seconds")),
            number(method["peak_bytes"] / MEGABYTE if "peak_bytes" in method else None, 0), str(len(method["failed"])),
        ]  # fmt: skip


def _difference_lines(differences: Row, protocols: Sequence[str]) -> Iterator[list[str]]:
    measures = [(protocol, measure) for protocol in protocols for measure in ("rand_error", "miou")]
    yield ["method", "set", "objects", *(f"{protocol} {MEASURES[measure]}" for protocol, measure in measures)]
    for variant, sets in differences.items():
        for name, values in sets.items():
            cells = [values[f"{protocol} {measure}"] for protocol, measure in measures]
            yield [variant, name, str(values["objects"]), *(_signed(cell["mean"], cell["error"]) for cell in cells)]


def _signed(mean: float | None, error: float | None) -> str:
    if mean is None:
        return "-"
    return f"{mean:+.3f}" if error is None else f"{mean:+.3f} ± {error:.3f}"


def failures(result: Row) -> Iterator[str]:
    """A line for each method that cannot run here, and for each object that one failed on."""
    for variant, why in result["cannot_run"].items():
        yield f"{variant} cannot run here: {why}"
    for variant, method in result["methods"].items():
        for name, why in method["failed"].items():
            yield f"{variant} failed on {name}: {why}"


def joined(blocks: Sequence[Sequence[str]]) -> str:
    """Blocks of lines with an empty line between them; empty ones are left out."""
    return "\n\n".join("\n".join(block) for block in blocks if block)


def number(value: float | None, digits: int) -> str:
    """A value with so many decimals, or a dash."""
    return "-" if value is None else f"{value:.{digits}f}"


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells as a Markdown table; columns of numbers to the right."""
    if len(lines) < 2:
        return []
    columns = list(zip(*lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    rights = [all(cell == "-" or cell.replace(".", "", 1).lstrip("-").isdigit() for cell in column[1:]) for column in columns]

    def row(cells: Sequence[str]) -> str:
        placed = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, rights, strict=True))
        return f"| {' | '.join(placed)} |"

    rule = "|".join(f"{'-' * (width + 1)}{':' if right else '-'}" for width, right in zip(widths, rights, strict=True))
    return [row(lines[0]), f"|{rule}|", *map(row, lines[1:])]
