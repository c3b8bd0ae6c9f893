"""Frontal views of the fronts and rears of vehicles, with their plates."""

from dataclasses import dataclass

import numpy as np

from tools.plate_detector.formats import choose
from tools.plate_detector.mounting import WORDS, draw_decoy, mount
from tools.plate_detector.paper import FONTS, Colour, Paper, dimmed, shaded, texture, tinted
from tools.plate_detector.plates import sample_plate
from tools.plate_detector.surroundings import draw_badge, draw_lens, scatter

_PAINTS: tuple[tuple[float, Colour], ...] = (
    (4, (226, 228, 230)), (4, (28, 29, 32)), (4, (150, 154, 158)), (3, (90, 94, 100)),
    (2, (40, 60, 110)), (2, (150, 28, 30)), (1, (60, 84, 64)), (1, (196, 186, 160)),
    (1, (220, 120, 30)), (1, (230, 200, 50)), (1, (110, 150, 190)), (1, (90, 60, 46)),
)  # fmt: skip


@dataclass(frozen=True)
class VehicleEnd:
    """Front or rear of a vehicle, drawn flat.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        alpha: (h, w) uint8, 255 on the vehicle.
        anchor: (x, y) pixels of the point at which the camera is aimed: the centre of the plate,
            or of its usual position.
        quads: (n, 4, 2) pixels, the plates' corners tl, tr, br, bl.
    """

    pixels: np.ndarray
    alpha: np.ndarray
    anchor: tuple[float, float]
    quads: np.ndarray


@dataclass(frozen=True)
class VehicleSizes:
    """Sizes of a vehicle in metres; heights are above the road."""

    width: float
    height: float
    sill: float
    """Height of the lower edge of the body."""
    window: tuple[float, float] | None
    """Heights of the lower and upper edge of the glass."""
    plate: float
    """Height of the centre of the plate."""
    front: bool
    narrow: float
    """Width of the roof as a share of the body's."""


def sample_shape(rng: np.random.Generator) -> VehicleSizes:
    """Draw random sizes of a car, a van, a lorry, a bus or a motorcycle."""
    kind = choose(rng, ((10, "car"), (2, "van"), (2, "lorry"), (1, "bus"), (2, "motorcycle")))
    front = bool(rng.random() < 0.5)
    low = rng.uniform(0.35, 0.7)
    window: tuple[float, float] | None
    if kind == "car":
        high = rng.uniform(1.35, 1.75)
        plate = low if front or rng.random() < 0.5 else rng.uniform(0.75, 0.95)
        window = (rng.uniform(0.85, 1.05), high - 0.08)
        return VehicleSizes(rng.uniform(1.6, 1.95), high, 0.25, window, plate, front, 0.72)
    if kind == "van":
        high = rng.uniform(1.9, 2.6)
        window = (1.15, rng.uniform(1.6, 1.9)) if rng.random() < 0.7 else None
        plate = rng.uniform(0.5, 1.0)
        return VehicleSizes(rng.uniform(1.8, 2.1), high, 0.3, window, plate, front, 0.92)
    if kind == "lorry":
        window = (1.5, 2.4) if front else None
        return VehicleSizes(
            2.4, rng.uniform(2.6, 3.8), 0.45, window, rng.uniform(0.45, 0.8), front, 0.98
        )
    if kind == "bus":
        window = (1.2, 2.5)
        return VehicleSizes(2.5, 3.0, 0.3, window, rng.uniform(0.4, 0.9), front, 0.97)
    return VehicleSizes(rng.uniform(0.35, 0.7), 1.2, 0.5, None, rng.uniform(0.55, 0.75), False, 0.6)


def draw_end(rng: np.random.Generator, plate_pixels: float, side: int, bare: bool) -> VehicleEnd:
    """Draw a vehicle's front or rear.

    Args:
        rng: random generator for the appearance.
        plate_pixels: width of the plate, pixels.
        side: side of the largest picture, pixels; parts farther from the plate are cut off.
        bare: whether there is no plate but an object that may be mistaken for one.
    """
    shape = sample_shape(rng)
    plate = sample_plate(rng, motorcycle=shape.width < 1)
    scale = plate_pixels / plate.size.width
    middle = rng.normal(0, 0.02) if shape.front or rng.random() < 0.8 else rng.uniform(-0.4, 0.4)
    half = min(side / 2, (shape.width * 0.5 + abs(middle) + 0.15) * scale)
    above = min(side / 2, (shape.height - shape.plate + 0.1) * scale)
    below = min(side / 2, (shape.plate + 0.05) * scale)
    size = max(int(above + below), 8), max(int(2 * half), 8)
    origin = (half - middle * scale, above + shape.plate * scale)
    paper = Paper(np.zeros((*size, 3), np.uint8), scale, origin)
    mask = Paper(np.zeros((*size, 3), np.uint8), scale, origin)
    paint = tinted(rng, choose(rng, _PAINTS))
    paper.pixels[:] = paint
    outline = _outline(shape)
    mask.polygon(outline, (255, 255, 255))
    _draw_wheels(paper, mask, shape)
    _draw_body(rng, paper, shape, paint)
    quads = np.zeros((0, 4, 2))
    place = (middle, -shape.plate)
    if bare:
        draw_decoy(rng, paper, place)
    else:
        quads = mount(rng, paper, mask, plate, place=place, paint=paint)[None]
    _light_up(rng, paper)
    return VehicleEnd(paper.pixels, mask.pixels[..., 0], (half, above), quads)


