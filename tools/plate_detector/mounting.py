"""Plates on vehicles: recess, holder, frame and what hides a part; and objects in their place."""

import numpy as np

from tools.plate_detector.formats import AMERICAN, choose
from tools.plate_detector.paper import Box, Colour, Paper, dimmed, tinted
from tools.plate_detector.plates import Plate, picture
from tools.plate_detector.surroundings import draw_badge, scatter

WORDS = (
    "KOMBI", "TDI", "2.0", "LIMO", "SPORT", "FRESH CARGO", "4x4", "LOGISTIK", "TAXI", "BUS 112",
    "www.fahrt.eu", "0800 12345", "ELECTRIC", "SKAUDA", "TRANSIT", "AUTOHAUS MEIER", "KM 80",
    "D O D G E", "V 6", "SAVANA 2500", "HYBRID", "XLT", "Flex",
)  # fmt: skip
"""Lettering on vehicles."""


def draw_decoy(rng: np.random.Generator, paper: Paper, place: tuple[float, float]) -> None:
    """Draw a decoy at the position of a plate: an empty holder, a panel, lettering, a lamp."""
    x, y = place
    w, h = rng.uniform(0.1, 0.3), rng.uniform(0.03, 0.12)
    box = (x - w, y - h, x + w, y + h)
    bright = choose(
        rng, ((2, (235, 235, 230)), (1, (235, 195, 50)), (1, (190, 40, 40)), (2, (30, 30, 32)))
    )
    match int(rng.integers(6)):
        case 0:
            paper.rectangle(box, tinted(rng, bright), corner=rng.uniform(0, 0.03))
        case 1:
            paper.rectangle(box, (28, 28, 30))
            paper.rectangle((x - w, y + h * 0.7, x + w, y + h), (190, 190, 190))
        case 2:
            word = WORDS[int(rng.integers(len(WORDS)))]
            paper.text(word, (x - w, y - h * 0.5, x + w, y + h * 0.5), (210, 212, 216))
        case 3:
            paper.rectangle(box, tinted(rng, bright))
            for edge in np.linspace(x - w, x + w, 7)[::2]:
                points = [
                    (edge, y - h),
                    (edge + w / 4, y - h),
                    (edge, y + h),
                    (edge - w / 4, y + h),
                ]
                paper.polygon(points, (190, 30, 30))
        case 4:
            draw_badge(rng, paper, place, h)
        case _:
            scatter(rng, paper, box, 12)


def mount(
    rng: np.random.Generator,
    paper: Paper,
    mask: Paper,
    plate: Plate,
    *,
    place: tuple[float, float],
    paint: Colour,
) -> np.ndarray:
    """Draw a plate; returns its corners (4, 2) in pixels."""
    x, y = place
    w, h = plate.size.width / 2, plate.size.height / 2
    if rng.random() < 0.4:  # its recess
        m, n = rng.uniform(0.02, 0.2), rng.uniform(0.01, 0.1)
        colour = dimmed(paint, rng.uniform(0.4, 1.15)) if rng.random() < 0.7 else (30, 30, 32)
        box = (x - w - m, y - h - n, x + w + m, y + h + n)
        paper.rectangle(box, colour, corner=rng.uniform(0, 0.06))
    if rng.random() < 0.6:  # its holder, often with the dealer's name below
        m = rng.uniform(0.004, 0.015)
        below = rng.uniform(0.004, 0.035)
        colour = (24, 24, 26) if rng.random() < 0.8 else (170, 172, 176)
        paper.rectangle((x - w - m, y - h - m, x + w + m, y + h + below), colour, corner=0.01)
        if below > 0.02:
            paper.text(
                "AUTOHAUS",
                (x - 0.1, y + h + 0.004, x + 0.1, y + h + below - 0.004),
                (220, 220, 220),
            )
    elif rng.random() < 0.5:
        shade = dimmed(paint, rng.uniform(0.3, 0.7))
        paper.rectangle((x - w, y - h, x + w, y + h + rng.uniform(0.005, 0.02)), shade)
    corners: Box = (x - w, y - h, x + w, y + h)
    mask.rectangle(corners, (255, 255, 255))
    quad = _set_in(rng, paper, plate, corners)
    if rng.random() < (0.3 if plate.of is AMERICAN else 0.08):
        _frame(rng, paper, corners)
    if rng.random() < 0.18:
        _hide(rng, paper, corners, paint)
    return quad


