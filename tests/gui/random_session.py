"""A long random session in a real window: a step of the journey, on what crowd.py makes.

Mouse, wheel, keys, undo, mode switches, deletions and opened files, while parts are picked, refined, merged and split, and proposals
flipped through, in an order that a seed fixes. Blender has to answer all the while, Python must not fail, every click, key and turn
of the wheel has to arrive, and no face of an artist may be lost that nobody deleted.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
from artist import Artist
from picking import LEG, SEAT, STOOL, TABLE, Picking
from window import WHEEL_DOWN, WHEEL_UP, Disappointed, Window, expect

SEED = 20
ACTIONS = 420
SECONDS = 150.0
"""The session ends then, however many actions are left: a machine may be busy."""
FEWEST = 40
PROPOSALS_SECONDS = 60.0
CHECKED_EVERY, SHOWN_EVERY = 10, 20
CHECKBOX, COLUMNS_OF_CHECKBOX = "is_marked", np.arange(0.5, 0.72, 0.02)
ARROW = "partgen.choose_proposal"
PANELS = ("Parts List", "Proposals", "Complete")
State = dict[str, Any]


class Session(Artist):
    """An artist with a die."""

    def anything_is_done_in_any_order(self) -> None:
        """Does what the die says, then sees whether clicks still pick and refine."""
        window, own = self.window, self.window.state()["file"]
        self.generator = np.random.default_rng(SEED)
        self.done: list[str] = []
        self.answered: Counter[str] = Counter()
        self._prepare()
        actions = {
            self.move: 20, self.turn_the_wheel: 12, self.click: 16, self.click_fast: 8, self.draw: 4, self.type_something: 6,
            self.take_back: 6, self.begin_or_end: 7, self.commit: 5, self.undo: 7, self.switch_mode: 3, self.delete: 2, self.hide: 2,
            self.turn_the_view: 3, self.zoom: 3, self.reopen: 1, self.refine_or_end: 9, self.merge: 4, self.split: 4,
            self.flip_proposals: 7, self.flip_completions: 5,
        }  # fmt: skip
        chances = np.array(list(actions.values()), float)
        began = time.monotonic()
        try:
            for tool in (self.flip_completions, self.split, self.merge, self.find_and_flip, self.refine_or_end):  # none is left to chance
                self.done.append(tool.__name__)
                tool()
            self.look_after()
            began_with = ("refined", "split", "proposals flipped")
            left_out = [done for done in began_with if not self.answered[done]]
            expect(not left_out, f"Nothing was {' or '.join(left_out)}: {dict(self.answered)}.")
            while len(self.done) < ACTIONS and time.monotonic() - began < SECONDS:
                action = list(actions)[int(self.generator.choice(len(actions), p=chances / chances.sum()))]
                self.done.append(action.__name__)
                action()
                if len(self.done) % CHECKED_EVERY == 0:
                    self.look_after()
                if len(self.done) % SHOWN_EVERY == 0:
                    window.shot(f"after_{len(self.done)}_actions")
            expect(len(self.done) >= FEWEST, f"Only {len(self.done)} actions in {SECONDS:.0f} s: Blender stands still.")
            self.calm_down()
        except Disappointed as disappointment:
            raise Disappointed(f"after {len(self.done)} actions, {', '.join(self.done[-8:])}: {disappointment}") from disappointment
        window.shot("after_the_random_session")
        answered = ", ".join(f"{name} {count}" for name, count in sorted(self.answered.items()))
        print(f"      {len(self.done)} actions: {answered}", flush=True)
        self.open_file(own, lambda s: TABLE not in s["objects"])

    def _prepare(self) -> None:
        """Opens the file, unfolds the panels, and saves it so: then they are unfolded whenever it is opened again."""
        window = self.window
        self.given_away: set[int] = set()
        self.may_lack = False
        self.open_file(f"{self.folder}/crowd.blend", lambda s: {TABLE, STOOL} <= s["objects"].keys())
        for panel in PANELS:
            window.click_text(panel, style="panel_title")
            window.rest()
        window.press("ctrl+s")
        window.wait_until(lambda s: not s["is_dirty"], "Ctrl+S did not save the file.")
        window.shot("before_the_random_session")
        self.faces = set(window.ask("own_faces"))
        expect(self.faces, "There is nothing to click at.")

    def look_after(self) -> None:
        """Blender answers, Python has not failed, and every face is still there but those that were deleted."""
        self.window.state()
        self.window.expect_no_traceback()
        lost = self.faces - self.given_away - set(self.window.ask("own_faces"))
        if self.may_lack:
            self.given_away |= lost
        else:
            expect(not lost, f"{len(lost)} of {len(self.faces)} faces are lost, and nobody deleted them.")
        self.may_lack = False

    # ---- what the die says -------------------------------------------------------------------------------------------

    def anywhere(self) -> tuple[int, int]:
        """Mostly near the middle of the viewport, where the objects are."""
        place = self.window.place(self.window.VIEWPORT)
        x, y = self.generator.normal(0.5, 0.13, 2).clip(0.05, 0.95)
        return place.left + int(x * place.width), place.top + int(y * place.height)

    def move(self) -> None:
        self.window.point(self.anywhere())

    def turn_the_wheel(self) -> None:
        self.window.click_wheel(str(self.generator.choice([WHEEL_UP, WHEEL_DOWN])), int(self.generator.integers(1, 6)))

    def click(self) -> None:
        self.window.click_at(self.anywhere(), held=str(self.generator.choice(["", "shift", "ctrl"])))

    def click_fast(self) -> None:
        """Clicks faster than a double click: while somebody picks or refines and points at a part, each of them counts."""
        self.window.point(self.anywhere())
        before, count = self.window.state(), int(self.generator.integers(2, 6))
        if before["picking"] and before["picking"]["points_at"]:
            self.window.click_here(count)
            after = self.window.state()["picking"]
            arrived = after["clicks"] - before["picking"]["clicks"] if after else count
            expect(arrived == count, f"{count} quick clicks were made, {arrived} arrived.")
            self.answered["clicks while picking"] += count
        elif before["refining"]:
            self._refine_fast(before["refining"]["clicks"], count)

    def _refine_fast(self, before: int, count: int) -> None:
        """A click takes a face in, and another one takes its mark away where that lies near enough, else it takes the face in again."""
        told = [before]
        for times in (1, 1, count):
            self.window.click_here(times)
            now = self.window.state()["refining"]
            if now is None or (times == 1 and now["clicks"] == told[-1]):
                return  # nothing is there to click, or the mouse slid
            told.append(now["clicks"])
        first, second, third = np.diff(told).tolist()
        if first == 1 and second in (1, -1):
            expected = count if second == 1 else count % 2
            expect(third == expected, f"{count} quick clicks were made while refining: {third} marks more, not {expected}.")
            self.answered["clicks while refining"] += count + 2

    def draw(self) -> None:
        start, stop = self.anywhere(), self.anywhere()
        way = np.linspace(start, stop, 8).astype(int)
        closes = self.generator.random() < 0.5
        self.window.draw([*map(tuple, way), start] if closes else [*map(tuple, way)])

    def type_something(self) -> None:
        now = self.window.state()
        keys = [*"0123456789", "BackSpace", "l"] if now["picking"] else ["i", "BackSpace"] if now["refining"] else ["Home"]
        self.window.key(str(self.generator.choice(keys)))

    def take_back(self) -> None:
        now, count = self.window.state(), int(self.generator.integers(1, 4))
        if now["picking"]:
            self.window.press(str(self.generator.choice(["ctrl+z", "ctrl+shift+z"])))
        elif now["refining"]:
            self.window.rest()
            self.window.key("BackSpace", count)
            left = self.window.state()["refining"]
            if left is not None:
                expected = max(now["refining"]["clicks"] - count, 0)
                expect(left["clicks"] == expected, f"{count} clicks were taken back, but there are {left['clicks']}, not {expected}.")
                self.answered["clicks taken back"] += count

    def begin_or_end(self) -> None:
        now = self.window.state()
        if now["picking"]:
            self.window.press(str(self.generator.choice(["Escape", "Return"])))
        elif self.gets_ready():
            self.press_button("Pick Part")

    def commit(self) -> None:
        if self.window.state()["picking"]:
            self.window.press("c", "Return")

    def undo(self) -> None:
        """In the menu where a tool runs, so that Blender's own undo happens meanwhile."""
        if self.is_busy(self.window.state()):
            self.window.choose_in_menu("Edit", "Undo")
        else:
            self.window.press(str(self.generator.choice(["ctrl+z", "ctrl+shift+z"])))

    def switch_mode(self) -> None:
        self.window.press("Tab")

    def delete(self) -> None:
        now = self.window.state()
        if not now["picking"] and now["mode"] == "OBJECT":
            self.look_after()
            self.may_lack = True
            self.window.press("x", "Return")

    def hide(self) -> None:
        if self.window.state()["mode"] == "OBJECT":
            self.window.press(str(self.generator.choice(["h", "alt+h"])))

    def turn_the_view(self) -> None:
        self.window.draw([self.anywhere(), self.anywhere()], button="2")

    def zoom(self) -> None:
        self.window.rest()
        self.window.click_wheel(str(self.generator.choice([WHEEL_UP, WHEEL_DOWN])), 2)

    def reopen(self) -> None:
        """Opens the file again, also while a tool runs."""
        self.window.press("ctrl+o")
        self.window.choose_path(f"{self.folder}/crowd.blend")
        self.window.wait_until(lambda s: {TABLE, STOOL} <= s["objects"].keys() and not self.is_busy(s), "crowd.blend did not open.")
        self.given_away.clear()
        self.look_after()

    def refine_or_end(self) -> None:
        now = self.window.state()
        if now["refining"]:
            key = str(self.generator.choice(["Escape", "Return"]))
            self.window.press(key)
            if key == "Escape":  # Enter goes on refining where no part can be made of the clicks
                self.window.wait_until(lambda s: not s["refining"], "Esc does not end Refine.")
        elif self.gets_ready() and self.press_button("Refine", "Parts List"):
            self.window.wait_until(lambda s: s["refining"], "Refine begins nothing.")
            self.answered["refined"] += 1
            for held in ("", "", "ctrl"):
                self.window.click_at(self.anywhere(), held=held)

    def merge(self) -> None:
        """Marks two rows of the list, or takes their marks away, and merges what is marked then."""
        ready, now = self.gets_ready(), self.window.state()
        if ready and len(listed := now["meshes"][now["active"]]["listed"]) > 2 and self.is_in_sidebar("Merge"):
            for name in self.generator.permutation([name for name, *_ in listed])[:2]:
                places = self.window.where_is_text(str(name), Window.SIDEBAR)
                checkbox = self.window.small_button(CHECKBOX, places[0][1], COLUMNS_OF_CHECKBOX) if places else None
                if checkbox:
                    self.window.click_at(checkbox)
            self.window.rest()  # what the checkbox is for is told in a tooltip, which speaks of merging, too
            if self.press_button("Merge"):
                after = self.window.state()
                self.answered["merged"] += after["meshes"][now["active"]]["parts"] < now["meshes"][now["active"]]["parts"]
                self.window.rest()  # a complaint opens under the pointer, and closes

    def split(self) -> None:
        ready, now = self.gets_ready(), self.window.state()
        if ready and self.press_button("Split", "Parts List"):
            after = self.window.state()
            self.answered["split"] += after["meshes"][now["active"]]["parts"] > now["meshes"][now["active"]]["parts"]
            self.window.rest()

    def find_and_flip(self) -> None:
        """Finds proposals, waits for them and flips through them, and leaves it."""
        window = self.window
        if self.gets_ready() and self.press_button("Find Proposals", "Proposals"):
            window.wait_until(lambda s: s["proposals"] and not s["open_jobs"], "Find Proposals finds nothing.", PROPOSALS_SECONDS)
            if begun := self._begin_flipping():
                self._flip(begun)
                window.key("Escape")
                window.wait_until(lambda s: s["proposals"]["flipping"] is None, "Esc does not end flipping.")

    def flip_proposals(self) -> None:
        """Asks for proposals, begins to flip and flips, or ends it."""
        window, now = self.window, self.window.state()
        if now["proposals"] and now["proposals"]["flipping"] is not None:
            self._flip_or_end(now["proposals"])
        elif not self.gets_ready():
            return
        elif window.state()["proposals"]:
            if begun := self._begin_flipping():
                self._flip_or_end(begun)
        elif self.press_button("Find Proposals", "Proposals") and self.generator.random() < 0.7:
            window.wait_until(lambda s: not s["open_jobs"], "Finding proposals does not end.", PROPOSALS_SECONDS)

    def _begin_flipping(self) -> State | None:
        """Presses Flip Through; the proposals then, None where there is no such button."""
        if not self.press_button("Flip Through", "Proposals"):
            return None
        told = "Flip Through begins nothing."
        begun: State = self.window.wait_until(lambda s: s["proposals"] and s["proposals"]["flipping"] is not None, told)["proposals"]
        return begun

    def _flip_or_end(self, found: State) -> None:
        self.window.rest()
        if self.generator.random() < 0.3:
            self.window.key(str(self.generator.choice(["Escape", "Return"])))
        else:
            self._flip(found)

    def _flip(self, found: State) -> None:
        """Flips as fast as fingers can."""
        window = self.window
        window.rest()
        times, key, way = int(self.generator.integers(1, 7)), *[("Right", 1), ("Left", -1)][int(self.generator.integers(2))]
        window.key(key, times)
        after = window.state()["proposals"]
        if after and after["flipping"] is not None:
            expected = (found["flipping"] + way * times) % found["count"]
            shown = after["flipping"]
            expect(shown == expected, f"{key} was pressed {times} times, but proposal {shown} is shown, not {expected}.")
            self.answered["proposals flipped"] += times

    def flip_completions(self) -> None:
        """Makes a half of the egg the only selected object, and presses the arrow beside the lid that it shows."""
        window, now = self.window, self.window.state()
        halves = [name for name, o in sorted(now["objects"].items()) if o["completed"] and o["is_visible"]]
        if self.is_busy(now) or now["mode"] != "OBJECT" or not halves:
            return
        name = str(self.generator.choice(halves))
        window.click_at(window.place_of(name, (0.0, -0.45, -0.2 if name == halves[0] else 0.2)))
        now = window.state()
        shown = now["objects"][now["active"]]["completed"] if now["active"] in now["objects"] else None
        if now["selected"] != [now["active"]] or not shown or shown["of"] < 2:
            return
        text = f"{shown['proposal']} of {shown['of']}"
        if self.is_in_sidebar(text) and (places := window.where_is_text(text, Window.SIDEBAR)):
            window.click(ARROW, first=(window.end_of_row(text)[0], places[0][1]))
            after = window.wait_until(lambda s: s["objects"][now["active"]]["completed"] != shown, "The arrow shows no other lid.")
            expect(after["objects"][now["active"]]["completed"]["of"] == shown["of"], "Flipping through lids lost one of them.")
            self.answered["lids flipped"] += 1

    # ---- what it takes -----------------------------------------------------------------------------------------------

    def is_busy(self, now: State) -> bool:
        """Whether a tool has the mouse."""
        return bool(now["picking"] or now["refining"] or (now["proposals"] and now["proposals"]["flipping"] is not None))

    def gets_ready(self) -> bool:
        """Makes an object active whose parts can be picked and edited, where no tool has the mouse; opens the file where none is left."""
        window, now = self.window, self.window.state()
        if self.is_busy(now):
            return False
        if now["mode"] != "OBJECT":
            window.press("Tab")
            now = window.state()
        if now["active"] not in (TABLE, STOOL):
            there = [(name, at) for name, at in (LEG, SEAT) if name in now["objects"] and now["objects"][name]["is_visible"]]
            for name, at in there:
                window.click_at(window.place_of(name, at))
                now = window.state()
                if now["active"] == name:
                    break
        is_ready = now["mode"] == "OBJECT" and now["active"] in (TABLE, STOOL) and now["objects"][now["active"]]["is_visible"]
        if not is_ready:
            self.reopen()
        return True

    def press_button(self, text: str, panel: str = "") -> bool:
        """Presses what has this text in the sidebar, scrolled if need be, in a panel that may be folded; False where that is nowhere."""
        if not self.is_in_sidebar(text):
            if not panel or not self.is_in_sidebar(panel, "panel_title"):
                return False
            self.window.click_text(panel, style="panel_title")
            if not self.is_in_sidebar(text):
                return False
        self.window.click_text(text)
        return True

    def is_in_sidebar(self, text: str, style: str = "widget") -> bool:
        """Scrolls the sidebar to a text, and says whether it is there."""
        for direction in (None, WHEEL_UP, WHEEL_DOWN, WHEEL_DOWN):
            if direction is not None:
                self.window.scroll(Window.SIDEBAR, direction, turns=40 if direction == WHEEL_UP else 10)
            if self.window.where_is_text(text, Window.SIDEBAR, style):
                return True
        return False

    def calm_down(self) -> None:
        """After all this a click still picks what it points at, and refines it."""
        window = self.window
        self.look_after()
        window.press("Escape")
        self.reopen()
        leg = window.place_of(*LEG)
        picking = Picking(window, self.folder, lambda *_: None)
        picking.begin()
        window.click_at(leg)
        picking.wait(lambda p: p["picked"].get(TABLE, 0) > 0, "After the random session a click takes nothing.")
        window.press("Escape")
        expect(self.press_button("Refine", "Parts List"), "After the random session there is no Refine.")
        window.wait_until(lambda s: s["refining"], "After the random session Refine begins nothing.")
        window.click_at(leg)
        window.wait_until(lambda s: s["refining"] and s["refining"]["faces"], "After the random session a click refines nothing.")
        window.shot("refined_after_the_random_session")
        window.press("Escape")
        self.look_after()


STEPS = (Session.anything_is_done_in_any_order,)
