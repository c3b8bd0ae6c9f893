"""License plates: registration, picture and mounting."""

from dataclasses import dataclass

import cv2
import numpy as np

from .canvas import Pen
from .colours import Colour, pick
from .light import Tone
from .marks import Mark

LONG = (0.54, 0.125)
"""Width and height of a car's plate, metres."""
SQUARE = (0.30, 0.22)
"""Width and height of a motorcycle's plate, metres."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_GROUNDS: tuple[Colour, ...] = ((244, 244, 240), (244, 244, 240), (244, 244, 240), (240, 204, 60))
_INK: Colour = (22, 22, 28)
_BAND: Colour = (30, 62, 158)
_SMALLEST_TEXT = 7
"""Height in canvas pixels below which text would be an unreadable smear."""


@dataclass(frozen=True)
class PlateLook:
    """Appearance of a license plate.

    Attributes:
        text: registration with groups separated by spaces.
        ground: colour behind the text.
        band: whether there is a blue band on the left.
        lines: 1, or 2 on a square plate.
    """

    text: str
    ground: Colour
    band: bool
    lines: int


def sample_plate(rng: np.random.Generator, lines: int = 1) -> PlateLook:
    """Draw a random plate with an invented registration."""
    region = "".join(pick(rng, _LETTERS) for _ in range(1 + int(rng.random() * 3)))
    letters = "".join(pick(rng, _LETTERS) for _ in range(1 + int(rng.random() * 2)))
    number = int(rng.integers(10, 10000 if len(region) < 3 else 1000))
    return PlateLook(f"{region} {letters} {number}", pick(rng, _GROUNDS), rng.random() < 0.8, lines)


def picture(plate: PlateLook, width: int, height: int) -> np.ndarray:
    """Frontal picture of the plate, (height, width, 3) uint8 RGB."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = plate.ground
    left = 0
    if plate.band:
        left = max(round(height * 0.42 / plate.lines), 1)
        image[:, :left] = _BAND
    groups = plate.text.split()
    rows = [" ".join(groups)] if plate.lines == 1 else [groups[0], "".join(groups[1:])]
    for number, row in enumerate(rows):
        top, bottom = height * number / plate.lines, height * (number + 1) / plate.lines
        _write(image, row, (left, top, width, bottom))
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), _INK, max(height // 24, 1))
    return image


def _write(image: np.ndarray, text: str, box: tuple[float, float, float, float]) -> None:
    """Write text as large as fits into a box (x0, y0, x1, y1) of pixels."""
    x0, y0, x1, y1 = box
    font = cv2.FONT_HERSHEY_DUPLEX
    (unit_width, unit_height), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min((x1 - x0) * 0.90 / unit_width, (y1 - y0) * 0.66 / unit_height)
    thickness = max(round(scale * 2.2), 1)
    size, _ = cv2.getTextSize(text, font, scale, thickness)
    origin = (round((x0 + x1 - size[0]) / 2), round((y0 + y1 + size[1]) / 2))
    cv2.putText(image, text, origin, font, scale, _INK, thickness, cv2.LINE_AA)


def hang(pen: Pen, plate: PlateLook, quad: np.ndarray, tone: Tone) -> Mark:
    """Draw a plate and return its mark.

    Args:
        pen: the vehicle's pen.
        plate: appearance of the plate.
        quad: (4, 2) image pixels: tl, tr, br, bl.
        tone: light and haze on the panel that carries it.
    """
    part = pen.part()
    side = np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[1] - quad[0])
    height, width = (float(v) * pen.canvas.scale for v in side)
    if height / plate.lines < _SMALLEST_TEXT:
        part.fill(quad, tone.of(plate.ground))
        middle = (quad[:2] + quad[[3, 2]]) / 2
        text = np.concatenate([middle * 0.5 + quad[:2] * 0.5, middle[::-1] * 0.5 + quad[2:] * 0.5])
        centre = text.mean(axis=0)
        part.fill(centre + (text - centre) * (0.8, 0.8), tone.of((120, 120, 124)))
    else:
        size = max(round(min(height, 120)), 4)
        flat = picture(plate, max(round(size * width / height), 8), size)
        shaded = np.clip(flat * tone.gain, 0, 255) * (1 - tone.share)
        shaded += np.asarray(tone.haze) * tone.share
        part.paste(shaded.astype(np.uint8), quad)
    return Mark(part, quad, text=plate.text)
