"""The menus of methods, one for each role, and of the models of a method: what each is, whether it is ready here, and what a download
or the set-up would add.

With licence and size, before anything is fetched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import bpy
from partgen.errors import Action
from partgen.weights import registry
from partgen.weights.registry import Entry, Kind

from . import actions, backend, build_parts, methods
from .methods import Method
from .models import catalog
from .models.operators import licence_in_words
from .wrapping import draw_text

WIDTH = 32
"""Of a menu, in units of Blender's interface: wide, so that the last method is on a small screen, too."""
_UNIT = 20.0
_LABEL_SHARE = 0.4
"""Of the width, for the name of the property: Blender's own share."""


@dataclass(frozen=True)
class Readiness:
    """Whether a method can be used now, a sentence about that, and what would make it ready: an action, or weights to download."""

    is_ready: bool
    sentence: str
    action: Action = Action.NONE
    download: Entry | None = None


def readiness(method: Method, own: Collection[str] = ()) -> Readiness:
    """What of a method is here, but for weights in whose place the artist has some of their `own`. Quick: panels ask at every redraw."""
    if not backend.is_found():
        return Readiness(False, f"Needs the set-up, with the tier {method.tier}.", Action.SET_UP)
    if method.id == "auto":
        return Readiness(True, "Takes what measured best of those that need no download.")
    greeting = backend.greeting()
    if greeting is not None and greeting.methods and (method.of or method.id) not in greeting.methods:
        return Readiness(False, "The backend is older than the add-on and does not have it.", Action.REPAIR)
    if host := backend.other_computer():
        return Readiness(True, f"The backend works on {host}, with what is there.")
    wanted = [entry for entry in needed(method) if not _is_one_of(entry, method, own)]
    missing = [entry for entry in wanted if not catalog.condition(entry).is_usable]
    if method.tier == methods.AI and build_parts.setup and build_parts.setup.is_geometry_only():
        size = registry.in_megabytes(sum(entry.size for entry in missing))
        afterwards = f", then {size} to download" if missing else ""
        return Readiness(False, f"Needs the tier AI; the environment holds Geometry only{afterwards}.", Action.SET_UP)
    if not wanted:
        return Readiness(True, "Ready. Needs no weights." if not own else "Ready, with your own.")
    if not missing:
        return Readiness(True, catalog.condition(wanted[0]).sentence)
    first = missing[0]
    condition = catalog.condition(first)
    sentence = condition.sentence if len(needed(method)) == 1 else f"Needs {first.title}. {condition.sentence}"
    if first.kind is Kind.BUNDLED:
        return Readiness(False, f"{sentence} Install PartGen again.")
    return Readiness(False, sentence, download=first)


def needed(method: Method) -> list[Entry]:
    """The weights of a method in the registry, of several that will do the ones that are here."""
    if not method.weights:
        return []
    entries = [registry.entry(identifier) for identifier in (method.weights, *method.alternatives)]
    best = next((entry for entry in entries if catalog.condition(entry).is_usable), entries[0])
    return [best, *(registry.entry(identifier) for identifier in method.also)]


def _is_one_of(entry: Entry, method: Method, own: Collection[str]) -> bool:
    """Whether an artist's `own` weights, named as those that they stand for, do instead of a method's."""
    return entry.id in own or (entry.id in method.alternatives and method.weights in own)


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The chosen method that finds parts, which opens the menu, and what it lacks, with the button that mends it."""
    draw_chosen(layout, context, context.scene.partgen, methods.METHODS, PARTGEN_PT_method_menu.__name__)


def draw_chosen(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: bpy.types.PropertyGroup,
    offered: Sequence[Method],
    menu: str,
    own: Collection[str] = (),
    name: str = "method",
) -> None:
    """The `method` of `settings`, or the property `name`, one of those `offered`, as a button that opens the panel `menu`; and what it
    lacks, but for weights in whose place the artist has some of their `own`."""
    chosen = next((method for method in offered if method.id == getattr(settings, name)), offered[0])
    row = layout.split(factor=_LABEL_SHARE, align=True)
    label = row.row()
    label.alignment = "RIGHT"
    label.label(text=name.capitalize())
    row.popover(panel=menu, text=chosen.name)
    draw_lack(layout, context, chosen, own)


def draw_lack(
    layout: bpy.types.UILayout, context: bpy.types.Context, method: Method, own: Collection[str] = (), width: float | None = None
) -> None:
    """What a method lacks, but for weights in whose place the artist has some of their `own`, with the button that mends it; nothing
    where it is ready. There is room for `width`, pixels at scale 1, or the region's."""
    now = readiness(method, own)
    if not now.is_ready:
        draw_text(layout, context, f"{method.name}: {now.sentence}", "ERROR", width=width)
        _draw_button(layout, now)


class PARTGEN_PT_method_menu(bpy.types.Panel):
    """The methods that find parts, what each needs, and what of that is here"""

    bl_label = "Methods"
    bl_space_type = "TOPBAR"  # drawn where it is called, and nowhere else
    bl_region_type = "HEADER"
    bl_ui_units_x = WIDTH

    def draw(self, context: bpy.types.Context) -> None:
        draw_offered(self.layout, context, context.scene.partgen, methods.METHODS)


def draw_offered(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    settings: bpy.types.PropertyGroup,
    offered: Sequence[Method],
    name: str = "method",
) -> None:
    """The methods that can be chosen as the `method` of `settings`, or as its property `name`, each with what it needs and the button for
    what is missing."""
    for method in offered:
        _draw_method(layout.box().column(align=True), context, settings, method, name)


def _draw_method(
    layout: bpy.types.UILayout, context: bpy.types.Context, settings: bpy.types.PropertyGroup, method: Method, name: str
) -> None:
    now = readiness(method)
    row = layout.row()
    row.prop_enum(settings, name, method.id)
    side = row.row()
    side.alignment = "RIGHT"
    side.active = False
    side.label(text="" if method.id == "auto" else f"Tier {method.tier}")
    _draw_button(row, now)  # here, where it takes no line of its own: a menu scrolls that is higher than what its button leaves
    width = WIDTH * _UNIT
    explore = " What it finds can be explored." if method.has_features else ""
    draw_text(layout, context, f"{method.description}.{explore}", width=width)
    entries = needed(method)
    for entry in entries:
        licence = layout.column()
        licence.alert = entry.licence.forbids_commercial_use
        of = "the weights" if len(entries) == 1 else entry.title
        draw_text(licence, context, f"Licence of {of}: {licence_in_words(entry)}", "BLANK1", width=width)
    draw_text(layout, context, now.sentence, "CHECKMARK" if now.is_ready else "IMPORT", width=width)


def _draw_button(layout: bpy.types.UILayout, now: Readiness) -> None:
    """What makes a method ready."""
    if now.download is not None:
        size = registry.in_megabytes(now.download.size)
        if catalog.at_work(now.download.id):
            layout.label(text="On its way: see the models in the preferences", icon="SORTTIME")
        else:
            layout.operator("partgen.download_model", text=f"Download ({size})…", icon="IMPORT").identifier = now.download.id
    elif button := actions.button_of(now.action):
        layout.operator(button.operator, text=button.text, icon=button.icon)


CLASSES = (PARTGEN_PT_method_menu,)
