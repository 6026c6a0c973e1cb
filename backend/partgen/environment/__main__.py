"""The set-up as a command line program: `python -m partgen.environment --help`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from partgen.errors import Action, Cancelled, PartgenError
from partgen.task import Reporter, end_with_parent

from .condition import LOG, condition, read_record
from .installation import damaged_packages, install, prove, repair
from .ledger import what_is_left
from .machine import detect
from .plan import Bundled, Plan, make_plan
from .removal import remove
from .settings import Settings, Tier

DESCRIPTION = """\
Makes the environment that PartGen's backend runs in: its own Python, its packages, and PartGen itself, all in one folder.
Nothing outside of that folder is changed, and no Python that is there already.

  plan     what would be done: device, sizes, licences, and what stands in the way. Changes nothing.
  install  does it; goes on with what was interrupted; brings an older one up to date
  check    whether every installed file is as it was, and whether PartGen works
  repair   takes out what is damaged and installs it again
  remove   the folder is gone

  python -m partgen.environment plan --folder ~/partgen --settings '{"tier": "geometry"}'
  python -m partgen.environment install --folder ~/partgen --uv-wheel uv-0.13.8-....whl --partgen-wheel partgen-....whl
  python -m partgen.environment remove --folder ~/partgen

Settings, as JSON or as the path of a file that holds it, here or in the variable PARTGEN_SETTINGS, which other users of the
computer cannot read (all may be left out):
  tier                 "geometry" (no PyTorch) or "ai"
  torch_build          "auto", or e.g. "cpu", "cu126", "cu130", "rocm7.2", "xpu"
  index_url            a package index instead of pypi.org
  torch_index_url      a mirror of download.pytorch.org/whl
  python_mirror_url    a mirror of the Python archives
  find_links           more places that hold wheels
  offline_folder       the folder that `make bundle` made: no network is used then
  python               the Python to build on
  system_certificates  true: trust what the operating system trusts
  online               false: use no network
  proxy                for HTTP and HTTPS, e.g. "http://proxy:8080"

Exit code 0: done. 1: it could not be done, and the last line says why. 2: wrong arguments. 130: interrupted.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code."""
    options = _parser().parse_args(arguments)
    if options.json_lines:
        end_with_parent()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started, as Ctrl-C does
    reporter = Reporter(sys.stdout, options.json_lines)
    folder = Path(options.folder).expanduser().absolute()
    try:
        reporter.finished(_COMMANDS[options.command](options, folder, reporter))
    except PartgenError as error:
        reporter.problem(error, _log_in(folder))
        return 1
    except KeyboardInterrupt:
        reporter.problem(Cancelled(), _log_in(folder))
        return 130
    return 0


def _plan(options: argparse.Namespace, folder: Path, reporter: Reporter) -> dict[str, Any]:
    plan = what_is_left(_make_plan(options, folder))
    content = plan.to_json()
    if not options.json_lines:
        lines = [f"{label + ':':10} {text}" for label, text in plan.lines()]
        lines += [f"Note:      {note}" for note in plan.notes]
        lines += [f"Problem:   {problem.sentence} {problem.remedy}" for problem in plan.problems]
        content["sentence"] = "\n".join(lines)
    return content


def _install(options: argparse.Namespace, folder: Path, reporter: Reporter) -> dict[str, Any]:
    return install(_make_plan(options, folder), reporter)


def _repair(options: argparse.Namespace, folder: Path, reporter: Reporter) -> dict[str, Any]:
    return repair(_make_plan(options, folder), reporter)


def _check(options: argparse.Namespace, folder: Path, reporter: Reporter) -> dict[str, Any]:
    bundled = options.partgen_wheel.name if options.partgen_wheel else ""
    found = condition(folder, bundled=bundled)
    if not found.is_usable:
        raise PartgenError(f"set_up.{found.state}", found.sentence, "Start the set-up.", Action.SET_UP)
    reporter.report(0.1, "Look at every file")
    if damaged := damaged_packages(folder):
        raise PartgenError("set_up.damaged", f"Files are missing or changed in: {', '.join(damaged)}.", "Repair it.", Action.REPAIR)
    reporter.report(0.5, "Take a small shape apart")
    record = read_record(folder)
    proof = prove(folder, Settings(tier=Tier(record.tier if record else Tier.GEOMETRY)))
    return proof | {"state": found.state, "sentence": found.sentence}


def _remove(options: argparse.Namespace, folder: Path, reporter: Reporter) -> dict[str, Any]:
    reporter.report(0.0, "Remove the environment")
    remove(folder)
    return {"sentence": "The environment is removed."}


_COMMANDS = {"plan": _plan, "install": _install, "check": _check, "repair": _repair, "remove": _remove}


def _make_plan(options: argparse.Namespace, folder: Path) -> Plan:
    if options.partgen_wheel is None or not options.partgen_wheel.is_file():
        raise PartgenError(
            "set_up.no_partgen",
            "This copy of PartGen does not bring its backend.",
            "Install the PartGen extension again.",
            Action.COPY_DEBUG_INFO,
        )
    bundled = Bundled(options.uv_wheel, options.partgen_wheel.absolute(), options.blender_python)
    return make_plan(detect(), _settings(options.settings), folder, bundled)


def _settings(text: str) -> Settings:
    """The settings from JSON, or from a file that holds it. Raises PartgenError."""
    try:
        content = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text("utf-8"))
        return Settings.from_json(content)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        # Without the settings themselves: a password may be among them.
        raise PartgenError("set_up.settings", f"The settings cannot be read: {error}.", "See --help.", Action.OPEN_PREFERENCES) from error


def _log_in(folder: Path) -> str:
    return str(folder / LOG) if (folder / LOG).is_file() else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m partgen.environment", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=list(_COMMANDS))
    parser.add_argument("--folder", required=True, metavar="F", help="where the environment is, or will be")
    parser.add_argument("--settings", default=os.environ.get("PARTGEN_SETTINGS") or "{}", metavar="JSON", help="choices, see above")
    parser.add_argument("--uv-wheel", type=Path, metavar="FILE", help="the wheel of uv for this system, to plan, install and repair")
    parser.add_argument("--partgen-wheel", type=Path, metavar="FILE", help="the wheel of partgen, to plan, install and repair")
    parser.add_argument(
        "--blender-python", type=Path, default=Path(sys.executable), metavar="FILE", help="the last Python to try; this one if not given"
    )
    parser.add_argument("--json-lines", action="store_true", help="report as JSON, one object a line")
    return parser


if __name__ == "__main__":
    sys.exit(main())
