"""Letters and digits of a license plate, drawn as strokes in the proportions of DIN 1451.

No font has to be shipped or licensed. A glyph is a set of paths drawn with a round pen. Parts
outside the glyph's box are cut off, so that strokes have straight ends there.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

import cv2
import numpy as np

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""All letters except I, O and Q, which most countries avoid."""
DIGITS = "0123456789"
READABLE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + DIGITS

_HEIGHT = 128
"""Height of a drawn glyph, pixels."""
_OUT = 0.4
"""Length by which a path leaves the box for a straight end, relative to the cap height."""

Path = list[tuple[float, float]]


def advance(char: str) -> float:
    """Width of a glyph's box relative to the cap height."""
    if char in "I1":
        return {"I": 0.2, "1": 0.4}[char]
    return {"M": 0.70, "W": 0.76, "J": 0.54, "L": 0.54}.get(char, 0.58 if char in DIGITS else 0.62)


@lru_cache(maxsize=1024)  # 40 KB each
def glyph(char: str, weight: float = 0.14, stretch: float = 1.0) -> np.ndarray:
    """Drawn letter or digit.

    Args:
        char: one of `READABLE`.
        weight: width of the strokes relative to the cap height, 0.08 to 0.24.
        stretch: width of the character relative to that of DIN 1451, 0.5 to 2; strokes stay as
            wide as they are.

    Returns:
        Share of ink, (128, w) float32, 0 to 1; read-only.
    """
    width = stretch * advance(char)
    if char == "I":
        width = max(width, 1.25 * weight)
    canvas = np.zeros((_HEIGHT, round(width * _HEIGHT)), np.uint8)
    for path in _PATHS[char](width, weight / 2):
        points = np.round(np.array(path) * _HEIGHT * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, round(weight * _HEIGHT), cv2.LINE_AA, 4)
    result = canvas.astype(np.float32) / 255
    result.flags.writeable = False
    return result


def _arc(  # noqa: PLR0917 (what an ellipse is made of)
    cx: float, cy: float, rx: float, ry: float, start: float, end: float
) -> Path:
    """Arc of an ellipse, degrees clockwise from the right."""
    angles = np.radians(np.linspace(start, end, 25))
    return [(cx + rx * np.cos(a), cy + ry * np.sin(a)) for a in angles]


def _stadium(w: float, h: float) -> Path:
    """Oval of 0 and O: two half circles and straight sides."""
    r = w / 2 - h
    top, bottom = _arc(w / 2, h + r, r, r, 180, 360), _arc(w / 2, 1 - h - r, r, r, 0, 180)
    return [*top, *bottom, top[0]]


def _bowl(w: float, top: float, bottom: float, h: float) -> Path:
    """Right half of B, P, R and D: from the stem and back to it."""
    r = (bottom - top) / 2
    turn = w - h - min(r, w - 2 * h)
    return [
        (h, top),
        *_arc(turn, top + r, w - h - turn, r, -90, 90),
        (h, bottom),
    ]


def _stem(x: float) -> Path:
    return [(x, -_OUT), (x, 1 + _OUT)]


def _bar(x0: float, x1: float, y: float) -> Path:
    return [(x0, y), (x1, y)]


def _hook(w: float, h: float, start: float) -> Path:
    """Upper arc of C, G and S, from the right end to the left."""
    r = w / 2 - h
    return _arc(w / 2, h + r, r, r, start, -180)


