"""``partgen bench``: how good the methods are, measured on labelled models."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..segmentation import METHODS

TEXT = argparse.RawDescriptionHelpFormatter


def add_parser(commands: Any) -> None:
    """Adds `bench` to the subcommands of a parser."""
    bench = commands.add_parser("bench", help="measure against labelled models").add_subparsers(metavar="WHAT", required=True)
    add_segmentation(bench)


def add_segmentation(bench: Any) -> None:
    """`partgen bench segmentation`."""
    segmentation = bench.add_parser(
        "segmentation",
        help="the parts against labels",
        description="Scores a method on labelled models: .npz files with vertices, faces and face_labels (or several "
        "labelings, face_labels_0, ...), in DIR or in DIR/labelled and DIR/remeshed. The component baseline stands beside it.",
    )
    segmentation.add_argument("--data", metavar="DIR", type=Path, required=True)
    segmentation.add_argument("--protocol", choices=("auto", "gt-k", "best-20"), help="this protocol alone")
    segmentation.add_argument("--method", choices=METHODS, default="auto")
    segmentation.add_argument("--limit", metavar="N", type=positive, help="at most N models of each set, evenly chosen")
    segmentation.add_argument("--json", action="store_true", help="print JSON instead of a table")
    segmentation.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    segmentation.set_defaults(run=run_segmentation)


def positive(text: str) -> int:
    """An argument that is a whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return int(text)


def run_segmentation(options: argparse.Namespace) -> int:
    """`partgen bench segmentation`."""
    from .segmentation import PROTOCOLS, measure, table

    result = measure(options.data, options.method, options.limit, [options.protocol] if options.protocol else PROTOCOLS)
    if options.json:
        import json

        print(json.dumps(result, indent=2))
    else:
        print(table(result))
    return 1 if result["failed"] else 0
