"""An artist's first hour with PartGen, done with mouse and keys, the scene checked after each step: journey.py FOLDER OUT

Runs beside a Blender window that start.py has prepared. Leaves a numbered screenshot of each step in OUT, the state of the
scene after each in `states.json`, and in `verdict.txt` one line: "ok", or what an artist would complain about.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from completing import STEPS as COMPLETING
from completing import Completing
from editing import STEPS as EDITING
from editing import Editing
from numpy.typing import NDArray
from parts import STEPS as PARTS
from parts import Parts
from picking import STEPS as PICKING
from picking import Picking
from proposals import STEPS as PROPOSALS
from proposals import Proposals
from random_session import STEPS as RANDOM_SESSION
from random_session import Session
from together import STEPS as TOGETHER
from together import Together
from window import DRAWING_SECONDS, WHEEL_DOWN, WHEEL_UP, Disappointed, Window, expect

LAMP = "Lamp"
PIECES = 7  # of the lamp that start.py makes
ROLE = "Finding Parts"
SETTLING_SECONDS = 5.0
CLEARLY_BRIGHTER = 60  # of 255
SAME_COLOR = 6  # of 255, in each channel
# Of the objects that twins.py makes, points in their own space, seen from where start.py looks.
TABLE, STOOL = "Table", "Stool"
LEG_OF_TABLE, LEG_OF_STOOL, BOWL = (TABLE, (-0.8, -0.57, 0.5)), (STOOL, (0.0, -0.33, 0.4)), (TABLE, (0.3, -0.08, 1.32))
SET_UP_SECONDS = 180.0
FROZEN_SECONDS = 1.0  # of a processor's time
State = dict[str, Any]


class Journey:
    """One artist at one window. The steps are run in the order of STEPS; what one leaves is what the next finds."""

    def __init__(self, window: Window, folder: Path) -> None:
        self.window = window
        self.folder = folder  # that of start.py, with "empty folder" and "installation folder"

    # ---- set-up ------------------------------------------------------------------------------------------------------

    def a_new_panel_is_a_sentence_and_a_button(self) -> None:
        window = self.window
        fresh = window.state()
        window.shot("new")
        expect(fresh["set_up"]["condition"] == "absent", f"Nothing was set up yet, but the environment is {fresh['set_up']['condition']}.")
        expect_readable(window, fresh["set_up"]["sentence"])
        expect(not window.where_is_text("Decompose into Parts", window.SIDEBAR), "Decompose is offered before there is a backend.")
        window.find("partgen.set_up")

    def it_tells_what_it_will_do_before_it_does_anything(self) -> None:
        window = self.window
        window.click("partgen.set_up")
        window.shot("looking")
        listed = window.wait_until(lambda s: not s["set_up"]["is_running"], "Looking at the computer does not end.", 20)
        window.rest()
        window.shot("listed")
        labels = [label for label, _ in listed["set_up"]["lines"]]
        for label in ("Device", "Download", "Disk", "Folder"):
            expect(label in labels and window.where_is_text(label, window.SIDEBAR), f"The list does not tell the {label.lower()}.")
        expect(listed["set_up"]["condition"] == "absent", "Something was installed before the artist agreed.")
        expect(not Path(listed["set_up"]["folder"]).exists(), "The environment's folder was made before the artist agreed.")
        expect_problem(window, listed, "allow_online", "partgen.show_online_access")

    def a_folder_without_a_bundle_is_refused(self) -> None:
        window = self.window
        window.click("partgen.install_from_folder")
        window.choose_path(f"{self.folder}/empty folder/")
        refused = window.wait_until(lambda s: problem(s, "install_from_folder"), "An empty folder is taken for an installation folder.")
        window.rest()
        window.shot("empty_folder_refused")
        expect(not refused["set_up"]["can_start"], "Install is offered for an empty folder.")
        expect_problem(window, refused, "install_from_folder", "partgen.install_from_folder")

    def it_can_be_cancelled_and_goes_on_where_it_stopped(self) -> None:
        window = self.window
        window.click("partgen.install_from_folder")
        window.choose_path(f"{self.folder}/installation folder/")
        window.wait_until(lambda s: s["set_up"]["can_start"] and not s["set_up"]["is_running"], "The installation folder is not accepted.")
        window.rest()
        window.shot("listed_from_folder")
        beside_progress = window.end_of_row("This will be installed:")  # the progress bar takes the place of the heading
        window.click("partgen.install_environment")
        window.wait_until(lambda s: s["set_up"]["is_changing"], "Install installs nothing.")
        window.wait_until(lambda s: s["set_up"]["stage"], "The set-up tells nothing of how far it is.")
        window.click("partgen.cancel_set_up", first=beside_progress)  # at once: some machines are through in seconds
        cancelled = window.wait_until(lambda s: not s["set_up"]["is_running"], "Cancel does not end the set-up.", 5)
        window.rest()
        window.shot("cancelled")
        expect(not cancelled["messages"], f"Cancelling is no error, but the panel says: {cancelled['messages']}")
        expect(cancelled["set_up"]["condition"] != "ready", "The set-up was over before it could be cancelled.")
        expect_readable(window, cancelled["set_up"]["sentence"])

    def it_sets_up_while_blender_stays_alive(self) -> None:
        window = self.window
        window.click("partgen.install_environment")
        began = time.monotonic()
        installing = window.wait_until(lambda s: s["set_up"]["is_changing"], "The set-up does not go on.")
        window.shot("installing")
        window.longest_hitch()
        while installing["set_up"]["is_changing"]:
            expect(time.monotonic() - began < SET_UP_SECONDS, f"The set-up takes longer than {SET_UP_SECONDS:.0f} seconds.")
            installing = window.state()
            time.sleep(0.2)
        hitch = window.longest_hitch()
        window.rest()
        window.shot("set_up")
        ready = window.state()
        expect(not ready["messages"], f"The set-up ended with: {ready['messages']}")
        expect(ready["set_up"]["condition"] == "ready", f"After the set-up the environment is {ready['set_up']['condition']}.")
        expect(hitch < FROZEN_SECONDS, f"Blender stood still for {hitch:.1f} s while it was set up.")
        expect(ready["set_up"]["backend_command"][0].startswith(ready["set_up"]["folder"]), "The backend is not that of the environment.")

    # ---- decomposing -------------------------------------------------------------------------------------------------

    def one_button_finds_the_parts(self) -> None:
        window = self.window
        before = window.state()
        expect(before["backend"] in ("STOPPED", "READY"), f"The backend is {before['backend']} before anything was asked of it.")
        window.click("partgen.decompose")
        window.wait_until(lambda s: s["open_jobs"] or s["meshes"][LAMP]["faces_of_part"], "Decompose begins nothing.", 5)
        window.shot("working")
        after = window.wait_until(lambda s: not s["open_jobs"], "Decomposing the lamp does not end.", 60)
        mesh = after["meshes"][LAMP]
        expect(not after["messages"], f"The panel should have nothing to say, but says: {after['messages']}")
        expect(mesh["parts"] == PIECES, f"The lamp has {PIECES} pieces, but {mesh['parts']} parts were found.")
        expect(len(mesh["faces_of_part"]) == PIECES, f"partgen_part has {len(mesh['faces_of_part'])} values for {PIECES} parts.")
        expect(list(after["objects"]) == [LAMP], "Decomposing made objects before Apply.")

    def the_parts_are_shown_in_colors(self) -> None:
        window = self.window
        window.rest()
        colors = window.part_colors(window.shot("decomposed"))
        expect(colors >= PIECES - 1, f"Different colors in the viewport: {colors}, for {PIECES} parts.")
        window.click("partgen.show_preview")
        window.rest()
        plain = window.part_colors(window.shot("preview_off"))
        expect(plain <= 2, f"Preview is off, but {plain} colors are in the viewport.")
        window.click("partgen.show_preview")

    def undo_takes_the_decomposition_back(self) -> None:
        window = self.window
        decomposed = window.state()
        window.press("ctrl+z")
        undone = window.state()
        window.shot("decomposition_undone")
        expect(not undone["meshes"][LAMP]["faces_of_part"], "Undo left the parts on the lamp.")
        expect(window.part_colors() <= 2, "The decomposition is undone, but its colors are still shown.")
        window.press("ctrl+shift+z")
        expect_same(window, decomposed, "Redo did not bring the decomposition back")
        expect(window.part_colors() >= PIECES - 1, "Redo brought the parts back, but not their colors.")

    # ---- the slider --------------------------------------------------------------------------------------------------

    def the_slider_regroups_while_it_is_dragged(self) -> None:
        window = self.window
        found = window.state()
        in_between: list[State] = []

        def look() -> None:
            in_between.append(window.state())
            window.shot("dragging_coarser")

        window.drag("partgen.scale", 70, look)
        coarser = window.state()
        window.rest()
        colors = window.part_colors(window.shot("coarser"))
        (held,) = in_between
        expect(held["meshes"][LAMP]["parts"] < PIECES, "The slider was dragged, but nothing regrouped before it was released.")
        expect_scale(coarser, above=found["meshes"][LAMP]["scale"])
        parts = coarser["meshes"][LAMP]["parts"]
        expect(1 <= parts < PIECES, f"At a coarser scale there are {parts} parts, not fewer than {PIECES}.")
        expect(len(coarser["meshes"][LAMP]["faces_of_part"]) == parts, "partgen_part does not have the parts that the panel counts.")
        expect(colors <= parts, f"{parts} parts, but {colors} colors in the viewport.")

    def undo_and_redo_follow_the_slider(self) -> None:
        window = self.window
        coarse = window.state()
        window.press("ctrl+z")
        fine = window.state()
        window.shot("undo_slider")
        expect(fine["meshes"][LAMP]["parts"] == PIECES, f"Undo of the slider gave {fine['meshes'][LAMP]['parts']} parts, not {PIECES}.")
        window.press("ctrl+shift+z")
        window.shot("redo_slider")
        expect_same(window, coarse, "Redo of the slider is not what it was")
        window.press("ctrl+z")
        expect_same(window, fine, "The second undo of the slider is not like the first")

    # ---- objects -----------------------------------------------------------------------------------------------------

    def apply_makes_an_object_of_every_part(self) -> None:
        window = self.window
        before = window.state()
        window.click("partgen.apply")
        after = window.wait_until(lambda s: len(s["objects"]) > 1, "Apply made no objects.")
        window.rest()
        window.shot("applied")
        parts = {name: o for name, o in after["objects"].items() if name != LAMP}
        expect(len(parts) == PIECES, f"{PIECES} parts, but Apply made {len(parts)} objects: {', '.join(parts)}.")
        expect(not after["objects"][LAMP]["is_visible"], "The original is still shown over its parts.")
        expect(after["objects"][LAMP]["faces"] == before["objects"][LAMP]["faces"], "Apply changed the original's faces.")
        faces = sum(o["faces"] for o in parts.values())
        expect(faces == before["objects"][LAMP]["faces"], f"The parts have {faces} faces, not those of the original.")
        homes = {tuple(o["collections"]) for o in parts.values()}
        expect(len(homes) == 1 and homes != {("Collection",)}, f"The parts are not in one collection of their own: {homes}.")
        expect(all(o["is_visible"] and o["materials"] for o in parts.values()), "A part is hidden or has lost its material.")

    def exploding_moves_the_parts_and_back(self) -> None:
        window = self.window
        applied = window.state()
        window.drag("partgen.explode", 60, lambda: window.shot("exploding"))
        window.rest()
        window.shot("exploded")
        exploded = window.state()
        moved = [n for n, o in exploded["objects"].items() if o["location"] != applied["objects"][n]["location"]]
        expect(LAMP not in moved, "Exploding moved the original.")
        expect(len(moved) >= PIECES - 1, f"Exploding moved {len(moved)} of {PIECES} parts.")
        window.press("ctrl+z")
        window.shot("undo_explode")
        expect_same(window, applied, "Undo did not bring the exploded parts back")
        window.press("ctrl+shift+z")
        expect_same(window, exploded, "Redo did not explode the parts again")

    def undo_takes_the_objects_away_and_redo_brings_them_back(self) -> None:
        window = self.window
        exploded = window.state()
        window.press("ctrl+z", "ctrl+z")
        undone = window.state()
        window.shot("undo_apply")
        expect(list(undone["objects"]) == [LAMP], f"After undo of Apply there is still: {', '.join(undone['objects'])}.")
        expect(undone["objects"][LAMP]["is_visible"], "Undo of Apply left the original hidden.")
        window.press("ctrl+shift+z", "ctrl+shift+z")
        window.shot("redo_apply")
        expect_same(window, exploded, "Redo of Apply and Explode is not what it was")

    # ---- the file ----------------------------------------------------------------------------------------------------

    def the_file_remembers_the_parts(self) -> None:
        window = self.window
        saved = window.state()
        window.press("ctrl+s")
        window.wait_until(lambda s: not s["is_dirty"], "Ctrl+S did not save the file.")
        window.press("ctrl+o")
        window.choose_path(saved["file"])
        window.wait_until(lambda s: s["backend"] and not s["is_dirty"] and s["objects"], "The file did not open again.")
        window.rest()
        window.shot("reopened")
        expect_same(window, saved, "The reopened file is not what was saved")

    def what_is_alike_lights_up_together_in_a_file_that_somebody_shared(self) -> None:
        window = self.window
        own = window.state()["file"]
        self._open(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        window.rest()
        plain = window.shot("shared_file")
        before = window.state()
        expect(before["selected"] == [STOOL, TABLE], f"The shared file does not have its two objects selected: {before['selected']}.")
        leg, other_leg, bowl = (window.place_of(*point) for point in (LEG_OF_TABLE, LEG_OF_STOOL, BOWL))
        window.click("partgen.explore")
        window.wait_until(lambda s: s["exploring"], "Explore begins nothing.")
        window.point(leg)
        title = f"Similarity to this point of {TABLE}"
        window.wait_until(lambda s: s["exploring"] and s["exploring"]["title"] == title, "Pointing at a leg of the table is not noticed.")
        expect_brighter(window, other_leg, bowl, "Pointing at a leg of the table, the leg of the stool is not brighter than the bowl.")
        window.shot("exploring_a_leg")
        expect(window.where_is_text(title, window.VIEWPORT), f'The legend does not say "{title}".')
        for text in ("Alike", "Unlike"):
            expect(window.where_is_text(text, window.VIEWPORT), f'The legend does not say which colors are "{text}".')
        window.point(bowl)
        expect_brighter(window, bowl, leg, "Pointing at the bowl, it is not brighter than the legs.")
        window.click_at(bowl)
        window.wait_until(lambda s: s["exploring"]["is_held"], "A click does not hold the point.")
        window.rest()
        window.shot("exploring_a_bowl_held")
        window.key("Escape")
        window.wait_until(lambda s: not s["exploring"], "Esc does not end Explore.")
        expect_same(window, before, "Explore did not leave everything as it was")
        expect(window.state()["selected"] == before["selected"], "Explore changed what is selected.")
        expect(not window.state()["is_dirty"], "Explore changed the file.")
        expect_picture(window, plain, (leg, other_leg, bowl), "After Explore the viewport does not show what it showed before.")
        window.shot("explored")
        self._open(own, lambda s: LAMP in s["objects"])

    def _open(self, path: str, is_open: Callable[[State], bool]) -> None:
        self.window.press("ctrl+o")
        self.window.choose_path(path)
        self.window.wait_until(is_open, f"{Path(path).name} did not open.")

    def the_slider_works_in_the_reopened_file_without_a_backend(self) -> None:
        window = self.window
        window.click_text("Backend", style="panel_title")
        if window.state()["backend"] != "STOPPED":
            window.click("partgen.stop_backend")
            window.wait_until(lambda s: s["backend"] == "STOPPED", "Stop did not stop the backend.")
        window.shot("backend_stopped")
        before = window.state()
        after = window.slide("partgen.scale", 60, lambda s: s["meshes"][LAMP]["scale"], "The slider of the reopened file does not move.")
        window.shot("slid_after_reopening")
        expect_scale(after, above=before["meshes"][LAMP]["scale"])
        expect(after["meshes"][LAMP]["parts"] < before["meshes"][LAMP]["parts"], "The slider of the reopened file regroups nothing.")
        expect(after["backend"] == "STOPPED", "The slider started the backend.")
        expect(window.part_colors() >= 2, "After sliding in the reopened file its new parts are not shown in colors.")
        window.click("partgen.apply")
        applied = window.wait_until(
            lambda s: len(s["objects"]) - 1 == after["meshes"][LAMP]["parts"], "Apply Again did not make the parts of the new scale."
        )
        window.rest()
        window.shot("applied_again")
        expect(not applied["messages"], f"Apply Again went well, but the panel says: {applied['messages']}")

    # ---- preferences -------------------------------------------------------------------------------------------------

    def the_preferences_list_the_models(self) -> None:
        window = self.window
        titles = window.state()["models"]
        window.click("partgen.open_preferences", first=window.end_of_row("Open Log"))
        time.sleep(1.0)
        window.focus_newest()
        window.shot("preferences")
        for section in ("Environment", "Backend"):
            expect(window.where_is_text(section, window.PREFERENCES), f'The preferences have no section "{section}".')
        window.click_text("Models", window.PREFERENCES)
        window.shot("models_by_role")
        window.click_text(ROLE, window.PREFERENCES)
        window.scroll(window.PREFERENCES, WHEEL_DOWN)
        window.shot("models")
        expect(titles[ROLE], f'No model is listed for "{ROLE}".')
        for title in titles[ROLE]:
            expect(window.where_is_text(title, window.PREFERENCES), f'The list of models lacks "{title}".')

    def remove_leaves_nothing_behind(self) -> None:
        window = self.window
        folder = Path(window.state()["set_up"]["folder"])
        expect(folder.is_dir(), "The environment's folder is not where the preferences say.")
        window.scroll(window.PREFERENCES, WHEEL_UP, turns=40)
        window.click("partgen.remove_environment", window.PREFERENCES)
        time.sleep(0.5)
        window.shot("remove_asks")
        window.key("Return")
        window.wait_until(lambda s: s["set_up"]["condition"] == "absent" and not s["set_up"]["is_running"], "Remove removes nothing.", 120)
        window.shot("removed")
        expect(not folder.exists(), "Remove left the environment's folder.")


SET_UP: tuple[Callable[[Any], None], ...] = (
    Journey.a_new_panel_is_a_sentence_and_a_button,
    Journey.it_tells_what_it_will_do_before_it_does_anything,
    Journey.a_folder_without_a_bundle_is_refused,
    Journey.it_can_be_cancelled_and_goes_on_where_it_stopped,
    Journey.it_sets_up_while_blender_stays_alive,
)
STEPS: tuple[Callable[[Any], None], ...] = (
    *SET_UP,
    Journey.one_button_finds_the_parts,
    Journey.the_parts_are_shown_in_colors,
    Journey.undo_takes_the_decomposition_back,
    Journey.the_slider_regroups_while_it_is_dragged,
    Journey.undo_and_redo_follow_the_slider,
    *PROPOSALS,
    Journey.apply_makes_an_object_of_every_part,
    Journey.exploding_moves_the_parts_and_back,
    Journey.undo_takes_the_objects_away_and_redo_brings_them_back,
    Journey.the_file_remembers_the_parts,
    Journey.what_is_alike_lights_up_together_in_a_file_that_somebody_shared,
    *PICKING,
    *PARTS,
    *TOGETHER,
    *COMPLETING,
    *EDITING,
    *RANDOM_SESSION,
    Journey.the_slider_works_in_the_reopened_file_without_a_backend,
    Journey.the_preferences_list_the_models,
    Journey.remove_leaves_nothing_behind,
)


def problem(state: State, action: str) -> dict[str, str] | None:
    """What stands in the way of the set-up and is mended by `action`."""
    return next((p for p in state["set_up"]["problems"] if p["action"] == action), None)


def expect_problem(window: Window, state: State, action: str, button: str) -> None:
    """Raises Disappointed where the list lacks a problem, its sentence cannot be read in full, or its button is missing."""
    found = problem(state, action)
    expect(found, f"The list names no problem that {action} mends, only {state['set_up']['problems']}.")
    expect_readable(window, found["text"])
    window.find(button)


def expect_readable(window: Window, sentence: str) -> None:
    """Raises Disappointed where a sentence is not in the sidebar, or some of its words are cut off."""
    expect(window.reads(sentence), f'The sidebar does not show all of: "{sentence}"')


def expect_brighter(window: Window, one: tuple[int, int], other: tuple[int, int], sentence: str) -> None:
    """Waits for the screen to be clearly brighter at `one` than at `other`. Raises Disappointed with `sentence` where it never is."""
    deadline = time.monotonic() + DRAWING_SECONDS
    while (seen := window.brightness_at(one, other))[0] < seen[1] + CLEARLY_BRIGHTER:
        expect(time.monotonic() < deadline, f"{sentence} Brightness: {seen[0]:.0f} and {seen[1]:.0f} of 255.")
        time.sleep(0.2)


def expect_picture(window: Window, then: NDArray[np.uint8], places: tuple[tuple[int, int], ...], sentence: str) -> None:
    """Waits for the screen to look at these places as it did `then`. Raises Disappointed with `sentence` where it never does."""
    deadline = time.monotonic() + DRAWING_SECONDS
    while any(np.abs(window.look()[y, x].astype(int) - then[y, x]).max() > SAME_COLOR for x, y in places):
        expect(time.monotonic() < deadline, sentence)
        time.sleep(0.2)


def expect_scale(state: State, above: float) -> None:
    scale = state["meshes"][LAMP]["scale"]
    expect(scale > above, f"The slider was dragged to the right from {above}, but the scale is {scale}.")


def expect_same(window: Window, then: State, sentence: str) -> None:
    """Waits for the scene to be as it was `then`. Raises Disappointed with `sentence` and what differs where it never is.

    After undo Blender evaluates transforms only with the next drawing, hence the waiting.
    """
    deadline = time.monotonic() + SETTLING_SECONDS
    while different := differences(window.state(), then):
        expect(time.monotonic() < deadline, f"{sentence}: {'; '.join(different[:3])}.")
        time.sleep(0.1)


def differences(now: State, then: State) -> list[str]:
    """What is not the same in objects, collections, parts and scales."""
    return [
        f"{name} is {json.dumps(now[kind].get(name))} instead of {json.dumps(then[kind].get(name))}"
        for kind in ("objects", "collections", "explode", "meshes")
        for name in sorted(now[kind].keys() | then[kind].keys())
        if now[kind].get(name) != then[kind].get(name)
    ]


def main(folder: Path, out: Path, only: str = "") -> int:
    """Takes all steps, or the set-up and those whose names contain one of the words in `only`, with commas between."""
    window = Window(folder, out)
    journey = Journey(window, folder)
    completing = Completing(window, folder, journey._open, expect_same)
    artists = dict.fromkeys(PICKING, Picking(window, folder, journey._open)) | dict.fromkeys(COMPLETING, completing)
    artists |= dict.fromkeys(PARTS, Parts(window, folder, journey._open))
    artists |= dict.fromkeys(TOGETHER, Together(window, folder, journey._open, expect_same))
    artists |= dict.fromkeys(EDITING, Editing(window, folder, journey._open, expect_same))
    artists |= dict.fromkeys(RANDOM_SESSION, Session(window, folder, journey._open, expect_same))
    artists |= dict.fromkeys(PROPOSALS, Proposals(window, expect_same))
    states: dict[str, State] = {}
    verdict = "ok"
    for step in (step for step in STEPS if step in SET_UP or any(word in step.__qualname__ for word in only.split(","))):
        name, began = step.__name__, time.monotonic()
        try:
            step(artists.get(step, journey))
            window.expect_no_traceback()
            states[name] = window.state()
        except Disappointed as complaint:
            verdict = f"{name}: {complaint}"
        except Exception:
            verdict = f"{name}: the driver failed.\n{traceback.format_exc()}"
        print(f"  {'ok' if verdict == 'ok' else 'NO'}  {name.replace('_', ' ')}  ({time.monotonic() - began:.1f} s)", flush=True)
        if verdict != "ok":
            window.shot("DISAPPOINTED")
            break
    noted = {"viewport": window.place(window.VIEWPORT), "sidebar": window.place(window.SIDEBAR)}  # for pictures.py
    boxes = {name: (at.left, at.top, at.left + at.width, at.top + at.height) for name, at in noted.items()}
    (out / "places.json").write_text(json.dumps(boxes), "utf-8")
    (out / "states.json").write_text(json.dumps(states, indent=1), "utf-8")
    (out / "verdict.txt").write_text(verdict + "\n", "utf-8")
    return verdict != "ok"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), *sys.argv[3:]))
