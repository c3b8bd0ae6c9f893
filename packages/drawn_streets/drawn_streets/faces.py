"""Heads: faces that a face detector finds, profiles, and heads from behind.

A head's sheet has its origin at the centre of the head, and half the head's height as its unit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from . import shapes
from .colours import CLOTHES, HAIR, SKIN, Colour, jittered, mixed, pick, scaled
from .marks import Mark
from .sheet import Sheet, Viewpoint

HALF_WIDTH = 0.76
_EYE = 0.34, 0.02
_NOSE = -0.36
_MOUTH = 0.26, -0.60
_BROW = np.array([(-0.21, 0.19), (0, 0.27), (0.21, 0.20), (0.2, 0.14), (0, 0.19), (-0.2, 0.13)])
_PLAIN = 4.0
"""Half height of a head in canvas pixels below which only the main features are drawn."""


class HairStyle(StrEnum):
    """Hair styles and headgear."""

    SHORT = "short"
    PARTED = "parted"
    LONG = "long"
    BUN = "bun"
    CURLS = "curls"
    BALD = "bald"
    CAP = "cap"
    BEANIE = "beanie"
    SCARF = "scarf"
    HELMET = "helmet"


_STYLES = (
    HairStyle.SHORT, HairStyle.SHORT, HairStyle.PARTED, HairStyle.PARTED, HairStyle.LONG,
    HairStyle.LONG, HairStyle.BUN, HairStyle.CURLS, HairStyle.BALD, HairStyle.CAP,
    HairStyle.BEANIE, HairStyle.SCARF,
)  # fmt: skip


@dataclass(frozen=True)
class HeadLook:
    """Appearance of a head.

    Attributes:
        skin: colour of the skin.
        hair: colour of the hair.
        cloth: colour of the hat, scarf or helmet.
        style: style of hair or hat.
        yaw: rotation of a frontal face from -1 (left in the image) to 1, about 35 degrees.
        roll: tilt, radians.
        smile: -0.3 (serious) to 1.
        glasses: whether the head has glasses.
        beard: whether the head has a beard.
        iris: colour of the eyes.
    """

    skin: Colour
    hair: Colour
    cloth: Colour
    style: HairStyle
    yaw: float
    roll: float
    smile: float
    glasses: bool
    beard: bool
    iris: Colour


def sample_head(rng: np.random.Generator, style: HairStyle | None = None) -> HeadLook:
    """Draw a random head, with a given style if there is one."""
    chosen = pick(rng, _STYLES) if style is None else style
    beardless = chosen in (HairStyle.LONG, HairStyle.BUN, HairStyle.SCARF)
    return HeadLook(
        skin=jittered(rng, pick(rng, SKIN), 0.05),
        hair=jittered(rng, pick(rng, HAIR), 0.1),
        cloth=jittered(rng, pick(rng, CLOTHES), 0.1),
        style=chosen,
        yaw=float(np.clip(rng.normal(0, 0.4), -0.9, 0.9)),
        roll=float(rng.normal(0, 0.06)),
        smile=float(rng.uniform(-0.3, 1.0)),
        glasses=bool(rng.random() < 0.12),
        beard=bool(rng.random() < 0.2 and not beardless),
        iris=pick(rng, ((70, 46, 30), (54, 36, 26), (70, 96, 120), (84, 100, 70))),
    )


def draw_head(sheet: Sheet, head: HeadLook, view: Viewpoint) -> list[Mark]:
    """Draw a head; return its face if it is visible."""
    if view is Viewpoint.BACK:
        _back(sheet, head)
        return []
    if view is Viewpoint.SIDE:
        _profile(sheet, head)
        return []
    return [_front(sheet, head)]


@lru_cache(maxsize=1)
def _egg() -> np.ndarray:
    angle = np.arange(28) * (2 * np.pi / 28)
    v = np.sin(angle)
    u = HALF_WIDTH * np.cos(angle) * np.where(v < 0, 1 - 0.24 * v * v, 1.0)
    return np.stack([u, v], axis=1)


@lru_cache(maxsize=32)
def _relief(yaw: int, sun: int) -> np.ndarray:
    """Brightness of a face over its box, (40, 40) float32: round, with eye sockets and a nose."""
    v, u = np.mgrid[1:-1:40j, -1:1:40j]
    middle = 0.32 * yaw / 4

    def bump(u0: float, v0: float, ru: float, rv: float) -> np.ndarray:
        return np.exp(-(((u - u0) / ru) ** 2) - ((v - v0) / rv) ** 2)

    eye = _EYE[0] / HALF_WIDTH
    gain = 1.08 - 0.20 * u**2 - 0.10 * np.clip(-v - 0.2, 0, 1) + 0.07 * sun * u
    gain -= 0.17 * (bump(middle - eye, 0.06, 0.30, 0.17) + bump(middle + eye, 0.06, 0.30, 0.17))
    gain += 0.13 * bump(middle, -0.12, 0.11, 0.34) + 0.06 * bump(middle, 0.45, 0.5, 0.25)
    gain -= 0.15 * bump(middle - 0.16 * sun, -0.20, 0.10, 0.26)
    gain -= 0.16 * bump(middle, -0.47, 0.22, 0.06)
    gain += 0.06 * (bump(middle - 0.5, -0.30, 0.2, 0.2) + bump(middle + 0.5, -0.30, 0.2, 0.2))
    gain -= 0.12 * bump(middle, -0.77, 0.28, 0.06)
    return gain.astype(np.float32)


def _tilted(sheet: Sheet, points: np.ndarray, roll: float) -> np.ndarray:
    c, s = np.cos(roll), np.sin(roll)
    return sheet.pixels(np.asarray(points) @ np.array([[c, s], [-s, c]]))


def _front(sheet: Sheet, head: HeadLook) -> Mark:
    fine = sheet.up * sheet.pen.canvas.scale
    _behind(sheet, head)
    for side in (-1, 1):
        ear = shapes.ellipse(side * HALF_WIDTH * 0.98 - 0.1 * head.yaw, -0.08, 0.13, 0.24)
        sheet.fill(ear, head.skin, 0.86)
    part = sheet.pen.part()
    face = sheet.draws(part)
    outline = _tilted(face, _egg(), head.roll)
    part.fill(outline, face.tone.of(head.skin))
    box = np.concatenate([outline.min(axis=0), outline.max(axis=0)])
    if fine >= _PLAIN:
        part.relight(box, _relief(round(head.yaw * 4), int(sheet.sun_side)))
    shift = 0.32 * HALF_WIDTH * head.yaw
    _features(face, head, shift, fine)
    _on_top(sheet, head)
    marks = np.array(
        [
            (shift - _EYE[0], _EYE[1]), (shift + _EYE[0], _EYE[1]), (shift * 1.35, _NOSE),
            (shift - _MOUTH[0], _MOUTH[1]), (shift + _MOUTH[0], _MOUTH[1]),
        ]
    )  # fmt: skip
    if sheet.across < 0:
        marks = marks[[1, 0, 2, 4, 3]]  # mirrored: left stays left in the image
    return Mark(part, outline, landmarks=_tilted(face, marks, head.roll))


def _features(face: Sheet, head: HeadLook, shift: float, fine: float) -> None:
    """Draw eyes, brows, nose and mouth around the middle line u = shift."""

    def fill(points: np.ndarray, colour: Colour, gain: float = 1.0) -> None:
        face.pen.fill(_tilted(face, points, head.roll), face.tone.of(colour, gain))

    brow_colour = mixed(head.hair, head.skin, 0.18)
    if head.style is HairStyle.BALD:
        brow_colour = scaled(head.skin, 0.5)
    if head.beard:
        jaw = [(-0.64, -0.38), (-0.4, -0.42), (0, -0.44), (0.4, -0.42), (0.64, -0.38),
               (0.52, -0.78), (0.22, -1.0), (-0.22, -1.0), (-0.52, -0.78)]  # fmt: skip
        fill(np.array(jaw) * (0.98, 0.98), mixed(head.hair, head.skin, 0.25))
    for side in (-1, 1):
        u, v = shift + side * _EYE[0], _EYE[1]
        narrow = 1 - 0.25 * max(side * head.yaw, 0)
        brow = _BROW * (narrow, 1) + np.array((u, v))
        face.pen.fill_all([_tilted(face, brow, head.roll)], face.tone.of(brow_colour))
        if fine < _PLAIN:
            fill(shapes.ellipse(u, v, 0.16, 0.11), (52, 40, 38))
            continue
        fill(shapes.ellipse(u, v + 0.01, 0.20 * narrow, 0.115), scaled(head.skin, 0.42))
        fill(shapes.ellipse(u, v - 0.015, 0.175 * narrow, 0.085), (236, 232, 226))
        fill(shapes.ellipse(u, v, 0.088, 0.094), head.iris)
        fill(shapes.ellipse(u, v, 0.046, 0.05), (14, 12, 12))
        if fine > 14:
            fill(shapes.ellipse(u - 0.03, v + 0.035, 0.02, 0.02, count=8), (250, 250, 250))
    nose = shift * 1.35
    if fine >= _PLAIN:
        for side in (-1, 1):
            nostril = shapes.ellipse(nose + side * 0.085, _NOSE - 0.06, 0.05, 0.028, count=10)
            fill(nostril, scaled(head.skin, 0.5))
    _mouth(fill, head, shift)
    if head.glasses:
        _glasses(face, head, shift)


def _mouth(fill: Callable[..., None], head: HeadLook, shift: float) -> None:
    half, v = _MOUTH
    lip: Colour = mixed(head.skin, (168, 58, 60), 0.55)
    corner = v + 0.06 * head.smile
    upper = [(shift - half, corner), (shift - 0.08, v + 0.075), (shift, v + 0.055),
             (shift + 0.08, v + 0.075), (shift + half, corner), (shift, v - 0.02)]  # fmt: skip
    lower = [(shift - half, corner), (shift, v - 0.015), (shift + half, corner),
             (shift + 0.13, v - 0.12), (shift - 0.13, v - 0.12)]  # fmt: skip
    fill(np.array(lower), lip)
    fill(np.array(upper), lip, 0.8)
    if head.smile > 0.6:
        teeth = [(shift - half * 0.8, corner), (shift + half * 0.8, corner), (shift, v - 0.06)]
        fill(np.array(teeth), (238, 234, 228))
    line = [(shift - half, corner), (shift, v), (shift + half, corner), (shift, v - 0.035)]
    fill(np.array(line), scaled(lip, 0.45))


def _glasses(face: Sheet, head: HeadLook, shift: float) -> None:
    frame: Colour = (30, 30, 34)
    outlines = []
    for side in (-1, 1):
        ring = shapes.ellipse(shift + side * _EYE[0], _EYE[1], 0.25, 0.18)
        outlines += list(shapes.stroke(np.concatenate([ring, ring[:1]]), 0.045))
    bridge = np.array([(shift - 0.1, 0.06), (shift + 0.1, 0.06)])
    outlines += list(shapes.stroke(bridge, 0.05))
    for quad in outlines:
        face.pen.fill(_tilted(face, quad, head.roll), face.tone.of(frame))


def _behind(sheet: Sheet, head: HeadLook) -> None:
    """Draw the parts behind a face: long hair, a scarf, curls."""
    if head.style is HairStyle.LONG:
        sheet.fill(shapes.rounded(-0.98, -1.55, 0.98, 1.1, 0.75), head.hair, 0.82)
    elif head.style is HairStyle.SCARF:
        sheet.fill(shapes.rounded(-0.96, -1.35, 0.96, 1.14, 0.75), head.cloth, 0.86)
    elif head.style is HairStyle.CURLS:
        for angle in np.linspace(-0.5, np.pi + 0.5, 9):
            sheet.ellipse(0.86 * np.cos(angle), 0.30 + 0.80 * np.sin(angle), 0.36, 0.36, head.hair)
    elif head.style is HairStyle.BUN:
        sheet.ellipse(0, 1.22, 0.36, 0.32, head.hair)


def _cap_outline(fringe: list[tuple[float, float]], low: float, top: float) -> np.ndarray:
    """Outline of hair over the top of a head, from temple to temple and back along the fringe."""
    angle = np.linspace(0, np.pi, 13)
    width = HALF_WIDTH * 1.10
    over = np.stack([width * np.cos(angle), low + (top - low) * np.sin(angle)], axis=1)
    return np.concatenate([over, fringe])


def _on_top(sheet: Sheet, head: HeadLook) -> None:
    """Draw the hair or hat over the forehead."""
    style, lean = head.style, 0.25 if head.yaw > 0 else -0.25
    edge = HALF_WIDTH * 1.02
    if style is HairStyle.BALD:
        for side in (-1, 1):
            sheet.fill(shapes.ellipse(side * edge, 0.18, 0.09, 0.22), head.hair)
    elif style in (HairStyle.SHORT, HairStyle.BUN, HairStyle.CURLS):
        fringe = [(-edge, 0.10), (-edge * 0.86, 0.50), (-0.3, 0.66), (0.3, 0.66),
                  (edge * 0.86, 0.5), (edge, 0.10)]  # fmt: skip
        sheet.fill_all([_cap_outline(fringe, 0.1, 1.12)], head.hair)
    elif style in (HairStyle.PARTED, HairStyle.LONG):
        low = 0.0 if style is HairStyle.PARTED else -0.35
        fringe = [(-edge * 0.95, low), (-edge * 0.84, 0.32), (lean, 0.78), (edge * 0.84, 0.32),
                  (edge * 0.95, low)]  # fmt: skip
        sheet.fill_all([_cap_outline(fringe, 0.05, 1.12)], head.hair)
        if style is HairStyle.LONG:
            for side in (-1, 1):
                sheet.limb((side * 0.82, 0.2), (side * 0.80, -1.2), 0.16, 0.2, head.hair)
    elif style is HairStyle.SCARF:
        fringe = [(-edge * 0.9, -0.75), (-edge * 0.86, 0.35), (0, 0.72), (edge * 0.86, 0.35),
                  (edge * 0.9, -0.75)]  # fmt: skip
        sheet.fill_all([_cap_outline(fringe, -0.75, 1.14)], head.cloth)
        sheet.fill(shapes.ellipse(0, -1.2, 0.72, 0.30), head.cloth, 0.92)
    else:
        _hat(sheet, head, edge)


def _hat(sheet: Sheet, head: HeadLook, edge: float) -> None:
    if head.style is HairStyle.HELMET:
        fringe = [(-edge * 1.1, 0.34), (-0.4, 0.52), (0.4, 0.52), (edge * 1.1, 0.34)]
        sheet.fill_all([_cap_outline(fringe, 0.30, 1.30) * (1.12, 1.0)], head.cloth)
        sheet.fill(shapes.box(-0.1, 0.52, 0.1, 1.28), scaled(head.cloth, 0.7))
        strap = np.array([(-edge, 0.3), (-edge * 0.9, -0.5), (-0.25, -1.0)])
        sheet.line(strap, 0.07, (40, 40, 44))
        sheet.line(strap * (-1, 1), 0.07, (40, 40, 44))
        return
    for side in (-1, 1):
        sheet.fill(shapes.ellipse(side * edge, 0.14, 0.10, 0.30), head.hair)
    fringe = [(-edge, 0.42), (0, 0.55), (edge, 0.42)]
    sheet.fill_all([_cap_outline(fringe, 0.40, 1.20)], head.cloth)
    if head.style is HairStyle.CAP:
        shift = 0.3 * head.yaw
        sheet.fill(shapes.ellipse(shift, 0.50, 0.70, 0.14), head.cloth, 0.72)
    else:
        sheet.fill(shapes.rounded(-edge * 1.06, 0.40, edge * 1.06, 0.66, 0.1), head.cloth, 0.84)


def _back(sheet: Sheet, head: HeadLook) -> None:
    bald = head.style is HairStyle.BALD
    hair = head.skin if bald else head.hair
    covered = head.style in (HairStyle.SCARF, HairStyle.HELMET, HairStyle.BEANIE, HairStyle.CAP)
    for side in (-1, 1):
        sheet.fill(shapes.ellipse(side * HALF_WIDTH, -0.08, 0.12, 0.22), head.skin, 0.86)
    _behind(sheet, head)
    sheet.ellipse(0, 0, HALF_WIDTH * 1.02, 1.0, hair)
    if bald:
        sheet.fill(shapes.rounded(-0.80, -0.75, 0.80, 0.22, 0.3), head.hair)
    if head.style is HairStyle.LONG:
        sheet.fill(shapes.rounded(-0.86, -1.7, 0.86, 0.7, 0.4), head.hair)
        sheet.fill(shapes.rounded(-0.30, -1.6, 0.05, 0.6, 0.2), head.hair, 1.15)
    elif head.style is HairStyle.SCARF:
        sheet.fill(shapes.rounded(-0.92, -1.3, 0.92, 1.1, 0.75), head.cloth)
    elif covered:
        fringe = [(-0.8, -0.1), (0, -0.2), (0.8, -0.1)]
        size = 1.12 if head.style is HairStyle.HELMET else 1.0
        sheet.fill_all([_cap_outline(fringe, -0.1, 1.22) * (size, 1.0)], head.cloth)
    else:
        sheet.fill(shapes.ellipse(0.22 * sheet.sun_side, 0.35, 0.34, 0.40), hair, 1.16)


def _profile(sheet: Sheet, head: HeadLook) -> None:
    """Draw a head that looks along +u and slightly away, so that only a cheek is visible."""
    skin = head.skin
    if head.style is HairStyle.LONG:
        sheet.fill(shapes.rounded(-0.95, -1.5, 0.15, 0.9, 0.5), head.hair, 0.85)
    elif head.style is HairStyle.BUN:
        sheet.ellipse(-0.95, 0.45, 0.34, 0.32, head.hair)
    sheet.ellipse(0.02, 0, 0.80, 1.0, skin)
    sheet.fill(np.array([(0.74, 0.02), (0.95, -0.26), (0.74, -0.36)]), skin)
    cloth = head.cloth if head.style is HairStyle.SCARF else head.hair
    if head.style is HairStyle.BALD:
        cloth = scaled(skin, 0.94)
    back = [(0.62, 0.62), (0.44, 0.98), (0.0, 1.14), (-0.50, 1.02), (-0.86, 0.6), (-0.94, 0.0),
            (-0.78, -0.55), (-0.45, -0.78), (-0.16, -0.5), (0.16, -0.1), (0.34, 0.3)]  # fmt: skip
    sheet.fill_all([np.array(back)], cloth)
    if head.style is not HairStyle.SCARF:
        sheet.fill(shapes.ellipse(0.10, -0.10, 0.13, 0.24), skin, 0.84)
    if head.style in (HairStyle.CAP, HairStyle.BEANIE, HairStyle.HELMET):
        wide = 1.14 if head.style is HairStyle.HELMET else 1.04
        fringe = [(-0.8, 0.25), (0, 0.42), (0.74, 0.42)]
        sheet.fill_all([_cap_outline(fringe, 0.35, 1.22) * (wide, 1.0)], head.cloth)
        if head.style is HairStyle.CAP:
            sheet.fill(shapes.rounded(0.60, 0.40, 1.30, 0.52, 0.06), head.cloth, 0.75)
