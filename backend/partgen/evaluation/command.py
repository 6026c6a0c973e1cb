"""``partgen bench``: how good the methods are, measured on labelled models."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..arguments import natural, positive
from ..errors import PartgenError
from ..segmentation import METHODS

if TYPE_CHECKING:
    from .results import Results
    from .segmentation import Trial

Row = dict[str, Any]

TEXT = argparse.RawDescriptionHelpFormatter
PROTOCOLS = ("auto", "gt-k", "best-20")
BASELINES = ("components", "k-means")

DATA = """\
DIR holds .npz files with vertices, faces and face_labels (or several labelings, face_labels_0, ...), or has them in labelled/
and remeshed/. A file's set is the first word of its name, or remeshed. Each object is done in a process of its own. With
--results an interrupted run goes on: what is there of this version of the program and of the same file is not done again.
"""

SEGMENTATION = """\
Scores methods on labelled models, beside the baselines of connected components and of k-means on the faces' centres. The
protocol says what was known: auto nothing, gt-k the true number of parts, best-20 takes the best of the cuts into 2..21.

  partgen bench segmentation --data benchmark/                                   the best method that is there
  partgen bench segmentation --data benchmark/ --method all --results all.jsonl  every method that can run here
  partgen bench segmentation --data benchmark/ --method all --limit 6            on a fixed sample of each set
  partgen bench segmentation --data benchmark/ --limit 6 --gallery gallery/      with pictures
  partgen bench segmentation --data benchmark/ --method M --ablation geometry    beside what is left of it without the rest
"""

ROBUSTNESS = """\
Segments objects as they are and disturbed: rotated at random, shrunk and grown a thousandfold, stretched, with noise of 0.2 %
of the diagonal, with every face in four, decimated to half, and remeshed. Agreement is the adjusted Rand index of the
answers before and after, 1 where they are the same.

  partgen bench robustness --data benchmark/ --limit 4
"""

FEATURES = """\
What PartField's features and the tree from them cost: the network on 100,000 points beside a product of matrices, what half precision
makes wrong and how fast it is, features of a million faces, and the tree beside scikit-learn's (pip install 'partgen[dev]'). With
--data also how good they are: mIoU beside scikit-learn's tree, and the agreement of our samples with a thousand in every face. No
weights are needed; half precision is tried with the released ones where they are installed.

  partgen bench features                                                         seconds and memory
  partgen bench features --data benchmark/ --limit 4                             also on objects, a few of each set
  partgen bench features --only clustering --data benchmark/ --only quality      the tree alone
  partgen bench features --only precision --precision float16                    half precision against float32, on the CPU too
"""

COMPLETION = """\
Completes the parts of fused objects and compares them with the artists' own complete parts: skin, where all hidden surface is
gone, and fused, exact unions. The true part's longest side is 1: Chamfer distance, F1 at 0.05 and 0.02, volumetric IoU, the share
that is watertight, how far the visible surface moved, the share of parts of which generated triangles go through the part
(crossed), how many do in a part on average (crossing), and the share of volume inside two parts.

  partgen bench completion --data benchmark/ --method solid
"""

TRANSFER = """\
Carries labels between objects of one category, all ordered pairs up to a limit, on objects whose parts have names that come back:
by nearest place, by features alone, by geometry alone, and by all together, in the same alignment. And takes each category apart
together: how well its identities agree with the names; and what clicks on a part of one object are worth on the others.

  partgen bench transfer --data benchmark/ --limit 20
"""

PROPOSALS = """\
Asks for ten different answers about every object. The parts of the first 1, 5 and 10 are pooled and ranked by their confidence: mean
average precision where intersection over union must be a half, and three quarters; seeded, of the parts at a true part's deepest face
alone; the share of true parts found after so many parts; and how often parts of a confidence are right.

  partgen bench proposals --data benchmark/ --limit 4
