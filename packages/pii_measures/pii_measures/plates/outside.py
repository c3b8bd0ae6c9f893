"""Characters outside the quad of a plate, for quads that are too narrow."""

from dataclasses import replace

import cv2
import numpy as np

from .characters import best_likeness
from .components import INK, Part, is_ground
from .layout import Line, PlateLayout
from .reading import Reading
from .rectify import PlateFrame, rectify

_REACH = 1.5
"""Width of the searched area on each side, relative to the plate's height."""
_CHARACTER = 0.52
"""Likeness from which a component beside the quad is a character; screws, edges and lamps are
below."""
_NARROW, _WIDE = 0.3, 1.05
"""Width relative to the height up to which a character is a bar, and its limit."""
_PIECE = 0.7
"""Share of a character's width up to which the part inside the quad counts as a piece of it."""
_EVEN = 0.15
"""Largest distance of its top and bottom from the line's, relative to the height of capitals."""
_EVEN_BAR = 0.07
"""The same for a bar, which may be a 1."""
_FARTHEST = 1.3
"""Largest distance from the last character, relative to a character's usual width."""
_GROUND = 0.1
"""Ground around a character outside the quad, relative to a character's usual width."""


def with_outside(image: np.ndarray, reading: Reading) -> Reading:
    """Reading with a wider view and the characters that continue a line beyond the quad.

    Args:
        image: (H, W, 3) uint8 RGB that was read.
        reading: reading of a plate in it.

    Returns:
        The same reading if there are no such characters.
    """
    if not reading.layout.legible:
        return reading
    wider = widened(image, reading, round(_REACH * reading.frame.height))
    parts = _beside(wider.share, wider.frame)
    if not parts:
        return reading
    lines = wider.layout.lines
    longer = tuple(_continued(line, parts, wider.share) for line in lines)
    if longer == lines:
        return reading
    return _with_lines(wider, longer)


def with_parts(reading: Reading, parts: list[Part]) -> Reading:
    """Reading with additional characters, each in the closest line.

    Args:
        reading: reading of a plate.
        parts: characters in its view; those that overlap others of their line are left out.
    """
    lines = list(reading.layout.lines)
    for part in parts:
        middle = (part.x0 + part.x1) / 2
        near = [abs((line.y0 + line.y1) / 2 - part.middle) for line in lines]
        line = lines[near.index(min(near))]
        box = (part.x0, part.x1)
        if line.boxes[-1][1] <= middle:
            boxes, groups = (*line.boxes, box), (*line.groups[:-1], line.groups[-1] + 1)
        elif middle <= line.boxes[0][0]:
            boxes, groups = (box, *line.boxes), (line.groups[0] + 1, *line.groups[1:])
        else:
            continue
        lines[near.index(min(near))] = replace(line, boxes=boxes, groups=groups)
    return _with_lines(reading, tuple(lines))


def _with_lines(reading: Reading, lines: tuple[Line, ...]) -> Reading:
    """Reading with longer lines, and a ground that is extended accordingly."""
    left = min(line.boxes[0][0] - _GROUND * line.width for line in lines)
    right = max(line.boxes[-1][1] + _GROUND * line.width for line in lines)
    sides = min(reading.sides[0], left), max(reading.sides[1], right)
    return replace(reading, sides=sides, layout=PlateLayout(lines, True))


def widened(image: np.ndarray, reading: Reading, more: int) -> Reading:
    """The same reading in a view that shows more of the surroundings.

    Args:
        image: (H, W, 3) uint8 RGB that was read.
        reading: reading of a plate in it.
        more: additional pixels of the view on each side.
    """
    if more <= 0:
        return reading
    frame = _wider(reading.frame, more)
    view = rectify(image, frame)
    sides = (0, 0, more, more, cv2.BORDER_REPLICATE)
    model = replace(reading.model, field=cv2.copyMakeBorder(reading.model.field, *sides))
    seen = cv2.copyMakeBorder(reading.seen.view(np.uint8), *sides).view(bool)
    return replace(
        reading,
        frame=frame,
        view=view,
        seen=seen,
        model=model,
        share=model.share(view),
        sides=(reading.sides[0] + more, reading.sides[1] + more),
        band=reading.band + more,
        rows=[
            [replace(part, x0=part.x0 + more, x1=part.x1 + more) for part in row]
            for row in reading.rows
        ],
        layout=replace(
            reading.layout, lines=tuple(_moved(line, more) for line in reading.layout.lines)
        ),
    )


