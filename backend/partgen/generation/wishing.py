"""From a wish to new parts in place, by the search in the catalogue or by the network that draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..devices import is_torch_installed
from ..editing.edits import check_strength
from ..errors import Action, PartgenError
from ..progress import Progress, no_progress
from ..weights.registry import ENTRIES, Role
from .making import NewPart, Place, each_new_part

SEARCHES, DRAWS = "parts", "shaper"
"""The ids of the weights in the registry."""


@dataclass(frozen=True)
class Wish:
    """What is wanted: a part that the `prompt` names, in `count` variations, by the `model` of this id. The same `seed`, the same parts.

    Heeded by the model that draws alone: how many `steps` it takes from noise to a shape, 0 for its own choice, and `strength`, how far it
    may leave the old part, above 0, 1 for as if there had been none.
    """

    prompt: str
    count: int = 1
    model: str = SEARCHES
    seed: int = 0
    strength: float = 1.0
    steps: int = 0


def models() -> tuple[str, ...]:
    """The ids of the weights that make parts, the usual one first."""
    return tuple(entry.id for entry in ENTRIES if entry.role is Role.GENERATOR and entry.method == "generative")


def each_wished_part(place: Place, wish: Wish, progress: Progress = no_progress) -> Iterator[NewPart]:
    """The variations, each as soon as it is there. Raises PartgenError for a model that there is not, or that cannot work here, where the
    words name nothing that can be made or the strength leaves nothing to draw, and what `progress` raises."""
    if wish.model not in models():
        sentence = f"There is no model {wish.model} that makes parts."
        raise PartgenError("method.other_model", sentence, f"Choose one of: {', '.join(models())}.")
    if wish.model == SEARCHES:
        yield from each_new_part(place, wish.prompt, wish.seed, wish.count, progress)
        return
    check_strength(wish.strength)
    if not is_torch_installed():
        sentence = f"The model '{wish.model}' needs PyTorch, which is not installed here."
        raise PartgenError("method.no_torch", sentence, "Set PartGen up with the tier AI.", Action.SET_UP)
    from .drawing import each_drawn_part

    yield from each_drawn_part(place, wish, progress)
