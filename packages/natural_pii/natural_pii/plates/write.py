"""Choice and drawing of new characters."""

import cv2
import numpy as np
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import DIGITS, LETTERS, advance, glyph
from pii_measures.plates.layout import Line, PlateLayout, ink_of
from pii_measures.plates.rectify import PlateFrame

_ALIKE = (
    "0OQDCGU",
    "1IJLT7",
    "8B36S9",
    "5S",
    "2Z7",
    "6G8",
    "VYU",
    "MNWH",
    "PRFB",
    "KXR",
    "EFB",
    "A4",
)
"""Characters that are mistaken for one another when seen badly."""
_NEAR = 0.14
"""Distance from the best likeness within which any character may be the original."""
_USUAL_WEIGHT = 0.14
"""Usual width of strokes, relative to the cap height."""


def choose(share: np.ndarray, layout: PlateLayout, rng: np.random.Generator) -> tuple[str, ...]:
    """New characters, each different from the one that it replaces and of the same kind.

    The original only rules characters out; the generator chooses among the others.

    Args:
        share: share of ink in the original, (h, w) float32.
        layout: its lines.
        rng: source of one number per character.

    Returns:
        A text without spaces for each line.
    """
    scores = [[likeness(ink_of(share, line, box)) for box in line.boxes] for line in layout.lines]
    kinds = _kinds(scores, layout)
    return tuple(
        "".join(
            _other(found, kind, layout.legible, rng) for found, kind in zip(row, kept, strict=True)
        )
        for row, kept in zip(scores, kinds, strict=True)
    )


def _other(scores: dict[str, float], kind: str, legible: bool, rng: np.random.Generator) -> str:
    best = max(scores, key=scores.__getitem__)
    excluded = {char for char, score in scores.items() if score > scores[best] - _NEAR}
    if legible:
        excluded.update(*(group for group in _ALIKE if best in group))
    ranked = sorted(kind, key=scores.__getitem__)
    # The likelier ones may be the original, or look like it from afar.
    likely = 0.6 if legible else 0.5
    options = [char for char in ranked[: round(likely * len(ranked))] if char not in excluded]
    if len(options) < 4:
        options = ranked[:4]
    return sorted(options)[int(rng.random() * len(options))]


def _kinds(scores: list[list[dict[str, float]]], layout: PlateLayout) -> list[list[str]]:
    """`LETTERS` or `DIGITS` for each character of each line, from their likeness to characters."""
    result = []
    last = len(layout.lines) - 1
    for number, line in enumerate(layout.lines):
        row: list[str] = []
        for group_number, count in enumerate(line.groups):
            found = scores[number][len(row) : len(row) + count]
            ends = number == last and group_number == len(line.groups) - 1
            if not layout.legible:
                row += [DIGITS if ends else LETTERS] * count
                continue
            # Most plates end with digits.
            usual = 0.06 if ends and count > 1 else 0.0
            leans = [_lean(likely) + usual for likely in found]
            whole = sum(leans)
            row += [
                DIGITS if (lean if abs(lean) > 0.2 else whole) > 0 else LETTERS for lean in leans
            ]
        result.append(row)
    return result


def _lean(scores: dict[str, float]) -> float:
    """Positive for a likely digit, negative for a likely letter."""
    return max(scores[char] for char in DIGITS) - max(scores[char] for char in LETTERS)


def unrelated(texts: tuple[str, ...], number: int) -> tuple[str, ...]:
    """Texts of the same kinds to compare with, determined by a number."""

    def other(char: str, place: int) -> str:
        kind = DIGITS if char in DIGITS else LETTERS
        return kind[(7 * place + 5 * number + 3 * place * number) % len(kind)]

    return tuple("".join(other(char, place) for place, char in enumerate(text)) for text in texts)


def draw(
    texts: tuple[str, ...], layout: PlateLayout, frame: PlateFrame, weight: float, factor: int
) -> np.ndarray:
    """Ink of new characters in the places of the old ones.

    Args:
        texts: text of each line, without spaces.
        layout: the lines.
        frame: frame of the view.
        weight: width of strokes relative to the cap height.
        factor: pixels of the result per pixel of the view.

    Returns:
        Share of ink, (h * factor, w * factor) float32, 0 to 1.
    """
    w, h = frame.size
    canvas = np.zeros((h * factor, w * factor), np.float32)
    for text, line in zip(texts, layout.lines, strict=True):
        top, bottom = round(line.y0 * factor), round(line.y1 * factor)
        for char, (x0, x1) in zip(text, _even(line), strict=True):
            # Relative to the usual width, so that an I is narrow.
            width = (x1 - x0) * min(advance(char) / 0.62, 1.15)
            width = max(round(width * factor), 1)
            left = round((x0 + x1) / 2 * factor - width / 2)
            ink = cv2.resize(
                glyph(char, weight), (width, max(bottom - top, 1)),
                interpolation=cv2.INTER_AREA,
            )  # fmt: skip
            _paste(canvas, ink, left, top)
    return canvas


def _paste(canvas: np.ndarray, ink: np.ndarray, left: int, top: int) -> None:
    y0, x0 = max(top, 0), max(left, 0)
    y1 = min(top + ink.shape[0], canvas.shape[0])
    x1 = min(left + ink.shape[1], canvas.shape[1])
    if y1 > y0 and x1 > x0:
        part = canvas[y0:y1, x0:x1]
        np.maximum(part, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def _even(line: Line) -> list[tuple[float, float]]:
    """Boxes (x0, x1) of equal width: a narrow one would reveal that a 1 stood there."""
    result: list[tuple[float, float]] = []
    start = 0
    for count in line.groups:
        boxes = line.boxes[start : start + count]
        start += count
        centres = [(x0 + x1) / 2 for x0, x1 in boxes]
        if count == 1:
            result.append((centres[0] - line.width / 2, centres[0] + line.width / 2))
            continue
        pitch = (centres[-1] - centres[0]) / (count - 1)
        wanted = 1.16 * line.width
        before = result[-1][1] if result else -np.inf
        after = line.boxes[start][0] if start < len(line.boxes) else np.inf
        middle = (centres[0] + centres[-1]) / 2
        # 1s and Is stand closer: wider as far as the neighbours leave room.
        reach = min(middle - before, after - middle) - 0.75 * line.width
        pitch = max(pitch, min(wanted, 2 * reach / (count - 1)))
        width = min(line.width, 0.88 * pitch)
        for k in range(count):
            centre = middle + (k - (count - 1) / 2) * pitch
            result.append((centre - width / 2, centre + width / 2))
    return result


def stroke_weight(
    share: np.ndarray, texts: tuple[str, ...], layout: PlateLayout, frame: PlateFrame
) -> float:
    """Width of strokes, relative to the cap height, that gives as much ink as before."""
    if not layout.legible:
        return _USUAL_WEIGHT
    drawn = draw(texts, layout, frame, _USUAL_WEIGHT, 1)
    before = after = 0.0
    for line in layout.lines:
        rows = slice(round(line.y0), round(line.y1) + 1)
        columns = slice(round(line.boxes[0][0]), round(line.boxes[-1][1]) + 1)
        before += float(np.clip(share[rows, columns], 0, 1.2).sum())
        after += float(drawn[rows, columns].sum())
    weight = float(np.clip(_USUAL_WEIGHT * before / max(after, 1e-6), 0.10, 0.20))
    return 0.02 * round(weight / 0.02)  # in a few steps, so that glyphs are drawn once
