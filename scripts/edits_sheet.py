"""Joins the pictures of draw_edits.py into one sheet: FOLDER SHEET.jpg, each edit before and after with its prompt beneath."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE, CAPTION, COLUMNS, GAP = 190, 18, 4, 10
PAPER, INK, GREY = (255, 255, 255), (40, 40, 40), (150, 40, 40)


def sheet(folder: Path) -> Image.Image:
    """All edits that edits.json in the folder lists."""
    edits = json.loads((folder / "edits.json").read_text("utf-8"))
    rows = -(-len(edits) // COLUMNS)
    made = Image.new("RGB", (COLUMNS * (2 * SIZE + GAP), rows * (SIZE + CAPTION)), PAPER)
    pen, font = ImageDraw.Draw(made), ImageFont.load_default(size=12)
    for number, (_, _, prompt, told) in enumerate(edits):
        left, top = number % COLUMNS * (2 * SIZE + GAP), number // COLUMNS * (SIZE + CAPTION)
        for place, when in enumerate(("before", "after")):
            picture = folder / f"{number:02d}-{when}.png"
            if picture.exists():
                made.paste(Image.open(picture).convert("RGB").resize((SIZE, SIZE)), (left + place * SIZE, top))
        pen.text((left + SIZE, top + SIZE + CAPTION / 2), prompt, INK if told["edits"] else GREY, font, anchor="mm")
    return made


if __name__ == "__main__":
    sheet(Path(sys.argv[1])).save(sys.argv[2], quality=85, optimize=True)
