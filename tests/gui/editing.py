"""Editing a part by words in a real window: steps of the journey, on what twins.py and cart.py make."""

from __future__ import annotations

import json
import time

from artist import Artist, State
from window import WHEEL_DOWN, expect

TABLE, STOOL = "Table", "Stool"
# Of the cart, points in the space of its objects, seen from where start.py looks.
WHEEL, BODY = "Front Wheel", "Body"
FACE_OF_WHEEL, SIDE_OF_BODY = (WHEEL, (0.25, 0.25, 0.07)), (BODY, (0.0, -0.55, 0.2))
FIVE_SPOKES = "a wheel with five spokes"
THICKER = "twice as thick"
PAW, NOTHING_SEEN = "a lion's paw", "nothing of the part"  # the latter is what networks of random numbers may lead to
PAINT = "red and white stripes"
MAKING_SECONDS, PAINTING_SECONDS = 60.0, 240.0  # the latter with PyTorch to load, on a machine whose cores are all busy
SETTLING_SECONDS = 5.0
Checksums = dict[str, int]
HEADER_MENU = 20  # pixels from the right end of the viewport's header
ROW = 31  # pixels from a panel's title, or from the large button, to the row below
PREPARED = 0.06  # of the progress: from here on something is painted
FEW_STEPS, MANY_STEPS = "3", "1000"


