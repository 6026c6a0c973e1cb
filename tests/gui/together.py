"""Together in a real window: a step of the journey, on what twins.py makes."""

from __future__ import annotations

from artist import Artist
from window import expect

TABLE, STOOL = "Table", "Stool"
LEG_OF_TABLE, LEG_OF_STOOL = (TABLE, (-0.8, -0.57, 0.5)), (STOOL, (0.0, -0.33, 0.4))


class Together(Artist):
    """An artist who wants a table and a stool to be taken apart alike."""

    def the_same_parts_share_name_color_and_slider_together(self) -> None:
        window = self.window
        own = window.state()["file"]
        self.open_file(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        before = window.state()
        expect(before["selected"] == [STOOL, TABLE], f"The shared file does not have its two objects selected: {before['selected']}.")
        window.rest()  # messages move what lies below them
        window.click_text("Together", style="panel_title")
        window.rest()
        expect(window.where_is_text("Match Parts of 2 Objects", window.SIDEBAR), "The button does not say how many objects it matches.")
        window.click("partgen.match_parts")
        matched = window.wait_until(lambda s: s["meshes"][TABLE] != before["meshes"][TABLE], "Match Parts changes nothing.")
        window.rest()
        window.shot("matched_together")
        names = [{name.removeprefix(f"{owner} ") for name, _, _ in matched["meshes"][owner]["listed"]} for owner in (TABLE, STOOL)]
        expect(len(names[0] & names[1]) > 1, f"The table and the stool have no two parts of one name: {names}.")
        expect(not matched["messages"], f"Matching went well, but the panel says: {matched['messages']}")
        window.rest()
        slid = window.slide("partgen.scale", 70, lambda s: s["meshes"][TABLE]["scale"], "The slider does not move.")["meshes"]
        expect(slid[TABLE]["scale"] == slid[STOOL]["scale"], "The slider of the table does not drive the stool.")
        expect(slid[STOOL]["parts"] < matched["meshes"][STOOL]["parts"], "The stool did not follow the slider of the table.")
        window.shot("slid_together")
        window.press("ctrl+z")
        self.expect_same(window, matched, "Undo does not take the slider of both back")
        window.click("partgen.select_alike")
        window.rest()
        window.shot("selected_together")
        window.press("ctrl+z")
        window.press("ctrl+z")
        self.expect_same(window, before, "Undo does not take the match back")
        if own:
            self.open_file(own, lambda s: TABLE not in s["objects"])


STEPS = (Together.the_same_parts_share_name_color_and_slider_together,)
