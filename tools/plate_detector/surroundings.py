"""Surroundings without plates: roads, walls, shop fronts, signs, fences, leaves, wheels, faces."""

import numpy as np

from tools.plate_detector.formats import choose
from tools.plate_detector.paper import FONTS, Box, Colour, Paper, shaded, texture, varied

_GROUNDS: tuple[tuple[float, Colour], ...] = (
    (4, (96, 96, 98)), (2, (150, 148, 144)), (2, (64, 84, 52)), (2, (176, 160, 136)),
    (2, (120, 70, 56)), (1, (200, 206, 212)), (1, (40, 42, 46)), (1, (150, 180, 210)),
)  # fmt: skip
_WORDS = (
    "APOTHEKE", "BAR 24", "Hauptstr.", "OPTIK", "HOTEL", "P 30 min", "Zentrum 2 km", "STOP",
    "50", "30", "CAFE ROMA", "KIOSK", "Rue de Lyon 12", "ZONE", "Frei", "U Mitte", "SALE -50%",
    "A 115", "E 40", "Nr. 17", "Via Po", "BANK", "B1 Berlin", "Taxi", "112", "EXIT", "WC",
)  # fmt: skip
_SIGNS: tuple[tuple[float, tuple[Colour, Colour]], ...] = (
    (3, ((236, 236, 232), (24, 24, 26))), (3, ((30, 70, 160), (240, 240, 240))),
    (2, ((240, 200, 40), (20, 20, 20))), (1, ((20, 100, 60), (240, 240, 240))),
    (2, ((190, 30, 36), (240, 240, 240))), (1, ((30, 30, 34), (230, 220, 180))),
)  # fmt: skip

_HOSTILE = (1, 2, 1, 2, 4, 3, 1, 2, 3, 2, 2, 4, 3)
_HARMLESS = (2, 2, 2, 1, 1, 0.5, 2, 0.5, 2, 0.3, 0.3, 0.3, 0.3)
"""Relative frequency of the objects below, in the order of `draw_surroundings`."""


def draw_surroundings(rng: np.random.Generator, side: int, *, hostile: bool) -> np.ndarray:
    """Surroundings without a vehicle, (side, side, 3) uint8 RGB.

    Args:
        rng: random generator for the appearance.
        side: side, pixels.
        hostile: whether they are full of objects that resemble plates.
    """
    pixels = np.empty((side, side, 3), np.uint8)
    pixels[:] = varied(rng, choose(rng, _GROUNDS), 20)
    grain = texture(rng, side, side, int(rng.integers(1, 6)))
    shaded(pixels, 1 + grain * rng.uniform(0.05, 0.5))
    scale = side / rng.uniform(1.2, 12)
    paper = Paper(pixels, scale, (0.0, 0.0))
    reach = side / scale
    things = (
        _wall, _windows, _leaves, _stripes, _sign, _words, _poles, _blank, _clutter,
        _wheel, _face, _lamp, _badge,
    )  # fmt: skip
    count = int(rng.integers(3, 9)) if hostile else int(rng.integers(1, 4))
    weights = np.array(_HOSTILE if hostile else _HARMLESS, float)
    for number in rng.choice(len(things), size=count, p=weights / weights.sum()):
        things[int(number)](rng, paper, reach)
    if rng.random() < 0.5:  # a road below
        y = reach * rng.uniform(0.5, 0.9)
        road = varied(rng, (92, 92, 95), 10)
        paper.rectangle((-1, y, reach + 1, reach + 1), road)
        if rng.random() < 0.5:
            x, wide = rng.uniform(0, reach, 2)
            points = [(x, y), (x + 0.1, y), (x + 0.3 - wide, reach), (x - wide, reach)]
            paper.polygon(points, (214, 214, 210))
    return pixels


