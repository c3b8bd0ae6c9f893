"""Answers of a reviewer: the CSV file that the page exports, read strictly."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plain_commands.errors import UserError
from plain_commands.files import read_text

from .sample import KINDS, Box, Kind, ReviewSample, ReviewTile

COLUMNS = ("sample", "tile", "mark", "kind", "region", "x0", "y0", "x1", "y1")
SEEN, WRONG, MISSED = "seen", "wrong", "missed"
"""Marks: a completed tile; a detected region that is wrong; a missed face or plate."""
ROUNDING = 0.1
"""Pixels by which a box may extend beyond the view, since decimals are rounded."""


@dataclass(frozen=True)
class MissedRegion:
    """Face or license plate that was not detected."""

    tile: str
    image: str
    kind: Kind
    box: Box


@dataclass(frozen=True)
class Answers:
    """Answers about all tiles of a sample."""

    wrong: frozenset[str] = frozenset()
    """Ids of detected regions that are wrong."""
    missed: tuple[MissedRegion, ...] = ()


def read_answers(path: Path, sample: ReviewSample) -> Answers:
    """Read the CSV file that the page of a sample exports.

    Raises:
        UserError: the file is missing, of another format or from another page; a tile or region is
            unknown, a line repeats another one, a box is not in its tile, or not all tiles were
            seen. One line per finding.
    """
    reader = _Reader(path, sample)
    rows = list(_rows(path))
    reader.refuse_other_pages(rows)
    for place, row in rows:
        reader.take(place, row)
    return reader.answers()


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Lines of the file with their position, by column."""
    lines = csv.reader(io.StringIO(read_text(path), newline=""))
    header = tuple(next(lines, ()))
    if header != COLUMNS:
        raise UserError(
            f"{path}: the first line has to be {','.join(COLUMNS)!r}, as the review page exports "
            f"it; found {','.join(header)[:80]!r}"
        )
    try:
        for row in lines:
            if len(row) not in (0, len(COLUMNS)):
                raise UserError(
                    f"{path}: line {lines.line_num}: {len(COLUMNS)} columns are expected, found "
                    f"{len(row)}; export the page again"
                )
            if row:
                yield f"line {lines.line_num}", dict(zip(COLUMNS, row, strict=True))
    except csv.Error as error:
        raise UserError(f"{path}: line {lines.line_num}: not CSV ({error})") from None


class _Reader:
    def __init__(self, path: Path, sample: ReviewSample) -> None:
        self._path = path
        self._sample = sample
        self._tiles = {tile.id: tile for tile in sample.tiles}
        self._places: dict[tuple[str, ...], str] = {}
        self._findings: list[str] = []
        self._seen: set[str] = set()
        self._wrong: set[str] = set()
        self._missed: list[MissedRegion] = []

    def refuse_other_pages(self, rows: list[tuple[str, dict[str, str]]]) -> None:
        """Check that all rows come from the sample's page."""
        others = Counter(row["sample"] for _, row in rows if row["sample"] != self._sample.id)
        if others:
            raise UserError(
                f"{self._path}: {others.total()} lines are of the page {min(others)!r}, and this "
                f"sample is {self._sample.id}; name the JSON file beside that page"
            )

    def take(self, place: str, row: dict[str, str]) -> None:
        """Add a row, or record what is wrong with it."""
        finding = self._finding(place, row)
        if finding:
            self._findings.append(f"{self._path}: {place}: {finding}")

    def _finding(self, place: str, row: dict[str, str]) -> str | None:
        tile = self._tiles.get(row["tile"])
        if tile is None:
            return f"there is no tile {row['tile']!r} on this page; there are t1 to t" + str(
                len(self._tiles)
            )
        first = self._places.setdefault(tuple(row.values()), place)
        if first != place:
            return f"it repeats {first}; remove one of them"
        if row["mark"] == SEEN:
            self._seen.add(tile.id)
            return None
        if row["mark"] == WRONG:
            return self._take_wrong(tile, row)
        if row["mark"] == MISSED:
            return self._take_missed(tile, row)
        return f"mark is {row['mark']!r}, expected {SEEN}, {WRONG} or {MISSED}"

    def _take_wrong(self, tile: ReviewTile, row: dict[str, str]) -> str | None:
        own = {region.id: region for region in tile.regions}
        region = own.get(row["region"])
        if region is None:
            return f"tile {tile.id} has no region {row['region']!r}; export the page again"
        if row["kind"] != region.kind:
            return f"kind is {row['kind']!r}, but region {region.id} is a {region.kind}"
        self._wrong.add(region.id)
        return None

    def _take_missed(self, tile: ReviewTile, row: dict[str, str]) -> str | None:
        kind = next((kind for kind in KINDS if kind == row["kind"]), None)
        if kind is None:
            return f"kind is {row['kind']!r}, expected {' or '.join(KINDS)}"
        try:
            x0, y0, x1, y1 = (float(row[name]) for name in ("x0", "y0", "x1", "y1"))
        except ValueError:
            written = ",".join(row[name] for name in ("x0", "y0", "x1", "y1"))
            return f"the box ({written}) is not of four numbers"
        if not (x0 < x1 and y0 < y1):
            return f"the box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) has no area"
        box, view = (x0, y0, x1, y1), tile.view
        is_shown = min(x0 - view[0], y0 - view[1], view[2] - x1, view[3] - y1) >= -ROUNDING
        if not (is_shown and tile.holds(box)):
            where = ", ".join(f"{value:g}" for value in tile.box)
            return (
                f"the box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) lies outside of tile {tile.id} "
                f"({where}); its centre has to lie in the tile"
            )
        self._missed.append(MissedRegion(tile.id, tile.image, kind, box))
        return None

    def answers(self) -> Answers:
        """Answers, if all tiles were seen and there are no findings."""
        unseen = [tile.id for tile in self._sample.tiles if tile.id not in self._seen]
        if unseen:
            self._findings.append(
                f"{self._path}: {len(unseen)} of {len(self._tiles)} tiles are not reviewed, "
                f"{unseen[0]} is the first; finish the page (a part of it is no random sample of "
                "known size) and export again"
            )
        if self._findings:
            raise UserError.of(self._findings)
        return Answers(frozenset(self._wrong), tuple(self._missed))
