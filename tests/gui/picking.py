"""Pick Part in a real window: steps of the journey, on what twins.py and torus.py make."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from window import WHEEL_DOWN, WHEEL_UP, Window, expect

TABLE, STOOL, RING = "Table", "Stool", "Ring"
TOP, LEG, BOWL = (TABLE, (-0.4, -0.3, 1.11)), (TABLE, (-0.8, -0.57, 0.5)), (TABLE, (0.3, -0.08, 1.32))
SEAT = (STOOL, (0.0, 0.0, 0.69))
LEGEND_SECONDS = 60.0  # without a graphics card, on a machine whose cores are all busy
LONGEST_HITCH = 3.0  # seconds of a processor's time, of a Blender that draws half a million faces without a graphics card
STILL_THERE = 30  # of 255: a color that changed by less is the same
State = dict[str, Any]
KINDS = ("FACE_SELECTION", "SEPARATE", "FACE_SET", "VERTEX_GROUP", "MATERIAL", "ATTRIBUTE")


class Picking:
    """An artist who picks parts in a file that a colleague shared."""

    def __init__(self, window: Window, folder: Path, open_file: Callable[[str, Callable[[State], bool]], None]) -> None:
        self.window = window
        self.folder = folder
        self.open_file = open_file
        self.own = ""

    # ---- pointing ----------------------------------------------------------------------------------------------------

    def the_part_under_the_cursor_lights_up_and_the_wheel_changes_it(self) -> None:
        window = self.window
        self.own = window.state()["file"]
        self.open_file(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        leg, bowl = (window.place_of(*point) for point in (LEG, BOWL))
        window.rest()
        before, plain = window.state(), window.shot("before_picking")
        self.begin()
        window.point(leg)
        self.wait(lambda p: p["points_at"] == TABLE, "Pointing at a leg of the table lights nothing up.")
        seen = self.wait_for_change(plain, leg, "The leg under the cursor looks as before.")
        window.shot("picking_a_leg")
        expect(self.is_as(seen, plain, bowl) or not self.is_as(seen, seen, leg, bowl), "The bowl lit up with the leg.")
        fine = self.now()["leaves"]
        window.click_wheel(WHEEL_UP)
        coarse = self.wait(lambda p: p["leaves"] > fine, "The wheel does not make the part larger.")
        window.shot("picking_coarser")
        window.click_wheel(WHEEL_DOWN)
        self.wait(lambda p: p["leaves"] == fine, f"The wheel rolled back does not give the part of before, {coarse['leaves']} leaves.")
        window.key("1")
        whole = self.wait(lambda p: p["leaves"] > coarse["leaves"] or p["count"] == 1, "Typing 1 does not make one part.")
        window.key("6")
        self.wait(lambda p: p["count"] == 16, f"Typing 1 and 6 does not make sixteen parts ({whole['count']}).")
        window.shot("picking_of_sixteen")
        window.key("Escape")
        self.ended(before, "Esc did not leave everything as it was")
        expect(not window.state()["is_dirty"], "Picking changed the file, though nothing was committed.")

    def clicks_add_and_remove_parts(self) -> None:
        window = self.window
        before = window.state()
        leg, bowl, seat = (window.place_of(*point) for point in (LEG, BOWL, SEAT))
        self.begin()
        window.click_at(leg)
        one = self.wait(lambda p: p["picked"].get(TABLE, 0) > 0, "A click takes nothing.")
        window.click_at(bowl, held="shift")
        two = self.wait(lambda p: p["picked"].get(TABLE, 0) > one["picked"][TABLE], "Shift and a click add nothing.")
        window.click_at(seat, held="shift")
        self.wait(lambda p: STOOL in p["picked"], "A part of another object cannot be added.")
        window.rest()
        window.shot("picked_three_parts")
        window.click_at(bowl, held="ctrl")
        self.wait(lambda p: p["picked"].get(TABLE) == one["picked"][TABLE], "Ctrl and a click remove nothing.")
        window.press("ctrl+z")
        self.wait(lambda p: p["picked"].get(TABLE) == two["picked"][TABLE], "Ctrl Z does not take the last click back.")
        window.click_at(bowl)
        alone = self.wait(lambda p: STOOL not in p["picked"], "A plain click does not take one part alone.")
        expect(alone["picked"][TABLE] == two["picked"][TABLE] - one["picked"][TABLE], "A plain click took something else than the bowl.")
        window.key("l")
        window.click_at(leg, held="ctrl")
        learned = self.wait(lambda p: "Learning from 2 clicks" in p["says"][1], "L and a click against something teach nothing.")
        window.rest()
        window.shot("learned_from_clicks")
        expect(learned["picked"][TABLE] == alone["picked"][TABLE], f"Of the bowl and against a leg it learned {learned['picked']}.")
        window.key("Escape")
        self.ended(before, "Esc did not leave everything as it was")

    def a_line_around_a_part_takes_it(self) -> None:
        window = self.window
        before = window.state()
        bowl = window.place_of(*BOWL)
        self.begin()
        turn = np.linspace(0.0, 2.0 * np.pi, 25)
        around = [(int(bowl[0] + 75 * np.cos(a)), int(bowl[1] + 62 * np.sin(a))) for a in turn]
        window.draw(around, while_held=lambda: window.shot("drawing_a_lasso"))
        taken = self.wait(lambda p: p["picked"].get(TABLE, 0) > 0, "A line around the bowl takes nothing.")
        window.rest()
        window.shot("lassoed")
        window.click_at(bowl)
        self.wait(lambda p: p["picked"], "A click on the bowl takes nothing.")
        window.key("Escape")
        expect(set(taken["picked"]) == {TABLE}, f"A line around the bowl took {taken['picked']}.")
        self.ended(before, "Esc did not leave everything as it was")

    # ---- committing --------------------------------------------------------------------------------------------------

    def picked_parts_become_everything_that_blender_knows(self) -> None:
        for kind in KINDS:
            self._commit(kind)

    def _commit(self, kind: str) -> None:
        window = self.window
        before = window.state()
        self.begin()
        window.rest()
        for _ in KINDS:
            if self.now()["commit_as"] == kind:
                break
            window.key("c")
        expect(self.now()["commit_as"] == kind, f"C does not choose {kind}.")
        window.click_at(window.place_of(*LEG))
        picked = self.wait(lambda p: p["picked"].get(TABLE, 0) > 0, "A click takes nothing.")["picked"][TABLE]
        window.press("Return")
        after = window.wait_until(lambda s: not s["picking"], f"Enter does not end picking with {kind}.")
        window.rest()
        window.shot(f"committed_{kind.lower()}")
        expect(not after["messages"], f"Committing {kind} went well, but the panel says: {after['messages']}")
        became = self.what_became(kind, after, before)
        # Of a group the vertices are counted, which are about as many as the faces.
        fits = 0.8 * picked < became < 1.3 * picked if kind == "VERTEX_GROUP" else became == picked
        expect(fits, f"{picked} faces were picked, but of {kind} there are {became}.")
        window.press("ctrl+z")
        self.ended(before, f"One undo does not take {kind} back")

    def what_became(self, kind: str, after: State, before: State) -> int:
        """The number of faces (of vertices for a group) that a commit made something of."""
        mesh = after["meshes"][TABLE]
        if kind == "FACE_SELECTION":
            return mesh["selected_faces"] if after["mode"] == "EDIT_MESH" else 0
        if kind == "SEPARATE":
            made = [o for name, o in after["objects"].items() if name not in before["objects"]]
            rest = after["objects"][TABLE]["faces"]
            return made[0]["faces"] if made and rest + made[0]["faces"] == before["objects"][TABLE]["faces"] else 0
        if kind == "FACE_SET":
            return mesh["face_sets"].get("2", 0)
        if kind == "MATERIAL":
            return mesh["faces_of_material"].get(str(len(mesh["materials"]) - 1), 0)
        if kind == "ATTRIBUTE":
            return mesh["marked"].get(f"{TABLE} Pick", 0)
        return after["objects"][TABLE]["groups"].get(f"{TABLE} Pick", 0)

    # ---- many faces --------------------------------------------------------------------------------------------------

    def half_a_million_faces_are_picked_from_without_a_hitch(self) -> None:
        window = self.window
        self.open_file(f"{self.folder}/ring.blend", lambda s: RING in s["objects"])
        window.rest()
        before = window.state()
        expect(before["objects"][RING]["faces"] == 500_000, f"The ring has {before['objects'][RING]['faces']} faces.")
        places = [window.place_of(RING, (2.0 * np.cos(a), 2.0 * np.sin(a), 0.7)) for a in np.linspace(0.0, 5.5, 8)]
        self.begin()
        window.point(places[0])
        self.wait(lambda p: p["points_at"] == RING, "Pointing at the ring lights nothing up.")
        window.shot("ring_hovered")
        window.longest_hitch()
        for place in places:
            window.point(place)
            window.state()
        hitch = window.longest_hitch()
        expect(hitch < LONGEST_HITCH, f"Blender stood still for {hitch:.1f} s while the mouse moved over half a million faces.")
        fine = self.now()["leaves"]
        window.click_wheel(WHEEL_UP)
        self.wait(lambda p: p["leaves"] > fine, "The wheel does not make the part larger.")
        window.click_at(places[2])
        window.click_at(places[5], held="shift")
        picked = self.wait(lambda p: p["clicks"] >= 2, "Two clicks were made, but not two were noticed.")["picked"][RING]
        window.rest()
        window.shot("ring_picked")
        while self.now()["commit_as"] != "SEPARATE":
            window.key("c")
        window.press("Return")
        after = window.wait_until(lambda s: not s["picking"] and len(s["objects"]) > 1, "Enter makes no object of the ring's part.", 90)
        window.rest()
        window.shot("ring_separated")
        made = [o["faces"] for name, o in after["objects"].items() if name != RING]
        expect(made == [picked], f"{picked} faces of the ring were picked, but the new object has {made}.")
        window.press("ctrl+z")
        self.ended(before, "One undo does not give the ring back")
        self.open_file(self.own, lambda s: "Lamp" in s["objects"])

    # ---- what all steps do -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.window.click("partgen.pick")
        self.window.wait_until(lambda s: s["picking"], "Pick Part begins nothing.")

    def now(self) -> State:
        picking = self.window.state()["picking"]
        expect(picking, "Picking has ended by itself.")
        return picking

    def wait(self, holds: Callable[[State], object], sentence: str) -> State:
        """Waits until what is picked `holds`."""
        return self.window.wait_until(lambda s: s["picking"] and holds(s["picking"]), sentence, LEGEND_SECONDS)["picking"]

    def ended(self, before: State, sentence: str) -> None:
        """Waits until nobody picks and the scene is as it was."""
        now = self.window.wait_until(lambda s: not s["picking"] and not different(s, before), sentence)
        expect(now["mode"] == before["mode"], f"{sentence}: it is in {now['mode']}.")

    def wait_for_change(self, then: np.ndarray, place: tuple[int, int], sentence: str) -> np.ndarray:
        deadline = time.monotonic() + LEGEND_SECONDS
        while self.is_as(seen := self.window.look(), then, place):
            expect(time.monotonic() < deadline, sentence)
            time.sleep(0.2)
        return seen

    def is_as(self, seen: np.ndarray, then: np.ndarray, place: tuple[int, int], other: tuple[int, int] | None = None) -> bool:
        """Whether the screen looks the same at a place as it did `then` (at another place)."""
        (x, y), (u, v) = place, other or place
        return bool(np.abs(seen[y, x].astype(int) - then[v, u]).max() < STILL_THERE)


def different(now: State, then: State) -> list[str]:
    """The objects and meshes that are not as they were."""
    return [
        name
        for kind in ("objects", "collections", "meshes")
        for name in now[kind].keys() | then[kind].keys()
        if now[kind].get(name) != then[kind].get(name)
    ]


STEPS = (
    Picking.the_part_under_the_cursor_lights_up_and_the_wheel_changes_it,
    Picking.clicks_add_and_remove_parts,
    Picking.a_line_around_a_part_takes_it,
    Picking.picked_parts_become_everything_that_blender_knows,
    Picking.half_a_million_faces_are_picked_from_without_a_hitch,
)