def _wider(frame: PlateFrame, more: int) -> PlateFrame:
    """Frame with additional pixels on each side."""
    x0, y0, x1, y1 = frame.plate
    back = np.array([[1, 0, -more], [0, 1, 0], [0, 0, 1]], np.float64)
    width, height = frame.size
    return PlateFrame(
        frame.to_image @ back,
        (width + 2 * more, height),
        (x0 + more, y0, x1 + more, y1),
        frame.scale,
    )


def _moved(line: Line, by: int) -> Line:
    return replace(line, boxes=tuple((x0 + by, x1 + by) for x0, x1 in line.boxes))


def _beside(share: np.ndarray, frame: PlateFrame) -> list[tuple[Part, float]]:
    """Connected components of ink beyond the quad's sides, and their likeness to characters,
    without those that touch the view's border.
    """
    x0, _, x1, _ = frame.plate
    height, width = share.shape
    found = []
    for level in INK:
        ink = (share > level).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
        for x, y, w, h, _ in stats[1:].tolist():
            inside = x > 0 and y > 0 and x + w < width and y + h < height
            if inside and w < _WIDE * h and (x < x0 or x + w > x1):
                likeness = best_likeness(share[y : y + h, x : x + w])
                if likeness > _CHARACTER:
                    found.append((Part(x, y, x + w, y + h), likeness))
    return found


def _continued(line: Line, parts: list[tuple[Part, float]], share: np.ndarray) -> Line:
    """Line with the characters that precede and follow it."""
    width = share.shape[1]
    line = _extended(line, parts, share)
    mirrored = [
        (replace(part, x0=width - part.x1, x1=width - part.x0), likeness)
        for part, likeness in parts
    ]
    turned = _mirrored(line, width)
    longer = _extended(turned, mirrored, share[:, ::-1])
    return line if longer is turned else _mirrored(longer, width)


def _mirrored(line: Line, width: int) -> Line:
    boxes = tuple((width - x1, width - x0) for x0, x1 in reversed(line.boxes))
    return replace(line, boxes=boxes, groups=line.groups[::-1])


def _extended(line: Line, parts: list[tuple[Part, float]], share: np.ndarray) -> Line:
    """Line with the characters that follow on the right."""
    while True:
        following = [one for one in parts if _follows(line, one[0], share)]
        if not following:
            return line
        found, _ = max(following, key=lambda one: one[1])
        pieces = _pieces(line, found)
        boxes = (*line.boxes[: len(line.boxes) - pieces], (found.x0, found.x1))
        groups = (*line.groups[:-1], line.groups[-1] + 1 - pieces)
        line = replace(line, boxes=boxes, groups=groups)


def _pieces(line: Line, part: Part) -> int:
    """Number of boxes that a component covers; its piece inside the quad already has one."""
    return sum(x1 > part.x0 + 1 for _, x1 in line.boxes)


def _follows(line: Line, part: Part, share: np.ndarray) -> bool:
    """Whether a component continues a line on the right with the same height."""
    pieces, last = _pieces(line, part), line.boxes[-1]
    if pieces > 1 or pieces == len(line.boxes):
        return False
    if pieces and last[1] - last[0] > _PIECE * part.width:  # already found inside the quad
        return False
    end = line.boxes[-1 - pieces][1]
    # A narrow component may be the plate's edge, which is higher than a 1.
    is_bar = part.width <= _NARROW * part.height
    limit = (_EVEN_BAR if is_bar else _EVEN) * line.cap
    even = max(abs(part.y0 - line.y0), abs(part.y1 - line.y1)) < limit
    if not (even and part.x0 - end < _FARTHEST * line.width):
        return False
    rows = share[round(line.y0) : round(line.y1)].mean(axis=0)
    return is_ground(rows, end, part.x0)