def _c(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    return [[*_hook(w, h, -12), *_arc(w / 2, 1 - h - r, r, r, 180, 12)]]


def _g(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    lower = _arc(w / 2, 1 - h - r, r, r, 180, 0)
    return [[*_hook(w, h, -12), *lower, (w - h, 0.53), (w / 2, 0.53)]]


def _s(w: float, h: float) -> list[Path]:
    rx, ry = w / 2 - h, (1 - 2 * h) / 4
    upper = _arc(w / 2, h + ry, rx, ry, -15, -255)
    return [[*upper, *_arc(w / 2, 1 - h - ry, rx, ry, -75, 165)]]


def _two(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    return [[*_arc(w / 2, h + r, r, r, 195, 385), (h, 1 - h), (w + _OUT, 1 - h)]]


def _three(w: float, h: float) -> list[Path]:
    rx, ry = w / 2 - h, (0.5 - h) / 2
    upper = _arc(w / 2, h + ry, rx, ry, 200, 430)
    lower = _arc(w / 2, 1 - h - ry * 1.08, rx, ry * 1.08, -80, 160)
    return [[*upper, (w * 0.45, h + 2 * ry), *lower]]


def _five(w: float, h: float) -> list[Path]:
    ry = 0.29
    bowl = _arc(w / 2, 1 - h - ry, w / 2 - h, ry, -130, 160)
    return [[(w + _OUT, h), (h * 1.2, h), (h * 1.1, 0.5), *bowl]]


def _six(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    ry = 0.27
    oval = _arc(w / 2, 1 - h - ry, r, ry, 0, 360)
    return [oval, [(h, 1 - h - ry), *_arc(w / 2, h + r, r, r, 180, 335)]]


def _turned(paths: Iterable[Path], w: float) -> list[Path]:
    return [[(w - x, 1 - y) for x, y in path] for path in paths]


def _eight(w: float, h: float) -> list[Path]:
    upper, lower = 0.235 - h / 2 + 0.02, 0.265 - h / 2 - 0.02 + h / 8
    top = _arc(w / 2, h + upper, (w / 2 - h) * 0.93, upper, 0, 360)
    return [top, _arc(w / 2, 1 - h - lower, w / 2 - h, lower, 0, 360)]


def _zed(w: float, h: float) -> list[Path]:
    return [[(-_OUT, h), (w - h * 1.1, h), (h * 1.1, 1 - h), (w + _OUT, 1 - h)]]


def _u(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    return [[(h, -_OUT), *_arc(w / 2, 1 - h - r, r, r, 180, 0), (w - h, -_OUT)]]


def _j(w: float, h: float) -> list[Path]:
    r = w / 2 - h
    return [[(w - h, -_OUT), *_arc(w / 2, 1 - h - r, r, r, 0, 165)]]


def _through(x0: float, y0: float, x1: float, y1: float) -> Path:
    """Line through two points, extended beyond both."""
    dx, dy = (x1 - x0) * 0.3, (y1 - y0) * 0.3
    return [(x0 - dx, y0 - dy), (x1 + dx, y1 + dy)]


def _leg(x0: float, y0: float, x1: float, y1: float) -> Path:
    """Line from a point through another one, extended beyond the latter."""
    return [(x0, y0), (x1 + (x1 - x0) * 0.4, y1 + (y1 - y0) * 0.4)]


_PATHS: dict[str, Callable[[float, float], list[Path]]] = {
    "A": lambda w, h: [
        [(w / 2, h * 0.2), (h * 0.6 - w * 0.1, 1.24)],
        [(w / 2, h * 0.2), (w * 1.1 - h * 0.6, 1.24)],
        _bar(w * 0.25, w * 0.75, 0.70),
    ],
    "B": lambda w, h: [_stem(h), _bowl(w * 0.96, h, 0.48, h), _bowl(w, 0.48, 1 - h, h)],
    "C": _c,
    "D": lambda w, h: [_stem(h), _bowl_d(w, h)],
    "E": lambda w, h: [
        _stem(h),
        *(_bar(h, w + _OUT, y) for y in (h, 1 - h)),
        _bar(h, w * 0.8, 0.49),
    ],
    "F": lambda w, h: [_stem(h), _bar(h, w + _OUT, h), _bar(h, w * 0.8, 0.5)],
    "G": _g,
    "H": lambda w, h: [_stem(h), _stem(w - h), _bar(h, w - h, 0.5)],
    "I": lambda w, h: [_stem(w / 2)],
    "J": _j,
    "K": lambda w, h: [
        _stem(h),
        _leg(h, 0.68, w - h * 1.2, 0),
        _leg(w * 0.42, 0.44, w - h, 1),
    ],
    "L": lambda w, h: [_stem(h), _bar(h, w + _OUT, 1 - h)],
    "M": lambda w, h: [
        _stem(h),
        _stem(w - h),
        [(h, h * 0.4), (w / 2, 0.62), (w - h, h * 0.4)],
    ],
    "N": lambda w, h: [_stem(h), _stem(w - h), _through(h * 1.1, 0.02, w - h * 1.1, 0.98)],
    "O": lambda w, h: [_stadium(w, h)],
    "P": lambda w, h: [_stem(h), _bowl(w, h, 0.56, h)],
    "Q": lambda w, h: [_stadium(w, h), [(w * 0.55, 0.68), (w - h * 0.8, 1 - h * 0.8)]],
    "R": lambda w, h: [_stem(h), _bowl(w, h, 0.53, h), _leg(w * 0.5, 0.53, w - h, 1)],
    "S": _s,
    "T": lambda w, h: [_stem(w / 2), _bar(-_OUT, w + _OUT, h)],
    "U": _u,
    "V": lambda w, h: [[(h - w * 0.1, -0.24), (w / 2, 1 - h * 0.2), (w * 1.1 - h, -0.24)]],
    "W": lambda w, h: [
        [
            (h * 0.9 - w * 0.04, -0.2),
            (w * 0.28, 1 - h * 0.4),
            (w / 2, 0.2),
            (w * 0.72, 1 - h * 0.4),
            (w * 1.04 - h * 0.9, -0.2),
        ]
    ],
    "X": lambda w, h: [_through(h, 0, w - h, 1), _through(w - h, 0, h, 1)],
    "Y": lambda w, h: [
        [(h - w * 0.15, -0.2), (w / 2, 0.55), (w * 1.15 - h, -0.2)],
        [(w / 2, 0.55), (w / 2, 1.4)],
    ],
    "Z": _zed,
    "0": lambda w, h: [_stadium(w, h)],
    "1": lambda w, h: [_stem(w - h), [(w - h, h * 0.6), (-0.1, 0.36)]],
    "2": _two,
    "3": _three,
    "4": lambda w, h: [
        [(w * 0.62, -0.1), (h * 0.9, 0.72), (w + _OUT, 0.72)],
        [(w * 0.72, 0.42), (w * 0.72, 1.4)],
    ],
    "5": _five,
    "6": _six,
    "7": lambda w, h: [[(-_OUT, h), (w - h * 1.1, h), (w * 0.30, 1.25)]],
    "8": _eight,
    "9": lambda w, h: _turned(_six(w, h), w),
}


def _bowl_d(w: float, h: float) -> Path:
    r = w - 2 * h
    r = min(r, 0.5 - h)
    return [
        (h, h),
        *_arc(w - h - r, h + r, r, r, -90, 0),
        *_arc(w - h - r, 1 - h - r, r, r, 0, 90),
        (h, 1 - h),
    ]
