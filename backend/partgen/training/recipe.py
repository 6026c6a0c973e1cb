"""What can be trained: a network, the examples that it learns from, and what it is asked about them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import PartgenError

if TYPE_CHECKING: # which needs what this module says
    from .assets import Asset

Arrays: TypeAlias = dict[str, NDArray]
"""An example as plain arrays by name: what is kept in files and goes from workers to the loop."""
Example: TypeAlias = Mapping[str, Tensor]
"""A prepared example on the device that trains."""


@dataclass(frozen=True)
class Recipe:
    """One training: everything but its length.

    `make` gives the example of a shape's seed, None where it has none; `prepare` what the network reads of it, once, off
    the device. Both are functions of a module, because workers import them. `build` makes the network with random weights;
    `losses` asks it about a batch, with a generator for whatever is drawn anew each time. `config` rebuilds the network.
    `reuse` is how often an example is drawn on average where the loop makes them itself. `begin` takes weights of an earlier
    stage, or of an earlier training, over into the network, where it can go on from some. `learn` makes the example of a
    labelled mesh, treated with a generator, where it can learn from some. `examples` is what a folder that keeps examples says that
    they are, where sizes of a recipe learn from different ones.
    """

    id: str
    size: str
    data: str
    config: Mapping[str, Any]
    make: Callable[[int], Arrays | None]
    prepare: Callable[[Arrays], Arrays]
    build: Callable[[], nn.Module]
    losses: Callable[[nn.Module, Sequence[Example], np.random.Generator], dict[str, Tensor]]
    batch_size: int
    learning_rate: float
    weight_decay: float
    reuse: int
    begin: Callable[[nn.Module, Mapping[str, Tensor]], None] | None = None
    learn: Callable[[Asset, np.random.Generator], Arrays | None] | None = None
    examples: str = ""

    @property
    def kept_as(self) -> str:
        """What a folder that keeps its examples says that they are."""
        return self.examples or self.id


def take_over(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Takes over the weights of an earlier training of this size, for `begin`. Raises PartgenError for others."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        sentence = "These weights are not those of this network in the size that is trained."
        raise PartgenError("training.other_weights", sentence, "Give the --size that they were trained in, or other weights.") from error


MODULES = {
    "superfaces": "superfaces", "partfield-small": "partfield_small", "shape-vae": "shape_vae", "completer": "completer",
    "shaper": "shaper", "claims": "claims", "understanding": "understanding", "parts": "part_words",
}  # fmt: skip
"""Of the recipes, by their id; imported when asked for, because torch takes seconds. Each has SIZES and `recipe(size)`."""


def recipe(id: str, size: str = "") -> Recipe:
    """The recipe of that id in a size, the first that it has where "". Raises PartgenError for what is not there."""
    if id not in MODULES:
        raise PartgenError("training.unknown", f"There is nothing to train by the name {id}.", f"Choose one of: {', '.join(MODULES)}.")
    module = importlib.import_module(f".{MODULES[id]}", __package__)
    sizes = list(module.SIZES)
    if size and size not in sizes:
        raise PartgenError("training.unknown_size", f"{id} has no size {size}.", f"Choose one of: {', '.join(sizes)}.")
    return module.recipe(size or sizes[0])
