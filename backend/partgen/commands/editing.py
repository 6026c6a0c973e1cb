"""The command `partgen edit`: one part of a model changed by an instruction in ordinary words; without a model only what is understood."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arguments import natural, share
from ..errors import PartgenError

if TYPE_CHECKING:
    from ..editing.edits import Edit
    from ..understanding import Understanding

DESCRIPTION = """\
Changes one part of a model by an instruction in ordinary words, and writes the whole model as .glb, a named node for each part.
The part stays where it is attached to its neighbours; they stay as they are. What was understood is printed.

  partgen segment chair.glb --labels-dir labels/
  partgen edit chair.glb --labels labels/chair.npz --part 3 --prompt "10 cm longer, rusty iron" -o longer.glb
  partgen edit chair.glb --labels labels/chair.npz --part 3 --prompt "bent" -o bent.glb --variations 4     bent.glb, bent_2.glb, ...

Without a model it only says what it understood: edits with amounts and units, or why an instruction is refused.

  partgen edit --prompt "a longer, twisted wooden handle" --explain
  partgen edit --prompt "10 cm longer and half as thick" --explain --json
  partgen edit --prompts prompts.txt --explain --json        a line each, a line of JSON for each

It works offline and on any CPU. Where the sentence embeddings `minilm` are on this machine (partgen models list), they are asked
too; --model understanding leaves them out.

The method texture paints the part by a checkpoint of Stable Diffusion 1.5 or XL on this machine: four views of it are inpainted
under the prompt, led by their depth, and baked into a texture of its own. Its shape and all other parts stay. Nothing is downloaded
by this; a graphics card takes seconds to minutes, a CPU minutes in a reduced form, and how long is told before it begins.

  partgen models download sd15-inpainting; partgen models download sd15-depth
  partgen edit chair.glb --labels labels/chair.npz --part 3 --method texture --prompt "oak, worn" -o oak.glb --variations 3
  partgen edit chair.glb --labels labels/chair.npz --part 3 --method texture --prompt "oak, worn" -o oak.glb \\
      --model FOLDER --controlnet FOLDER                       your own, as diffusers loads them, with files .safetensors

The method reshape paints too, with room to grow, then asks a depth network how far away what it painted is, and puts the closed surface
that all views agree on in the place of the part, with its picture. For shapes that words of instruct do not reach. Experimental: it was
tried with true views and with random networks, and no real checkpoint was ever judged with it.

  partgen models download depth-anything-v2-small
  partgen edit chair.glb --labels labels/chair.npz --part 3 --method reshape --prompt "a lion's paw" -o paw.glb

The method generative makes a new, closed part in the place of the old one, in its material: a learned search in PartGen's own
catalogue of procedural parts, no diffusion model. auto takes it where the words plainly name such a part and no change that can be made:
three blades of a propeller with three blades are no three copies. With the method drawn a small diffusion network draws the part
(experimental); --strength says how far it may leave the old one.

  partgen edit cart.glb --labels labels/cart.npz --part 2 --method generative -o spoked.glb --variations 4 \\
      --prompt "a wheel with five spokes"
  partgen edit cart.glb --labels labels/cart.npz --part 2 --method drawn --prompt "a wheel" -o drawn.glb --seed 2
