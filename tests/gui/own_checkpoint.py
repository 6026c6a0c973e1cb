"""Makes a checkpoint that paints noise, its ControlNet, and a depth network that guesses, as an artist may have them in a folder:
own_checkpoint.py FOLDER

Runs with the packages of the tests, and with tests/unit on its path.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tiny_diffusion
from transformers.utils import logging


def main(folder: Path) -> None:
    logging.disable_progress_bar()
    folder.mkdir(parents=True, exist_ok=True)
    tiny_diffusion.stable_diffusion(folder / "model")
    tiny_diffusion.depth_control(folder / "control")
    tiny_diffusion.depth_network(folder / "depth")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