def _wall(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    x = rng.uniform(-0.3, 1) * reach
    wide = rng.uniform(0.3, 1) * reach
    colour = varied(rng, choose(rng, _GROUNDS), 15)
    paper.rectangle((x, -1, x + wide, reach * rng.uniform(0.5, 1)), colour)
    step = rng.uniform(0.07, 0.3)
    if step * paper.scale > 3:
        red, green, blue = colour
        dark = red * 0.8, green * 0.8, blue * 0.8
        for y in np.arange(0, reach * 0.8, step):
            paper.line((x, y), (x + wide, y), 0.01, dark)


def _windows(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    wide, tall = rng.uniform(0.3, 1.4), rng.uniform(0.2, 1.8)
    glass = varied(rng, (70, 80, 92), 40)
    frame = varied(rng, (200, 200, 196), 40)
    x0, y0 = rng.uniform(-0.2, 0.6, 2) * reach
    for column in range(int(rng.integers(1, 5))):
        for row in range(int(rng.integers(1, 4))):
            x, y = x0 + column * wide * 1.4, y0 + row * tall * 1.4
            paper.rectangle((x - 0.05, y - 0.05, x + wide + 0.05, y + tall + 0.05), frame)
            paper.rectangle((x, y, x + wide, y + tall), glass)
            if rng.random() < 0.5:
                paper.line((x + wide / 2, y), (x + wide / 2, y + tall), 0.04, frame)


def _leaves(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    side = len(paper.pixels)
    size = int(side * rng.uniform(0.3, 0.8))
    x, y = (int(v) for v in rng.integers(0, side - size + 1, 2))
    grain = texture(rng, size, size, int(rng.integers(1, 4)))
    green = np.asarray(varied(rng, (62, 84, 44), 14), np.float32)
    leaf = np.clip(green * (1 + 0.9 * grain[..., None]), 0, 255)
    part = paper.pixels[y : y + size, x : x + size]
    np.copyto(part, leaf.astype(np.uint8), where=(grain > rng.uniform(-0.5, 0.1))[..., None])


def _stripes(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    """Draw a grille, a fence, a zebra crossing, or a barrier."""
    x, y = rng.uniform(0, 0.8, 2) * reach
    wide, tall = rng.uniform(0.2, 2), rng.uniform(0.08, 1)
    ground, ink = (varied(rng, c, 15) for c in choose(rng, _SIGNS))
    if rng.random() < 0.5:
        ground = varied(rng, (40, 40, 42), 15)
    paper.rectangle((x, y, x + wide, y + tall), ground)
    count = int(rng.integers(3, 14))
    slant = rng.uniform(0, 0.1) * (rng.random() < 0.4)
    if rng.random() < 0.6:
        for edge in np.linspace(x, x + wide, count, endpoint=False):
            half = wide / count * rng.uniform(0.3, 0.6)
            points = [
                (edge + slant, y),
                (edge + half + slant, y),
                (edge + half, y + tall),
                (edge, y + tall),
            ]
            paper.polygon(points, ink)
    else:
        for edge in np.linspace(y, y + tall, count, endpoint=False):
            paper.rectangle((x, edge, x + wide, edge + tall / count * 0.5), ink)


def _sign(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    x, y = rng.uniform(0, 0.9, 2) * reach
    ground, ink = (varied(rng, c, 10) for c in choose(rng, _SIGNS))
    size = rng.uniform(0.25, 0.5)
    if rng.random() < 0.7:
        paper.rectangle((x - 0.03, y, x + 0.03, reach), varied(rng, (130, 132, 134), 15))
    match int(rng.integers(5)):
        case 0:  # speed limit
            paper.ellipse((x, y), size, size, (196, 26, 30))
            paper.ellipse((x, y), size * 0.78, size * 0.78, (236, 236, 234))
            limit = str(10 * int(rng.integers(1, 14)))
            paper.text(limit, (x - size / 2, y - size / 3, x + size / 2, y + size / 3), (20,) * 3)
        case 1:  # blue disc
            paper.ellipse((x, y), size, size, (30, 80, 170))
            paper.line((x, y - size / 2), (x, y + size / 2), size / 5, (240,) * 3)
        case 2:  # warning
            points = np.array([(0, -1), (0.95, 0.7), (-0.95, 0.7)])
            paper.polygon(points * size + (x, y), (196, 26, 30))
            paper.polygon(points * size * 0.7 + (x, y), (236, 236, 234))
        case 3:  # several lines of text
            wide, rows = rng.uniform(0.4, 1.2), int(rng.integers(2, 5))
            paper.rectangle((x - wide, y - size, x + wide, y + size), ground, corner=0.05)
            for row in range(rows):
                text = _WORDS[int(rng.integers(len(_WORDS)))]
                top = y - size + (row + 0.25) * 2 * size / rows
                left = x - wide * 0.85
                right = left + wide * rng.uniform(0.6, 1.6)
                paper.text(text, (left, top, right, top + size / rows), ink)
        case _:  # a bare panel or an arrow
            paper.rectangle(
                (x - size, y - size * 0.4, x + size, y + size * 0.4), ground, corner=0.03
            )
            arrow = [(x - size * 0.6, y), (x, y - size * 0.3), (x, y + size * 0.3)]
            paper.polygon(arrow, ink)


def _words(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    """Draw lettering on a shop front, on a board much longer than a plate, or without ground."""
    word = " ".join(_WORDS[int(i)] for i in rng.integers(len(_WORDS), size=int(rng.integers(1, 3))))
    tall = rng.uniform(0.1, 0.6)
    wide = tall * rng.uniform(0.6, 1.0) * len(word)
    x, y = rng.uniform(-0.1, 0.7, 2) * reach
    ground, ink = (varied(rng, c, 15) for c in choose(rng, _SIGNS))
    if rng.random() < 0.5:
        long = rng.uniform(0.5, 2)
        paper.rectangle((x - long, y - tall * 0.4, x + wide + long, y + tall * 1.4), ground)
    font = FONTS[int(rng.integers(len(FONTS)))]
    paper.text(word, (x, y, x + wide, y + tall), ink, font=font, weight=rng.uniform(0.06, 0.2))


def _poles(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    for _ in range(int(rng.integers(1, 5))):
        x = rng.uniform(0, reach)
        paper.line(
            (x, 0),
            (x + rng.normal(0, 0.05), reach),
            rng.uniform(0.03, 0.25),
            varied(rng, (110, 108, 104), 40),
        )


def _blank(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    """Draw rectangles in the shape of a plate without text: stickers, lamps, slots, posters."""
    for _ in range(int(rng.integers(1, 6))):
        x, y = rng.uniform(0, 0.9, 2) * reach
        wide = rng.uniform(0.1, 0.8)
        tall = wide * rng.uniform(0.15, 1)
        ground, ink = (varied(rng, c, 25) for c in choose(rng, _SIGNS))
        paper.rectangle((x, y, x + wide, y + tall), ground, corner=rng.uniform(0, 0.05))
        if rng.random() < 0.4:
            paper.rectangle((x + wide * 0.1, y + tall * 0.4, x + wide * 0.5, y + tall * 0.6), ink)


def _clutter(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    """Draw overlapping pieces of all sizes, like the clutter in photographs (people, bags)."""
    x, y = rng.uniform(-0.2, 0.7, 2) * reach
    scatter(
        rng, paper, (x, y, x + reach * rng.uniform(0.3, 0.9), y + reach * rng.uniform(0.3, 0.9))
    )


def scatter(
    rng: np.random.Generator,
    paper: Paper,
    box: Box,
    count: int | None = None,
    colours: np.ndarray | None = None,
) -> None:
    """Draw dead leaves: overlapping pieces with scale-invariant sizes, from large to small.

    Args:
        rng: random generator for the positions.
        paper: surface to draw on.
        box: area of the pieces.
        count: number of pieces (default: 30 to 140).
        colours: (4, 3) RGB (default: any).
    """
    x0, y0, x1, y1 = box
    count = int(rng.integers(30, 140)) if count is None else count
    if colours is None:
        colours = rng.uniform(5, 235, (4, 1)) + rng.normal(0, 22, (4, 3))
    largest = 0.4 * min(x1 - x0, y1 - y0)
    smallest = 1.5 / paper.scale
    sizes = np.sort(smallest * (max(largest / smallest, 1.1)) ** (rng.random(count) ** 1.6))[::-1]
    for size in sizes:
        corners = int(rng.integers(3, 8))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        stretch = rng.uniform(0.25, 1, 2) * size
        points = np.stack((np.cos(angles), np.sin(angles)), axis=1) * stretch
        colour = np.clip(colours[int(rng.integers(4))] + rng.normal(0, 18, 3), 0, 255)
        paper.polygon(points + rng.uniform((x0, y0), (x1, y1)), tuple(colour))


def _place(
    rng: np.random.Generator, reach: float, largest: float
) -> tuple[tuple[float, float], float]:
    """Random point of the picture, and a random size up to a share of it, metres."""
    size = reach * largest * np.exp(rng.uniform(np.log(0.08), 0))
    x, y = rng.uniform(0, reach, 2)
    return (x, y), float(size)


def _wheel(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    centre, radius = _place(rng, reach, 0.4)
    draw_wheel(rng, paper, centre, (radius * rng.uniform(0.3, 1), radius))


def draw_wheel(
    rng: np.random.Generator,
    paper: Paper,
    centre: tuple[float, float],
    radii: tuple[float, float],
) -> None:
    """Draw a tyre and its rim with spokes from the side; radii across and down in metres."""
    across, down = radii
    paper.ellipse(centre, across, down, varied(rng, (26, 26, 28), 6))
    rim = varied(rng, (170, 172, 176), 30)
    share = rng.uniform(0.55, 0.75)
    paper.ellipse(centre, across * share, down * share, rim)
    gap = varied(rng, (50, 50, 54), 20)
    count = int(rng.integers(4, 13))
    start, wide = rng.uniform(0, np.pi), rng.uniform(0.2, 0.7) * np.pi / count
    for angle in start + np.arange(count) * 2 * np.pi / count:
        angles = np.array([angle - wide, angle + wide, angle])
        ends = np.stack((np.cos(angles), np.sin(angles)), axis=1)
        reached = np.array([0.92, 0.92, 0.3])[:, None]
        paper.polygon(ends * reached * (across * share, down * share) + centre, gap)
    paper.ellipse(centre, across * 0.14, down * 0.14, varied(rng, rim, 30))


def _face(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    """Draw a head whose open mouth shows teeth: bright, wide and striped, like a plate."""
    (x, y), size = _place(rng, reach, 0.4)
    skin = varied(
        rng, choose(rng, ((2, (226, 184, 156)), (1, (178, 130, 100)), (1, (96, 66, 50)))), 12
    )
    hair = varied(rng, choose(rng, ((2, (50, 38, 30)), (1, (180, 140, 90)), (1, (20, 18, 18)))), 10)
    paper.ellipse((x, y - 0.2 * size), 0.85 * size, 1.1 * size, hair)
    paper.ellipse((x, y), 0.72 * size, size, skin)
    for sign in (-1, 1):
        eye = (x + sign * 0.3 * size, y - 0.15 * size)
        paper.ellipse(eye, 0.13 * size, 0.06 * size, (232, 230, 226))
        paper.ellipse(eye, 0.05 * size, 0.06 * size, (40, 30, 26))
        brow = (
            (eye[0] - 0.17 * size, eye[1] - 0.17 * size),
            (eye[0] + 0.17 * size, eye[1] - 0.2 * size),
        )
        paper.line(*brow, 0.05 * size, hair)
    wide, tall = size * rng.uniform(0.2, 0.34), size * rng.uniform(0.06, 0.15)
    mouth = y + 0.5 * size
    paper.ellipse((x, mouth), wide * 1.15, tall * 1.5, varied(rng, (170, 80, 80), 20))
    teeth = varied(rng, (232, 228, 216), 8)
    paper.ellipse((x, mouth), wide, tall, teeth)
    red, green, blue = teeth
    for edge in np.linspace(-0.8, 0.8, int(rng.integers(5, 10))):
        half = tall * 0.9 * float(np.sqrt(1 - edge**2))
        start, end = (x + edge * wide, mouth - half), (x + edge * wide, mouth + half)
        paper.line(start, end, 0.01 * size, (red * 0.7, green * 0.66, blue * 0.62))


def _lamp(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    (x, y), wide = _place(rng, reach, 0.35)
    tall = wide * rng.uniform(0.2, 1)
    paper.rectangle((x - wide, y - tall, x + wide, y + tall), varied(rng, (60, 62, 66), 30))
    glass = choose(rng, ((3, (200, 206, 212)), (3, (190, 30, 30)), (1, (230, 140, 30))))
    draw_lens(rng, paper, (x - 0.93 * wide, y - 0.9 * tall, x + 0.93 * wide, y + 0.9 * tall), glass)


def draw_lens(rng: np.random.Generator, paper: Paper, box: Box, glass: Colour) -> None:
    """Draw a lamp at close range: glass, a bright strip, reflectors, glints, grooves."""
    x0, y0, x1, y1 = box
    wide, tall = x1 - x0, y1 - y0
    paper.rectangle(box, varied(rng, glass, 20), corner=0.3 * tall)
    strip = box
    if rng.random() < 0.5:
        left, top = x0 + wide * rng.uniform(0, 0.4), y0 + tall * rng.uniform(0, 0.6)
        strip = left, top, x1 - wide * rng.uniform(0, 0.3), top + tall * rng.uniform(0.2, 0.4)
        paper.rectangle(strip, varied(rng, (226, 220, 214), 20), corner=0.1 * tall)
    if rng.random() < 0.5:
        radius = (strip[3] - strip[1]) * rng.uniform(0.25, 0.5)
        for x in np.linspace(strip[0] + radius, strip[2] - radius, int(rng.integers(1, 5))):
            for share in (1.0, 0.75, 0.3):
                middle = (x, (strip[1] + strip[3]) / 2)
                paper.ellipse(middle, radius * share, radius * share, varied(rng, glass, 50))
    if rng.random() < 0.5:
        light = np.asarray(varied(rng, glass, 20)) * rng.uniform(0.3, 1.3, (4, 1))
        scatter(rng, paper, strip, int(rng.integers(5, 30)), light)
    if rng.random() < 0.5:
        shade = varied(rng, (110, 108, 106), 30)
        for x in np.linspace(strip[0], strip[2], int(rng.integers(5, 16))):
            paper.line((x, strip[1]), (x, strip[3]), 0.02 * wide, shade)


def _badge(rng: np.random.Generator, paper: Paper, reach: float) -> None:
    centre, size = _place(rng, reach, 0.2)
    draw_badge(rng, paper, centre, size)


def draw_badge(
    rng: np.random.Generator, paper: Paper, centre: tuple[float, float], size: float
) -> None:
    """Draw a chrome emblem: a disc, a ring with a sign in it, a bar, or spaced letters."""
    x, y = centre
    chrome, dark = varied(rng, (184, 186, 190), 25), varied(rng, (60, 62, 70), 30)
    if rng.random() < 0.2:
        letters = " ".join(
            "FORDMAZKIBTLEX"[int(i)] for i in rng.integers(14, size=rng.integers(3, 8))
        )
        wide = size * 0.5 * len(letters)
        paper.text(letters, (x - wide, y - size / 2, x + wide, y + size / 2), chrome, weight=0.2)
        return
    wide = size * rng.uniform(1, 2)
    paper.ellipse(centre, wide, size, chrome)
    inner = choose(rng, ((2, dark), (1, (24, 40, 120)), (1, (170, 24, 30)), (1, chrome)))
    paper.ellipse(centre, wide * 0.85, size * 0.82, inner)
    match int(rng.integers(4)):
        case 0:
            word = _WORDS[int(rng.integers(len(_WORDS)))][:5]
            paper.text(word, (x - wide * 0.6, y - size / 3, x + wide * 0.6, y + size / 3), chrome)
        case 1:
            for corner in rng.uniform(-0.6, 0.6, (3, 2, 2)) * (wide, size) + centre:
                paper.line(tuple(corner[0]), tuple(corner[1]), 0.2 * size, chrome)
        case 2:
            angles = np.linspace(0, 2 * np.pi, int(rng.integers(3, 7)), endpoint=False)
            points = np.stack((np.sin(angles) * wide, -np.cos(angles) * size), axis=1)
            paper.polygon(0.7 * points + centre, chrome)
        case _:
            paper.ellipse(centre, wide * 0.4, size * 0.4, dark)
