"""``partgen models``: the weights on this machine, for people, and with ``--json-lines`` for the add-on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import Action, PartgenError
from ..task import Reporter, end_with_parent
from .registry import ENTRIES, Condition, Entry, Kind, State, condition, entry, in_megabytes, models_folder

DESCRIPTION = """\
Shows the models (weights of networks) that PartGen can use, downloads, checks and removes them.

  partgen models list                             what there is, and what of it is on this machine
  partgen models download partfield               fetch one; go on with a download that was interrupted
  partgen models use partfield ~/model.ckpt       take it from a file that you have
  partgen models verify                           compare every file with its digest
  partgen models delete partfield                 remove it from this machine

Checkpoints that could hold a program are opened without running anything in them, converted to safetensors once, and only
that is used from then on. Downloads respect HTTPS_PROXY, SSL_CERT_FILE, HF_ENDPOINT (a mirror), HF_TOKEN (for models that are
given to registered people only) and HF_HUB_OFFLINE.
"""

EPILOG = """\
The folder is --folder, else what PARTGEN_MODELS names, else one for the applications of the user.
Exit code: 0 done, 1 failed, 2 wrong usage.
"""

LICENCE = """\
Without --accept-licence a model whose licence forbids commercial use is not fetched; its licence is named instead.
"""

STATES = {
    State.ABSENT: "not here",
    State.PARTIAL: "incomplete",
    State.DOWNLOADED: "to be converted",
    State.PRESENT: "ready",
    State.CONVERTED: "ready",
    State.REPLACED: "ready, your file",
    State.BUNDLED: "bundled",
    State.DAMAGED: "damaged",
}

Result = dict[str, Any]
Action_ = Callable[[argparse.Namespace, Path, Reporter], Result]


def add_parser(commands: Any) -> None:
    """Adds `models` to the subcommands of a parser."""
    text = argparse.RawDescriptionHelpFormatter
    models = commands.add_parser(
        "models", help="list, download and check weights of networks", description=DESCRIPTION, epilog=EPILOG, formatter_class=text
    )
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)

    def action(name: str, do: Action_, help: str, description: str = "") -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = actions.add_parser(
            name, help=help, description=description or f"{help[0].upper()}{help[1:]}.", epilog=EPILOG, formatter_class=text
        )
        parser.add_argument("--folder", metavar="DIR", help="the models folder")
        parser.add_argument("--json-lines", action="store_true", help="report as JSON, one object a line, for programs")
        parser.add_argument("--traceback", action="store_true", help="also print where in the program an error came from")
        parser.set_defaults(run=lambda options: run(options, do))
        return parser

    action("list", list_models, "show what there is, and what of it is here")

    download = action("download", download_model, "fetch a model", "Fetches a model, checks it and converts it.\n\n" + LICENCE)
    download.add_argument("id", metavar="ID", help="as in `partgen models list`")
    download.add_argument("--accept-licence", action="store_true", help="you read its licence and accept it")
    download.add_argument("--keep-original", action="store_true", help="keep the checkpoint after it was converted")
    download.add_argument("--endpoint", metavar="URL", default="", help="the hub's address, where a mirror is used")
    download.add_argument("--proxy", metavar="URL", default="", help="instead of what HTTPS_PROXY says")
    download.add_argument("--offline", action="store_true", help="do not go online: fail with a word about it")

    verify = action("verify", verify_models, "compare files with their digests")
    verify.add_argument("id", metavar="ID", nargs="?", help="this model alone")

    delete = action("delete", delete_model, "remove a model from this machine")
    delete.add_argument("id", metavar="ID")

    taking = "Takes a model from a checkpoint or safetensors file, which is checked, converted and left alone.\n\n" + LICENCE
    use = action("use", use_file, "take a model from a file that you have", taking)
    use.add_argument("id", metavar="ID")
    use.add_argument("file", metavar="FILE", type=Path, help="the published file; of a model of several files the folder that holds them")
    use.add_argument("--accept-licence", action="store_true", help="you read its licence and accept it")


def run(options: argparse.Namespace, do: Action_) -> int:
    """Runs one action and reports its end. Returns the exit code, 130 where a person stopped it."""
    reporter = Reporter(sys.stdout, options.json_lines)
    if options.json_lines:
        end_with_parent()
    try:
        reporter.finished(do(options, models_folder(options.folder), reporter))
    except KeyboardInterrupt:
        print("Stopped. What arrived is kept: the same command goes on with it.", file=sys.stderr, flush=True)
        return 130
    except PartgenError as error:
        tell(error, options, reporter)
        return 1
    except ModuleNotFoundError as error:
        sentence = f"The package {error.name} is not installed, and models need it."
        remedy = "Set up the AI tier, or: pip install 'partgen[ai]'"
        tell(PartgenError("package.missing", sentence, remedy, Action.SET_UP), options, reporter)
        return 1
    except Exception as error:
        told = PartgenError("internal", "PartGen failed: a fault of its own.", "Look into the log and report it.", Action.COPY_DEBUG_INFO)
        told.__cause__ = error
        options.traceback = True
        tell(told, options, reporter)
        return 1
    return 0


def tell(error: PartgenError, options: argparse.Namespace, reporter: Reporter) -> None:
    """Says what went wrong: to the program that listens, or on stderr to a person."""
    import traceback

    if options.traceback:
        traceback.print_exception(error)
    if options.json_lines:
        reporter.problem(error)
    else:
        print(f"partgen: {error}", file=sys.stderr, flush=True)


def list_models(options: argparse.Namespace, folder: Path, reporter: Reporter) -> Result:
    """`partgen models list`."""
    conditions = [(one, condition(one, folder)) for one in ENTRIES]
    lines = [f"{'id':<18}{'size':>8}  {'state':<17}what for"]
    for one, now in conditions:
        size = in_megabytes(now.bytes_on_disk if now.is_usable else one.size)
        lines.append(f"{one.id:<18}{size:>8}  {STATES[now.state]:<17}{one.purpose}")
        warning = " It forbids commercial use." if one.licence.forbids_commercial_use else ""
        licence = one.licence.name if one.licence.is_verified else f"{one.licence.name} (to be checked by you)"
        lines.append(f"{'':<28}{licence}: {one.licence.url}{warning}")
        if now.state in (State.DAMAGED, State.PARTIAL, State.DOWNLOADED, State.REPLACED):
            lines.append(f"{'':<28}{now.sentence}")
    lines.append(f"Folder: {folder}")
    return {"folder": str(folder), "models": [as_json(one, now) for one, now in conditions], "sentence": "\n".join(lines)}


def as_json(one: Entry, now: Condition) -> Result:
    """An entry and its condition, for programs."""
    licence = one.licence
    return {
        "id": one.id,
        "title": one.title,
        "role": one.role,
        "purpose": one.purpose,
        "method": one.method,
        "kind": one.kind,
        "page": one.page,
        "bytes": one.size,
        "licence": {
            "name": licence.name,
            "url": licence.url,
            "forbids_commercial_use": licence.forbids_commercial_use,
            "is_verified": licence.is_verified,
            "note": licence.note,
        },
        "note": one.note,
        "state": now.state,
        "is_usable": now.is_usable,
        "bytes_on_disk": now.bytes_on_disk,
        "sentence": now.sentence,
    }


def download_model(options: argparse.Namespace, folder: Path, reporter: Reporter) -> Result:
    """`partgen models download`."""
    wanted = entry(options.id)
    show_licence(wanted, options)

    from .collection import download
    from .downloads import Connection

    connection = Connection(options.endpoint, None, options.proxy, not options.offline)
    return download(wanted, folder, connection, reporter, options.accept_licence, options.keep_original)


def use_file(options: argparse.Namespace, folder: Path, reporter: Reporter) -> Result:
    """`partgen models use`."""
    wanted = entry(options.id)
    show_licence(wanted, options)

    from .collection import use

    return use(wanted, folder, options.file.expanduser().absolute(), reporter, options.accept_licence)


def verify_models(options: argparse.Namespace, folder: Path, reporter: Reporter) -> Result:
    """`partgen models verify`. All are verified before the first damage is told."""
    from .collection import verify

    if options.id:
        return verify(entry(options.id), folder, reporter)
    here = [one for one in ENTRIES if condition(one, folder).state in (State.PRESENT, State.CONVERTED, State.REPLACED, State.DAMAGED)]
    damage: list[PartgenError] = []
    whole: list[Result] = []
    for one in here:
        try:
            whole.append(verify(one, folder, reporter))
        except PartgenError as error:
            damage.append(error)
    if damage:
        raise PartgenError("weights.damaged", " ".join(error.sentence for error in damage), damage[0].remedy, Action.OPEN_PREFERENCES)
    sentence = "\n".join(str(one["sentence"]) for one in whole) or "No model is here."
    return {"verified": [one["id"] for one in whole], "sentence": sentence}


def delete_model(options: argparse.Namespace, folder: Path, reporter: Reporter) -> Result:
    """`partgen models delete`."""
    from .collection import delete

    return delete(entry(options.id), folder)


def show_licence(wanted: Entry, options: argparse.Namespace) -> None:
    """Names the licence to a person before anything is fetched; the add-on shows it itself."""
    if options.json_lines or wanted.kind is Kind.BUNDLED:
        return
    licence = wanted.licence
    print(f"{wanted.title} · {in_megabytes(wanted.size)} · {licence.name}: {licence.url}")
    if licence.forbids_commercial_use:
        print("This licence forbids commercial use.")
    for note in filter(None, (licence.note, wanted.note)):
        print(f"Note: {note}")
