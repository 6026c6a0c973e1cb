"""Makes the README's pictures from the screenshots of a journey: pictures.py OUT DOCS, with OUT as run.sh left it for one Blender.

`panel.png`: the lamp's parts in colors beside the panel. `setup.png`: the panel before, while and after PartGen is set up.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageChops

LARGEST = 300_000  # bytes of a picture in the repository
GAP, BACKGROUND = 12, (255, 255, 255)
TABS = 22  # pixels at the right of the sidebar
STEPS_OF_SET_UP = ("new", "listed_from_folder", "installing", "set_up")


def screenshot(out: Path, name: str) -> Image.Image:
    """The screenshot called so, whatever its number. Raises SystemExit where the journey did not get there."""
    found = next((path for path in sorted(out.glob("[0-9]*.png")) if path.stem.partition("_")[2] == name), None)
    if found is None:
        raise SystemExit(f"There is no screenshot “{name}” in {out}: the journey did not get there.")
    return Image.open(found).convert("RGB")


def places(out: Path) -> dict[str, tuple[int, int, int, int]]:
    """Left, top, right, bottom of the regions that the pictures are cut from, as the journey noted them."""
    return {name: tuple(box) for name, box in json.loads((out / "places.json").read_text("utf-8")).items()}


def panel_picture(out: Path) -> Image.Image:
    """Viewport and sidebar of the decomposed lamp."""
    viewport, sidebar = places(out)["viewport"], places(out)["sidebar"]
    return screenshot(out, "decomposed").crop((viewport[0], viewport[1], sidebar[2], viewport[3]))


def set_up_picture(out: Path) -> Image.Image:
    """The sidebars of the set-up side by side, each without its tabs and as long as the longest of them is."""
    left, top, right, bottom = places(out)["sidebar"]
    sidebars = [screenshot(out, name).crop((left, top, right - TABS, bottom)) for name in STEPS_OF_SET_UP]
    height = max(map(filled_height, sidebars)) + GAP
    picture = Image.new("RGB", (len(sidebars) * (sidebars[0].width + GAP) - GAP, height), BACKGROUND)
    for number, sidebar in enumerate(sidebars):
        picture.paste(sidebar.crop((0, 0, sidebar.width, height)), (number * (sidebar.width + GAP), 0))
    return picture


def filled_height(sidebar: Image.Image) -> int:
    """Down to which row there is a panel: the color that most of a sidebar has is that of its empty part."""
    _, empty = max(sidebar.getcolors(sidebar.width * sidebar.height))
    inside = sidebar.crop((0, 0, sidebar.width, sidebar.height - GAP))  # without the border
    box = ImageChops.difference(inside, Image.new("RGB", inside.size, empty)).point(lambda value: 255 if value > 8 else 0).getbbox()
    return box[3] if box else 0


def save(picture: Image.Image, path: Path) -> None:
    """Without loss. Raises SystemExit where it is too large to keep."""
    picture.save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST}.")
    print(f"{path}: {picture.width} x {picture.height}, {size // 1000} kB")


def main(out: Path, docs: Path) -> None:
    save(panel_picture(out), docs / "panel.png")
    save(set_up_picture(out), docs / "setup.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
