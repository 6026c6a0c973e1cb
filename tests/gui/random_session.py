"""A long random session with Pick Part in a real window: random_session.py FOLDER OUT

Mouse, wheel, keys, undo, mode switches, deletions and opened files, in an order that a seed fixes. Blender has to answer all the
while, Python must not fail, and every click and turn of the wheel has to arrive. Prints one line, and leaves a complaint in
`verdict.txt` where there is one.
"""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
from picking import LEG, STOOL, TABLE, Picking
from window import WHEEL_DOWN, WHEEL_UP, Disappointed, Window, expect

SEED = 20
ACTIONS = 260
SECONDS = 100.0
"""The session ends then, however many actions are left: a machine may be busy."""
FEWEST = 60
State = dict[str, Any]


class Session:
    """An artist with a die."""

    def __init__(self, window: Window, folder: Path, seed: int) -> None:
        self.window = window
        self.folder = folder
        self.generator = np.random.default_rng(seed)
        self.done: list[str] = []

    def run(self) -> None:
        """Does what the die says, then sees whether picking still works."""
        self.reopen()
        began = time.monotonic()
        actions = {
            self.move: 30, self.turn_the_wheel: 14, self.click: 14, self.click_fast: 4, self.draw: 5, self.type_something: 5,
            self.take_back: 5, self.begin_or_end: 9, self.commit: 5, self.undo: 7, self.switch_mode: 4, self.delete: 2, self.hide: 2,
            self.turn_the_view: 4, self.zoom: 3, self.reopen: 1,
        }  # fmt: skip
        chances = np.array(list(actions.values()), float)
        while len(self.done) < ACTIONS and time.monotonic() - began < SECONDS:
            action = list(actions)[int(self.generator.choice(len(actions), p=chances / chances.sum()))]
            self.done.append(action.__name__)
            action()
            if len(self.done) % 10 == 0:
                self.window.state()
                self.window.expect_no_traceback()
        expect(len(self.done) >= FEWEST, f"Only {len(self.done)} actions in {SECONDS:.0f} s: Blender stands still.")
        self.calm_down()
        self.window.shot("after_the_random_session")

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
        """Clicks faster than a double click: while somebody picks and points at a part, each of them counts."""
        self.window.point(self.anywhere())
        before = self.window.state()["picking"]
        if not before or not before["points_at"]:
            return
        count = int(self.generator.integers(2, 6))
        self.window.click_here(count)
        after = self.window.state()["picking"]
        arrived = after["clicks"] - before["clicks"] if after else count
        expect(arrived == count, f"{count} quick clicks were made, {arrived} arrived.")

    def draw(self) -> None:
        start, stop = self.anywhere(), self.anywhere()
        way = np.linspace(start, stop, 8).astype(int)
        closes = self.generator.random() < 0.5
        self.window.draw([*map(tuple, way), start] if closes else [*map(tuple, way)])

    def type_something(self) -> None:
        self.window.key(str(self.generator.choice([*"0123456789", "BackSpace", "l"])) if self.window.state()["picking"] else "Home")

    def take_back(self) -> None:
        if self.window.state()["picking"]:
            self.window.press(str(self.generator.choice(["ctrl+z", "ctrl+shift+z"])))

    def begin_or_end(self) -> None:
        now = self.window.state()
        if now["picking"]:
            self.window.press(str(self.generator.choice(["Escape", "Return"])))
        elif now["mode"] == "OBJECT" and now["active"] in (TABLE, STOOL) and now["objects"][now["active"]]["is_visible"]:
            self.window.click("partgen.pick")

    def commit(self) -> None:
        if self.window.state()["picking"]:
            self.window.press("c", "Return")

    def undo(self) -> None:
        """In the menu where somebody picks, so that Blender's own undo happens meanwhile."""
        if self.window.state()["picking"]:
            self.window.choose_in_menu("Edit", "Undo")
        else:
            self.window.press(str(self.generator.choice(["ctrl+z", "ctrl+shift+z"])))

    def switch_mode(self) -> None:
        self.window.press("Tab")

    def delete(self) -> None:
        if not self.window.state()["picking"] and self.window.state()["mode"] == "OBJECT":
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
        """Opens the file again, also while somebody picks."""
        self.window.press("ctrl+o")
        self.window.choose_path(f"{self.folder}/twins.blend")
        self.window.wait_until(lambda s: {TABLE, STOOL} <= s["objects"].keys() and not s["picking"], "twins.blend did not open.")

    def calm_down(self) -> None:
        """After all this a click still picks what it points at."""
        if self.window.state()["picking"]:
            self.window.press("Escape")
        self.reopen()
        picking = Picking(self.window, self.folder, lambda *_: None)
        picking.begin()
        self.window.click_at(self.window.place_of(*LEG))
        picking.wait(lambda p: p["picked"].get(TABLE, 0) > 0, "After the random session a click takes nothing.")
        self.window.key("Escape")


def main(folder: Path, out: Path) -> int:
    verdict = out / "verdict.txt"
    if verdict.exists() and verdict.read_text("utf-8").strip() != "ok":
        return 1  # the journey has found something already
    window, began, complaint = Window(folder, out), time.monotonic(), ""
    session = Session(window, folder, SEED)
    try:
        session.run()
        window.expect_no_traceback()
    except Disappointed as disappointment:
        complaint = f"random session, after {', '.join(session.done[-8:])}: {disappointment}"
    except Exception:
        complaint = f"random session, after {', '.join(session.done[-8:])}: the driver failed.\n{traceback.format_exc()}"
    print(
        f"  {'NO' if complaint else 'ok'}  a random session of {len(session.done)} actions  ({time.monotonic() - began:.1f} s)", flush=True
    )
    if complaint:
        window.shot("DISAPPOINTED")
    verdict.write_text((complaint or "ok") + "\n", "utf-8")
    return bool(complaint)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