"""

CLICKS = """\
Simulates somebody who means a part and clicks: first on its deepest face, the one farthest from the part's border, then always on
the deepest face of the largest region that is still wrong. Intersection over union with the part by faces, after 1, 3, 5 and 10
clicks, means over parts and then objects, beside nodes of the tree alone, likeness alone and the nearest click alone.

  partgen bench clicks --data benchmark/ --results clicks.jsonl
  partgen bench clicks --data benchmark/ --sets remeshed --limit 6
"""

EDITING = """\
Understands the prompts of tests/editing, in a file for each half, and counts: edits that are right, and prompts that must be refused
that are. The half unseen was written for this alone; only counts are printed. A list of keywords stands beside, for comparison.

  partgen bench editing
  partgen bench editing --half seen --embeddings FOLDER      with all-MiniLM-L6-v2 of that folder
"""


GENERATION = """\
Replaces parts of held-out procedural objects by what is said of other held-out parts, in words that nothing learned from, and asks
classifiers of geometry what came out; beside any part of the catalogue, and a box. Gap, contact and penetration are shares of the part.

  partgen bench generation --edits 120
"""


def add_parser(commands: Any) -> None:
    """Adds `bench` to the subcommands of a parser."""
    bench = commands.add_parser("bench", help="measure against labelled models").add_subparsers(metavar="WHAT", required=True)
    add_segmentation(bench)
    add_robustness(bench)
    add_features(bench)
    add_completion(bench)
    add_clicks(bench)
    add_editing(bench)
    add_generation(bench)
    add_proposals(bench)
    add_transfer(bench)


def add_segmentation(bench: Any) -> None:
    """`partgen bench segmentation`."""
    parser = bench.add_parser("segmentation", help="the parts against labels", description=SEGMENTATION, epilog=DATA, formatter_class=TEXT)
    add_choices(parser, (*BASELINES, *METHODS, "all"))
    parser.add_argument("--protocol", choices=PROTOCOLS, help="show this protocol alone")
    parser.add_argument("--gallery", metavar="DIR", type=Path, help="draw the answers beside the true parts: DIR/<set>.png")
    parser.add_argument("--gallery-objects", metavar="N", type=positive, default=6, help="objects of each set to draw (6)")
    parser.set_defaults(run=run_segmentation)


def add_robustness(bench: Any) -> None:
    """`partgen bench robustness`."""
    parser = bench.add_parser(
        "robustness", help="how far turning, scaling, remeshing and noise change the parts", description=ROBUSTNESS, epilog=DATA,
        formatter_class=TEXT,
    )  # fmt: skip
    add_choices(parser, (*METHODS, "all"))
    parser.set_defaults(run=run_robustness)


def add_clicks(bench: Any) -> None:
    """`partgen bench clicks`."""
    parser = bench.add_parser("clicks", help="how many clicks a part takes", description=CLICKS, epilog=DATA, formatter_class=TEXT)
    add_choices(parser, (*METHODS, "all"))
    parser.set_defaults(run=run_clicks)


def add_completion(bench: Any) -> None:
    """`partgen bench completion`."""
    from ..completion import METHODS as COMPLETERS

    parser = bench.add_parser("completion", help="completed parts against the artists' own", description=COMPLETION, formatter_class=TEXT)
    parser.add_argument("--data", metavar="DIR", type=Path, help="folder with labelled/ and remeshed/")
    parser.add_argument("--shapes", metavar="N", type=positive, default=0, help="N procedural shapes that no network learned from")
    parser.add_argument("--method", choices=COMPLETERS, default="auto")
    parser.add_argument("--model", metavar="ID", default="", help="the weights, where the method has several")
    parser.add_argument("--limit", metavar="N", type=positive, help="the first N objects alone")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_completion)


def add_editing(bench: Any) -> None:
    """`partgen bench editing`."""
    about = "instructions in words against the edits that were meant"
    parser = bench.add_parser("editing", help=about, description=EDITING, formatter_class=TEXT)
    prompts = Path("tests/editing")
    parser.add_argument("--data", metavar="DIR", type=Path, default=prompts, help="folder with prompts_*.jsonl (tests/editing)")
    parser.add_argument("--half", choices=("seen", "unseen"), help="this half alone")
    parser.add_argument("--embeddings", metavar="FOLDER", type=Path, help="of sentences; those of the models folder if not given")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_editing)


def add_generation(bench: Any) -> None:
    """`partgen bench generation`."""
    parser = bench.add_parser(
        "generation", help="new parts from words against what was asked", description=GENERATION, formatter_class=TEXT
    )
    parser.add_argument("--edits", metavar="N", type=positive, default=120, help="how many parts are replaced (120)")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="of the choice of parts and prompts (0)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_generation)


def run_generation(options: argparse.Namespace) -> int:
    """`partgen bench generation`."""
    from .generation import measure, table

    result = measure(options.edits, options.seed)
    print(json.dumps(result, indent=2, default=float) if options.json else table(result))
    return 0


def run_editing(options: argparse.Namespace) -> int:
    """`partgen bench editing`."""
    from .editing import HALVES, measure, table

    result = measure(options.data, options.embeddings, [options.half] if options.half else HALVES)
    print(json.dumps(result, indent=2) if options.json else table(result))
    return 0


def run_completion(options: argparse.Namespace) -> int:
    """`partgen bench completion`."""
    from .completion import measure, table

    if options.data is None and not options.shapes:
        raise PartgenError("bench.no_data", "There is nothing to measure on.", "Name a folder with --data, or a number of --shapes.")
    result = measure(options.data, options.method, options.limit, options.shapes, options.model)
    print(json.dumps(result, indent=2) if options.json else table(result))
    return 0


def add_transfer(bench: Any) -> None:
    """`partgen bench transfer`."""
    parser = bench.add_parser("transfer", help="labels carried between objects of a kind", description=TRANSFER, formatter_class=TEXT)
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="folder with labelled/ and remeshed/")
    parser.add_argument("--method", choices=METHODS, default="auto", help="how parts are found")
    parser.add_argument("--limit", metavar="N", type=positive, default=20, help="at most N pairs of each category, always the same (20)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_transfer)


def run_transfer(options: argparse.Namespace) -> int:
    """`partgen bench transfer`."""
    from .transfer import measure, table

    result = measure(options.data, options.method, options.limit, progress)
    progress("")
    print(json.dumps(result, indent=2) if options.json else table(result))
    return 1 if result["failed"] or not result["rows"] else 0


def add_proposals(bench: Any) -> None:
    """`partgen bench proposals`."""
    parser = bench.add_parser(
        "proposals", help="several answers against labels", description=PROPOSALS, epilog=DATA.split("Each object")[0], formatter_class=TEXT
    )
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="folder of labelled models")
    parser.add_argument("--limit", metavar="N", type=positive, help="at most N models of each set, evenly chosen, always the same")
    parser.add_argument("--sets", metavar="SET,SET", type=lambda text: text.split(","), default=[], help="these sets alone")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="decides which ways of merging are tried by chance (0)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_proposals)


def run_proposals(options: argparse.Namespace) -> int:
    """`partgen bench proposals`."""
    from .proposals import measured, table

    result = measured(options.data, options.limit, options.sets, options.seed, progress)
    print(json.dumps(result, indent=2) if options.json else table(result))
    return 1 if result["failed"] else 0


def add_features(bench: Any) -> None:
    """`partgen bench features`."""
    parser = bench.add_parser("features", help="what learned features cost", description=FEATURES, formatter_class=TEXT)
    parser.add_argument("--data", metavar="DIR", type=Path, help="folder of labelled models")
    parser.add_argument("--limit", metavar="N", type=positive, help="at most N models of each set, evenly chosen, always the same")
    parser.add_argument("--sets", metavar="SET,SET", type=lambda text: text.split(","), default=[], help="these sets alone")
    about = ("forward", "precision", "reading", "clustering", "most", "agreement", "quality")
    parser.add_argument("--only", choices=about, action="append", help="may be given several times")
    halves = "compare this with float32 on every device, the CPU too; what accelerators do well if not given; may be given several times"
    parser.add_argument("--precision", choices=("bfloat16", "float16"), action="append", default=[], help=halves)
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
    parser.set_defaults(run=run_features)


def add_choices(parser: argparse.ArgumentParser, methods: Sequence[str]) -> None:
    """What to measure, and where the results go."""
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="folder of labelled models")
    parser.add_argument("--method", choices=methods, action="append", help="may be given several times (auto)")
    parser.add_argument(
        "--option", metavar="NAME=VALUE", type=named_value, action="append", default=[], help="for the method's constructor"
    )
    ablation = "also measure the method made with ablation=NAME: what is left of it without the rest"
    parser.add_argument("--ablation", metavar="NAME", action="append", default=[], help=ablation)
    parser.add_argument("--limit", metavar="N", type=positive, help="at most N models of each set, evenly chosen, always the same")
    parser.add_argument("--sets", metavar="SET,SET", type=lambda text: text.split(","), default=[], help="these sets alone")
    names = "objects of these names alone, as in 'psb_hand_*,psb_fish_*'"
    parser.add_argument("--objects", metavar="PATTERN,PATTERN", type=lambda text: text.split(","), default=["*"], help=names)
    parser.add_argument("--results", metavar="FILE", type=Path, help="keep what is measured in this .jsonl file, and go on from it")
    parser.add_argument("--any-version", action="store_true", help="count results there of other versions of the program too")
    parser.add_argument("--jobs", metavar="N", type=positive, default=1, help="objects at a time (1); more make seconds less sure")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")


def named_value(text: str) -> tuple[str, Any]:
    """An argument such as depth=3: the name, and the value as JSON where it is that, else as text."""
    name, equals, value = text.partition("=")
    if not (equals and name.isidentifier()):
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def run_segmentation(options: argparse.Namespace) -> int:
    """`partgen bench segmentation`."""
    from .gallery import is_drawn, write_sheets
    from .measuring import measured
    from .segmentation import measure
    from .tables import summary, table

    trials, taken = chosen_trials(options, options.gallery, options.gallery_objects)
    if options.gallery:
        need_renderer()
    results = results_file(options)
    outcome = measured("segmentation", measure, trials, results, options.jobs, is_drawn, progress)
    shown = [options.protocol] if options.protocol else PROTOCOLS
    exit_code = report(options, summary(trials, outcome), taken, results, lambda result: table(result, shown))
    if options.gallery:
        for sheet in write_sheets(options.gallery, trials):
            print(sheet, file=sys.stderr)
    return exit_code


def run_robustness(options: argparse.Namespace) -> int:
    """`partgen bench robustness`."""
    from .measuring import measured
    from .robustness import measure_disturbed, robustness_summary, robustness_table

    trials, taken = chosen_trials(options)
    results = results_file(options)
    outcome = measured("robustness", measure_disturbed, trials, results, options.jobs, tell=progress)
    return report(options, robustness_summary(trials, outcome), taken, results, robustness_table)


def run_clicks(options: argparse.Namespace) -> int:
    """`partgen bench clicks`."""
    from .clicks import clicks_summary, clicks_table, measure_clicks
    from .measuring import measured

    trials, taken = chosen_trials(options)
    results = results_file(options)
    outcome = measured("clicks", measure_clicks, trials, results, options.jobs, tell=progress)
    return report(options, clicks_summary(trials, outcome), taken, results, clicks_table)


def run_features(options: argparse.Namespace) -> int:
    """`partgen bench features`: prints every answer as it comes, each from a process of its own."""
    from .features import ABOUT, COMPARED, Question, answer, lines, means
    from .isolation import in_own_processes
    from .labelled import labelled_files

    files = labelled_files(options.data, options.limit, options.sets) if options.data else []
    wanted = options.only or [*ABOUT, *COMPARED]
    questions = [Question(about, precisions=tuple(options.precision)) for about in ABOUT if about in wanted]
    questions += [Question(about, name, path) for about in COMPARED if about in wanted for name, path in files]
    found: dict[str, list[Row]] = {about: [] for about in COMPARED}
    failed = 0
    for question, row in in_own_processes(answer, questions):
        if isinstance(row, PartgenError):
            print(f"{question.about} {question.path.stem if question.path else ''}: {row}", file=sys.stderr)
            failed += 1
            continue
        found.setdefault(question.about, []).append(row)
        print(*lines(question, row), sep="\n", flush=True)
    print(*(line for about in COMPARED for line in means(about, found[about])), sep="\n")
    return 1 if failed or not questions else 0


def chosen_trials(options: argparse.Namespace, gallery: Path | None = None, drawn: int = 0) -> tuple[list[Trial], str]:
    """Every chosen variant on every chosen object, a variant after the other, and what "auto" stands for here.

    In a `gallery`, `drawn` objects of each set are drawn. Raises PartgenError where there are no objects.
    """
    from .labelled import evenly, labelled_files
    from .measuring import methods_of
    from .segmentation import Trial

    files = labelled_files(options.data, options.limit, options.sets, options.objects)
    methods, taken = methods_of(options.method or ["auto"])
    if options.run in (run_robustness, run_clicks):
        methods = [method for method in methods if method not in BASELINES]
    pictured = {path for name in {name for name, _ in files} for path in evenly([p for n, p in files if n == name], drawn) if gallery}
    trials = []
    for method in methods:
        given = {} if method in BASELINES else dict(options.option)
        ablations = [] if method in BASELINES else [{"ablation": name} for name in options.ablation]
        for variant in (given, *(given | ablation for ablation in ablations)):
            named = tuple(sorted(variant.items()))
            trials += [Trial(name, path, method, named, gallery if path in pictured else None) for name, path in files]
    return trials, taken


def need_renderer() -> None:
    """Raises PartgenError where the packages are missing that pictures are drawn with."""
    try:
        import_module("partgen.shapes.sheet")
    except ModuleNotFoundError as error:
        missing = f"Pictures need the package {error.name}, which is not installed."
        raise PartgenError("package.missing", missing, "Install what it needs: pip install 'partgen[train]'") from error


def results_file(options: argparse.Namespace) -> Results:
    """Where the results are kept."""
    from .results import Results

    return Results(options.results, options.any_version)


def progress(sentence: str) -> None:
    """Shows on a terminal what is being done, on one line; says nothing into a file."""
    if sys.stderr.isatty():
        print(f"\r\033[K{sentence}", end="", file=sys.stderr, flush=True)


def report(options: argparse.Namespace, result: Row, taken: str, results: Results, table: Callable[[Row], str]) -> int:
    """Prints what was measured, with which program and when. Returns the exit code: 1 where an object failed, or nothing could run."""
    from .results import program_digest

    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    about = {"date": time.strftime("%Y-%m-%d"), "version": __version__, "program": program_digest(), "auto": taken}
    if options.json:
        print(json.dumps(about | result, indent=2))
    else:
        print(table(result))
        print(f"\n{about['date']}, partgen {__version__}, program {about['program']}. The method auto is {taken} here.")
    if results.others:
        counted = "counted where this one has none" if results.of_any_version else "not counted"
        print(f"{results.others} results in {results.file} are of another version of the program: {counted}.", file=sys.stderr)
    asked_in_vain = result["cannot_run"] and "all" not in (options.method or [])
    failed = any(method["failed"] for method in result["methods"].values())
    return 1 if failed or asked_in_vain or not result["methods"] else 0
