"""Colours: RGB triples of floats, 0 to 255."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Colour = tuple[float, float, float]
T = TypeVar("T")

WHITE: Colour = (240, 240, 238)
BLACK: Colour = (22, 22, 24)
GLASS: Colour = (46, 58, 70)
RUBBER: Colour = (30, 30, 32)
CHROME: Colour = (168, 172, 176)

SKIN: tuple[Colour, ...] = (
    (244, 208, 182),
    (236, 190, 158),
    (222, 172, 136),
    (198, 146, 110),
    (160, 110, 78),
    (122, 80, 56),
)
HAIR: tuple[Colour, ...] = (
    (32, 26, 24),
    (58, 40, 30),
    (94, 62, 38),
    (146, 102, 56),
    (204, 170, 108),
    (150, 148, 146),
    (134, 62, 32),
)
CLOTHES: tuple[Colour, ...] = (
    (196, 48, 48),
    (224, 124, 40),
    (232, 190, 60),
    (66, 142, 82),
    (40, 120, 132),
    (52, 92, 172),
    (34, 46, 92),
    (118, 66, 140),
    (214, 116, 150),
    (232, 228, 218),
    (150, 150, 154),
    (70, 72, 78),
    (40, 40, 44),
    (134, 98, 66),
    (176, 196, 214),
)
TROUSERS: tuple[Colour, ...] = (
    (44, 58, 96),
    (70, 94, 140),
    (38, 38, 44),
    (92, 90, 92),
    (164, 146, 112),
    (92, 74, 56),
    (58, 68, 54),
    (204, 200, 190),
)
CAR_PAINT: tuple[Colour, ...] = (
    (40, 42, 48),
    (196, 200, 204),
    (232, 232, 230),
    (122, 126, 132),
    (160, 34, 36),
    (36, 66, 132),
    (70, 110, 150),
    (44, 84, 62),
    (186, 160, 112),
    (202, 108, 40),
    (96, 40, 52),
)
BUS_PAINT: tuple[Colour, ...] = ((238, 192, 34), (198, 36, 40), (244, 212, 60), (214, 60, 34))
TRAM_PAINT: tuple[Colour, ...] = ((34, 120, 92), (40, 84, 160), (20, 130, 160), (110, 40, 120))
TRUCK_PAINT: tuple[Colour, ...] = ((236, 236, 234), (60, 110, 170), (70, 120, 74), (226, 226, 220))
CAB_PAINT: tuple[Colour, ...] = ((190, 40, 36), (40, 70, 140), (236, 236, 232), (230, 140, 40))
WALL: tuple[Colour, ...] = (
    (206, 190, 166),
    (190, 148, 122),
    (160, 96, 78),
    (214, 204, 190),
    (176, 172, 166),
    (222, 198, 150),
    (150, 152, 158),
    (186, 178, 150),
    (196, 166, 156),
    (168, 180, 178),
)
SHOP: tuple[Colour, ...] = (
    (176, 42, 44),
    (36, 96, 70),
    (34, 66, 122),
    (214, 152, 44),
    (78, 46, 84),
    (60, 60, 62),
)


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices with equal probability (much faster than `rng.choice`)."""
    return choices[int(rng.random() * len(choices))]


def scaled(colour: Colour, factor: float) -> Colour:
    """Colour made brighter or darker."""
    red, green, blue = colour
    return min(red * factor, 255.0), min(green * factor, 255.0), min(blue * factor, 255.0)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """Mixture of two colours: the first at share 0, the second at share 1."""
    keep = 1 - share
    return (
        first[0] * keep + second[0] * share,
        first[1] * keep + second[1] * share,
        first[2] * keep + second[2] * share,
    )


def jittered(rng: np.random.Generator, colour: Colour, spread: float = 0.08) -> Colour:
    """Colour whose brightness varies by up to the relative spread."""
    return scaled(colour, 1 + spread * (2 * rng.random() - 1))
