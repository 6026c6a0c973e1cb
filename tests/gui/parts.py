"""The parts list and Refine in a real window: steps of the journey, on what twins.py makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from window import Window, expect

TABLE, STOOL = "Table", "Stool"
PIECES = 6  # of the table: its top, four legs and a bowl
LEG, OTHER_LEG, BOWL = (TABLE, (-0.8, -0.57, 0.5)), (TABLE, (0.8, -0.57, 0.5)), (TABLE, (0.3, -0.08, 1.32))
NAME = "Front Leg"
State = dict[str, Any]


class Parts:
    """An artist who puts the parts of a colleague's table in order."""

    def __init__(self, window: Window, folder: Path, open_file: Callable[[str, Callable[[State], bool]], None]) -> None:
        self.window = window
        self.folder = folder
        self.open_file = open_file
        self.own = ""

    def the_list_tells_every_part_and_names_stay(self) -> None:
        window = self.window
        self.own = window.state()["file"]
        self.open_file(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        window.click_text("Parts List", style="panel_title")
        window.rest()
        names = [name for name, _, _ in self.listed()]
        window.wait_for_text(names[0])
        window.shot("parts_list")
        expect(len(names) == PIECES, f"The table has {PIECES} parts, but the list has {len(names)}.")
        for name in names:
            expect(window.where_is_text(name, window.SIDEBAR), f'The list does not show "{name}".')
        place = window.where_is_text(names[1], window.SIDEBAR)[0]
        window.click_at(place, times=2)
        window.key("ctrl+a")
        window.type(NAME)
        window.key("Return")
        window.wait_until(lambda s: s["meshes"][TABLE]["listed"][1][0] == NAME, "A name that was typed in the list is not taken.")
        window.rest()
        window.shot("renamed_in_the_list")
        expect(window.where_is_text(NAME, window.SIDEBAR), f'The list does not show "{NAME}".')
        window.press("ctrl+z")
        window.wait_until(lambda s: s["meshes"][TABLE]["listed"][1][0] == names[1], "Undo does not take the name back.")
        window.press("ctrl+shift+z")
        window.wait_until(lambda s: s["meshes"][TABLE]["listed"][1][0] == NAME, "Redo does not give the name again.")

    def clicks_make_a_part_and_esc_leaves_everything(self) -> None:
        window = self.window
        leg, other, bowl = (window.place_of(*point) for point in (LEG, OTHER_LEG, BOWL))
        before = window.state()["meshes"][TABLE]
        window.click("partgen.refine")
        window.wait_until(lambda s: s["refining"], "Refine begins nothing.")
        window.click_at(leg)
        window.wait_until(lambda s: s["refining"]["clicks"] == 1 and s["refining"]["faces"], "A click on a leg means nothing.")
        window.click_at(other)
        window.click_at(bowl, held="ctrl")
        answered = window.wait_until(lambda s: s["refining"]["clicks"] == 3, "Further clicks are not taken.")["refining"]
        window.rest()
        window.shot("refining_two_legs")
        window.key("Escape")
        window.wait_until(lambda s: not s["refining"], "Esc does not end Refine.")
        expect(window.state()["meshes"][TABLE] == before, "Esc did not leave the parts as they were.")
        window.click("partgen.refine")
        window.wait_until(lambda s: s["refining"], "Refine does not begin again.")
        for place, held in ((leg, ""), (other, ""), (bowl, "ctrl")):
            window.click_at(place, held=held)
        window.wait_until(lambda s: s["refining"] == answered, "The same clicks do not mean the same.")
        window.rest()
        window.key("Return")
        window.wait_until(lambda s: not s["refining"], "Enter does not end Refine.")
        after = window.state()["meshes"][TABLE]
        faces = [count for _, count, _ in after["listed"]]
        expect(answered["faces"] in faces, f"No part has the {answered['faces']} faces that were clicked together: {faces}.")
        window.shot("refined")
        window.press("ctrl+z")
        window.wait_until(lambda s: s["meshes"][TABLE]["listed"] == before["listed"], "Undo does not take the part back.")

    def a_part_is_split_and_joined_again(self) -> None:
        window = self.window
        before = self.listed()
        window.click("partgen.split_part")
        window.wait_until(lambda s: len(s["meshes"][TABLE]["listed"]) == len(before) + 1, "Split makes no more parts.")
        window.rest()
        window.shot("split")
        window.press("ctrl+z")
        window.wait_until(lambda s: s["meshes"][TABLE]["listed"] == before, "Undo does not join the pieces again.")
        if self.own:
            self.open_file(self.own, lambda s: TABLE not in s["objects"])

    def listed(self) -> list[list[Any]]:
        """Name, number of faces, and whether it is shown, of every row for the table."""
        return self.window.state()["meshes"][TABLE]["listed"]


STEPS = (
    Parts.the_list_tells_every_part_and_names_stay,
    Parts.clicks_make_a_part_and_esc_leaves_everything,
    Parts.a_part_is_split_and_joined_again,
)