def _outline(shape: VehicleSizes) -> list[tuple[float, float]]:
    w, waist = shape.width / 2, -0.55 * shape.height
    roof = w * shape.narrow
    top = -shape.height
    return [
        (-w * 0.95, -shape.sill), (-w, waist), (-roof, top + 0.12), (-roof * 0.85, top),
        (roof * 0.85, top), (roof, top + 0.12), (w, waist), (w * 0.95, -shape.sill),
    ]  # fmt: skip


def _draw_wheels(paper: Paper, mask: Paper, shape: VehicleSizes) -> None:
    if shape.width < 1:
        wheels = [(-0.09, 0.09)]
    else:
        w = shape.width / 2
        wheels = [(-w * 0.97, -w * 0.72), (w * 0.72, w * 0.97)]
    for left, right in wheels:
        for sheet, colour in ((paper, (22, 22, 24)), (mask, (255, 255, 255))):
            sheet.rectangle((left, -0.6, right, 0.0), colour, corner=0.06)


def _draw_body(rng: np.random.Generator, paper: Paper, shape: VehicleSizes, paint: Colour) -> None:
    w = shape.width / 2
    if shape.width < 1:  # a motorcycle: seat, lamp, mudguard
        paper.rectangle((-w, -1.3, w, -0.95), (26, 26, 28), corner=0.1)
        paper.rectangle((-0.1, -0.95, 0.1, -0.85), (190, 24, 24), corner=0.02)
        paper.rectangle((-w, -0.85, w, -0.3), dimmed(paint, rng.uniform(0.2, 0.8)))
        return
    if shape.window is not None:
        _draw_glass(rng, paper, shape, shape.window)
    bumper = shape.sill + rng.uniform(0.2, 0.4)
    dark = (34, 34, 37) if rng.random() < 0.5 else dimmed(paint, rng.uniform(0.6, 1.1))
    paper.rectangle((-w, -bumper, w, -shape.sill), dark, corner=0.05)
    paper.line((-w, -bumper), (w, -bumper), 0.012, dimmed(paint, 0.5))
    if rng.random() < 0.5:
        paper.rectangle((-w * 0.6, -shape.sill - 0.1, w * 0.6, -shape.sill), (24, 24, 26))
    for _ in range(int(rng.integers(0, 4))):  # creases and seams
        y = -rng.uniform(shape.sill, shape.height)
        shade = rng.uniform(0.55, 1.2)
        paper.line((-w, y), (w, y + rng.normal(0, 0.02)), 0.01, dimmed(paint, shade))
    if shape.front or rng.random() < 0.25:
        _draw_grille(rng, paper, shape)
    _draw_lamps(rng, paper, shape)
    x, y = rng.normal(0, 0.05), -rng.uniform(shape.plate + 0.1, shape.plate + 0.5)
    draw_badge(rng, paper, (x, y), rng.uniform(0.04, 0.09))
    for _ in range(int(rng.integers(0, 4))):
        _draw_word(rng, paper, shape)


def _draw_glass(
    rng: np.random.Generator, paper: Paper, shape: VehicleSizes, window: tuple[float, float]
) -> None:
    low, high = window
    bottom, top = shape.width * 0.45, shape.width * 0.45 * shape.narrow
    glass = dimmed((70, 78, 86), rng.uniform(0.3, 1.6))
    paper.polygon([(-bottom, -low), (-top, -high), (top, -high), (bottom, -low)], glass)
    if rng.random() < 0.3:  # objects behind it, or reflected in it
        scatter(rng, paper, (-top * 0.95, -high + 0.03, top * 0.95, -low - 0.03), 25)
    for _ in range(int(rng.integers(0, 3))):  # reflections
        x = rng.uniform(-bottom, bottom)
        wide = rng.uniform(0.05, 0.4)
        points = [(x, -low), (x + 0.2, -high), (x + 0.2 + wide, -high), (x + wide, -low)]
        paper.polygon(points, dimmed(glass, rng.uniform(1.1, 2)))
    if rng.random() < 0.3:  # a sticker or a paper behind the glass
        x, y = rng.uniform(-top, top), -rng.uniform(low + 0.05, high - 0.1)
        paper.rectangle((x, y, x + 0.15, y + 0.08), tinted(rng, (210, 210, 190)))


