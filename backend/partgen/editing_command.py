"""The command `partgen edit`: one part of a model changed by an instruction in ordinary words; without a model only what is understood."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import PartgenError

if TYPE_CHECKING:
    from .understanding import Understanding

DESCRIPTION = """\
Says what an instruction in ordinary words means for a part: edits with amounts and units, or why it is refused.

  partgen edit --prompt "a longer, twisted wooden handle" --explain
  partgen edit --prompt "10 cm longer and half as thick" --explain --json
  partgen edit --prompts prompts.txt --explain --json        a line each, a line of JSON for each

It works offline and on any CPU. Where the sentence embeddings `minilm` are on this machine (partgen models list), they are asked
too; --model understanding leaves them out.
"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds `edit` to the commands of `partgen`, and returns its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "edit",
        help="change one part of a model by an instruction, or only say what one means",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    said = parser.add_mutually_exclusive_group(required=True)
    said.add_argument("--prompt", metavar="TEXT", help="the instruction")
    said.add_argument("--prompts", metavar="FILE", type=Path, help="instructions, a line each; - reads them from standard input")
    parser.add_argument("--explain", action="store_true", help="only say what was understood")
    parser.add_argument("--json", action="store_true", help="as JSON, a line for each instruction")
    parser.add_argument(
        "--model", choices=("auto", "understanding"), default="auto", help="auto asks sentence embeddings too, where there are any"
    )
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run)
    return parser


def run(options: argparse.Namespace) -> int:
    """`partgen edit`. Returns the exit code: 1 where an instruction was refused."""
    if not options.explain:
        raise PartgenError("edit.no_model", "No model was given to edit.", "Add --explain to see what is understood.")
    return explain(options)


def explain(options: argparse.Namespace) -> int:
    """Prints what each instruction means. Returns the exit code: 1 where one was refused. Raises PartgenError."""
    from .understanding import reader

    read = reader(with_embeddings=options.model == "auto")
    refused = 0
    for prompt in prompts(options):
        understanding = read(prompt)
        refused += understanding.refused is not None
        if options.json:
            print(json.dumps(understanding.as_dict(), ensure_ascii=False), flush=True)
        else:
            print(told(understanding, with_prompt=options.prompts is not None), flush=True)
    return 1 if refused else 0


def prompts(options: argparse.Namespace) -> Iterable[str]:
    """The instructions that were given. Raises PartgenError where their file cannot be read."""
    if options.prompts is None:
        return [options.prompt]
    try:
        text = sys.stdin.read() if str(options.prompts) == "-" else options.prompts.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"{options.prompts} could not be read: {getattr(error, 'strerror', None) or 'it is no text in UTF-8'}."
        raise PartgenError("file.unreadable", sentence, "Give a text file with an instruction in each line.") from error
    return text.split("\n")[: -1 if text.endswith("\n") else None]


def told(understanding: Understanding, with_prompt: bool = False) -> str:
    """What was understood, for people."""
    from .understanding.telling import in_words

    before = f"{understanding.prompt}: " if with_prompt else ""
    if understanding.refused is None:
        return f"{before}{in_words(understanding.edits)} ({100 * understanding.confidence:.0f} % sure, {understanding.model})"
    instead = "; ".join(understanding.suggestions)
    return f"{before}{understanding.refused} Try: {instead}."
