"""What the set-up looks like, in the sidebar and in the preferences: a sentence and a button, a list, a progress bar."""

from __future__ import annotations

import bpy
from partgen.environment.condition import Record
from partgen.environment.plan import Plan, size_in_words

from .. import actions, messages, preferences, watch, wording
from ..wrapping import LINE_HEIGHT, draw_text
from . import environment, making
from .properties import TIERS

_LABEL_SHARE = 0.28
"""Of the width of a line of the list, for what it is about."""


def sentence() -> str:
    """What is the case with the environment, in one sentence."""
    if making.is_changing():
        return f"{making.doing} is not finished yet."
    condition = environment.condition()
    if condition.state == "absent":
        return "PartGen needs an environment of its own, which you set up once. Nothing inside Blender is changed."
    if condition.state == "incomplete":
        record = environment.record()
        if record.steps:
            return f"Set-up is not finished: {len(record.done)} of {len(record.steps)} steps done."
    return condition.sentence


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """All of the set-up: what is going on, else the list of what would be installed, else the way to it."""
    watched = watch.running(making.KEY)
    if watched and (making.is_changing() or making.plan is None):
        _draw_progress(layout, context, watched)
    elif making.plan:
        _draw_plan(layout, context, making.plan, is_current=watched is None)
    else:
        _draw_condition(layout, context)


