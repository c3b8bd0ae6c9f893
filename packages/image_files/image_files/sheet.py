"""A contact sheet: many images on one, each with a line of text."""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, CAPTION, GAP = 440, 330, 22, 10
"""Box of an image, height of the text below it, and gaps, in pixels."""
GROUND, INK = (245, 245, 245), (40, 40, 40)


@dataclass(frozen=True, eq=False)
class SheetCell:
    """One or more images side by side, and the text below them."""

    caption: str
    images: tuple[np.ndarray, ...]
    """(height, width, 3) uint8 RGB of any size."""


def contact_sheet(cells: Sequence[SheetCell], title: str, columns: int = 4) -> np.ndarray:
    """All cells on one sheet, (height, width, 3) uint8 RGB; images are only ever shrunk."""
    across = max((len(cell.images) for cell in cells), default=1)
    columns = max(1, min(columns // across, len(cells)))
    step, down = across * (WIDTH + GAP) + GAP, HEIGHT + CAPTION + GAP
    rows = math.ceil(len(cells) / columns)
    sheet = Image.new("RGB", (columns * step, 2 * CAPTION + rows * down), GROUND)
    draw, font = ImageDraw.Draw(sheet), _font()
    draw.text((GAP, GAP), title, INK, font)
    for number, cell in enumerate(cells):
        x, y = number % columns * step, 2 * CAPTION + number // columns * down
        for place, pixels in enumerate(cell.images):
            image = Image.fromarray(pixels)
            image.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            at = x + GAP + place * (WIDTH + GAP)
            sheet.paste(image, (at + (WIDTH - image.width) // 2, y + HEIGHT - image.height))
        caption = _shortened(printable(cell.caption), step, font)
        draw.text((x + GAP, y + HEIGHT + 2), caption, INK, font)
    return np.asarray(sheet)


def printable(text: str) -> str:
    """A text on one line, with unprintable characters replaced by question marks."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, which is included in Matplotlib; Pillow's own font has few letters."""
    package = importlib.util.find_spec("matplotlib")  # finds it without importing it
    for folder in (package and package.submodule_search_locations) or ():
        file = Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
        if file.is_file():
            return ImageFont.truetype(str(file), 13, layout_engine=ImageFont.Layout.BASIC)
    return ImageFont.load_default(13)


def _shortened(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The end of a text that fits, since the end of a path is the most informative."""
    if font.getlength(text) <= width - 2 * GAP:
        return text
    while text and font.getlength(f"… {text}") > width - 2 * GAP:
        text = text[1:]
    return f"… {text}"