class Editing(Artist):
    """An artist who types what a thing should become."""

    own = ""
    seen: Checksums = {}  # of the cart as it was

    def a_typed_prompt_changes_what_is_selected_and_undo_takes_it_back(self) -> None:
        window = self.window
        self.own = window.state()["file"]
        self.open_file(f"{self.folder}/twins.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        before = window.state()
        self.fold_or_unfold()
        window.shot("edit_unfolded")
        self.ask("twice as tall", "Edit 2 Parts")
        done = window.wait_until(
            lambda s: not s["open_jobs"] and s["objects"] != before["objects"], "Editing by a prompt changes nothing.", 60
        )
        window.rest()
        window.shot("edited_by_a_prompt")
        expect(not done["messages"], f"Editing went well, but the panel says: {done['messages']}")
        edited = [name for name in (TABLE, STOOL) if done["objects"][name]["edits"] == ["twice as tall"]]
        expect(edited, "No object remembers its prompt.")
        window.scroll(window.SIDEBAR, WHEEL_DOWN, turns=40)
        expect(window.has("partgen.keep_edit"), "The panel does not offer to keep the edit.")
        window.press("ctrl+z")
        self.expect_same(window, before, "Undo does not take the edit back")

    def a_right_click_asks_for_words_where_the_mouse_is(self) -> None:
        window = self.window
        self.open_file(f"{self.folder}/cart.blend", lambda s: WHEEL in s["objects"])
        self.choose(FACE_OF_WHEEL)
        before, seen = window.state(), self.surfaces()
        self.ask_by_right_click(FACE_OF_WHEEL, "twenty spikes")
        window.shot("asked_by_a_right_click")
        window.key("Escape")  # ends typing
        window.key("Escape")
        window.rest()
        window.shot("not_asked_after_all")
        expect(not window.where_is_text("Strength", window.SCREEN), "Escape does not close the dialog.")
        self.expect_same(window, before, "A dialog that was left changed the cart")
        self.ask_by_right_click(FACE_OF_WHEEL, THICKER)
        window.key("Return")  # ends typing
        window.shot("about_to_confirm")
        window.key("Return")
        window.wait_until(lambda s: s["objects"][WHEEL]["edits"] or s["messages"], "Confirming edits nothing.", MAKING_SECONDS)
        self.wait_for_edit(WHEEL, THICKER, MAKING_SECONDS)
        self.fold_or_unfold()
        window.wait_for_text(THICKER)
        window.shot("edited_by_a_right_click")
        self.expect_changed(seen, WHEEL)
        expect(len(window.where_is_text(THICKER, window.SIDEBAR)) == 2, "The panel does not show what was typed, besides what was done.")
        window.press("ctrl+z")
        self.expect_seen(seen, "One undo does not bring the wheel back")
        self.expect_same(window, before, "One undo does not bring the cart back")

    # ---- a new part ------------------------------------------------------------------------------------------------------

    def a_wheel_becomes_the_one_that_was_named_and_nothing_else_changes(self) -> None:
        window = self.window
        self.open_file(f"{self.folder}/cart.blend", lambda s: WHEEL in s["objects"])
        self.choose(FACE_OF_WHEEL)
        before, self.seen = window.state(), self.surfaces()
        self.fold_or_unfold()
        self.choose_method("Generative")
        window.fill_in("partgen_editing.variations", "Variations", "3")
        window.rest()
        window.shot("a_new_part_is_asked_for")
        self.ask(FIVE_SPOKES, "Replace Part")
        self.wait_for_edit(WHEEL, FIVE_SPOKES, MAKING_SECONDS)
        window.rest()
        window.shot("a_new_wheel")
        self.expect_changed(self.seen, WHEEL)
        places = window.where_is_text(FIVE_SPOKES, window.SIDEBAR)
        expect(len(places) == 2, "The panel does not show in full what the wheel became, besides what was typed.")
        *_, step = window.ask("edited", name=WHEEL)
        expect(step["of"] == 3, f"3 variations were asked for, but there are {step['of']}.")
        for caption in step["captions"]:
            expect("five spokes" in caption, f"A wheel with five spokes was asked for, but {caption} was made.")
        then, now = before["objects"][WHEEL], window.state()["objects"][WHEEL]
        for what in ("parent", "location", "collections", "materials"):
            expect(now[what] == then[what], f"The new wheel's {what} is {now[what]} instead of {then[what]}.")
        made = self.surfaces()
        window.press("ctrl+z")
        self.expect_seen(self.seen, "One undo does not bring the old wheel back")
        self.expect_same(window, before, "One undo does not bring the cart back")
        window.press("ctrl+shift+z")
        self.expect_seen(made, "Redo does not make the new wheel again")

    def variations_are_flipped_compared_with_before_and_kept(self) -> None:
        window = self.window
        first = self.surfaces()
        self.flip("1 of 3")
        window.wait_until(lambda _: self.surfaces() != first, "The arrow shows no other wheel.")
        window.rest()
        window.shot("another_wheel")
        expect(window.where_is_text("2 of 3", window.SIDEBAR), "The panel does not say which variation is shown.")
        second = self.surfaces()
        self.expect_changed(first, WHEEL)
        window.click_text_of("Before", "partgen_edited.show_original")
        self.expect_seen(self.seen, "Before does not show the old wheel")
        window.rest()
        window.shot("the_wheel_before")
        window.click_text_of("Before", "partgen_edited.show_original")
        self.expect_seen(second, "After Before, the new wheel is not shown again")
        window.click_text_of("Keep", "partgen.keep_edit")
        window.wait_until(lambda s: not s["objects"][WHEEL]["edits"], "Keep keeps nothing.")
        self.expect_seen(second, "Keep changed what is seen")
        window.rest()
        window.shot("the_wheel_is_kept")
        window.press("ctrl+z")
        window.wait_until(lambda s: s["objects"][WHEEL]["edits"] == [FIVE_SPOKES], "Undo does not take Keep back.")
        self.expect_seen(second, "Undo of Keep changed what is seen")

    # ---- paint -----------------------------------------------------------------------------------------------------------

    def a_body_is_painted_by_a_checkpoint_of_ones_own(self) -> None:
        window = self.window
        settings = json.loads((self.folder / "settings.json").read_text("utf-8"))
        self.fold_or_unfold()  # the backend's buttons take its place
        self.name_backend(" ".join(settings["own_backend"]))
        self.choose(SIDE_OF_BODY)
        before, self.seen = window.state(), self.surfaces()
        self.fold_or_unfold()
        self.choose_method("Texture")
        window.click_text("Painting")
        window.rest()
        window.fill_in("partgen_editing.model", "Checkpoint", f"{self.folder}/own checkpoint/model")
        window.fill_in("partgen_editing.controlnet", "ControlNet", f"{self.folder}/own checkpoint/control")
        window.fill_in("partgen_editing.variations", "Variations", "2")
        window.fill_in("partgen_editing.steps", "Steps", FEW_STEPS)
        window.rest()
        window.shot("paint_is_asked_for")
        self.ask(PAINT, "Paint Part")
        done = self.wait_for_edit(BODY, PAINT, PAINTING_SECONDS)
        window.rest()
        window.shot("painted")
        self.expect_changed(self.seen, BODY)
        *_, step = window.ask("edited", name=BODY)
        expect(step["of"] == len(step["pictures"]) == 2, f"2 pictures were asked for, but there are {len(step['pictures'])}.")
        expect(all(picture["in_file"] for picture in step["pictures"]), "A picture is not in the file.")
        said = " ".join(message["text"] for message in done["messages"])
        expect("No viewport shows textures" in said, f"Nobody says why the paint cannot be seen. The panel says: {said}")
        painted = self.surfaces()
        window.press("ctrl+z")
        self.expect_seen(self.seen, "One undo does not take the paint off")
        self.expect_same(window, before, "One undo does not bring the cart back")
        window.press("ctrl+shift+z")
        self.expect_seen(painted, "Redo does not paint again")
        self.show_textures()
        window.click_text_of("Dismiss", "partgen.dismiss_messages")
        window.rest()
        window.shot("the_paint_is_seen")

    def other_pictures_are_flipped_and_compared_with_before(self) -> None:
        window = self.window
        first = self.surfaces()
        self.flip("1 of 2")
        window.wait_until(lambda _: self.surfaces() != first, "The arrow shows no other picture.")
        window.rest()
        window.shot("another_picture")
        second = self.surfaces()
        self.expect_changed(first, BODY)
        window.click_text_of("Before", "partgen_edited.show_original")
        self.expect_seen(self.seen, "Before does not show the body without paint")
        window.rest()
        window.shot("the_body_before")
        window.click_text_of("Before", "partgen_edited.show_original")
        self.expect_seen(second, "After Before, the paint is not shown again")

    def painting_is_cancelled_in_the_midst_and_leaves_everything(self) -> None:
        window = self.window
        before, seen = window.state(), self.surfaces()
        window.fill_in("partgen_editing.steps", "Steps", MANY_STEPS)
        self.ask("blue dots", "Paint Part")
        window.wait_until(lambda s: s["progress"] > PREPARED or not s["open_jobs"], "Painting does not go on.", PAINTING_SECONDS)
        window.shot("painting")
        x, y = window.end_of_row("Decompose into Parts")
        window.click("partgen.cancel", first=(x, y + ROW))
        window.wait_until(lambda s: not s["open_jobs"], "Cancel does not end painting.", SETTLING_SECONDS)
        window.rest()
        window.shot("painting_cancelled")
        self.expect_seen(seen, "What was cancelled left something")
        self.expect_same(window, before, "What was cancelled changed the cart")

    def a_wheel_is_made_anew_from_painted_views_or_it_is_said_why_not(self) -> None:
        """By networks of random numbers: whatever they make of it, the rest of the cart stays, and undo brings it back."""
        window = self.window
        self.choose(FACE_OF_WHEEL)
        before, self.seen = window.state(), self.surfaces()
        self.choose_method("Reshape")
        window.fill_in("partgen_editing.controlnet", "ControlNet", "")  # it would hold the old shape
        window.fill_in("partgen_editing.depth_model", "Depth Network", f"{self.folder}/own checkpoint/depth")
        window.fill_in("partgen_editing.variations", "Variations", "1")
        window.fill_in("partgen_editing.steps", "Steps", FEW_STEPS)
        window.rest()
        window.shot("another_shape_is_asked_for")
        self.ask(PAW, "Reshape Part")
        done = window.wait_until(lambda s: not s["open_jobs"], f"“{PAW}” does not come to an end.", PAINTING_SECONDS)
        window.rest()
        window.shot("reshaped")
        if done["objects"][WHEEL]["edits"] != before["objects"][WHEEL]["edits"]:
            self.expect_changed(self.seen, WHEEL)
            then, now = before["objects"][WHEEL], done["objects"][WHEEL]
            for what in ("parent", "location", "collections"):
                expect(now[what] == then[what], f"The reshaped wheel's {what} is {now[what]} instead of {then[what]}.")
            window.press("ctrl+z")
        else:
            said = " ".join(message["text"] for message in done["messages"])
            expect(NOTHING_SEEN in said, f"The wheel was not made anew, and nobody says why. The panel says: {said}")
        self.expect_seen(self.seen, "The old wheel is not there again")
        self.expect_same(window, before, "The cart is not what it was")
        window.click_text_of("Dismiss", "partgen.dismiss_messages")  # the preferences show them, too, above the backend
        self.fold_or_unfold()
        self.name_backend("")
        self.open_file(self.own, lambda s: BODY not in s["objects"])

    # ---- what these steps share ------------------------------------------------------------------------------------------

    def fold_or_unfold(self) -> None:
        """Opens the panel where it is folded, and folds it where it is open."""
        self.window.rest()  # messages move what lies below them
        self.window.click_text("Edit Part", style="panel_title")
        self.window.rest()

    def choose(self, at: tuple[str, tuple[float, float, float]]) -> None:
        """Clicks an object in the viewport, at a point of its own space."""
        name, _ = at
        self.window.click_at(self.window.place_of(*at))
        self.window.wait_until(lambda s: s["selected"] == [name] and s["active"] == name, f"A click on {name} does not select it alone.")

    def choose_method(self, then: str) -> None:
        window = self.window
        (x, _), rows = window.field_of("Method"), [y for _, y in window.where_is_text("Method", window.SIDEBAR)]
        window.click_at((x, max(rows)))  # the panel that finds parts has one, too
        window.wait_for_text(then, window.SCREEN)
        window.shot(f"methods_that_edit_{then.lower()}")
        window.click_text_of(then, "partgen_editing.method", window.SCREEN)
        window.key("Escape")
        window.rest()

    def ask(self, prompt: str, button: str) -> None:
        """Types a prompt and presses the large button, which says what it will do."""
        window = self.window
        title = window.where_is_text("Edit Part", window.SIDEBAR, "panel_title")
        expect(title, "There is no panel Edit Part.")
        window.click("partgen_editing.prompt", first=(title[0][0], title[0][1] + ROW))
        window.key("ctrl+a")
        window.type(prompt)
        window.key("Return")
        window.rest()
        window.click_text_of(button, "partgen.edit_part")

    def ask_by_right_click(self, at: tuple[str, tuple[float, float, float]], prompt: str) -> None:
        """Opens the context menu over an object, and types a prompt into the dialog that it offers."""
        window = self.window
        window.right_click_at(window.place_of(*at))
        window.wait_for_text("Shade Smooth", window.SCREEN)
        window.shot("context_menu")
        entries = window.where_is_text("Edit Part…", window.SCREEN)
        expect(entries, "The context menu does not offer to edit the part.")
        window.click_at(max(entries, key=lambda place: place[1]))  # above it the sidebar has a title that is much alike
        window.wait_for_text("Strength", window.SCREEN)
        window.type(prompt)  # at once: the field is what the dialog begins with
        window.shot("typed_into_the_dialog")

    def wait_for_edit(self, name: str, prompt: str, seconds: float) -> State:
        """Until an object remembers a prompt and nothing goes on any more. Raises Disappointed where it ends without."""
        done = self.window.wait_until(lambda s: not s["open_jobs"], f"“{prompt}” does not come to an end.", seconds)
        said = " ".join(message["text"] for message in done["messages"])
        expect(done["objects"][name]["edits"] == [prompt], f"{name} does not become “{prompt}”. The panel says: {said}")
        return done

    def flip(self, shown: str) -> None:
        """Presses the arrow to the right of the variation that is `shown`."""
        window = self.window
        _, y = window.where_is_text(shown, window.SIDEBAR)[0]
        x, _ = window.end_of_row(shown)
        window.click("partgen.flip_variation", first=(x, y))

    def name_backend(self, command: str) -> None:
        """Names a backend in the preferences, or none, and starts it anew."""
        window = self.window
        window.rest()
        window.click_text("Backend", style="panel_title")
        window.rest()
        window.click("partgen.open_preferences", first=window.end_of_row("Open Log"))
        time.sleep(1.0)
        window.focus_newest()
        window.fill_in("backend_command", "Backend Command", command, window.PREFERENCES)
        window.shot("a_backend_of_ones_own")
        window.rest(window.PREFERENCES)  # else the field stays highlighted, behind the other window
        window.back_to_first()
        window.rest()
        if window.state()["backend"] != "STOPPED":
            window.click_text_of("Stop", "partgen.stop_backend")
            window.wait_until(lambda s: s["backend"] == "STOPPED", "Stop did not stop the backend.")
            window.rest()
        window.click_text("Backend", style="panel_title")

    def show_textures(self) -> None:
        """Lets the viewport show textures instead of colours, by the menu at its upper right."""
        window = self.window
        header = window.place(window.VIEWPORT_HEADER)
        window.click_at((header.left + header.width - HEADER_MENU, header.top + header.height // 2))
        time.sleep(0.5)
        window.click_text_of("Texture", "color_type", window.SCREEN)
        window.key("Escape")

    def surfaces(self) -> Checksums:
        """What is seen of every object, as a number."""
        found: Checksums = self.window.ask("surfaces")
        return found

    def expect_changed(self, before: Checksums, name: str) -> None:
        """Raises Disappointed where not this object alone looks other than before."""
        now = self.surfaces()
        changed = sorted(other for other in before.keys() | now.keys() if before.get(other) != now.get(other))
        expect(changed == [name], f"{name} was edited, but this changed: {', '.join(changed) or 'nothing'}.")

    def expect_seen(self, then: Checksums, sentence: str) -> None:
        """Waits for every object to look as it did `then`. Raises Disappointed with `sentence` and those that do not."""
        deadline = time.monotonic() + SETTLING_SECONDS
        while (now := self.surfaces()) != then:
            other = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
            expect(time.monotonic() < deadline, f"{sentence}: {', '.join(other)}.")
            time.sleep(0.1)


STEPS = (
    Editing.a_typed_prompt_changes_what_is_selected_and_undo_takes_it_back,
    Editing.a_right_click_asks_for_words_where_the_mouse_is,
    Editing.a_wheel_becomes_the_one_that_was_named_and_nothing_else_changes,
    Editing.variations_are_flipped_compared_with_before_and_kept,
    Editing.a_body_is_painted_by_a_checkpoint_of_ones_own,
    Editing.other_pictures_are_flipped_and_compared_with_before,
    Editing.painting_is_cancelled_in_the_midst_and_leaves_everything,
    Editing.a_wheel_is_made_anew_from_painted_views_or_it_is_said_why_not,
)
