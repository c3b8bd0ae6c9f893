"""Stratified random sample of tiles, in which a person looks for missed regions.

Every image is divided into a grid of tiles. A face or a plate, detected or not, belongs to the tile
that contains its centre, so that it has exactly one chance to be drawn. The strata are the tiles
without any detected region, and tiles by the width of the narrowest region in them. In each
stratum, a simple random sample is drawn without replacement.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from plain_commands.files import canonical_json, sha256_of
from plain_commands.section import FilePart
from pydantic import Field

Kind = Literal["face", "license_plate"]
Split = Literal["train", "val"]
SPLITS: tuple[Split, ...] = ("train", "val")
KINDS: tuple[Kind, ...] = ("face", "license_plate")
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the image; the lower right corner is excluded."""

WIDTHS = (20, 40, 80)
"""Widths in pixels between the size classes."""
SIZES = ("under_20", "20_to_40", "40_to_80", "80_and_more")
NONE = "no_region"
"""Stratum of the tiles without any detected region."""
STRATA = (NONE, *SIZES)
MARGIN = 8
"""Divisor of a tile's side that gives the width of the surroundings shown at each edge."""


@dataclass(frozen=True)
class ReviewImage:
    """Image from which tiles can be drawn."""

    name: str
    width: int
    """Width in pixels, like the height."""
    height: int


class FoundRegion(FilePart):
    """Detected region."""

    id: str
    """Id, unique among all regions."""
    kind: Kind
    box: Box


class ReviewTile(FilePart):
    """Tile of the sample."""

    id: str
    image: str
    stratum: str
    """Stratum of the tile, one of `STRATA`."""
    box: Box
    """The tile itself, whole pixels."""
    view: Box
    """Shown area: the tile and its surroundings inside the image, whole pixels."""
    regions: tuple[FoundRegion, ...] = ()
    """Regions whose centre is in the tile, which are judged."""
    beside: tuple[FoundRegion, ...] = ()
    """Other regions in the view, shown but not judged."""

    def holds(self, box: Box) -> bool:
        """Whether the centre of a box is in the tile."""
        x, y = centre_of(box)
        return self.box[0] <= x < self.box[2] and self.box[1] <= y < self.box[3]


class ReviewStratum(FilePart):
    """Numbers of all tiles of a stratum, drawn or not."""

    name: str
    tiles: int
    regions: dict[Kind, int]
    """Number of detected regions by kind."""


class ReviewSample(FilePart):
    """Sample of tiles, and the data from which it was drawn."""

    version: Literal[1] = Field(1, alias="schema")
    seed: int
    side: int
    """Longest side of a tile in pixels."""
    images: int
    """Number of images from which tiles were drawn."""
    split: Split | None = None
    """Name of this set of images, if it has one."""
    source: str
    """SHA-256 of the ids of all detected regions."""
    strata: tuple[ReviewStratum, ...]
    """Strata that have tiles, in the order of `STRATA`."""
    tiles: tuple[ReviewTile, ...]
    """Drawn tiles, in the order in which they are shown."""

    @cached_property
    def id(self) -> str:
        """Digest of the sample, contained in its page and its answers."""
        return f"s{sha256_of(canonical_json(self.model_dump(mode='json', by_alias=True)))[:15]}"


def size_class(width: float) -> str:
    """Size class of a region with a width in pixels."""
    return SIZES[int(np.searchsorted(WIDTHS, width, side="right"))]


