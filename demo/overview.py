"""Joins the demo's pictures into FOLDER/overview.png: the object, its parts from fine to coarse, and the parts apart.

    overview.py FOLDER [--shrink PNG]     and a smaller copy for the README
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SMALL = (400, 350)
PAPER = "white"
INK = (60, 64, 70)


def caption(file: Path) -> str:
    """What a picture shows, from its name: "3_scale_0.50_14_parts.png" is "14 parts"."""
    words = file.stem.split("_")
    return f"{words[3]} parts" if words[1] == "scale" else {"object": "one mesh", "exploded": "taken apart"}[words[1]]


def tile(file: Path, size: tuple[int, int]) -> Image.Image:
    """One picture with its caption beneath."""
    picture = Image.open(file).convert("RGBA").resize(size, Image.Resampling.LANCZOS)
    text_height = SMALL[1] // 8
    sheet = Image.new("RGBA", (size[0], size[1] + text_height), PAPER)
    sheet.alpha_composite(picture)
    font = ImageFont.load_default(size=text_height * 0.62)
    ImageDraw.Draw(sheet).text((size[0] / 2, size[1] + text_height / 2), caption(file), INK, font, anchor="mm")
    return sheet


def overview(folder: Path) -> Image.Image:
    """The object and the parts apart above, the five scales below, fine to coarse."""
    whole, *scales, apart = sorted(folder.glob("[0-6]_*.png"))
    width = len(scales) * SMALL[0]
    large = (width // 2, width // 2 * SMALL[1] // SMALL[0])
    above, below = [tile(file, large) for file in (whole, apart)], [tile(file, SMALL) for file in scales]
    sheet = Image.new("RGBA", (width, above[0].height + below[0].height), PAPER)
    for row, top in ((above, 0), (below, above[0].height)):
        for column, picture in enumerate(row):
            sheet.alpha_composite(picture, (column * picture.width, top))
    return sheet.convert("RGB")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sheet = overview(folder)
    sheet.save(folder / "overview.png", optimize=True)
    if sys.argv[2:3] == ["--shrink"]:  # the README's picture
        small = sheet.resize((sheet.width * 3 // 5, sheet.height * 3 // 5), Image.Resampling.LANCZOS)
        small.save(sys.argv[3], optimize=True)
    print(f"  {folder / 'overview.png'}")
