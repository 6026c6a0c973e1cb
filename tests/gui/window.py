"""A Blender window as its user has it: eyes on the screen, one hand on the mouse, one on the keys.

Every click, drag and key is an event of the X server (xdotool); Blender takes them for a person's. Nothing here knows where
a button is: it is looked up by the text on it or by feeling over the region with the pointer, and Blender itself says what
lies under the pointer before anything is pressed. What the scene holds is told by watcher.py, inside Blender.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ANSWER_SECONDS = 60.0
DRAWING_SECONDS = 60.0  # without a graphics card, on a machine whose cores are all busy
# How well pixels have to agree with a rendered text: the right ones reach 0.97, other words of the panel 0.68.
TEXT_AGREEMENT = 0.85
FEELING_STEP = 9  # pixels: two for each button
# Where to feel, of a region's width: rows of the panel hold several buttons, and small ones at their right end.
END_OF_ROW = 0.83
IN_FIELD = 0.6
FEELING_COLUMNS = (0.5, END_OF_ROW, 0.25, 0.75, 0.92, 0.1)
SCROLLS = 4
DRAGS = 3
COLORFUL = 0.35  # saturation: the viewport's greys and the lamp's shade have less, every part's color has more
HUES = 72
LINE_WIDTH = 4  # pixels: outlines of what is selected, the grid and its axes are thinner
BUTTON_LEFT, BUTTON_RIGHT, WHEEL_UP, WHEEL_DOWN = "1", "3", "4", "5"


class Disappointed(Exception):
    """What a user would complain about, in one sentence."""


@dataclass(frozen=True)
class Place:
    """A rectangle of the screen, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.left + self.width // 2, self.top + self.height // 2


def expect(holds: object, sentence: str) -> None:
    """Raises Disappointed with `sentence` where a promise does not hold."""
    if not holds:
        raise Disappointed(sentence)


