"""Editing a part by words in a real window: a step of the journey, on what twins.py makes."""

from __future__ import annotations

from artist import Artist
from window import expect

TABLE, STOOL = "Table", "Stool"


class Editing(Artist):
    """An artist who types what a thing should become."""

    def a_typed_prompt_changes_what_is_selected_and_undo_takes_it_back(self) -> None:
        window = self.window
        own = window.state()["file"]
        self.open_file(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        before = window.state()
        window.rest()  # messages move what lies below them
        window.click_text("Edit Part", style="panel_title")
        window.rest()
        window.shot("edit_unfolded")
        window.click("partgen_editing.prompt")
        window.type("twice as tall")
        window.key("Return")
        window.click("partgen.edit_part")
        done = window.wait_until(
            lambda s: not s["open_jobs"] and s["objects"] != before["objects"], "Editing by a prompt changes nothing.", 60
        )
        window.rest()
        window.shot("edited_by_a_prompt")
        expect(not done["messages"], f"Editing went well, but the panel says: {done['messages']}")
        edited = [name for name in (TABLE, STOOL) if done["objects"][name]["edits"] == ["twice as tall"]]
        expect(edited, "No object remembers its prompt.")
        expect(window.has("partgen.keep_edit"), "The panel does not offer to keep the edit.")
        window.press("ctrl+z")
        self.expect_same(window, before, "Undo does not take the edit back")
        if own:
            self.open_file(own, lambda s: TABLE not in s["objects"])


STEPS = (Editing.a_typed_prompt_changes_what_is_selected_and_undo_takes_it_back,)