def draw_where_needed(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The set-up above a panel that works: only while something is going on, or where the extension brings something newer."""
    if making.is_running() or making.plan or environment.condition().state == "outdated":
        draw(layout.box(), context)


def draw_preferences(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The environment in the preferences: its condition, what can be done with it, and what the set-up asks."""
    body = preferences.section(layout, "PARTGEN_preferences_environment", "Environment")
    if body:
        draw(body, context)
        column = body.column(align=True)
        column.label(text=str(environment.folder()), icon="FILE_FOLDER")
        if environment.is_present():
            if text := installed_in_words(environment.record()):
                column.label(text=text, icon="BLANK1")
            row = body.row(align=True)
            if environment.condition().is_usable and not making.plan:
                row.operator("partgen.set_up", text="Change…", icon="OPTIONS")
            row.operator("partgen.repair_environment", icon="TOOL_SETTINGS")
            row.operator("partgen.remove_environment", icon="TRASH")
    more = preferences.section(layout, "PARTGEN_preferences_network", "Network and Python of the Set-up", closed=True)
    if more:
        _draw_choices(more)


def installed_in_words(record: Record) -> str:
    """What the environment holds: "AI · PyTorch cu126 · Python 3.12"."""
    tier = {identifier: name for identifier, name, _, _ in TIERS}.get(record.tier, "")
    version = record.python.get("version", "")
    return " · ".join(filter(None, [tier, record.torch_build and f"PyTorch {record.torch_build}", version and f"Python {version}"]))


def _draw_choices(layout: bpy.types.UILayout) -> None:
    chosen = preferences.get().setup
    column = layout.column()
    column.prop(chosen, "proxy", placeholder="As the system says")
    column.prop(chosen, "system_certificates")
    column.prop(chosen, "index_url", placeholder="https://pypi.org/simple")
    column.prop(chosen, "find_links")
    column.prop(chosen, "torch_index_url", placeholder="https://download.pytorch.org/whl")
    column.prop(chosen, "python_mirror_url")
    column = layout.column()
    column.prop(chosen, "torch_build", placeholder="The one that suits this computer")
    column.prop(chosen, "python", placeholder="Found automatically")
    column.prop(chosen, "offline_folder")


def _draw_condition(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    state = environment.condition().state
    icon = {"ready": "CHECKMARK", "broken": "ERROR", "incomplete": "ERROR"}.get(state, "INFO")
    draw_text(layout, context, sentence(), icon)
    if state == "ready":
        return
    row = layout.row()
    row.scale_y = 1.4
    if state == "absent":
        row.operator("partgen.set_up", icon="IMPORT")
    elif state == "broken":
        row.operator("partgen.repair_environment", icon="TOOL_SETTINGS")
    elif state == "outdated":
        row.operator("partgen.install_environment", text="Update", icon="FILE_REFRESH")
    else:
        row.operator("partgen.install_environment", text="Continue", icon="PLAY")
        row.operator("partgen.remove_environment", text="", icon="TRASH")


def _draw_progress(layout: bpy.types.UILayout, context: bpy.types.Context, watched: watch.Watched) -> None:
    report = watched.report
    column = layout.column(align=True)
    if not making.is_changing():
        column.label(text=f"{making.doing}…", icon="VIEWZOOM")
        return
    row = column.row(align=True)
    left = "" if report.seconds_left is None else wording.time_left(report.seconds_left)
    row.progress(factor=report.fraction, text=", ".join(filter(None, [f"{report.fraction:.0%}", left])), type="BAR")
    row.operator("partgen.cancel_set_up", text="", icon="X")
    number = f"Step {report.step} of {report.steps}: " if report.steps else f"{making.doing}: "
    draw_text(column, context, number + report.stage)
    if report.detail:
        draw_text(column, context, report.detail)
    column.separator()
    draw_text(column, context, "You can go on working meanwhile.", "INFO")


def _draw_plan(layout: bpy.types.UILayout, context: bpy.types.Context, plan: Plan, is_current: bool) -> None:
    """The list of what would be installed. While a newer one is on its way, this one cannot be begun."""
    layout.label(text="This will be installed:")
    layout.row(align=True).prop(preferences.get().setup, "tier", expand=True)
    lines = layout.column()
    lines.active = is_current
    for label, text in plan.lines():
        if label == "Licences":
            _draw_licences(lines, context, plan)
        else:
            _draw_line(lines, context, label, text)
    for note in plan.notes:
        draw_text(lines, context, note, "INFO")
    for problem in plan.problems:
        box = layout.box()
        draw_text(box, context, f"{problem.sentence} {problem.remedy}".strip(), "ERROR")
        actions.draw(box, messages.Message("ERROR", problem.sentence, problem.remedy, messages.known_action(problem.action)))
    row = layout.row(align=True)
    row.scale_y = 1.4
    button = row.row(align=True)
    button.enabled = is_current and plan.can_start
    size = f" ({size_in_words(plan.download_bytes)})" if plan.download_bytes and plan.can_start else ""
    button.operator("partgen.install_environment", text=f"Install{size}", icon="IMPORT")
    if plan.problems:  # what stands in the way may be mended outside of PartGen, where nothing tells us
        row.operator("partgen.set_up", text="", icon="FILE_REFRESH")
    row.operator("partgen.put_away_plan", text="", icon="X")
    if plan.settings.offline_folder:
        row = layout.row(align=True)
        row.prop(preferences.get().setup, "offline_folder", text="")
    else:
        layout.operator("partgen.install_from_folder", text="Install from Folder…", icon="FILE_FOLDER")


def _draw_line(layout: bpy.types.UILayout, context: bpy.types.Context, label: str, text: str) -> None:
    split = layout.split(factor=_LABEL_SHARE)
    about = split.column()
    about.scale_y = LINE_HEIGHT
    about.active = False
    about.alignment = "RIGHT"
    about.label(text=label)
    draw_text(split, context, text[:1].upper() + text[1:], share=1.0 - _LABEL_SHARE)


def _draw_licences(layout: bpy.types.UILayout, context: bpy.types.Context, plan: Plan) -> None:
    header, body = layout.panel("PARTGEN_set_up_licences", default_closed=True)
    header.label(text=f"Licences of {sum(len(one.packages) for one in plan.licences)} packages")
    if body:
        for one in plan.licences:
            draw_text(body, context, f"{one.licence}: {', '.join(one.packages)}")
