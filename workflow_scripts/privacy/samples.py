"""Content of Figure 2: selected regions, and which pictures may be shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.privacy.pairs import Pair, is_changed

WIDTHS = (12, 20, 40, 60, 80, 120)
"""Widths of the regions to show, in pixels."""
REACH = 1.35
"""Maximum ratio of a region's width to the width that it represents, or the inverse."""
TILES = 12
"""Maximum number of pictures side by side."""
ASPECT = {Kind.FACE: 1.0, Kind.LICENSE_PLATE: 0.5}
"""Height of a picture, relative to its width."""
AROUND = {Kind.FACE: 1.9, Kind.LICENSE_PLATE: 1.45}
"""Width of a picture, relative to that of the region."""
ORIGINAL = "original"
UNCHANGED = "unchanged"
DROPPED = "dropped"
BESIDE = "neighbour\nunchanged"


@dataclass(frozen=True, eq=False)
class Tile:
    """One picture, or the reason why it is not shown."""

    caption: str
    pixels: np.ndarray | None
    """(h, w, 3) uint8 RGB; None if it must not be shown."""


@dataclass(frozen=True, eq=False)
class FigureRow:
    """A region in the original and in each variant."""

    kind: Kind
    near: int
    """Width in `WIDTHS` that the region represents."""
    width: float
    """Width of the box in pixels."""
    tiles: tuple[Tile, ...]
    """One picture per column."""


@dataclass(frozen=True, eq=False)
class FigureContent:
    """Content of Figure 2."""

    columns: tuple[str, ...]
    """`original` if it may be shown, then the variants."""
    rows: tuple[FigureRow, ...]


def samples_of(
    originals: Sequence[Pair], variants: Mapping[str, Sequence[Pair]], show_originals: bool
) -> FigureContent:
    """The regions nearest to each width, for each kind.

    If originals may not be shown, a picture is omitted if any region in it is unchanged.

    Args:
        originals: the images with all their regions.
        variants: the images that each variant does not drop, by name; without unmodified variants.
        show_originals: whether original faces and plates may be shown.
    """
    by_name = {
        name: {pair.image.file_name: pair for pair in pairs} for name, pairs in variants.items()
    }
    columns = (*((ORIGINAL,) if show_originals else ()), *variants)
    each = max(1, TILES // max(len(columns), 1))
    samples = []
    for kind, near, at, number in _chosen(originals, each) if columns else ():
        pair, region = originals[at], originals[at].regions[number]
        window = _window(region, pair)
        tiles = []
        if show_originals:
            tiles.append(Tile(f"{region.width:.0f} px", _cut(pair.read()[0], window)))
        for pairs in by_name.values():
            tiles.append(_tile(pairs.get(pair.image.file_name), number, window, show_originals))
        samples.append(FigureRow(kind, near, region.width, tuple(tiles)))
    return FigureContent(columns, tuple(samples))


def _chosen(originals: Sequence[Pair], each: int) -> Iterator[tuple[Kind, int, int, int]]:
    """Kind, width, and positions of image and region of the regions nearest to each width."""
    places = [
        (region, at, number)
        for at, pair in enumerate(originals)
        for number, region in enumerate(pair.regions)
        if region.width >= 1 and region.height >= 1
    ]
    for kind in Kind:
        for near in WIDTHS:
            of_size = sorted(
                (abs(float(np.log(region.width / near))), pair_at, number)
                for region, pair_at, number in places
                if region.kind is kind and _nearest(region.width) == near
            )
            for _, at, number in of_size[:each]:
                yield kind, near, at, number


def _nearest(width: float) -> int | None:
    off, near = min((abs(float(np.log(width / near))), near) for near in WIDTHS)
    return near if off <= np.log(REACH) else None


def _window(region: Region, pair: Pair) -> tuple[int, int, int, int]:
    """Box of a region's picture: x0, y0, x1, y1 inside the frame."""
    aspect = ASPECT[region.kind]
    width = AROUND[region.kind] * max(region.width, region.height / aspect)
    width = max(round(min(width, pair.image.width, pair.image.height / aspect)), 2)
    height = max(round(width * aspect), 1)
    x0 = round((region.x0 + region.x1 - width) / 2)
    y0 = round((region.y0 + region.y1 - height) / 2)
    x0 = min(max(x0, 0), pair.image.width - width)
    y0 = min(max(y0, 0), pair.image.height - height)
    return x0, y0, x0 + width, y0 + height


def _tile(pair: Pair | None, number: int, window: tuple[int, ...], show_originals: bool) -> Tile:
    if pair is None:
        return Tile(DROPPED, None)
    region = pair.regions[number]
    route = pair.route_of(region)
    old, new = pair.read()
    regions = [region for region in pair.regions if _overlaps(region, window)]
    changed = pair.compared(old, new).changed()
    same = [region for region in regions if not is_changed(region, changed)]
    if region in same or route is None:
        return Tile(UNCHANGED, _cut(new, window) if show_originals else None)
    if same and not show_originals:
        return Tile(BESIDE, None)
    return Tile(route.replace("_", " "), _cut(new, window))


def _overlaps(region: Region, window: tuple[int, ...]) -> bool:
    x0, y0, x1, y1 = window
    return region.x0 < x1 and region.x1 > x0 and region.y0 < y1 and region.y1 > y0


def _cut(image: np.ndarray, box: tuple[int, ...]) -> np.ndarray:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1].copy()