def _frame(rng: np.random.Generator, paper: Paper, box: Box) -> None:
    """Draw a dealer's frame, which covers the plate's edges."""
    x0, y0, x1, y1 = box
    colour = (26, 26, 28) if rng.random() < 0.6 else (180, 184, 188)
    side, above, below = rng.uniform((0.004, 0.004, 0.01), (0.012, 0.02, 0.03))
    out = rng.uniform(0, 0.01)
    for part in (
        (x0 - out, y0 - out, x1 + out, y0 + above),
        (x0 - out, y1 - below, x1 + out, y1 + out),
        (x0 - out, y0, x0 + side, y1),
        (x1 - side, y0, x1 + out, y1),
    ):
        paper.rectangle(part, colour)
    word = WORDS[int(rng.integers(len(WORDS)))]
    x, half = (x0 + x1) / 2, (x1 - x0) * rng.uniform(0.2, 0.45)
    ink = (230, 230, 226) if colour[0] < 99 else (40, 40, 44)
    paper.text(word, (x - half, y1 - 0.85 * below, x + half, y1 - 0.15 * below), ink)


def _hide(rng: np.random.Generator, paper: Paper, box: Box, paint: Colour) -> None:
    """Hide up to about a third of a plate: by a tow ball, a bumper, a bar, a hand."""
    x0, y0, x1, y1 = box
    wide, tall = x1 - x0, y1 - y0
    x = rng.uniform(x0, x1)
    dark = tinted(rng, (40, 40, 42))
    match int(rng.integers(5)):
        case 0:  # a tow ball on its bar
            radius = rng.uniform(0.1, 0.25) * min(tall, 0.14)
            y = y1 - rng.uniform(0, 0.5) * tall
            paper.rectangle((x - radius * 0.6, y, x + radius * 0.6, y1 + 0.1), dark)
            paper.ellipse((x, y), radius, radius, tinted(rng, (120, 122, 126)))
        case 1:  # an edge of the bumper or of the lid
            share = rng.uniform(0.08, 0.3) * tall
            edge = (y0 - 0.03, y0 + share) if rng.random() < 0.5 else (y1 - share, y1 + 0.03)
            shade = dimmed(paint, rng.uniform(0.4, 1.1))
            paper.rectangle((x0 - 0.1, edge[0], x1 + 0.1, edge[1]), shade)
        case 2:  # a bar, a strap, a cable
            lean = rng.normal(0, 0.05)
            thick = rng.uniform(0.02, 0.12) * wide
            paper.line((x - lean, y0 - 0.1), (x + lean, y1 + 0.1), thick, dark)
        case 3:  # a hand: fingers from below or from above
            skin = choose(rng, ((1, (226, 184, 156)), (1, (178, 130, 100)), (1, (96, 66, 50))))
            sign, edge_y = (1, y1) if rng.random() < 0.5 else (-1, y0)
            for number in range(int(rng.integers(1, 5))):
                finger = (x + number * 0.022, edge_y + sign * 0.02)
                paper.ellipse(finger, 0.011, rng.uniform(0.3, 0.6) * tall, tinted(rng, skin))
        case _:  # mud, leaves, snow
            scatter(rng, paper, (x - 0.2 * wide, y0, x + 0.2 * wide, y1), 6)


def _set_in(rng: np.random.Generator, paper: Paper, plate: Plate, box: Box) -> np.ndarray:
    """Paste a plate's picture into a box; returns the corners (4, 2) of the pasted area, pixels."""
    (left, top), (right, _) = paper.at([box[:2], box[2:]])
    flat = picture(rng, plate, max(round(right - left), 3))
    height, width = flat.shape[:2]
    x, y = round(left), round(top)
    area = paper.pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)]
    cut = flat[max(-y, 0) :, max(-x, 0) :]
    area[:] = cut[: area.shape[0], : area.shape[1]]
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], float)
