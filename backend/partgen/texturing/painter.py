"""Which checkpoint paints, on what device and with what effort, as a person or the add-on wished; and what that lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..devices import Placement, free_memory
from .checkpoints import chosen_control, chosen_folder, chosen_normals, read_checkpoint
from .depth import DepthNetwork, chosen_depth_folder, read_depth_folder
from .inpainting import FULL, DiffusionInpainter, effort_on


@dataclass(frozen=True)
class Wishes:
    """`model`, `controlnet` for depth and `normals` for normals are folders or ids of the registry, "auto" the best that is here, and
    for the latter two "none" none; `steps` from noise to picture, None for what suits the device."""

    model: str = "auto"
    controlnet: str = "auto"
    normals: str = "auto"
    steps: int | None = None

    def free_of_the_shape(self) -> Wishes:
        """The same where what is painted need not stay on the shape that is there: without ControlNets, but for those that are named."""
        return replace(self, controlnet=_unless_named(self.controlnet), normals=_unless_named(self.normals))


def _unless_named(control: str) -> str:
    return "none" if control == "auto" else control


class Painter:
    """Keeps the networks that were used last on their device, because loading them takes longer than many a picture."""

    def __init__(self) -> None:
        self._ready: DiffusionInpainter | None = None
        self._depth: DepthNetwork | None = None

    def inpainter(self, wishes: Wishes, placement: Placement) -> DiffusionInpainter:
        """The checkpoint on a device, loaded where it is not. Raises PartgenError where there is none or it cannot be loaded."""
        is_accelerated = placement.device.id != "cpu"
        folder = chosen_folder(wishes.model, is_accelerated)
        normals = chosen_normals(wishes.normals, folder)
        checkpoint = read_checkpoint(folder, chosen_control(wishes.controlnet, folder), is_accelerated, normals)
        effort = effort_on(placement)
        if wishes.steps is not None:
            effort = replace(effort, steps=wishes.steps)
        if self._ready is not None and (self._ready.checkpoint, self._ready.placement) == (checkpoint, placement):
            self._ready.effort = effort
            return self._ready
        self._ready = self._depth = None  # what did not fit on one device must not stay there while another works
        free_memory()
        self._ready = DiffusionInpainter(checkpoint, placement, effort)
        return self._ready

    def depth(self, model: str, placement: Placement) -> DepthNetwork:
        """The depth network of a folder or an id on a device, as `inpainter`."""
        source = read_depth_folder(chosen_depth_folder(model))
        if self._depth is None or (self._depth.source, self._depth.placement) != (source, placement):
            self._depth = None
            self._depth = DepthNetwork(source, placement)
        return self._depth


def made_by(inpainter: DiffusionInpainter, depth: DepthNetwork) -> str:
    """The networks that make a part anew, for who asked."""
    return f"{inpainter.checkpoint.name}, depth by {depth.source.name}"


def shortcomings(inpainter: DiffusionInpainter, follows_depth: bool = True) -> Iterator[str]:
    """What the pictures of an inpainter lack, for who asked; `follows_depth` where they are to stay on the shape that was there."""
    effort, checkpoint = inpainter.effort, inpainter.checkpoint
    if effort.side < FULL.side:
        where = inpainter.placement.device.name
        yield f"{where} worked in a reduced form: views of {effort.side // 2} pixels instead of {FULL.side // 2}, {effort.steps} steps."
    if follows_depth and checkpoint.control is None:
        remedy = f"partgen models download {checkpoint.family.control}"
        yield f"No ControlNet for depth was used, so what is painted may not follow the shape. Where that matters: {remedy}."
