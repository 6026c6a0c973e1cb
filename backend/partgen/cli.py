"""The command `partgen`: the same segmentation that the add-on shows, for files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import __version__
from .commands import completing, editing, segmenting, transferring
from .commands.reporting import FILES, report
from .errors import PartgenError
from .evaluation import command as bench
from .weights import command as models

DESCRIPTION = """\
Takes meshes apart into a tree of parts.

  partgen decompose robot.glb -o out/            one .glb with a named node for each part
  partgen decompose robot.glb -o out/ --parts 8  as eight parts
  partgen segment a.ply b.stl --labels-dir out/  a part number for every triangle
  partgen complete a.ply --labels a.npz -o out/  closed parts of a model and its labels
  partgen edit a.glb --part 3 --prompt "longer and rounder" -o b.glb   one part changed by an instruction
  partgen transfer a.ply b.ply --labels a.npz -o b.npz  the labels of a model on another of its kind
  partgen models list                            the networks' weights that there are, and what of them is here
  partgen COMMAND --help                         more about one command
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code: 0 done, 1 something failed (said on stderr), 2 wrong usage."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["serve"]:
        from .server import serve

        return serve(arguments[1:])
    if arguments[:1] in (["shapes"], ["train"]):
        return run_for_training(arguments[0], arguments[1:])
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PartgenError as error:
        report(error, options.traceback)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    text = argparse.RawDescriptionHelpFormatter
    program = argparse.ArgumentParser("partgen", description=DESCRIPTION, epilog=FILES, formatter_class=text)
    program.add_argument("--version", action="version", version=f"partgen {__version__}")
    commands = program.add_subparsers(title="commands", metavar="COMMAND", required=True)
    segmenting.add_parsers(commands)
    completing.add_parser(commands)
    editing.add_parser(commands)
    transferring.add_parser(commands)

    devices = commands.add_parser("devices", help="list what networks can run on here, and the memory that is free")
    devices.set_defaults(run=run_devices)

    commands.add_parser("serve", help="answer requests on standard input and output, as the Blender add-on's backend", add_help=False)

    models.add_parser(commands)

    commands.add_parser("shapes", help="make objects that come with their parts, for training and tests", add_help=False)
    commands.add_parser("train", help="train a network on such objects", add_help=False)

    bench.add_parser(commands)
    return program


def run_devices(options: argparse.Namespace) -> int:
    """`partgen devices`."""
    from .server.scout import table

    print(table())
    return 0


def run_for_training(command: str, arguments: Sequence[str]) -> int:
    """`partgen shapes` and `partgen train`, whose packages an artist's machine does not have."""
    try:
        if command == "train":
            from .training.command import main as train

            return train(arguments)
        from .shapes.command import main as shapes

        return shapes(arguments)
    except ModuleNotFoundError as error:
        missing = f"The package {error.name} is not installed."
        report(PartgenError("package.missing", missing, "Install what it needs: pip install 'partgen[train]'"), False)
    except PartgenError as error:
        report(error, False)
    except OSError as error:
        problem = f"{error.filename} cannot be written: {error.strerror}."
        report(PartgenError("file.unwritable", problem, "Choose another place for it."), False)
    except KeyboardInterrupt:
        return 130
    return 1
