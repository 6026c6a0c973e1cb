"""What a method is asked beside its words, in the panel and in the dialog alike: how much of it, in how many ways, by what weights."""

from __future__ import annotations

import bpy

from .methods import Method


def draw(layout: bpy.types.UILayout, wishes: bpy.types.PropertyGroup | bpy.types.Operator, method: Method) -> None:
    """Those of the `wishes`, the panel's settings or an operator, that a method heeds."""
    if method.paints or method.draws or not method.renews:
        layout.prop(wishes, "strength")
    if not method.paints and not method.renews:
        layout.prop(wishes, "add_vertices")
    layout.prop(wishes, "variations")
    if wishes.variations > 1 or method.paints or method.renews:
        layout.prop(wishes, "seed")


def own_weights(wishes: bpy.types.PropertyGroup | bpy.types.Operator, method: Method) -> list[str]:
    """The weights in whose place the artist has folders of their own."""
    folders = ((method.weights, wishes.model), *((identifier, wishes.depth_model) for identifier in method.also))
    return [identifier for identifier, folder in folders if method.paints and folder.strip()]
