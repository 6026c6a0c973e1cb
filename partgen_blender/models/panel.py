"""The list of models in the preferences: by what they are for, with licence, size and state in plain sight."""

from __future__ import annotations

import bpy
from partgen.weights import registry
from partgen.weights.registry import Condition, Entry, Kind, State

from .. import backend, build_parts, preferences, watch
from ..wrapping import draw_text
from . import catalog
from .operators import licence_in_words

_STATE_ICON = {State.ABSENT: "RADIOBUT_OFF", State.PARTIAL: "TEMP", State.DOWNLOADED: "TEMP", State.DAMAGED: "ERROR"}


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """All models, in a fold for every role."""
    body = preferences.section(layout, "PARTGEN_preferences_models", "Models", closed=True)
    if not body:
        return
    body.use_property_split = False
    if obstacle := catalog.obstacle():
        draw_text(body, context, obstacle, "INFO")
        if build_parts.setup and not backend.other_computer():
            body.operator("partgen.set_up", text="Set Up…", icon="IMPORT")
    for role, title in catalog.ROLES.items():
        found = catalog.entries(role)
        conditions = [catalog.condition(entry) for entry in found]
        header, fold = body.panel(f"PARTGEN_models_{role}", default_closed=True)
        ready = sum(condition.is_usable for condition in conditions)
        header.label(text=f"{title}: {ready} of {len(found)} on this computer")
        if fold:
            for entry, condition in zip(found, conditions, strict=True):
                _draw_entry(fold.box(), context, entry, condition, can_fetch=not obstacle)
    body.use_property_split = True
    body.prop(preferences.get(), "models_folder", placeholder=str(registry.models_folder()))
    body.prop(preferences.get(), "hub_endpoint", placeholder="https://huggingface.co")
    body.prop(preferences.get(), "hub_token", placeholder="Only for models that want one")


def _draw_entry(layout: bpy.types.UILayout, context: bpy.types.Context, entry: Entry, condition: Condition, can_fetch: bool) -> None:
    column = layout.column(align=True)
    row = column.row()
    row.label(text=entry.title, icon=_STATE_ICON.get(condition.state, "CHECKMARK"))
    buttons = row.row(align=True)
    buttons.alignment = "RIGHT"
    buttons.enabled = can_fetch
    watched = catalog.at_work(entry.id)
    if watched:
        _draw_progress(column, entry, watched)
    else:
        _draw_buttons(buttons, entry, condition)
    draw_text(column, context, entry.purpose, "BLANK1")
    licence = column.column()
    licence.alert = entry.licence.forbids_commercial_use
    draw_text(licence, context, f"Licence: {licence_in_words(entry)}", "BLANK1")
    draw_text(column, context, condition.sentence, "BLANK1")


def _draw_buttons(row: bpy.types.UILayout, entry: Entry, condition: Condition) -> None:
    """What can be done with a model as it is. What comes with PartGen is not fetched, replaced or deleted by itself."""
    if entry.kind is Kind.BUNDLED:
        return
    if not condition.is_usable:
        text = "Continue" if condition.state in (State.PARTIAL, State.DOWNLOADED) else "Download"
        row.operator("partgen.download_model", text=f"{text} ({registry.in_megabytes(entry.size)})", icon="IMPORT").identifier = entry.id
        row.operator("partgen.use_model_file", text="", icon="FILEBROWSER").identifier = entry.id
    else:
        row.operator("partgen.verify_model", text="Verify").identifier = entry.id
    if condition.state is not State.ABSENT:
        row.operator("partgen.delete_model", text="", icon="TRASH").identifier = entry.id


def _draw_progress(layout: bpy.types.UILayout, entry: Entry, watched: watch.Watched) -> None:
    row = layout.row(align=True)
    text = ", ".join(filter(None, [f"{watched.report.fraction:.0%}", watched.report.detail or watched.report.stage]))
    row.progress(factor=watched.report.fraction, text=text, type="BAR")
    row.operator("partgen.cancel_model", text="", icon="X").identifier = entry.id