class Window:
    """The Blender of this screen. `folder` is shared with the watcher; `out` has Blender's log and gets the screenshots."""

    SIDEBAR = ("VIEW_3D", "UI")
    SCREEN = ("", "")  # all of it: menus and dialogs are in no region
    VIEWPORT = ("VIEW_3D", "WINDOW")
    VIEWPORT_HEADER = ("VIEW_3D", "HEADER")
    PREFERENCES = ("PREFERENCES", "WINDOW")
    FILE_PATH = ("FILE_BROWSER", "UI")
    FILE_LIST = ("FILE_BROWSER", "WINDOW")
    FILE_BUTTONS = ("FILE_BROWSER", "EXECUTE")

    def __init__(self, folder: Path, out: Path) -> None:
        self._folder = folder
        self._out = out
        self._questions = itertools.count()
        self._shots = itertools.count(1)
        self._pointer = (0, 0)
        self._known: dict[tuple[str, tuple[str, str]], tuple[int, int]] = {}
        self.width, self.height = (int(size) for size in self._xdotool("getdisplaygeometry").split())
        for left_over in ("question.json", "answer.json"):
            (folder / left_over).unlink(missing_ok=True)

    # ---- asking ------------------------------------------------------------------------------------------------------

    def ask(self, question: str, **arguments: Any) -> Any:
        """What the watcher answers. Raises Disappointed where Blender is silent for a minute: it hangs, or it is gone."""
        number = next(self._questions)
        asked, answer = self._folder / "question.json", self._folder / "answer.json"
        answer.unlink(missing_ok=True)
        part = asked.with_suffix(".part")
        part.write_text(json.dumps({"id": number, "question": question, "arguments": arguments}), "utf-8")
        part.replace(asked)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not answer.exists():
            expect(time.monotonic() < deadline, f"Blender did not answer for {ANSWER_SECONDS:.0f} seconds: it hangs or has ended.")
            time.sleep(0.01)
        reply = json.loads(answer.read_text("utf-8"))
        if "error" in reply:
            raise RuntimeError(f"The watcher failed on {question}:\n{reply['error']}")
        return reply["answer"]

    def state(self) -> dict[str, Any]:
        return self.ask("state")

    def longest_hitch(self) -> float:
        """The longest that Blender was busy without a break since this was asked before: for so long nothing that is pressed has an effect.

        In seconds of a processor: unlike the time that an answer takes, it does not grow with what else runs on the machine.
        """
        return self.ask("longest_hitch")

    def wait_until(self, holds: Callable[[dict[str, Any]], object], sentence: str, seconds: float = 30.0) -> dict[str, Any]:
        """The first state in which `holds`. Raises Disappointed with `sentence` and what the panel says where it never does."""
        deadline = time.monotonic() + seconds
        while not holds(state := self.state()):
            self.expect_no_traceback()
            if time.monotonic() > deadline:
                said = " ".join(message["text"] for message in state["messages"]) or "The panel says nothing."
                raise Disappointed(f"{sentence} Waited {seconds:.0f} s. {said}")
            time.sleep(0.1)
        return state

    def expect_no_traceback(self) -> None:
        """Raises Disappointed with the last line of a traceback where Blender's log has one: an artist would see it in a dialog."""
        _, found, traceback = (self._out / "blender.log").read_text("utf-8", "replace").partition("Traceback (most recent call last)")
        lines = traceback.splitlines()
        reason = next((line for line in lines[1:] if line[:1].isalpha()), lines[-1] if lines else "")
        expect(not found, f"Python failed inside Blender: {reason} (blender.log has all of it)")

    # ---- seeing ------------------------------------------------------------------------------------------------------

    def shot(self, name: str) -> NDArray[np.uint8]:
        """Keeps a numbered screenshot and returns it: (height, width, 3) uint8."""
        seen = self.look()
        size = ["-size", f"{self.width}x{self.height}", "-depth", "8", "rgb:-"]
        picture = self._out / f"{next(self._shots):02d}_{name}.png"
        subprocess.run(["convert", *size, picture], input=seen.tobytes(), check=True)
        return seen

    def look(self) -> NDArray[np.uint8]:
        """The screen as it is: (height, width, 3) uint8."""
        raw = subprocess.run(["import", "-window", "root", "-depth", "8", "rgb:-"], capture_output=True, check=True).stdout
        return np.frombuffer(raw, np.uint8).reshape(self.height, self.width, 3)

    def place(self, region: tuple[str, str]) -> Place:
        """Where a region is: the largest of this kind, in the newest window. Raises Disappointed where there is none."""
        if region == self.SCREEN:
            return Place(0, 0, self.width, self.height)
        found = [r for r in self.ask("regions") if (r["area"], r["region"]) == region]
        expect(found, f"There is no {' / '.join(region)} on the screen.")
        r = max(found, key=lambda r: (r["window"], r["width"] * r["height"]))
        return Place(r["x"], self.height - r["y"] - r["height"], r["width"], r["height"])

    def is_shown(self, region: tuple[str, str]) -> bool:
        return any((r["area"], r["region"]) == region for r in self.ask("regions"))

    def crop(self, seen: NDArray[np.uint8], place: Place) -> NDArray[np.uint8]:
        return seen[place.top : place.top + place.height, place.left : place.left + place.width]

    def where_is_text(self, text: str, region: tuple[str, str], style: str = "widget") -> list[tuple[int, int]]:
        """The centers of all places in a region where `text` can be read in full, in the order of agreement."""
        place = self.place(region)
        picture = self.crop(self.look(), place).mean(axis=2)
        return [(place.left + x, place.top + y) for x, y in _centers(picture, self._rendered(text, style))]

    def wait_for_text(self, text: str, region: tuple[str, str] = SIDEBAR) -> None:
        """Until a region is drawn anew, with this text."""
        deadline = time.monotonic() + DRAWING_SECONDS
        while not self.where_is_text(text, region):
            expect(time.monotonic() < deadline, f'Nowhere in {" / ".join(region)} does it say "{text}".')

    def reads(self, sentence: str, region: tuple[str, str] = SIDEBAR) -> bool:
        """Whether every word of a sentence can be read in a region, however it is broken into lines, and none is cut off."""
        picture = self.crop(self.look(), self.place(region)).mean(axis=2)
        words = sentence.split()
        while words:
            count = next((n for n in range(len(words), 0, -1) if _centers(picture, self._rendered(" ".join(words[:n]), "widget"))), 0)
            if not count:
                return False
            words = words[count:]
        return True

    def place_of(self, name: str, at: tuple[float, float, float]) -> tuple[int, int]:
        """Where a point of an object, in its own space, is on the screen."""
        found = self.ask("place_on_screen", name=name, at=at)
        return found["x"], self.height - found["y"]

    def brightness_at(self, *places: tuple[int, int]) -> list[float]:
        """How bright the screen is at these places, each in [0, 255]: the luma of a few pixels."""
        seen = self.look() @ np.array([0.2126, 0.7152, 0.0722])
        return [float(np.median(seen[y - 2 : y + 3, x - 2 : x + 3])) for x, y in places]

    def part_colors(self, seen: NDArray[np.uint8] | None = None) -> int:
        """How many clearly different colors (hues) cover more than a thousandth of where the objects are in the viewport."""
        box = self.ask("objects_on_screen")
        place = Place(box["left"], self.height - box["top"], box["right"] - box["left"], box["top"] - box["bottom"])
        pixels = self.crop(self.look() if seen is None else seen, place).astype(np.float32)
        hues = _hues_of_surfaces(pixels)
        filled = np.bincount(hues, minlength=HUES) > pixels[..., 0].size / 1000
        return int((filled & ~np.roll(filled, 1)).sum())  # runs of neighbouring hues, around the circle

    def _rendered(self, text: str, style: str) -> NDArray[np.float64]:
        answer = self.ask("rendered", text=text, style=style)
        coverage = np.frombuffer(base64.b64decode(answer["coverage"]), np.uint8).reshape(answer["rows"], answer["columns"])
        rows, columns = (np.flatnonzero(coverage.max(axis=axis) > 30) for axis in (1, 0))
        return coverage[rows[0] - 1 : rows[-1] + 2, columns[0] - 1 : columns[-1] + 2].astype(float)

    # ---- pressing ----------------------------------------------------------------------------------------------------

    def find(self, control: str, region: tuple[str, str] = SIDEBAR, first: tuple[int, int] | None = None) -> tuple[int, int]:
        """Where the button of an operator ("partgen.apply") or a property ("partgen.scale") is; the pointer then lies on it.

        At `first`, else where it was the last time, else where its name stands, else by feeling over the region, scrolled if
        need be.
        Raises Disappointed where there is none.
        """
        key = (control, region)
        for position in self._guesses(control, region, first):
            if self._lies_at(control, position):
                self._known[key] = position
                return position
        raise Disappointed(f"There is no button {control} in {' / '.join(region)}.")

    def _guesses(self, control: str, region: tuple[str, str], first: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
        yield from filter(None, (first, self._known.get((control, region))))
        place = self.place(region)
        for _ in range(SCROLLS):
            for title in self.ask("titles", control=control):
                yield from self.where_is_text(title, region)
            before = self.look()
            for column, row in itertools.product(FEELING_COLUMNS, range(FEELING_STEP, self._filled_rows(before, place), FEELING_STEP)):
                yield place.left + int(column * place.width), place.top + row
            self.scroll(region, WHEEL_DOWN)
            if np.array_equal(self.crop(before, place), self.crop(self.look(), place)):
                return

    def _filled_rows(self, seen: NDArray[np.uint8], place: Place) -> int:
        """Down to which row of a region there is anything to feel."""
        spread = np.ptp(self.crop(seen, place).mean(axis=2)[:, : place.width * 9 // 10], axis=1)  # without the tabs at the right
        return int(np.flatnonzero(spread > 1.0).max(initial=0)) + FEELING_STEP

    def _lies_at(self, control: str, position: tuple[int, int]) -> bool:
        self.point(position)
        found = self.ask("under_pointer")
        if found is None:
            return False
        if "operator" in found:
            return found["operator"] == control
        return found["property"].rpartition(".")[2] == control.rpartition(".")[2]  # Blender 4.3 tells the path from the group only

    def small_button(self, control: str, row: int, shares: Sequence[float], region: tuple[str, str] = SIDEBAR) -> tuple[int, int] | None:
        """Where a row of a region, at this height, has a button of this id, felt for at shares of the width; None where it has none."""
        place = self.place(region)
        places = ((place.left + int(share * place.width), row) for share in shares)
        return next((position for position in places if self._lies_at(control, position)), None)

    def end_of_row(self, text: str) -> tuple[int, int]:
        """Where the sidebar has its small buttons, in the row of a text."""
        return self._in_row(text, END_OF_ROW, self.SIDEBAR)

    def field_of(self, text: str, region: tuple[str, str] = SIDEBAR) -> tuple[int, int]:
        """Where a region has the field behind this name."""
        return self._in_row(text, IN_FIELD, region)

    def _in_row(self, text: str, share: float, region: tuple[str, str]) -> tuple[int, int]:
        found = self.where_is_text(text, region)
        expect(found, f'Nowhere in {" / ".join(region)} does it say "{text}".')
        place = self.place(region)
        return place.left + int(share * place.width), found[0][1]

    def has(self, control: str, region: tuple[str, str] = SIDEBAR) -> bool:
        try:
            self.find(control, region)
        except Disappointed:
            return False
        return True

    def point(self, position: tuple[int, int]) -> None:
        self._pointer = position
        self._xdotool("mousemove", *map(str, position))

    def click(self, control: str, region: tuple[str, str] = SIDEBAR, first: tuple[int, int] | None = None) -> None:
        """Presses a button once it is found: see `find`."""
        self.click_at(self.find(control, region, first))

    def click_at(self, position: tuple[int, int], times: int = 1, held: str = "") -> None:
        """Clicks at a place, with a key such as "shift" held where one is given."""
        self.point(position)
        time.sleep(0.1)
        self._holding(held, "click", "--repeat", str(times), "--delay", "60", BUTTON_LEFT)
        time.sleep(0.2)

    def right_click_at(self, position: tuple[int, int]) -> None:
        """Opens the context menu of what is at a place."""
        self.point(position)
        time.sleep(0.1)
        self._xdotool("click", BUTTON_RIGHT)
        time.sleep(0.3)

    def click_here(self, times: int) -> None:
        """Clicks as fast as fingers can, where the pointer is."""
        self._xdotool("click", "--repeat", str(times), "--delay", "45", BUTTON_LEFT)
        time.sleep(0.3)

    def click_wheel(self, direction: str, turns: int = 1) -> None:
        """Turns the wheel where the pointer is."""
        self._xdotool("click", "--repeat", str(turns), "--delay", "30", direction)
        time.sleep(0.2)

    def draw(
        self, places: list[tuple[int, int]], held: str = "", button: str = BUTTON_LEFT, while_held: Callable[[], object] | None = None
    ) -> None:
        """Drags the mouse from place to place. `while_held` runs before the button is released."""
        self.point(places[0])
        time.sleep(0.1)
        self._holding(held, "mousedown", button)
        try:
            for place in places[1:]:
                self.point(place)
                time.sleep(0.04)
            time.sleep(0.2)
            if while_held:
                while_held()
        finally:
            self._xdotool("mouseup", button)
        time.sleep(0.2)

    def _holding(self, key: str, *arguments: str) -> None:
        if key:
            self._xdotool("keydown", key)
            time.sleep(0.05)
        try:
            self._xdotool(*arguments)
        finally:
            if key:
                time.sleep(0.05)
                self._xdotool("keyup", key)

    def choose_in_menu(self, menu: str, entry: str) -> None:
        """Chooses an entry of a menu of the top bar, at the upper left; of several that begin alike the uppermost."""
        for text in (menu, entry):
            found = self.where_is_text(text, self.SCREEN)
            expect(found, f'Nowhere does it say "{text}".')
            self.click_at(min(found, key=lambda place: place[0] + 4 * place[1]))
            time.sleep(0.3)

    def click_text(self, text: str, region: tuple[str, str] = SIDEBAR, style: str = "widget") -> None:
        """Presses what has this text, or begins with it, such as the header of a panel; scrolls down to it if need be."""
        for _ in range(SCROLLS):
            if found := self.where_is_text(text, region, style):
                self.click_at(found[0])
                return
            self.scroll(region, WHEEL_DOWN)
        raise Disappointed(f'Nowhere in {" / ".join(region)} does it say "{text}".')

    def click_text_of(self, text: str, control: str, region: tuple[str, str] = SIDEBAR) -> None:
        """Presses, of all places with this text, the one that is a button of this id, once it is drawn.

        The nearest to the pointer is tried first: a menu that the pointer leaves closes.
        """
        deadline = time.monotonic() + DRAWING_SECONDS
        while True:
            places = sorted(self.where_is_text(text, region), key=lambda place: math.dist(place, self._pointer))
            found = next((place for place in places if self._lies_at(control, place)), None)
            if found is not None:
                self.click_at(found)
                return
            complaint = f'Of {len(places)} places in {" / ".join(region)} that say "{text}", none is the button {control}.'
            expect(time.monotonic() < deadline, complaint)

    def fill_in(self, control: str, title: str, text: str, region: tuple[str, str] = SIDEBAR) -> None:
        """Types into the field of a property, which stands behind `title`, in place of what is there, and accepts it."""
        self.click_at(self.find(control, region, self.field_of(title, region)), times=2)  # once would do for words, not for numbers
        self.key("ctrl+a")
        if text:
            self.type(text)
        else:
            self.key("BackSpace")
        self.key("Return")

    def drag(self, control: str, pixels: int, while_held: Callable[[], object] | None = None) -> None:
        """Drags a slider sideways, in steps: Blender holds the pointer in place meanwhile. `while_held` runs before the release."""
        self.find(control)
        self._xdotool("mousedown", BUTTON_LEFT)
        time.sleep(0.2)
        for step in np.diff(np.linspace(0, pixels, 11).astype(int)):
            self._xdotool("mousemove_relative", "--", str(step), "0")
            time.sleep(0.05)
        time.sleep(0.2)
        try:
            if while_held:
                while_held()
        finally:
            self._xdotool("mouseup", BUTTON_LEFT)
        time.sleep(0.2)

    def slide(self, control: str, pixels: int, looked_at: Callable[[dict[str, Any]], object], sentence: str) -> dict[str, Any]:
        """Drags a slider until what is `looked_at` changes, and returns the state. Raises Disappointed with `sentence` where nothing does.

        Where the machine is slow, Blender may take a drag for a click, and lets the number be typed: then Escape, and again.
        """
        before = looked_at(self.state())
        for _ in range(DRAGS):
            self.drag(control, pixels)
            self.rest()
            if looked_at(after := self.state()) != before:
                return after
            self.press("Escape")
        raise Disappointed(sentence)

    def press(self, *keys: str, over: tuple[str, str] = VIEWPORT) -> None:
        """Keys such as "ctrl+z", with the pointer over a region: in Blender that is where they go."""
        self.rest(over)
        for key in keys:
            self.key(key)

    def key(self, key: str, times: int = 1) -> None:
        """One key, where the pointer is: `times` as fast as fingers can."""
        self._xdotool("key", "--delay", "45", *[key] * times)
        time.sleep(0.3)

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "15", text)
        time.sleep(0.2)

    def choose_path(self, path: str) -> None:
        """Goes to a file or folder in the file browser that is open, chooses it, and accepts: a folder's path ends in "/"."""
        folder, _, name = path.rpartition("/")
        self.focus_newest()
        self.click("directory", self.FILE_PATH)
        self._xdotool("key", "ctrl+a")
        self.type(folder + "/")
        for _ in range(3):  # the first may only take the field's own completion
            self._xdotool("key", "Return")
            time.sleep(0.7)
            if self.has("file.execute", self.FILE_BUTTONS):
                break
        if name:
            self._choose_file(name)
        self.shot("file_browser")
        self.click("file.execute", self.FILE_BUTTONS)
        self.focus_newest()

    def _choose_file(self, name: str) -> None:
        """Clicks a file in the list until it stands in the field for its name: while the list is still read, a click is lost."""
        deadline = time.monotonic() + DRAWING_SECONDS
        while True:
            self.click_text(name, self.FILE_LIST)
            time.sleep(0.6)  # longer than a double click, which would open the file
            if self.where_is_text(name, self.FILE_BUTTONS):
                return
            expect(time.monotonic() < deadline, f"{name} cannot be chosen in the file browser.")

    def rest(self, region: tuple[str, str] = VIEWPORT) -> None:
        """Takes the pointer to where it covers nothing: the lower left of a region."""
        place = self.place(region)
        self.point((place.left + place.width // 8, place.top + place.height * 7 // 8))
        time.sleep(0.2)

    def scroll(self, region: tuple[str, str], direction: str, turns: int = 6) -> None:
        self.point(self.place(region).middle)
        self._xdotool("click", "--repeat", str(turns), "--delay", "30", direction)
        time.sleep(0.4)

    def focus_newest(self) -> None:
        """Gives the keys to the window that was opened last: without a window manager nobody else does."""
        self._xdotool("windowfocus", self._windows()[-1])
        time.sleep(0.2)

    def back_to_first(self) -> None:
        """Brings the window that was there first before the others, with the keys, as a click on it does."""
        first = self._windows()[0]
        self._xdotool("windowraise", first, "windowfocus", first)
        time.sleep(0.5)

    def _windows(self) -> list[str]:
        return self._xdotool("search", "--onlyvisible", "--class", "blender").split()

    def _xdotool(self, *arguments: str) -> str:
        return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=True).stdout


def _centers(picture: NDArray[np.float64], text: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Where `picture` looks like `text`, as (x, y) of centers, best first: the normalised cross-correlation of every place."""
    rows, columns = text.shape
    if rows > picture.shape[0] or columns > picture.shape[1]:
        return []
    agreement = _agreement(picture, text)
    found = []
    while True:
        y, x = np.unravel_index(agreement.argmax(), agreement.shape)
        if agreement[y, x] < TEXT_AGREEMENT:
            return found
        found.append((int(x) + columns // 2, int(y) + rows // 2))
        agreement[max(y - rows, 0) : y + rows, max(x - columns, 0) : x + columns] = 0


def _agreement(picture: NDArray[np.float64], text: NDArray[np.float64]) -> NDArray[np.float64]:
    """The correlation coefficient, in [-1, 1], of `text` (h, w) with every window of `picture` (H, W): (H-h+1, W-w+1)."""
    text = text - text.mean()
    size = tuple(p + t for p, t in zip(picture.shape, text.shape, strict=True))
    products = np.fft.irfft2(np.fft.rfft2(picture, size) * np.conj(np.fft.rfft2(text, size)), size)
    sums, squares = (_window_sums(values, text.shape) for values in (picture, picture**2))
    spread = np.maximum(squares - sums**2 / text.size, 1.0)  # plain background has none, and agrees with nothing
    return products[: sums.shape[0], : sums.shape[1]] / np.sqrt(spread * (text**2).sum())


def _window_sums(values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    rows, columns = shape
    table = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    return table[rows:, columns:] - table[:-rows, columns:] - table[rows:, :-columns] + table[:-rows, :-columns]


def _hues_of_surfaces(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """The hues, in [0, HUES), of those colorful pixels of a picture (h, w, 3) that no line runs through: (n,)."""
    hue, saturation = _hue_and_saturation(pixels)
    steps = (hue * HUES).astype(int) % HUES
    inner = saturation > COLORFUL
    for axis, shift in ((0, LINE_WIDTH), (0, -LINE_WIDTH), (1, LINE_WIDTH), (1, -LINE_WIDTH)):
        apart = (steps - np.roll(steps, shift, axis) + HUES // 2) % HUES - HUES // 2
        inner &= (abs(apart) <= 1) & np.roll(saturation > COLORFUL, shift, axis)
    return steps[inner]


def _hue_and_saturation(pixels: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of RGB (..., 3) in [0, 255]: hue (...) in [0, 1) and saturation (...) in [0, 1]."""
    most, least = pixels.max(axis=-1), pixels.min(axis=-1)
    span = np.maximum(most - least, 1e-6)
    red, green, blue = np.moveaxis(pixels, -1, 0)
    sector = np.select([most == red, most == green], [(green - blue) / span % 6, (blue - red) / span + 2], (red - green) / span + 4)
    return (sector / 6) % 1.0, (most - least) / np.maximum(most, 1.0)