def centre_of(box: Box) -> tuple[float, float]:
    """Centre of a box in pixels."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def source_of(ids: Sequence[str]) -> str:
    """Digest of the ids of all detected regions, in any order."""
    return sha256_of(canonical_json(sorted(ids)))


def allocation(totals: Mapping[str, int], count: int) -> dict[str, int]:
    """Number of tiles to draw from each stratum.

    Half of them are from `NONE`, and the other half equally from the others. If a stratum has too
    few, the others get the rest in the same proportions.

    Args:
        totals: number of tiles of each stratum.
        count: number of tiles to draw; all tiles if there are fewer.
    """
    weights = {name: len(totals) - 1 if name == NONE else 1 for name in totals}
    given = dict.fromkeys(totals, 0)
    for _ in range(min(count, sum(totals.values()))):
        open_ones = [name for name in totals if given[name] < totals[name]]
        given[min(open_ones, key=lambda name: (given[name] + 1) / max(weights[name], 1))] += 1
    return given


def draw_sample(
    images: Sequence[ReviewImage],
    regions: Mapping[str, Sequence[FoundRegion]],
    *,
    side: int,
    count: int,
    seed: int,
    split: Split | None = None,
) -> ReviewSample:
    """Draw tiles of images.

    Args:
        images: all images.
        regions: detected regions inside each image, by its name.
        side: longest side of a tile in pixels.
        count: number of tiles; all tiles if there are fewer.
        seed: seed of the draw.
        split: name of this set of images.
    """
    grids = [TileGrid.of(image, side) for image in images]
    starts = np.cumsum([0, *(grid.count for grid in grids)])
    narrowest = np.full(starts[-1], np.inf)
    tallies: dict[int, Counter[Kind]] = defaultdict(Counter)
    for image, grid, start in zip(images, grids, starts, strict=False):
        for region in regions.get(image.name, ()):
            place = int(start) + grid.place_of(region.box)
            narrowest[place] = min(narrowest[place], region.box[2] - region.box[0])
            tallies[place][region.kind] += 1
    # Infinity means that there is no region.
    codes = np.where(np.isinf(narrowest), 0, 1 + np.searchsorted(WIDTHS, narrowest, side="right"))
    totals = {
        name: number
        for code, name in enumerate(STRATA)
        if (number := int(np.count_nonzero(codes == code)))
    }
    rng = np.random.default_rng(seed)
    drawn = [
        rng.choice(np.flatnonzero(codes == STRATA.index(name)), number, replace=False)
        for name, number in allocation(totals, count).items()
    ]
    # In random order, so that fatigue and practice of the reviewer affect all strata equally.
    places = rng.permutation(np.concatenate([np.zeros(0, int), *drawn]))
    found: dict[str, Counter[Kind]] = defaultdict(Counter)
    for place, tally in tallies.items():
        found[STRATA[codes[place]]] += tally
    tiles = []
    for number, place in enumerate(map(int, places), start=1):
        at = int(np.searchsorted(starts, place, side="right")) - 1
        near = regions.get(images[at].name, ())
        tile = grids[at].tile(place - int(starts[at]), f"t{number}", STRATA[codes[place]], near)
        tiles.append(tile)
    return ReviewSample(
        seed=seed,
        side=side,
        images=len(images),
        split=split,
        source=source_of([region.id for of_image in regions.values() for region in of_image]),
        strata=tuple(
            ReviewStratum(
                name=name, tiles=number, regions={kind: found[name][kind] for kind in KINDS}
            )
            for name, number in totals.items()
        ),
        tiles=tuple(tiles),
    )


@dataclass(frozen=True)
class TileGrid:
    """Tiles of an image, equal up to a pixel, without gap or overlap."""

    image: ReviewImage
    columns: tuple[int, ...]
    """Edges of the columns: from 0 to the width of the image, pixels."""
    rows: tuple[int, ...]
    """Edges of the rows."""

    @classmethod
    def of(cls, image: ReviewImage, side: int) -> "TileGrid":
        """Grid with the fewest tiles whose sides are at most `side` pixels."""
        return cls(image, _edges(image.width, side), _edges(image.height, side))

    @property
    def count(self) -> int:
        """Number of tiles."""
        return (len(self.columns) - 1) * (len(self.rows) - 1)

    def place_of(self, box: Box) -> int:
        """Number of the tile that contains the centre of a box inside the image."""
        column, row = (
            min(int(np.searchsorted(edges, value, side="right")), len(edges) - 1) - 1
            for edges, value in zip((self.columns, self.rows), centre_of(box), strict=True)
        )
        return row * (len(self.columns) - 1) + column

    def tile(self, place: int, id: str, stratum: str, near: Sequence[FoundRegion]) -> ReviewTile:
        """Tile by its number, with the regions of the image that it shows."""
        row, column = divmod(place, len(self.columns) - 1)
        x0, x1 = self.columns[column : column + 2]
        y0, y1 = self.rows[row : row + 2]
        margin = max(x1 - x0, y1 - y0) // MARGIN
        view = (
            max(x0 - margin, 0),
            max(y0 - margin, 0),
            min(x1 + margin, self.image.width),
            min(y1 + margin, self.image.height),
        )
        own = tuple(region for region in near if self.place_of(region.box) == place)
        beside = tuple(_in_view(near, view, {region.id for region in own}))
        return ReviewTile(
            id=id,
            image=self.image.name,
            stratum=stratum,
            box=(x0, y0, x1, y1),
            view=view,
            regions=own,
            beside=beside,
        )


def _edges(length: int, side: int) -> tuple[int, ...]:
    count = -(-length // side)
    return tuple(round(number * length / count) for number in range(count + 1))


def _in_view(regions: Sequence[FoundRegion], view: Box, own: set[str]) -> Iterator[FoundRegion]:
    for region in regions:
        x0, y0, x1, y1 = region.box
        is_seen = x0 < view[2] and x1 > view[0] and y0 < view[3] and y1 > view[1]
        if is_seen and region.id not in own:
            yield region
