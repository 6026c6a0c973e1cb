"""One tool at a time has the mouse: what is begun ends what runs, whatever the two are, and nothing goes on in another file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
import studio
from bl_ext.user_default.partgen_blender import explore, mouse, overlay, picking, refining, stored_features
from bl_ext.user_default.partgen_blender.proposals import flipping
from bl_ext.user_default.partgen_blender.proposals import session as proposals

TOOLS = {
    "Explore": (explore.operators.start, explore.is_running),
    "Pick Part": (picking.operators.start, picking.is_running),
    "Refine": (refining.operators.start, refining.is_running),
    "Flip Through": (lambda context: flipping.start(proposals.Kept(None, None), context.workspace), flipping.is_running),
}
"""How each begins, and whether it runs."""


@pytest.fixture(autouse=True)
def nobody_has_the_mouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    object_ = studio.decomposed()
    stored_features.write(object_.data, np.eye(12))
    bpy.context.view_layer.objects.active = object_
    object_.select_set(True)
    monkeypatch.setattr(proposals, "require_unchanged", lambda kept: object_)
    monkeypatch.setattr(proposals, "chosen", lambda kept, object_: 0)
    yield
    mouse.free()


def context() -> SimpleNamespace:
    return SimpleNamespace(
        view_layer=bpy.context.view_layer, workspace=bpy.context.workspace, selected_objects=bpy.context.selected_objects,
        scene=bpy.context.scene, mode="OBJECT",
    )  # fmt: skip


def running() -> list[str]:
    return [name for name, (_, is_running) in TOOLS.items() if is_running()]


@pytest.mark.parametrize("then", TOOLS)
@pytest.mark.parametrize("first", TOOLS)
def test_what_is_begun_ends_what_runs(first: str, then: str) -> None:
    begin: Callable[..., object] = TOOLS[first][0]
    begin(context())
    assert running() == [first]
    TOOLS[then][0](context())
    assert running() == [then]
    assert overlay._state.is_paused == (then in ("Explore", "Refine")), "the preview shows itself where no other colors do"
    mouse.free()
    assert running() == []
    assert not overlay._state.is_paused


@pytest.mark.parametrize("name", TOOLS)
def test_nothing_goes_on_in_another_file(name: str) -> None:
    TOOLS[name][0](context())
    bpy.ops.wm.read_homefile(use_empty=True)
    assert running() == []
