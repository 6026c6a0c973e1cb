"""Completing parts in a real window: steps of the journey, on what snowman.py makes."""

from __future__ import annotations

import time

from artist import Artist, State
from window import expect

SNOWMAN = "Snowman"
COMPLETING_SECONDS = 120.0
MOST_UNDOS = 12
CROSSING = "generated faces cross"  # what the panel may tell of parts that are completed


class Completing(Artist):
    """An artist who wants closed parts of a fused figure."""

    own = ""

    def one_button_makes_closed_solids_of_a_fused_figure(self) -> None:
        window = self.window
        self.own = window.state()["file"]
        self.open_file(f"{self.folder}/snowman.blend", lambda s: SNOWMAN in s["objects"])
        window.click("partgen.decompose")
        window.wait_until(lambda s: s["meshes"][SNOWMAN]["faces_of_part"] and not s["open_jobs"], "The snowman is not taken apart.", 90)
        window.click("partgen.apply")
        applied = window.wait_until(lambda s: len(s["objects"]) > 1, "Apply made no objects of the snowman.")
        window.rest()  # messages move what lies below them
        window.click_text("Complete", style="panel_title")
        window.rest()
        window.shot("complete_unfolded")
        parts = parts_of(applied, SNOWMAN)
        expect(len(parts) > 3, f"The snowman came apart into {len(parts)} parts.")
        expect(window.where_is_text(f"Complete {len(parts)} Parts", window.SIDEBAR), "The button does not say how many parts it completes.")
        window.click("partgen.complete")
        window.wait_until(lambda s: s["open_jobs"] or completed(s, SNOWMAN), "Complete begins nothing.", 10)
        window.shot("completing")
        done = window.wait_until(lambda s: not s["open_jobs"], "Completing the snowman does not end.", COMPLETING_SECONDS)
        window.rest()
        window.shot("completed")
        expect(all(CROSSING in message["text"] for message in done["messages"]), f"Completing went well, but: {done['messages']}")
        expect(len(completed(done, SNOWMAN)) == len(parts), f"{len(completed(done, SNOWMAN))} of {len(parts)} parts were completed.")
        for name, part in parts.items():
            expect(done["objects"][name]["faces"] > part["faces"], f"{name} has no more faces than before.")
        way = next(iter(completed(done, SNOWMAN).values()))["method"].capitalize()
        expect(window.where_is_text(way, window.SIDEBAR), f'The panel does not say that it was made by "{way}".')

    def another_result_is_a_proposal_to_flip_back_from(self) -> None:
        window = self.window
        first = window.state()
        window.click("partgen_completion.flat_cuts")  # the balls meet in circles, where parts end otherwise
        window.drag("partgen_completion.reach", -90)
        window.click("partgen.complete")
        second = window.wait_until(
            lambda s: not s["open_jobs"] and any(c["of"] == 2 for c in completed(s, SNOWMAN).values()),
            "Completing with less inflation and no flat cuts gives no second proposal.",
            COMPLETING_SECONDS,
        )
        window.rest()
        window.shot("second_proposal")
        window.click("partgen.choose_proposal")
        flipped = window.wait_until(lambda s: s["objects"] != second["objects"], "The arrow shows no other proposal.")
        window.rest()
        window.shot("proposal_flipped")
        several = {name for name, c in completed(flipped, SNOWMAN).items() if c["of"] == 2}
        for name in several:
            faces = flipped["objects"][name]["faces"], first["objects"][name]["faces"]
            expect(faces[0] == faces[1], f"Flipped back, {name} has {faces[0]} faces instead of {faces[1]}.")
        window.press("ctrl+z")
        self.expect_same(window, second, "Undo did not bring the second proposal back")
        window.press("ctrl+shift+z")
        self.expect_same(window, flipped, "Redo did not flip the proposal again")

    def completed_parts_can_be_looked_into(self) -> None:
        window = self.window
        window.click("show_xray")
        window.rest()
        window.shot("completed_in_x_ray")
        window.click("show_xray")
        before = window.state()
        window.slide("partgen.explode", 60, lambda s: s["explode"], "The explode slider explodes nothing.")
        window.shot("completed_and_exploded")
        window.press("ctrl+z")
        self.expect_same(window, before, "Undo did not bring the exploded parts back")

    def the_menu_offers_a_method_whose_parts_can_be_rolled_again(self) -> None:
        window = self.window
        places = window.where_is_text("Automatic", window.SIDEBAR)
        expect(len(places) == 2, f'The sidebar says "Automatic" in {len(places)} places: one for finding parts, one for completing them.')
        window.click_at(max(places, key=lambda place: place[1]))
        time.sleep(1.0)
        window.shot("methods_that_complete")
        for name in ("Caps", "Solid", "Generative", "HoloPart"):
            expect(window.where_is_text(name, window.SCREEN), f'The menu of methods lacks "{name}".')
        window.click_text("Generative", window.SCREEN)
        window.rest()
        window.click("partgen.complete")
        window.wait_until(
            lambda s: not s["open_jobs"] and any(c["method"] == "generative" for c in completed(s, SNOWMAN).values()),
            "Generative completes nothing.",
            COMPLETING_SECONDS,
        )
        window.rest()
        before = window.state()
        window.shot("generated")
        window.click("partgen.reroll")
        window.wait_until(
            lambda s: not s["open_jobs"] and proposals_in(s, SNOWMAN) > proposals_in(before, SNOWMAN),
            "Another gives no further proposal.",
            COMPLETING_SECONDS,
        )
        window.rest()
        window.shot("rolled_again")
        told = window.state()["messages"]
        expect(any("Experimental" in message["text"] for message in told), f"The panel does not say that this is experimental: {told}")
        window.click_text_of("Dismiss", "partgen.dismiss_messages")
        window.rest()

    def keeping_one_and_opening_again_can_be_undone(self) -> None:
        window = self.window
        before = window.state()
        window.click("partgen.keep_proposal")
        window.wait_until(lambda s: all(c["of"] == 1 for c in completed(s, SNOWMAN).values()), "Keep This keeps more than one.")
        window.click("partgen.reopen")
        opened = window.wait_until(lambda s: not completed(s, SNOWMAN), "Open Again leaves parts completed.")
        window.rest()
        window.shot("open_again")
        window.press("ctrl+z", "ctrl+z")
        self.expect_same(window, before, "Undo did not bring the completed parts and their proposals back")
        for _ in range(MOST_UNDOS):  # Blender counts changes of the panel's settings as steps, too
            if not completed(window.state(), SNOWMAN):
                break
            window.press("ctrl+z")
        undone = window.wait_until(lambda s: not completed(s, SNOWMAN), f"{MOST_UNDOS} undos did not take everything back.", 10)
        for name in parts_of(opened, SNOWMAN):
            expect(undone["objects"][name]["faces"] == opened["objects"][name]["faces"], f"Undo left generated faces on {name}.")
        window.click_text("Complete", style="panel_title")
        self.open_file(self.own, lambda s: SNOWMAN not in s["objects"])


STEPS = (
    Completing.one_button_makes_closed_solids_of_a_fused_figure,
    Completing.another_result_is_a_proposal_to_flip_back_from,
    Completing.completed_parts_can_be_looked_into,
    Completing.the_menu_offers_a_method_whose_parts_can_be_rolled_again,
    Completing.keeping_one_and_opening_again_can_be_undone,
)


def parts_of(state: State, name: str) -> dict[str, State]:
    """The objects that an object was taken apart into."""
    return {part: o for part, o in state["objects"].items() if part != name and part.startswith(name)}


def completed(state: State, name: str) -> dict[str, State]:
    """Those of its parts that are completed, and what each shows."""
    return {part: o["completed"] for part, o in parts_of(state, name).items() if o["completed"]}


def proposals_in(state: State, name: str) -> int:
    """How many proposals all of its parts have together."""
    return sum(shown["of"] for shown in completed(state, name).values())