"""


METHODS = ("auto", "instruct", "texture", "reshape", "generative", "drawn")
READERS = ("auto", "understanding")
MOST_VARIATIONS = 100
MOST_STEPS = 1000


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds `edit` to the commands of `partgen`, and returns its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "edit",
        help="change one part of a model by an instruction, or only say what one means",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="IN", type=Path, nargs="?", help="model file")
    parser.add_argument("--labels", metavar="L.npz", type=Path, help="face_labels, one whole number for each triangle of the file")
    parser.add_argument("--part", metavar="N", type=int, help="the label of the part that is changed")
    parser.add_argument("-o", "--output", metavar="OUT.glb", type=Path, help="file to write to")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="auto",
        help="instruct, which auto takes, does what the words say; texture paints the part; reshape (experimental) makes it anew "
        "from what is painted; "
        "generative puts another part of PartGen's own in its place, as auto does where only that is meant; drawn (experimental) lets a "
        "diffusion network draw it",
    )
    parser.add_argument("--strength", type=share, default=1.0, help="how much of the change is made, above 0 to 1")
    parser.add_argument("--seed", type=natural, default=0, help="of variations: the same seed gives the same ones")
    parser.add_argument("--steps", type=_steps, help="of texture, reshape and drawn: more take longer and are finer")
    parser.add_argument("--variations", metavar="K", type=_count, default=1, help="this many results, OUT_2.glb, ...; the words are kept")
    said = parser.add_mutually_exclusive_group(required=True)
    said.add_argument("--prompt", metavar="TEXT", help="the instruction")
    said.add_argument("--prompts", metavar="FILE", type=Path, help="instructions, a line each; - reads them from standard input")
    parser.add_argument("--explain", action="store_true", help="only say what was understood")
    parser.add_argument("--json", action="store_true", help="as JSON, a line for each instruction")
    parser.add_argument(
        "--model",
        metavar="FOLDER_OR_ID",
        default="auto",
        help="understanding leaves out the sentence embeddings that auto asks too; of texture and reshape: the checkpoint, auto takes "
        "the best here; of generative: parts, which auto takes, searches, shaper draws, as the method drawn does",
    )
    parser.add_argument(
        "--controlnet",
        metavar="FOLDER_OR_ID",
        default="auto",
        help="of texture: a ControlNet for depth; auto takes the one here, or none; of reshape, whose old shape it holds, auto is none",
    )
    parser.add_argument(
        "--normals-controlnet", metavar="FOLDER_OR_ID", default="auto", help="of texture: one for normals, as --controlnet for depth"
    )
    parser.add_argument(
        "--depth-model", metavar="FOLDER_OR_ID", default="auto", help="of reshape: a depth network; auto takes the one here"
    )
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_VARIATIONS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_VARIATIONS}")
    return int(text)


def _steps(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {MOST_STEPS}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """`partgen edit`. Returns the exit code: 1 where a model stays as it is because the instruction was refused."""
    if options.method in ("texture", "reshape"):
        from .painting import paint

        check_files(options)
        return paint(options)
    if options.method in ("generative", "drawn"):
        check_files(options)
        return _generated(options)
    if options.model not in READERS:
        sentence = f"There is no model {options.model} that reads instructions."
        raise PartgenError("weights.unknown", sentence, f"Choose one of: {', '.join(READERS)}; or --method texture to paint by it.")
    return explain(options) if options.explain or options.file is None else change(options)


def _generated(options: argparse.Namespace) -> int:
    from .generating import generate

    return generate(options)


def _is_plain_part(prompt: str) -> bool:
    from .generating import is_plain

    return is_plain(prompt)


def _describes_part(prompt: str, edits: Iterable[Edit]) -> bool:
    """Whether all that was read as repeating is how many of something a new part has: no change of the old one is left then."""
    from .generating import is_count_of_part

    others, counts = [], []
    for edit in edits:
        if edit.op == "repeat":
            counts.append(int(edit.complete().parameters["count"]))
        elif edit.op != "replace":
            others.append(edit)
    return bool(counts) and not others and all(is_count_of_part(prompt, count) for count in counts)


def check_files(options: argparse.Namespace) -> None:
    """Raises PartgenError where what changes a model is not all there, or the result would overwrite it."""
    if None in (options.file, options.prompt, options.labels, options.part, options.output):
        sentence = "A model is changed with IN, --prompt, --labels, --part and --output."
        raise PartgenError("edit.incomplete", sentence, "See partgen edit --help.")
    if options.output.suffix.lower() != ".glb":
        raise PartgenError("file.format", f"{options.output.name} is no .glb file.", "Name one that ends with .glb.")
    if options.output.resolve() == options.file.resolve():
        raise PartgenError("file.overwritten", f"The result would overwrite {options.file.name}.", "Choose another file for it.")


def change(options: argparse.Namespace) -> int:
    """Writes the model with its part changed. Returns the exit code: 1 where the instruction was refused. Raises PartgenError."""
    from ..editing.variations import varied
    from ..files import read_model, write_file
    from ..model_editing import edited
    from ..understanding import reader
    from .labels import read_labels
    from .variations import target_of

    check_files(options)
    understanding = reader(with_embeddings=options.model == "auto")(options.prompt)
    is_open = options.method == "auto"
    if is_open and understanding.refused is not None and _is_plain_part(options.prompt):
        return _generated(options)
    if is_open and _describes_part(options.prompt, understanding.edits):
        return _generated(options)
    if understanding.refused is not None:
        print(json.dumps(understanding.as_dict(), ensure_ascii=False) if options.json else told(understanding))
        return 1
    model = read_model(options.file)
    labels = read_labels(options.labels, model)
    for number in range(options.variations):
        edits = [varied(edit, options.seed, number) for edit in understanding.edits]
        try:
            made = edited(model, labels, options.part, edits, options.strength)
        except PartgenError as error:
            if number == 0 and is_open and error.code == "edit.replacement" and _is_plain_part(options.prompt):
                return _generated(options)
            raise
        target = target_of(options.output, number)
        write_file(target, made.scene.export(file_type="glb"))
        _report(options, target, replace(understanding, edits=tuple(edits)), made.bounds, made.notes)
    return 0


def _report(options: argparse.Namespace, target: Path, understanding: Understanding, bounds: Any, notes: Iterable[str]) -> None:
    if options.json:
        answer = {"file": str(target), "part": options.part, "method": "instruct", **understanding.as_dict()}
        span = {"bounds": [bounds.min(axis=0).tolist(), bounds.max(axis=0).tolist()], "notes": list(notes)}
        print(json.dumps({**answer, **span}, ensure_ascii=False), flush=True)
        return
    print(f"{target}: part {options.part}, {told(understanding)}", flush=True)
    for note in notes:
        print(f"  {note}", flush=True)


def explain(options: argparse.Namespace) -> int:
    """Prints what each instruction means, or why it is refused, which is an answer too: the exit code is 0. Raises PartgenError."""
    from ..understanding import reader

    read = reader(with_embeddings=options.model == "auto")
    for prompt in prompts(options):
        understanding = read(prompt)
        if options.json:
            print(json.dumps(understanding.as_dict(), ensure_ascii=False), flush=True)
        else:
            print(told(understanding, with_prompt=options.prompts is not None), flush=True)
    return 0


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
    from ..understanding.telling import edits_in_words

    before = f"{understanding.prompt}: " if with_prompt else ""
    if understanding.refused is None:
        return f"{before}{edits_in_words(understanding.edits)} ({100 * understanding.confidence:.0f} % sure, {understanding.model})"
    instead = "; ".join(understanding.suggestions)
    return f"{before}{understanding.refused} Try: {instead}."
