"""PartGen: takes meshes apart into a tree of clean, separate parts.

The add-on holds what the artist touches; the work is done by the backend, a process of its own (`partgen serve`). Nothing
heavy and nothing of the network happens here: registering only tells Blender which classes, menus and handlers there are.
"""

from __future__ import annotations

import bpy

from . import (
    backend,
    build_parts,
    completion,
    editing,
    explore,
    handlers,
    jobs,
    method_menu,
    models,
    mouse,
    operators,
    overlay,
    panel,
    parts_list,
    picking,
    preferences,
    properties,
    proposals,
    refining,
    together,
    watch,
)

_CLASSES = (
    *(build_parts.setup.CLASSES if build_parts.setup else ()),
    preferences.PARTGEN_AP_preferences,
    *properties.CLASSES,
    *operators.CLASSES,
    *models.CLASSES,
    *completion.PROPERTIES,
    *completion.OPERATORS,
    *editing.PROPERTIES,
    *editing.OPERATORS,
    *explore.CLASSES,
    *picking.PROPERTIES,
    *picking.CLASSES,
    *proposals.PROPERTIES,
    *proposals.OPERATORS,
    *method_menu.CLASSES,
    *refining.CLASSES,
    *parts_list.OPERATORS,
    *together.OPERATORS,
    *panel.CLASSES[:-1],
    *parts_list.PANELS,
    *together.PANELS,
    *proposals.PANELS,
    *completion.PANELS,
    *editing.PANELS,
    *panel.CLASSES[-1:],  # what one looks at least comes last
)
if build_parts.setup:
    build_parts.setup.add_to(preferences.PARTGEN_AP_preferences)


def register() -> None:
    for class_ in _CLASSES:
        bpy.utils.register_class(class_)
    properties.register()
    completion.register()
    proposals.register()
    editing.register()
    picking.register()
    panel.register()
    parts_list.register()
    together.register()
    handlers.register()
    overlay.start()


def unregister() -> None:
    jobs.abandon_all("because the add-on was disabled")
    jobs.stop_pumping()
    watch.cancel_all()  # a set-up goes on where it stopped when it is continued
    watch.stop_pumping()
    backend.stop()
    mouse.free()
    overlay.stop()
    handlers.unregister()
    together.unregister()
    parts_list.unregister()
    panel.unregister()
    if build_parts.setup:
        build_parts.setup.unregister()
    picking.unregister()
    editing.unregister()
    proposals.unregister()
    completion.unregister()
    properties.unregister()
    for class_ in reversed(_CLASSES):
        bpy.utils.unregister_class(class_)