def _draw_grille(rng: np.random.Generator, paper: Paper, shape: VehicleSizes) -> None:
    wide = shape.width * rng.uniform(0.2, 0.42)
    low = shape.plate + rng.uniform(-0.15, 0.12)
    high = low + rng.uniform(0.12, 0.35)
    paper.rectangle((-wide, -high, wide, -low), (20, 20, 22), corner=0.05)
    chrome = (70, 72, 76) if rng.random() < 0.6 else (180, 184, 188)
    step = rng.uniform(0.025, 0.07)
    if rng.random() < 0.7:
        for y in np.arange(low + step, high, step):
            paper.line((-wide, -y), (wide, -y), step * 0.25, chrome)
    else:
        for x in np.arange(-wide + step, wide, step):
            paper.line((x, -low), (x, -high), step * 0.25, chrome)


def _draw_lamps(rng: np.random.Generator, paper: Paper, shape: VehicleSizes) -> None:
    w = shape.width / 2
    wide, tall = rng.uniform(0.12, 0.42), rng.uniform(0.1, 0.45)
    y = -rng.uniform(0.62, min(1.0, 0.7 * shape.height))
    slant = rng.uniform(-0.08, 0.08)
    for sign in (-1, 1):
        outer, inner = sign * w * 0.98, sign * (w * 0.98 - wide)
        points = [(outer, y - tall / 2), (inner, y - tall / 2 + slant),
                  (inner, y + tall / 2 + slant / 2), (outer, y + tall / 2)]  # fmt: skip
        if shape.front:
            lit = rng.random() < 0.3
            glass = (252, 250, 236) if lit else (150, 156, 162)
            paper.polygon(points, glass)
            middle = ((outer + inner) / 2, y)
            paper.ellipse(middle, wide * 0.25, tall * 0.3, (250, 250, 250) if lit else (90, 94, 98))
            if rng.random() < 0.7:
                x, half = middle[0], 0.4 * wide
                draw_lens(rng, paper, (x - half, y - 0.35 * tall, x + half, y + 0.35 * tall), glass)
        else:
            paper.polygon(points, tinted(rng, (178, 22, 24)))
            x, half = (outer + inner) / 2, 0.45 * wide
            top = y - tall * rng.uniform(-0.2, 0.4)
            box = (x - half, top, x + half, top + tall * rng.uniform(0.2, 0.5))
            draw_lens(rng, paper, box, (225, 190, 180) if rng.random() < 0.6 else (178, 22, 24))
        if rng.random() < 0.3:  # bulbs and glints
            x, half = (outer + inner) / 2, wide / 2
            scatter(rng, paper, (x - half, y - tall / 2, x + half, y + tall / 2), 8)
        if rng.random() < 0.4:  # fog lamp or reflector, low at the sides
            x = sign * w * 0.75
            box = (x - 0.09, -shape.sill - 0.15, x + 0.09, -shape.sill - 0.08)
            paper.rectangle(box, (240, 236, 220) if shape.front else (190, 40, 40), corner=0.02)


def _draw_word(rng: np.random.Generator, paper: Paper, shape: VehicleSizes) -> None:
    word = WORDS[int(rng.integers(len(WORDS)))]
    tall = rng.uniform(0.03, 0.07) if shape.width < 2.2 else rng.uniform(0.08, 0.4)
    wide = tall * 0.65 * len(word)
    x = rng.uniform(-shape.width * 0.42, shape.width * 0.4 - min(wide, 0.5))
    y = -rng.uniform(shape.plate + 0.12, max(shape.height - 0.2, shape.plate + 0.2))
    ink = choose(
        rng, ((2, (60, 62, 66)), (2, (200, 204, 208)), (1, (200, 30, 30)), (1, (20, 60, 150)))
    )
    font = FONTS[int(rng.integers(len(FONTS)))]
    paper.text(word, (x, y, x + wide, y + tall), ink, font=font)


def _light_up(rng: np.random.Generator, paper: Paper) -> None:
    """Shade the body: brighter above, with stains and a soft reflection."""
    height, width = paper.pixels.shape[:2]
    gain = np.linspace(rng.uniform(0.9, 1.25), rng.uniform(0.6, 1.0), height)[:, None]
    gain = gain + texture(rng, height, width, max(width // 24, 2)) * rng.uniform(0, 0.15)
    gain += np.linspace(-1, 1, width) * rng.normal(0, 0.08)
    shaded(paper.pixels, gain.astype(np.float32))
