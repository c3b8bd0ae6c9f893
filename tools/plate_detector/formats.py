"""Formats and designs of license plates, by region."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tools.plate_detector.paper import Colour, varied

Item = TypeVar("Item")

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DIGITS = "0123456789"
WHITE: Colour = (240, 240, 236)
YELLOW: Colour = (238, 196, 40)
BLACK: Colour = (20, 20, 24)
BLUE: Colour = (24, 58, 158)


@dataclass(frozen=True)
class PlateColours:
    """Colours of a design.

    Attributes:
        ground: colour behind the characters.
        ink: colour of the characters.
        bands: colours of the bands at the left and right end; None for no band.
        border: colour of the rim; None for no rim.
        strips: colours of the strips along the upper and the lower edge; None for the ground.
        caption: colour of the small lettering there.
        lower: colour at the ground's lower end, into which the upper one fades; None for the same.
    """

    ground: Colour
    ink: Colour
    bands: tuple[Colour | None, Colour | None] = (None, None)
    border: Colour | None = BLACK
    strips: tuple[Colour | None, Colour | None] = (None, None)
    caption: Colour = BLACK
    lower: Colour | None = None


@dataclass(frozen=True)
class PlateSize:
    """Size of a plate, metres, and its lines of large characters."""

    width: float
    height: float
    lines: int = 1


@dataclass(frozen=True)
class PlateFormat:
    """Plates of a region.

    Attributes:
        patterns: patterns of registrations: L is a letter, 9 a digit, a space separates groups.
        sizes: weights and sizes.
        colours: weights and colours; empty for colours by `american_colours`.
        captions: small lettering along the upper edge.
        slogans: small lettering along the lower edge.
        margins: shares of the height for the small lettering, above and below.
    """

    patterns: tuple[str, ...]
    sizes: tuple[tuple[float, PlateSize], ...]
    colours: tuple[tuple[float, PlateColours], ...] = ()
    captions: tuple[str, ...] = ()
    slogans: tuple[str, ...] = ()
    margins: tuple[float, float] = (0.0, 0.0)


def choose(rng: np.random.Generator, weighted: Sequence[tuple[float, Item]]) -> Item:
    """Random item, with a probability proportional to its weight."""
    weights = np.array([weight for weight, _ in weighted], float)
    return weighted[int(np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random()))][1]


_ONE, _TWO = (BLUE, None), (BLUE, BLUE)
EUROPEAN = PlateFormat(
    patterns=(
        "L LL 999", "LL L 9999", "LLL LL 99", "L:LL 999", "LL 999 LL", "LL 99 LLL", "9L9 9999",
        "9999 LLL", "LL 99999", "LLL 999", "99 LL 99", "L 999 LL", "LL999LL", "LLL 9999",
        "9 LLL 999", "LL 9999 L", "999 LLL 99", "L9 LLL", "LL 99 99", "99 LLL 9",
    ),
    sizes=(
        (10, PlateSize(0.52, 0.11)), (2, PlateSize(0.46, 0.11)), (1, PlateSize(0.52, 0.12)),
        (1.2, PlateSize(0.34, 0.11)), (2, PlateSize(0.34, 0.20, 2)),
        (1.2, PlateSize(0.28, 0.20, 2)), (1.2, PlateSize(0.22, 0.20, 2)),
        (0.8, PlateSize(0.18, 0.20, 2)),
    ),
    colours=(
        (8, PlateColours(WHITE, BLACK, _ONE)),  # Germany, Poland, Spain, …
        (2, PlateColours(WHITE, BLACK, _ONE, border=None)),  # Czechia, Great Britain (front)
        (3, PlateColours(WHITE, BLACK, _TWO)),  # France, Italy, Portugal
        (2, PlateColours(WHITE, BLACK)),  # Switzerland, older plates
        (3, PlateColours(YELLOW, BLACK, _ONE)),  # Netherlands, Luxembourg, Great Britain (rear)
        (1, PlateColours(YELLOW, BLACK)),
        (1, PlateColours(WHITE, (160, 24, 40), _ONE, (160, 24, 40))),  # Belgium
        (0.8, PlateColours(WHITE, BLACK, _ONE, (180, 30, 40))),  # Austria
        (0.7, PlateColours(WHITE, (20, 110, 60), _ONE)),  # untaxed; electric vehicles
        (0.5, PlateColours((150, 205, 150), BLACK, _ONE)),  # electric vehicles
        (0.6, PlateColours(WHITE, (190, 30, 40), _ONE, (190, 30, 40))),  # dealers
        (0.5, PlateColours((190, 30, 36), WHITE, _ONE)),  # transit
        (0.6, PlateColours((28, 60, 150), WHITE, border=WHITE)),  # taxis, diplomats
        (1, PlateColours((24, 24, 26), (232, 232, 228), border=(200, 200, 200))),  # historic
        (0.5, PlateColours((16, 86, 60), WHITE, border=WHITE)),
        (0.7, PlateColours(WHITE, BLACK, ((200, 30, 40), None))),  # red band
        (0.5, PlateColours(WHITE, BLACK, (BLUE, (230, 190, 40)))),  # temporary
        (0.5, PlateColours((232, 120, 30), BLACK)),
    ),
)  # fmt: skip
AMERICAN = PlateFormat(
    patterns=(
        "9LLL999", "LLL 9999", "LLL999", "LL9:L9L", "LLL:9999", "999 LLL", "L99 LLL", "LL 99999",
        "999 9999", "LLL 999", "9999 LL", "L999999", "LL9 L9L", "99L:9LL", "LLLLL", "LL 9999",
    ),
    sizes=((1, PlateSize(0.305, 0.152)),),
    captions=(
        "California", "TEXAS", "FLORIDA", "NEW YORK", "MISSOURI", "Ohio", "ARIZONA", "Illinois",
        "MICHIGAN", "INDIANA", "Washington", "ONTARIO", "VIRGINIA", "Kansas", "ALBERTA", "UTAH",
    ),
    slogans=(
        "THE LONE STAR STATE", "SUNSHINE STATE", "dmv.ca.gov", "EMPIRE STATE", "SHOW-ME STATE",
        "Land of Lincoln", "GRAND CANYON", "APPORTIONED", "YOURS TO DISCOVER", "MARION COUNTY",
    ),
    margins=(0.25, 0.17),
)  # fmt: skip
BRAZILIAN = PlateFormat(
    patterns=("LLL-9999",),
    sizes=((6, PlateSize(0.40, 0.13)), (1, PlateSize(0.19, 0.14, 2))),
    colours=(
        (8, PlateColours((172, 174, 174), BLACK)),
        (1, PlateColours((176, 30, 34), WHITE, caption=WHITE)),  # taxis, lorries
        (0.5, PlateColours(WHITE, BLACK)),
        (0.3, PlateColours((24, 24, 26), (210, 210, 206), caption=WHITE)),
    ),
    captions=("SP-SAO PAULO", "BA-SALVADOR", "RJ-RIO DE JANEIRO", "MG-BETIM", "PR-CURITIBA"),
    margins=(0.22, 0.0),
)
MERCOSUR = PlateFormat(
    patterns=("LLL9L99", "LL 999 LL"),
    sizes=((6, PlateSize(0.40, 0.13)), (2, PlateSize(0.20, 0.17, 2))),
    colours=tuple(
        (weight, PlateColours(WHITE, ink, border=ink, strips=((20, 50, 150), None), caption=WHITE))
        for weight, ink in ((6, BLACK), (1, (180, 24, 40)), (0.5, BLUE), (0.5, (20, 110, 60)))
    ),
    captions=("BRASIL", "REPUBLICA ARGENTINA", "URUGUAY"),
    margins=(0.24, 0.0),
)
FORMATS = ((52, EUROPEAN), (28, AMERICAN), (12, BRAZILIAN), (8, MERCOSUR))
"""Relative frequency of each format."""


def american_colours(rng: np.random.Generator) -> PlateColours:
    """Random colours of any kind, as on plates of states and provinces in North America."""
    light = (
        WHITE,
        (226, 232, 240),
        (240, 226, 190),
        (236, 190, 70),
        (206, 226, 238),
        (232, 206, 196),
    )
    dark = BLACK, (26, 40, 110), (20, 80, 60), (120, 24, 40), (70, 40, 90)
    ground = varied(rng, light[int(rng.integers(len(light))) * (rng.random() < 0.6)], 8)
    ink = varied(rng, dark[int(rng.integers(len(dark)))], 10)
    if rng.random() < 0.08:
        ground, ink = ink, ground
    lower = light[int(rng.integers(len(light)))] if rng.random() < 0.35 else None
    strong = [dark[int(rng.integers(1, len(dark)))] for _ in range(2)]
    upper_strip = strong[0] if rng.random() < 0.2 else None
    lower_strip = strong[1] if rng.random() < 0.15 else None
    caption = (
        WHITE
        if upper_strip
        else varied(rng, (*strong, (190, 30, 40), ink)[int(rng.integers(4))], 10)
    )
    return PlateColours(
        ground, ink, border=ink if rng.random() < 0.3 else None,
        strips=(upper_strip, lower_strip), caption=caption, lower=lower,
    )  # fmt: skip
